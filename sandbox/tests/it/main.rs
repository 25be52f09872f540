//! The sandbox from outside, as the people use it who test x402 on it.

mod blocks;
mod contracts;
mod logs;
mod pool;
mod reader;
mod rpc;
mod token;
mod wallets;
mod world;
