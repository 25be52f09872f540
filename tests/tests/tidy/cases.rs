//! The cases: each id has a row in `docs/cases.md` or `docs/agent-cases.md`, and each row a test that
//! plays it.

use crate::files::{self, File, read};

const DOCUMENT: &str = "docs/cases.md";
/// The groups of ids, and how many each has.
#[rustfmt::skip]
const GROUPS: &[(&str, usize)] = &[
    ("M", 8), ("D", 14), ("X", 12), ("V", 11), ("S", 23), ("R", 18), ("L", 11), ("P", 31), ("C", 5),
];

/// The agent's.
const AGENTS_DOCUMENT: &str = "docs/agent-cases.md";
const AGENTS_GROUPS: &[(&str, usize)] = &[("AG", 25)];

/// What needs CloudFront, or what stands beside it.
const ONLY_LIVE: &[&str] = &["P30"];

/// A row of the document.
struct Row {
    id: String,
    text: String,
    /// The tests that play it.
    places: Vec<String>,
    /// Why none does.
    excuse: Option<String>,
}

fn ids(groups: &[(&'static str, usize)]) -> Vec<String> {
    let group = |(letters, count): &(&'static str, usize)| {
        let letters = *letters;
        (1..=*count).map(move |number| format!("{letters}{number:02}"))
    };
    groups.iter().flat_map(group).collect()
}

fn rows(document: &str) -> Vec<Row> {
    let document = read(document).text;
    let rows = document.lines().filter_map(|line| {
        let cells: Vec<_> = line.strip_prefix("| ")?.strip_suffix(" |")?.split(" | ").collect();
        let [id, tried, back, places] = cells[..] else { panic!("four cells: {line}") };
        assert!(tried.len() > 4 && back.len() > 2, "{id} says what is tried and what comes back");
        let quoted = places.split('`').skip(1).step_by(2);
        let excuse = places.strip_prefix("only live: ");
        let excuse = excuse.map(str::to_owned);
        let places = quoted.filter(|it| files::is_rust(it)).map(str::to_owned).collect();
        let (id, text) = (id.to_owned(), line.to_owned());
        (id != "Case").then_some(Row { id, text, places, excuse })
    });
    rows.collect()
}

#[test]
fn every_case_has_one_row() {
    for (document, groups) in [(DOCUMENT, GROUPS), (AGENTS_DOCUMENT, AGENTS_GROUPS)] {
        let rows: Vec<_> = rows(document).into_iter().map(|it| it.id).collect();
        assert_eq!(rows, ids(groups), "{document}: each once, in this order");
    }
}

#[test]
fn every_case_is_played_where_its_row_says() {
    let mut mistakes = Vec::new();
    let tests = files::below("", |path| files::is_rust(path) && path.contains("/tests/"));
    let tests = tests.iter().filter(|it| !it.path.starts_with("tests/tests/tidy/"));
    let tests: Vec<&File> = tests.collect();
    for Row { id, places, excuse, .. } in rows(DOCUMENT).into_iter().chain(rows(AGENTS_DOCUMENT)) {
        if let Some(excuse) = excuse {
            let excused = ONLY_LIVE.contains(&id.as_str());
            assert!(excused && excuse.len() > 20, "{id} can be played here");
            continue;
        }
        let plays = |file: &&&File| mentions(&file.text, &id);
        let mut playing: Vec<_> = tests.iter().filter(plays).map(|it| it.path.clone()).collect();
        let mut named = places;
        playing.sort_unstable();
        named.sort_unstable();
        if named.is_empty() || named != playing {
            mistakes.push(format!("{id}: the row names {named:?}, it is played in {playing:?}"));
        }
    }
    assert_eq!(mistakes, [""; 0]);
}

/// A case of the table stands there once, and says the same of what differs.
#[test]
fn no_case_is_played_twice_and_what_differs_is_told() {
    let rows = rows(DOCUMENT);
    let mut seen = Vec::new();
    for file in files::rust("tests/tests/cases") {
        for case in file.text.split("Case::new(\"").skip(1) {
            let (id, rest) = case.split_once('"').unwrap_or_default();
            let row = rows.iter().find(|it| it.id == id);
            let row = row.unwrap_or_else(|| panic!("{}: {id} is no case", file.path));
            assert!(!seen.contains(&row.id), "{id} is played twice");
            seen.push(row.id.clone());
            let why = rest.split_once(".differs(").map(|(_, it)| it.split('"').nth(1));
            let told = row.text.split_once("Differs: ").map(|(_, it)| it.split(" | ").next());
            assert_eq!(told, why, "{id}: what differs, in {DOCUMENT} and in {}", file.path);
        }
    }
    assert!(!seen.is_empty());
}

/// Does the id stand in the text as a word of its own?
fn mentions(text: &str, id: &str) -> bool {
    text.match_indices(id).any(|(at, _)| {
        let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
        !text[..at].ends_with(word) && !text[at + id.len()..].starts_with(word)
    })
}

#[test]
fn an_id_is_a_word() {
    assert!(mentions("case(\"M01\")", "M01") && mentions("M01, M02", "M02"));
    assert!(!mentions("0xM01", "M01") && !mentions("M011", "M01"));
}
