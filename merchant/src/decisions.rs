//! Every decision about money, and no way to reach a network, a clock, a file or an environment
//! variable. The walk ([`crate::walk`]) does the IO and asks here what follows from it.

pub mod admission;
pub mod budget;
pub mod codes;
pub mod document;
pub mod evidence;
pub mod faults;
pub mod gate;
pub mod glob;
pub mod listing;
pub mod object;
pub mod offer;
pub mod order;
pub mod page;
pub mod path;
pub mod payment;
pub mod policy;
pub mod reasons;
pub mod recall;
pub mod records;
pub mod refusal;
pub mod reply;
pub mod standby;
pub mod standing;
pub mod tariff;
mod template;
pub mod trace;
pub mod viewer;
