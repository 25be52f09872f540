//! `docs/interop.md`: what came of each pair, written by a run and held by every other.

use std::fmt::Write;

use crate::facilitators::Kind;
use crate::installed::version;

const DOCUMENT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/interop.md");

/// A table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Table {
    /// Its name in the marks around it in the document.
    pub(crate) name: &'static str,
    /// What stands over its columns.
    pub(crate) head: Vec<String>,
    pub(crate) rows: Vec<Vec<String>>,
}

impl Table {
    fn lines(&self) -> Vec<String> {
        let line = |cells: &Vec<String>| format!("| {} |", cells.join(" | "));
        let rule = format!("|{}", "---|".repeat(self.head.len()));
        let mut lines = vec![line(&self.head), rule];
        lines.extend(self.rows.iter().map(line));
        lines
    }

    /// As it stands in the document.
    pub(crate) fn text(&self) -> String {
        self.lines().join("\n") + "\n"
    }

    /// Puts it into the document, in place of what a run before wrote.
    pub(crate) fn write(&self) {
        let text = std::fs::read_to_string(DOCUMENT).unwrap();
        let (before, _, after) = self.find(&text);
        std::fs::write(DOCUMENT, format!("{before}{}{after}", self.text())).unwrap();
    }

    /// What of it the document does not say.
    pub(crate) fn missing_in_document(&self) -> String {
        let text = std::fs::read_to_string(DOCUMENT).unwrap();
        let (_, written, _) = self.find(&text);
        let mut missing = String::new();
        for line in self.lines().iter().filter(|it| !written.lines().any(|written| written == *it))
        {
            writeln!(missing, "{line}").unwrap();
        }
        missing
    }

    fn find<'a>(&self, text: &'a str) -> (&'a str, &'a str, &'a str) {
        let (begin, end) =
            (format!("<!-- {}: begin -->\n", self.name), format!("<!-- {}: end -->", self.name));
        let from = text.find(&begin).expect("a mark") + begin.len();
        let to = from + text[from..].find(&end).expect("a mark");
        (&text[..from], &text[from..to], &text[to..])
    }
}

/// The facilitators with their versions, as heads of columns.
pub(crate) fn titles() -> [String; 4] {
    Kind::ALL.map(title)
}

fn title(kind: Kind) -> String {
    let version = match kind {
        Kind::TypeScript => version("node/package.json", "@x402/core"),
        Kind::Python => version("python/requirements.txt", "x402"),
        Kind::Rust => version("rust/Cargo.toml", "x402-facilitator-local"),
        Kind::Sandbox => env!("CARGO_PKG_VERSION").to_owned(),
    };
    format!("{} {version}", kind.title())
}
