//! The workflows, the action and the Job that run lockstep: their command lines are valid, the action's script does
//! what it says, and the Job's pods make the whole campaign.
use super::{LOCKSTEP, ended, files, lockstep, place, report, run};
use clap::Parser;
use serde_json::Value;
use std::{
    fs,
    path::Path,
    process::{Command, Output},
};

/// The manifest of the Indexed Job.
const JOB: &str = include_str!("../../deploy/campaign.yaml");

fn job() -> Value {
    serde_saphyr::from_str(JOB).expect("a manifest")
}

/// Arguments of the Job's container.
fn arguments(job: &Value) -> Vec<String> {
    let arguments = &job["spec"]["template"]["spec"]["containers"][0]["args"];
    serde_json::from_value(arguments.clone()).expect("arguments")
}

/// The values of all members of this name, at any depth.
fn members<'a>(value: &'a Value, name: &str, found: &mut Vec<&'a str>) {
    match value {
        Value::Object(members_of) => {
            found.extend(members_of.get(name).and_then(Value::as_str));
            members_of.values().for_each(|value| members(value, name, found));
        }
        Value::Array(items) => items.iter().for_each(|value| members(value, name, found)),
        _ => {}
    }
}

#[test]
fn workflows_have_valid_command_lines() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../.github");
    let mut checked = 0;
    for file in ["workflows/ci.yml", "workflows/search.yml", "workflows/verify.yml", "workflows/nightly.yml"] {
        let text = fs::read_to_string(root.join(file)).expect("a file");
        let yaml: Value = serde_saphyr::from_str(&text).unwrap_or_else(|error| panic!("{file}: {error}"));
        let mut lines = Vec::new();
        members(&yaml, "arguments", &mut lines);
        for line in lines {
            let line = line.replace("${{ github.run_number }}", "7").replace("${{ matrix.part }}", "0");
            let words = ["lockstep"].into_iter().chain(line.split(' '));
            let added = ["--format", "github", "--report", "out"];
            scenarios::cli::Command::try_parse_from(words.chain(added))
                .unwrap_or_else(|error| panic!("{line}: {error}"));
            checked += 1;
        }
    }
    assert_eq!(checked, 3, "command lines in the workflows");
}

/// Runs the action's own step as a runner of GitHub does: bash that stops at the first mistake.
fn action(place: &Path, arguments: &str) -> Output {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../.github/actions/lockstep/action.yml");
    let text = fs::read_to_string(root).expect("the action");
    let action: Value = serde_saphyr::from_str(&text).expect("YAML");
    let steps = action["runs"]["steps"].as_array().expect("steps");
    let step = steps.iter().find(|step| step["id"] == "lockstep").expect("the step that runs lockstep");
    let built = place.join("lockstep-target/release");
    fs::create_dir_all(&built).expect("a folder");
    let _ = fs::remove_file(built.join("lockstep"));
    std::os::unix::fs::symlink(LOCKSTEP, built.join("lockstep")).expect("a link");
    let mut bash = Command::new("bash");
    bash.args(["--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"].as_str().expect("a script")]);
    bash.current_dir(place).env("RUNNER_TEMP", place).env("ARGUMENTS", arguments).env("REPORT", "report");
    bash.env("GITHUB_OUTPUT", place.join("output")).env("GITHUB_STEP_SUMMARY", place.join("summary"));
    bash.output().expect("bash runs")
}

#[test]
fn the_action_annotates_and_keeps_the_report() {
    let place = place("action");
    let (code, output, error) = ended(action(&place, "run pair --protocol none --runs 30 --no-shrink"));
    assert_eq!(code, Some(2), "a violation fails the step: {error}");
    assert!(output.contains("::error ") && output.contains("replay pair:none:"), "{output}");
    let said = |name: &str| fs::read_to_string(place.join(name)).expect("it was written");
    assert_eq!(said("output"), "exit-code=2\n");
    assert!(said("summary").contains("```mermaid\nsequenceDiagram\n"), "{}", said("summary"));
    assert!(!files(&place.join("report"), ".replay").is_empty(), "the artifact has the failing runs");
    let (code, _, error) = ended(action(&place, "run pair --runs 3"));
    assert_eq!((code, &*said("output")), (Some(0), "exit-code=2\nexit-code=0\n"), "{error}");
}

#[test]
fn the_corpus_comes_first() {
    let place = place("action-corpus");
    assert_eq!(action(&place, "run pair --protocol none --runs 30 --no-shrink").status.code(), Some(2));
    let found = files(&place.join("report"), "one_active_request.replay").remove(0);
    assert_eq!(run(&place, &["corpus", "add", &format!("report/{found}")]).0, Some(0));
    let (code, output, error) = ended(action(&place, "run pair --runs 1"));
    assert_eq!(code, Some(2), "an entry of the corpus fails: {output}{error}");
    assert!(place.join("lockstep-corpus").is_dir() && output.contains("::error "), "{output}");
}

#[test]
fn the_jobs_pods_make_the_whole_campaign() {
    let (place, job) = (place("job"), job());
    let completions = job["spec"]["completions"].as_u64().expect("a number");
    // A number of runs instead of an hour, of one scenario.
    let given = arguments(&job).join(" ").replace("--for 60m", "pair --runs 10");
    assert!(given.contains("pair --runs 10"), "{given}");
    let mut merge = vec!["merge".to_owned(), "--report".to_owned(), "merged".to_owned()];
    for index in 0..completions {
        let words: Vec<&str> = given.split(' ').collect();
        let pod = lockstep(&place, &words).env("JOB_COMPLETION_INDEX", index.to_string()).output().expect("it runs");
        assert_eq!(pod.status.code(), Some(0), "{}", String::from_utf8_lossy(&pod.stderr));
        fs::write(place.join(format!("part-{index}.json")), pod.stdout).expect("written");
        merge.push(format!("part-{index}.json"));
    }
    let merge: Vec<&str> = merge.iter().map(String::as_str).collect();
    let (code, output, error) = run(&place, &merge);
    assert_eq!((code, &*error), (Some(0), ""), "{output}");
    assert_eq!(report(&place.join("merged"))["runs"], 10);
}

#[test]
fn the_jobs_policy_knows_every_exit_code() {
    let job = job();
    let rules = job["spec"]["podFailurePolicy"]["rules"].as_array().expect("rules");
    let codes = rules.iter().filter_map(|rule| rule["onExitCodes"]["values"].as_array()).flatten();
    let mut codes: Vec<u64> = codes.map(|code| code.as_u64().expect("a code")).collect();
    codes.sort_unstable();
    assert_eq!(codes, (1..=u64::from(reports::exit_code::PANICKED)).collect::<Vec<_>>());
    let container = &job["spec"]["template"]["spec"]["containers"][0];
    assert!(rules.iter().skip(1).all(|rule| rule["onExitCodes"]["containerName"] == container["name"]));
    assert_eq!(
        job["spec"]["completions"].as_u64(),
        arguments(&job).iter().find_map(|it| it.strip_prefix('/')?.parse().ok())
    );
}
