//! A tool's answer, in both of the forms that clients read: facts for programs, and words.

use rmcp::model::{CallToolResult, ContentBlock};
use serde_json::Value;

use super::problem::Problem;

/// What a tool found.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Answer {
    facts: Value,
    said: Vec<String>,
}

impl Answer {
    /// These facts, and what they come to in words.
    pub(crate) fn new(facts: Value, said: impl Into<String>) -> Self {
        Self { facts, said: vec![said.into()] }
    }

    /// And this, in a block of its own.
    pub(crate) fn and(mut self, said: String) -> Self {
        self.said.push(said);
        self
    }
}

/// As it travels.
pub(crate) fn result(answer: Result<Answer, Problem>) -> CallToolResult {
    let (mut result, facts) = match answer {
        Ok(Answer { facts, said }) => {
            let blocks = said.into_iter().map(ContentBlock::text).collect();
            (CallToolResult::success(blocks), facts)
        }
        Err(problem) => {
            let blocks = vec![ContentBlock::text(problem.sentence())];
            (CallToolResult::error(blocks), problem.facts())
        }
    };
    result.structured_content = Some(facts);
    result
}
