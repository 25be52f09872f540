//! What is deployed and what deploys it: the `CloudFormation` templates as values, each property that
//! protects money or content shown to be missed when it is broken; the scripts against recorded
//! programs. No AWS account is asked, so nothing here proves that AWS accepts a template: a linter with
//! AWS's own schemas comes nearest.

#![expect(clippy::unwrap_used, reason = "tests")]

mod caching;
mod environment;
mod function;
mod linters;
mod live;
mod operation;
mod properties;
mod rights;
mod scripts;
mod smoke;
mod stage;
mod storage;
mod template;
