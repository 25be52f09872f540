//! The target `path`: its property, guided by coverage.

#![no_main]

#[path = "../properties/path.rs"]
mod property;

libfuzzer_sys::fuzz_target!(|input: &[u8]| property::check(input));
