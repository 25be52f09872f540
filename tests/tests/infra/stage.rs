//! A folder in which a script runs among programs that stand in for the real ones and write down what
//! they are asked.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

use crate::template::root;

/// The folder.
pub(crate) struct Stage {
    folder: TempDir,
}

/// How a script ended.
pub(crate) struct Ending {
    pub(crate) code: Option<i32>,
    pub(crate) said: String,
    pub(crate) complained: String,
}

impl Stage {
    /// With these answers of the AWS CLI.
    pub(crate) fn new(answers: &str) -> Self {
        let stage = Self { folder: tempfile::tempdir().unwrap() };
        let rows: Vec<&str> = answers.lines().map(str::trim).filter(|it| !it.is_empty()).collect();
        stage.write("answers", (rows.join("\n") + "\n").as_bytes());
        stage.write("calls", b"");
        stage
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, bytes: &[u8]) -> String {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, bytes).unwrap();
        path.to_str().unwrap().to_owned()
    }

    /// Runs a script with these words, and types a line into it.
    pub(crate) fn run(&self, script: &str, words: &[&str], typed: &str) -> Ending {
        let programs = root().join("tests/tests/infra/programs");
        let real_path = environment("PATH").unwrap();
        let mut child = Command::new(root().join("scripts").join(script))
            .args(words)
            .current_dir(self.folder.path())
            .env("PATH", format!("{}:{real_path}", programs.display()))
            .env("REAL_PATH", real_path)
            .env("STAGE", self.folder.path())
            .env("CARGO_TARGET_DIR", self.path("target"))
            .env("AWS_REGION", "eu-central-1")
            .env_remove("RUSTFLAGS")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // A script that ended before it read has closed its end.
        let _ = writeln!(child.stdin.take().unwrap(), "{typed}");
        let output = child.wait_with_output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        let (said, complained) = (text(output.stdout), text(output.stderr));
        Ending { code: output.status.code(), said, complained }
    }

    /// What the programs were asked, in order: those of AWS that change or show something.
    pub(crate) fn calls(&self) -> Vec<String> {
        let calls = std::fs::read_to_string(self.path("calls")).unwrap();
        calls.lines().map(str::to_owned).collect()
    }

    /// The calls that hold these words.
    pub(crate) fn calls_with(&self, words: &str) -> Vec<String> {
        self.calls().into_iter().filter(|it| it.contains(words)).collect()
    }
}

impl Ending {
    /// It ended well.
    #[track_caller]
    pub(crate) fn well(self) -> Self {
        assert_eq!(self.code, Some(0), "{}\n{}", self.said, self.complained);
        self
    }

    /// It refused, and said this.
    #[track_caller]
    pub(crate) fn refused(self, words: &str) -> Self {
        assert_ne!(self.code, Some(0), "{}", self.said);
        assert!(self.complained.contains(words), "{words:?} is not in:\n{}", self.complained);
        self
    }
}

/// Is there such a program?
pub(crate) fn installed(program: &str) -> bool {
    let path = environment("PATH").unwrap();
    path.split(':').any(|folder| Path::new(folder).join(program).is_file())
}

/// Says loudly that a check is left out; in continuous integration nothing is.
pub(crate) fn skip(check: &str, missing: &str) {
    let ci = environment("CI").is_some_and(|it| it == "true");
    assert!(!ci, "{check} needs {missing}, and with CI=true nothing is left out");
    let _ = writeln!(std::io::stderr(), "SKIPPED: {check}, because {missing} is missing");
}

#[expect(clippy::disallowed_methods, reason = "scripts are run in this process's environment")]
fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok()
}
