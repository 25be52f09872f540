//! The sandbox from outside, as the people use it who test x402 on it.

mod reader;
mod token;
mod world;
