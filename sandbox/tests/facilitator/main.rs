//! The facilitator from outside: what callers see over HTTP, and what happened on the chain.

mod call;
mod payment;
mod settling;
