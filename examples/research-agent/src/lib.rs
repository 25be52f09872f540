#![doc = include_str!("../README.md")]

pub mod bedrock;
pub mod conversation;
pub mod desk;
pub mod model;
pub mod openai;
pub mod research;
pub mod sigv4;
