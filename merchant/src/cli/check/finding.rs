//! One thing that `check` found.

use serde_json::{Value, json};

use super::super::output::{Paint, Tone};
use crate::settings::SettingsError;

/// How much it matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::cli) enum Weight {
    /// Loses money or stops sales.
    Error,
    /// Worth knowing.
    Warning,
}

/// A problem, of which setting, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::cli) struct Finding {
    pub(super) weight: Weight,
    pub(super) setting: String,
    pub(super) problem: String,
    pub(super) remedy: String,
}

impl Finding {
    pub(super) fn new(
        weight: Weight,
        setting: impl Into<String>,
        problem: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self { weight, setting: setting.into(), problem: problem.into(), remedy: remedy.into() }
    }

    pub(super) fn of_settings(error: &SettingsError) -> Self {
        Self::new(Weight::Error, error.key(), error.problem(), error.remedy())
    }

    /// One line.
    pub(super) fn text(&self, paint: Paint) -> String {
        let tone = match self.weight {
            Weight::Error => Tone::Bad,
            Weight::Warning => Tone::Warning,
        };
        let weight = paint.tint(tone, self.weight.word());
        format!("{weight}: {} {}; {}", self.setting, self.problem, self.remedy)
    }

    pub(super) fn json(&self) -> Value {
        json!({
            "severity": self.weight.word(),
            "setting": self.setting,
            "problem": self.problem,
            "remedy": self.remedy,
        })
    }
}

impl Weight {
    fn word(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }
}
