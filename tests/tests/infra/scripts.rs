//! The scripts, among programs that stand in for the AWS CLI, cargo and curl.

mod deploying;
mod packing;
mod taking_down;
mod uploading;
