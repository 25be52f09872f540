//! The paywall: decides what a request may have, takes the payment through a facilitator, and sends
//! the object. Never charged twice, never charged for nothing, never served unpaid.

pub mod decisions;
