//! Amazon's web services as this program calls them: JSON over HTTPS, signed with Signature Version 4.
//! No SDK: the few operations that are called are written down where they are called (ADR 0023).

pub mod credentials;
pub mod moment;
pub mod service;
pub mod sigv4;

pub use credentials::Credentials;
pub use service::{CallError, Refused, Service};
