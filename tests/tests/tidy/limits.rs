//! The limits in the documents are the limits in the code, and the tests that they name are there.

use crate::files::{self, File, read};

/// The rows' cells: limit, in the code, beyond it, why, held by.
fn rows(page: &File) -> Vec<Vec<&str>> {
    let rows = page.text.lines().filter(|it| it.starts_with("| ") && !it.starts_with("| Limit |"));
    let cells = |row| -> Vec<&str> { str::split(row, '|').map(str::trim).collect() };
    let rows: Vec<_> = rows.map(cells).collect();
    assert!(rows.len() > 30 && rows.iter().all(|row| row.len() == 7), "five columns");
    rows
}

/// What stands in backticks.
fn quoted(text: &str) -> Vec<&str> {
    text.split('`').skip(1).step_by(2).collect()
}

#[test]
fn a_limit_is_what_the_documents_say() {
    let page = read("docs/limits.md");
    let mut constants = 0;
    for row in rows(&page) {
        let code = quoted(row[2]);
        let (Some(name), Some(path)) = (code.first(), code.get(1)) else { continue };
        let source = read(path).text;
        let (name, value) = name.split_once(" = ").unwrap_or((name, ""));
        let definition = source.lines().find(|it| it.contains(&format!("const {name}: ")));
        let definition = definition.unwrap_or_else(|| panic!("{path} has no {name}"));
        if !value.is_empty() {
            assert!(definition.ends_with(&format!(" = {value};")), "{name} is {definition}");
            constants += 1;
        }
    }
    assert!(constants > 20, "{constants} numbers were compared");
}

#[test]
fn a_limit_is_held_by_a_test_that_is_there() {
    let page = read("docs/limits.md");
    let sources = files::rust("");
    for row in rows(&page) {
        for name in quoted(row[5]) {
            let test = format!("fn {name}()");
            assert!(sources.iter().any(|it| it.text.contains(&test)), "{}: {name}", row[1]);
        }
    }
}

/// Where strangers come in: there, no limit is left out.
#[test]
fn the_limits_at_the_doors_are_all_in_the_documents() {
    let page = read("docs/limits.md").text;
    let door = |path: &str| {
        files::is_rust(path)
            && (path.starts_with("merchant/src/server") || path == "wire/src/header.rs")
    };
    let mut found = 0;
    for file in files::below("", door) {
        for (_, line) in file.code() {
            let Some((_, rest)) = line.split_once("const ") else { continue };
            let name = rest.split(':').next().unwrap_or_default();
            if name.ends_with("_MAX") {
                assert!(
                    page.contains(&format!("`{name}")) || name == "PAYMENT_HEADER_BYTES_MAX",
                    "{name}"
                );
                found += 1;
            }
        }
    }
    assert!(found >= 6, "{found}");
}
