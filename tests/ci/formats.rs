//! One verdict, whatever the format: text, JSON, JUnit, SARIF and the exit code agree.

use serde_json::Value;
use spoolproof::cli::exit;

use crate::bench::Bench;

/// The published schema of SARIF 2.1.0, by OASIS Open.
const SARIF: &str = include_str!("sarif-2.1.0.schema.json");

/// What is wrong with a value by a schema.
fn problems(schema: &str, value: &Value) -> Vec<String> {
    let schema = serde_json::from_str(schema).expect("the schema is JSON");
    let validator = jsonschema::validator_for(&schema).expect("it is a schema");
    validator.iter_errors(value).map(|problem| format!("{}: {problem}", problem.instance_path())).collect()
}

/// Runs it in every format, and holds these against each other.
#[track_caller]
fn agree(bench: &Bench, args: &[&str], code: u8) {
    let formats = ["--json", "r.json", "--junit", "r.xml", "--sarif", "r.sarif"];
    let ran = bench.check(&[args, &formats].concat(), code);
    let json = bench.json("r.json");
    assert_eq!(problems(include_str!("../../docs/report.schema.json"), &json), Vec::<String>::new());
    assert_eq!(json["exit_code"], code);
    let last = ran.out.lines().last().expect("the text ends with the summary");
    assert_eq!(json["summary"], last);

    let sarif = bench.json("r.sarif");
    // One pattern of the schema, that of languages, has a bracket too many, and strict readers refuse it.
    let schema = SARIF.replace("-[a-zA-Z]{2}]?$", "(-[a-zA-Z]{2})?$");
    assert_eq!(problems(&schema, &sarif), Vec::<String>::new());
    let run = &sarif["runs"][0];
    assert_eq!(run["invocations"][0]["exitCode"], code);
    let list = |of: &Value| of.as_array().cloned().unwrap_or_default();
    let open = list(&run["results"])
        .iter()
        .filter(|it| it["level"] == "error" && list(&it["suppressions"]).is_empty())
        .count();
    assert_eq!(open > 0, code == exit::VIOLATION, "{sarif:#}");
    let found = list(&json["findings"]).iter().filter(|finding| finding["verdict"] != "error").count();
    assert_eq!(list(&run["results"]).len(), found);

    let junit = bench.read("r.xml");
    let red = junit.contains("<failure") || junit.contains("<error");
    assert_eq!(red, code != exit::CONFORMS, "a build server sees what a shell sees\n{junit}");
}

#[test]
fn the_formats_agree_on_every_verdict() {
    let bench = Bench::new();
    let case = ["--case", "abort/locked"];
    let with = |more: &[&'static str]| [&["conform"], more, &case].concat();
    agree(&bench, &with(&[]), exit::CONFORMS);
    agree(&bench, &with(&["--fault", "abort-locked-succeeds"]), exit::VIOLATION);
    agree(&bench, &with(&["--fault", "adapter-exit-mid-call"]), exit::FAILED);
    bench.write("known.toml", "[[known-failing]]\ncase = \"abort/locked\"\nreason = \"x\"\n");
    agree(&bench, &with(&["--known-failing", "known.toml"]), exit::UNEXPECTED);
    let listed = ["--fault", "abort-locked-succeeds", "--known-failing", "known.toml"];
    agree(&bench, &with(&listed), exit::CONFORMS);
}

#[test]
fn the_formats_agree_where_nothing_is_decided_or_judged() {
    let bench = Bench::new();
    let header = r#"{"spoolproof_trace":1,"provider":{"name":"p"},"role":"store"}"#;
    let create = r#"{"seq":1,"session":"client-1","call":"create_message","params":{"session":"client-1","recipients":[{"address":"bob@example.test"}]},"result":{"hresult":"S_OK","entry_id":"m1","handle":"h1"}}"#;
    let abort = r#"{"seq":2,"session":"client-1","call":"abort_submit","params":{"session":"client-1","entry_id":"m1"},"result":{"hresult":"MAPI_E_UNABLE_TO_ABORT"}}"#;
    bench.write("log.ndjson", &format!("{header}\n{create}\n{abort}\n"));
    agree(&bench, &["audit", "log.ndjson"], exit::INCONCLUSIVE);
    bench.write("empty.ndjson", &format!("{header}\n"));
    agree(&bench, &["audit", "empty.ndjson"], exit::NOTHING_RUN);
    bench.write("cut.ndjson", &format!("{header}\n{create}\n{{\"seq\":"));
    let formats = ["--json", "r.json", "--junit", "r.xml", "--sarif", "r.sarif"];
    bench.check(&[&["audit", "cut.ndjson"], &formats[..]].concat(), exit::UNREADABLE);
    assert!(bench.read("r.xml").contains("<error"));
    assert_eq!(bench.json("r.sarif")["runs"][0]["invocations"][0]["executionSuccessful"], false);
}

#[test]
fn sarif_says_which_findings_were_known_and_why() {
    let bench = Bench::new();
    let list =
        "[[known-failing]]\ncase = \"abort/locked\"\nreason = \"old\"\nlink = \"https://bugs.example.test/17\"\n";
    bench.write("known.toml", list);
    let run =
        ["conform", "--fault", "abort-locked-succeeds", "--case", "abort/locked", "--known-failing", "known.toml"];
    let sarif: Value =
        serde_json::from_str(&bench.check(&[&run[..], &["--sarif", "-"]].concat(), 0).out).expect("JSON alone");
    let suppression = &sarif["runs"][0]["results"][0]["suppressions"][0];
    assert_eq!(suppression["justification"], "old (https://bugs.example.test/17)");
    let ran = bench.check(&["conform", "--sarif", "-", "--junit", "-"], exit::UNREADABLE);
    assert!(ran.err.contains("`--junit -` and `--sarif -` cannot both have stdout"), "{}", ran.err);
}
