//! The protocol's nouns against what other teams' software sends, and against senders who mean
//! harm. Reads `golden/` (its `SOURCES.md` says who wrote which file); refuses to make up a message
//! where one that travelled exists.

mod files;
mod hostile;
mod messages;
mod refusals;
mod signatures;
mod survival;
