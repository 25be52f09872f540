//! What a model says, read strictly. What is not asked for is not looked at.

use rmcp::model::JsonObject;
use serde_json::Value;

use super::problem::Problem;

/// A text that has to be there.
pub(crate) fn text<'a>(arguments: &'a JsonObject, name: &str) -> Result<&'a str, Problem> {
    let value = arguments.get(name).and_then(Value::as_str);
    value.ok_or_else(|| Problem::argument(format!("{name}: must be a text")))
}

/// A whole number; 0 if it is not there.
pub(crate) fn whole_number(arguments: &JsonObject, name: &str) -> Result<usize, Problem> {
    match arguments.get(name) {
        None | Some(Value::Null) => Ok(0),
        Some(value) => value
            .as_u64()
            .and_then(|it| usize::try_from(it).ok())
            .ok_or_else(|| Problem::argument(format!("{name}: must be a whole number"))),
    }
}
