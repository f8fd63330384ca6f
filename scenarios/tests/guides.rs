//! Guides are true: every command of a block marked `sh test` runs, in order, and exits as the guide says. What a block
//! marked `text printed` quotes is in the output of the commands before it.
//!
//! A command ends with `# exit N` where it does not exit with 0. `…` in a quotation stands for any text. The guides
//! that change the sources are executed by `.ci/guides`; here, their changes must fit.
use std::{
    env, fs,
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

const LOCKSTEP: &str = env!("CARGO_BIN_EXE_lockstep");

/// Longest time that the first guide's commands may take together, as its title says.
const FIRST_RACE: Duration = Duration::from_secs(5 * 60);

/// A line of a guide that can be tried.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Line {
    /// A command, and its exit code.
    Command(String, i32),
    /// What the commands before it have printed.
    Printed(String),
}

/// The lines of a guide that can be tried.
fn lines(guide: &str) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut block = "";
    for line in guide.lines() {
        match (line.strip_prefix("```"), block) {
            (Some(info), _) => block = info,
            (None, "sh test") if !line.trim().is_empty() => {
                let (command, code) = line.split_once(" # exit ").unwrap_or((line, "0"));
                lines.push(Line::Command(command.to_owned(), code.trim().parse().expect("an exit code")));
            }
            (None, "text printed") => lines.push(Line::Printed(line.to_owned())),
            (None, _) => {}
        }
    }
    lines
}

/// The changes in a guide, one per block.
fn changes(guide: &str) -> Vec<&str> {
    guide.split("```diff\n").skip(1).filter_map(|rest| rest.split_once("```").map(|(change, _)| change)).collect()
}

/// Whether some line of the output has the parts of the quotation, in their order.
fn is_printed(quotation: &str, output: &str) -> bool {
    output.lines().any(|line| {
        let mut rest = line;
        quotation.split('…').map(str::trim).all(|part| match rest.split_once(part) {
            Some((_, after)) => {
                rest = after;
                true
            }
            None => false,
        })
    })
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The guides, by name.
fn guides() -> Vec<(String, String)> {
    let mut guides: Vec<(String, String)> = fs::read_dir(root().join("docs/guides"))
        .expect("the guides")
        .map(|entry| entry.expect("a guide").path())
        .map(|file| {
            let name = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            (name, fs::read_to_string(file).expect("text"))
        })
        .collect();
    guides.sort();
    guides
}

fn place(name: &str) -> PathBuf {
    let place = Path::new(env!("CARGO_TARGET_TMPDIR")).join("guides").join(name);
    let _ = fs::remove_dir_all(&place);
    fs::create_dir_all(&place).expect("a folder");
    place
}

/// Tries a guide in an empty folder; returns how many lines it tried.
fn tried(name: &str, text: &str) -> usize {
    let program = Path::new(LOCKSTEP).parent().expect("a folder");
    let path = format!("{}:{}", program.display(), env::var("PATH").unwrap_or_default());
    let (place, lines) = (place(name), lines(text));
    let (mut output, mut quoted) = (String::new(), false);
    for line in &lines {
        match line {
            Line::Command(command, code) => {
                if std::mem::take(&mut quoted) {
                    output.clear();
                }
                let mut shell = Command::new("sh");
                shell.args(["-c", command]).current_dir(&place).env("PATH", &path).env("COLUMNS", "100");
                let done = shell.output().expect("a shell");
                let said = [done.stdout, done.stderr].concat();
                output += &String::from_utf8_lossy(&said);
                assert_eq!(done.status.code(), Some(*code), "{name}: {command}\n{output}");
            }
            Line::Printed(quotation) => {
                quoted = true;
                assert!(is_printed(quotation, &output), "{name}: {quotation}\nis not in\n{output}");
            }
        }
    }
    lines.len()
}

#[test]
#[expect(clippy::disallowed_methods, reason = "a guide promises how long it takes; no run sees it")]
fn guides_do_as_they_say() {
    let mut executed = 0;
    for (name, text) in guides() {
        let began = Instant::now();
        executed += tried(&name, &text);
        println!("{name}: {:.0?}", began.elapsed());
        assert!(name != "first-race" || began.elapsed() < FIRST_RACE, "{:?}", began.elapsed());
    }
    assert!(executed >= 35, "only {executed} lines");
}

#[test]
fn changes_of_guides_fit() {
    let mut fitted = 0;
    for (name, text) in guides() {
        for change in changes(&text) {
            let mut git = Command::new("git");
            git.args(["apply", "--check", "-"]).current_dir(root()).stdin(Stdio::piped()).stderr(Stdio::piped());
            let mut git = git.spawn().expect("git runs");
            git.stdin.take().expect("its input").write_all(change.as_bytes()).expect("it reads");
            let done = git.wait_with_output().expect("it ends");
            assert!(done.status.success(), "{name}: {}\n{change}", String::from_utf8_lossy(&done.stderr));
            fitted += 1;
        }
    }
    assert!(fitted >= 5, "only {fitted} changes");
}

#[test]
fn only_marked_blocks_are_tried() {
    let guide =
        "```sh\nrm -r .\n```\ntext\n```sh test\ntrue\nfalse # exit 1\n```\nfalse\n```text printed\na … c\n```\n";
    let expected =
        [Line::Command("true".to_owned(), 0), Line::Command("false".to_owned(), 1), Line::Printed("a … c".to_owned())];
    assert_eq!(lines(guide), expected);
    assert!(is_printed("a … c", "none\nxa b c\n") && !is_printed("a … c", "a b\nc\n") && !is_printed("c … a", "a c"));
}
