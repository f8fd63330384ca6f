//! Guides are true: every command of a block marked `sh test` runs, in order, and exits as the guide says.
//!
//! A command ends with `# exit N` where it does not exit with 0.
use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

const LOCKSTEP: &str = env!("CARGO_BIN_EXE_lockstep");

/// The commands of a guide, with their exit codes.
fn commands(guide: &str) -> Vec<(String, i32)> {
    let mut commands = Vec::new();
    let mut inside = false;
    for line in guide.lines() {
        match line.strip_prefix("```") {
            Some(info) => inside = info == "sh test",
            None if inside && !line.trim().is_empty() => {
                let (command, code) = line.split_once(" # exit ").unwrap_or((line, "0"));
                commands.push((command.to_owned(), code.trim().parse().expect("an exit code")));
            }
            None => {}
        }
    }
    commands
}

fn place(name: &str) -> PathBuf {
    let place = Path::new(env!("CARGO_TARGET_TMPDIR")).join("guides").join(name);
    let _ = fs::remove_dir_all(&place);
    fs::create_dir_all(&place).expect("a folder");
    place
}

#[test]
fn commands_of_guides_do_as_they_say() {
    let guides = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/guides");
    let program = Path::new(LOCKSTEP).parent().expect("a folder");
    let path = format!("{}:{}", program.display(), env::var("PATH").unwrap_or_default());
    let mut executed = 0;
    for entry in fs::read_dir(guides).expect("the guides") {
        let file = entry.expect("a guide").path();
        let text = fs::read_to_string(&file).expect("text");
        let place = place(&file.file_stem().unwrap_or_default().to_string_lossy());
        for (command, code) in commands(&text) {
            let mut shell = Command::new("sh");
            let output = shell.args(["-c", &command]).current_dir(&place).env("PATH", &path).output().expect("a shell");
            let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
            assert_eq!(output.status.code(), Some(code), "{}: {command}\n{said}", file.display());
            executed += 1;
        }
    }
    assert!(executed >= 9, "only {executed} commands");
}

#[test]
fn only_marked_blocks_are_executed() {
    let guide = "```sh\nrm -r .\n```\ntext\n```sh test\ntrue\nfalse # exit 1\n```\nfalse\n";
    assert_eq!(commands(guide), [("true".to_owned(), 0), ("false".to_owned(), 1)]);
}
