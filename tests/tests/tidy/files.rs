//! The files of the repository, without what is built, fetched or generated.

use std::fs;
use std::path::{Path, PathBuf};

/// Of which nothing is tracked.
const SKIPPED: &[&str] =
    &[".git", ".tools", "target", "node_modules", "__pycache__", "corpus", "artifacts"];

/// A text file of the repository.
pub(crate) struct File {
    /// Path from the repository's root, with `/`.
    pub(crate) path: String,
    /// The content.
    pub(crate) text: String,
}

impl File {
    /// The lines with their numbers.
    pub(crate) fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        self.text.lines().enumerate().map(|(i, line)| (i + 1, line))
    }

    /// The lines of Rust code without their comments.
    pub(crate) fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        self.lines().map(|(number, line)| (number, without_comment(line)))
    }
}

/// Cuts a line at `//`, but not within a URL.
fn without_comment(line: &str) -> &str {
    let comment = line.match_indices("//").find(|(i, _)| !line[..*i].ends_with(':'));
    comment.map_or(line, |(i, _)| &line[..i])
}

/// A file that has to be there.
pub(crate) fn read(path: &str) -> File {
    let text = fs::read_to_string(root().join(path));
    let text = text.unwrap_or_else(|error| panic!("{path}: {error}"));
    File { path: path.to_owned(), text }
}

/// Is there such a file or folder?
pub(crate) fn exists(path: &str) -> bool {
    root().join(path).exists()
}

/// The file's place on this machine.
pub(crate) fn place(path: &str) -> PathBuf {
    root().join(path)
}

/// Every text file below a folder (`""` is the repository) that a rule is about, by path.
pub(crate) fn below(folder: &str, wanted: impl Fn(&str) -> bool) -> Vec<File> {
    let mut paths = Vec::new();
    collect(&root().join(folder), &mut paths);
    let mut files: Vec<File> = paths.iter().filter_map(|path| text_file(path, &wanted)).collect();
    files.sort_by(|a, b| a.path.cmp(&b.path));
    files
}

/// Every Rust file below a folder.
pub(crate) fn rust(folder: &str) -> Vec<File> {
    below(folder, is_rust)
}

/// Is it a Rust file?
pub(crate) fn is_rust(path: &str) -> bool {
    Path::new(path).extension().is_some_and(|it| it == "rs")
}

fn collect(folder: &Path, paths: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        let name = entry.file_name();
        let kind = entry.file_type().expect("a kind of file");
        // In a git worktree `.git` is a file, which says where the rest is.
        if SKIPPED.iter().any(|skipped| name == *skipped) {
            continue;
        }
        if kind.is_dir() {
            collect(&path, paths);
        } else if kind.is_file() {
            paths.push(path);
        }
    }
}

/// Nothing for pictures and the like, and for files that vanish while we look.
fn text_file(path: &Path, wanted: &impl Fn(&str) -> bool) -> Option<File> {
    let name = path.strip_prefix(root()).ok()?.to_str()?.replace('\\', "/");
    if !wanted(&name) {
        return None;
    }
    fs::read_to_string(path).ok().map(|text| File { path: name, text })
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the crate stands in the repository")
}

#[test]
fn the_walk_finds_this_file_and_leaves_out_what_is_built() {
    let files = below("", |_| true);
    assert!(files.iter().any(|it| it.path == "tests/tests/tidy/files.rs"));
    assert!(!files.iter().any(|it| it.path.starts_with("target/")));
}

#[test]
fn a_url_is_not_a_comment() {
    assert_eq!(without_comment("a(\"http://b\"); // c // d"), "a(\"http://b\"); ");
    assert_eq!(without_comment("/// doc"), "");
}
