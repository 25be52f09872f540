//! Every decision about money, and no way to reach a network, a clock or an environment variable:
//! facts in, verdict out.

pub mod bargain;
pub mod budget;
pub mod challenge;
pub mod choice;
pub mod conformance;
pub mod draft;
pub mod guard;
pub mod inspection;
pub mod listing;
pub mod proof;
pub mod purchase;
pub mod receipt;
pub mod refusal;
pub mod remark;
pub mod reply;
pub mod settlement;
pub mod skew;
pub mod target;
pub mod terms;
pub mod zone;
