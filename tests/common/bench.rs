//! The program as its users run it, in a folder of its own, so that nothing is read but what it carries.

use std::fs;
use std::path::Path;

use assert_cmd::Command;
use serde_json::Value;
use tempfile::TempDir;

pub(crate) struct Bench {
    folder: TempDir,
}

/// What a run came to.
pub(crate) struct Ran {
    pub(crate) code: u8,
    pub(crate) out: String,
    pub(crate) err: String,
}

#[allow(dead_code, reason = "not every test uses all of it")]
impl Bench {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().expect("a folder") }
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn run(&self, args: &[&str]) -> Ran {
        let mut command = Command::new(env!("CARGO_BIN_EXE_spoolproof"));
        command.args(args).current_dir(self.folder.path()).env_remove("NO_COLOR").env_remove("CLICOLOR_FORCE");
        let output = command.output().expect("the program starts");
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("the program writes UTF-8");
        let code = output.status.code().expect("the program exits by itself");
        Ran { code: code.try_into().expect("a small code"), out: text(output.stdout), err: text(output.stderr) }
    }

    /// Runs it, and compares the exit code.
    #[track_caller]
    pub(crate) fn check(&self, args: &[&str], code: u8) -> Ran {
        let ran = self.run(args);
        assert_eq!(ran.code, code, "{args:?}\n{}\n{}", ran.out, ran.err);
        ran
    }

    /// As `check`, with the JSON report.
    #[track_caller]
    pub(crate) fn report(&self, args: &[&str], code: u8) -> Value {
        let args: Vec<&str> = args.iter().copied().chain(["--json", "latest.json"]).collect();
        self.check(&args, code);
        let report = self.json("latest.json");
        assert_eq!(report["exit_code"], code, "{args:?}");
        report
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        fs::write(self.folder.path().join(name), text).expect("written");
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.folder.path().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    #[track_caller]
    pub(crate) fn json(&self, name: &str) -> Value {
        serde_json::from_str(&self.read(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }
}

/// The ids of the cases of a report that ended with this verdict.
#[allow(dead_code, reason = "not every test asks for them")]
pub(crate) fn cases<'a>(report: &'a Value, verdict: &str) -> Vec<&'a str> {
    let cases = report["cases"].as_array().expect("a list of cases");
    cases.iter().filter(|case| case["verdict"] == verdict).filter_map(|case| case["id"].as_str()).collect()
}
