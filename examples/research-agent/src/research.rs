//! The loop: the model speaks, its tools are used, until it answers. Every round is counted, and the
//! money is none of its business.

use agent::Signer;
use agent::decisions::target::Target;

use crate::conversation::{Outcome, Said, Turn};
use crate::desk::{Desk, Source};
use crate::model::{Model, ModelError};

/// How often the model may speak.
pub const TURNS_MAX: usize = 12;
/// How many tools it may use in all.
pub const CALLS_MAX: usize = 24;

/// What came of a question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Findings {
    /// The model's answer; empty if it never gave one.
    pub answer: String,
    /// Everything that was read, whether the answer names it or not.
    pub sources: Vec<Source>,
    /// How often the model spoke.
    pub turns: usize,
    /// Did the loop end because its limits were reached?
    pub cut_short: bool,
}

/// Has a model answer a question from these sources.
pub async fn research<S: Signer>(
    model: &Model,
    mut desk: Desk<'_, S>,
    sources: &[Target],
    question: &str,
) -> Result<Findings, ModelError> {
    let lines: Vec<_> = sources.iter().map(|it| format!("- {it}")).collect();
    let text = format!("{question}\n\nSources that can be read:\n{}", lines.join("\n"));
    let mut turns = vec![Turn::Question(text)];
    let mut calls = 0;
    let mut last = Said::default();
    for turn in 1..=TURNS_MAX {
        last = model.say(&turns).await?;
        if last.calls.is_empty() {
            let (answer, sources) = (last.text, desk.sources());
            return Ok(Findings { answer, sources, turns: turn, cut_short: false });
        }
        turns.push(Turn::Said(last.clone()));
        let mut outcomes = Vec::new();
        for call in &last.calls {
            calls += 1;
            let done = if calls > CALLS_MAX {
                Err("no more tools can be used: answer now".to_owned())
            } else {
                desk.call(&call.name, call.input().as_ref()).await
            };
            let failed = done.is_err();
            let text = done.unwrap_or_else(|why| why);
            outcomes.push(Outcome { id: call.id.clone(), text, failed });
        }
        turns.push(Turn::Results(outcomes));
    }
    let sources = desk.sources();
    Ok(Findings { answer: last.text, sources, turns: TURNS_MAX, cut_short: true })
}
