//! Documents that must say what the code says.

use merchant::decisions::codes::Code;

use crate::files::{self, exists, read};

/// An ADR that is longer argues two decisions.
const ADR_LINES_MAX: usize = 60;
const ADR_SECTIONS: &[&str] =
    &["## Context", "## Decision", "## Consequences", "## What would make us revisit it"];

#[test]
fn every_decision_record_is_short_whole_and_in_the_index() {
    let index = read("docs/adr/README.md").text;
    let records = files::below("docs/adr", |path| !path.ends_with("/README.md"));
    assert!(!records.is_empty(), "there are decision records");
    for record in &records {
        let (path, name) = (&record.path, record.path.trim_start_matches("docs/adr/"));
        assert!(record.lines().count() <= ADR_LINES_MAX, "{path}: over {ADR_LINES_MAX} lines");
        assert!(index.contains(&format!("]({name})")), "{path} is not in docs/adr/README.md");
        let number = name.split('-').next().unwrap_or_default();
        assert!(record.text.starts_with(&format!("# {number} ")), "{path}: its number first");
        let sections = record.text.lines().filter(|it| it.starts_with("## "));
        assert_eq!(sections.collect::<Vec<_>>(), ADR_SECTIONS, "{path}");
    }
    let rows = index.matches(".md)").count();
    assert_eq!(rows, records.len(), "the index lists a record that is not there, or one twice");
}

/// A row of the contract: status, code in backticks, who acts, what they do.
#[test]
fn the_replies_in_the_documents_are_the_replies_in_the_code() {
    let document = read("docs/replies.md").text;
    let rows = document.lines().filter_map(|line| {
        let mut cells = line.strip_prefix("| ")?.split(" | ");
        let status: u16 = cells.next()?.parse().ok()?;
        let code = cells.next()?.strip_prefix('`')?.strip_suffix('`')?;
        let filled = cells.filter(|cell| cell.trim_matches([' ', '|']).len() > 3).count();
        assert!(filled >= 2, "{code}: who acts, and what they do");
        Some(format!("{status} {code}"))
    });
    let codes = Code::ALL.iter().map(|it| format!("{} {}", it.status().as_u16(), it.text()));
    assert_eq!(rows.collect::<Vec<_>>(), codes.collect::<Vec<_>>(), "in this order");
}

/// Who is woken up looks for the word that woke them.
#[test]
fn the_runbook_has_an_entry_for_every_503_and_every_alarm() {
    let runbook = read("docs/runbook.md").text;
    let template = read("infra/merchant.yaml").text;
    let mut lines = template.lines().peekable();
    let mut words: Vec<String> = Vec::new();
    while let Some(line) = lines.next() {
        let alarm =
            lines.peek().is_some_and(|it| it.trim().starts_with("Type: AWS::CloudWatch::Alarm"));
        if alarm {
            words.push(line.trim().trim_end_matches(':').to_owned());
        }
    }
    assert!(words.len() >= 4, "the template's alarms: {words:?}");
    let unavailable = Code::ALL.iter().filter(|it| it.status().as_u16() == 503);
    words.extend(unavailable.map(|it| it.text().to_owned()));
    for word in words {
        let heading = format!("### `{word}`");
        assert!(runbook.lines().any(|it| it == heading), "docs/runbook.md has no {heading}");
    }
}

/// Every test that the promises and the threat model name is there, under that name.
#[test]
fn the_tests_that_documents_name_exist() {
    let sources: String = files::below("", files::is_rust).into_iter().map(|it| it.text).collect();
    for path in ["SECURITY.md", "docs/guarantees.md"] {
        let text = read(path).text;
        let named = text.split('`').skip(1).step_by(2);
        let tests = named.filter(|it| {
            it.matches('_').count() >= 3 && it.bytes().all(|b| b.is_ascii_lowercase() || b == b'_')
        });
        for test in tests {
            assert!(sources.contains(&format!("fn {test}(")), "{path} names {test}");
        }
    }
}

/// Where each environment variable is explained, for the people who set it.
const MANUALS: &[&str] = &[
    "docs/configuration.md",
    "docs/mcp.md",
    "docs/wallets.md",
    "agent/README.md",
    "sandbox/README.md",
];

#[test]
fn every_environment_variable_is_explained() {
    let manuals = MANUALS.iter().filter(|path| exists(path));
    let manuals: String = manuals.map(|path| read(path).text).collect();
    let source =
        |path: &str| files::is_rust(path) && path.contains("/src/") && !path.contains("test");
    for file in files::below("", source) {
        for name in variables(&file.text) {
            assert!(explains(&manuals, name), "{}: {name} is in none of {MANUALS:?}", file.path);
        }
    }
}

/// The names of variables in a text; a mere prefix is none.
fn variables(text: &str) -> impl Iterator<Item = &str> {
    let name = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    let starts = text.match_indices("X402_").filter(move |(i, _)| !text[..*i].ends_with(name));
    let names = starts.map(move |(i, _)| {
        let rest = &text[i..];
        &rest[..rest.find(|c| !name(c)).unwrap_or(rest.len())]
    });
    names.filter(|it| !it.ends_with('_'))
}

fn explains(manuals: &str, name: &str) -> bool {
    variables(manuals).any(|it| it == name)
}

#[test]
fn the_readme_shows_the_way_in_with_two_commands() {
    if !exists("README.md") {
        return;
    }
    let readme = read("README.md").text;
    let mut commands: Vec<&str> = readme
        .split("scripts/")
        .skip(1)
        .map(|rest| {
            rest.split(|c: char| !c.is_ascii_alphanumeric() && c != '-').next().unwrap_or("")
        })
        .collect();
    commands.sort_unstable();
    commands.dedup();
    for needed in ["demo", "test"] {
        assert!(commands.contains(&needed), "README.md does not show scripts/{needed}");
    }
    for command in commands {
        assert!(exists(&format!("scripts/{command}")), "README.md shows scripts/{command}");
    }
}
