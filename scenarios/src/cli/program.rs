//! How the user started this program, so that the commands in a report work as pasted.
use std::{env, path::Path};

/// The beginning of a command line: `lockstep`, a path, or `cargo run --release --`.
pub(super) fn name() -> String {
    let invoked = env::args_os().next().unwrap_or_default();
    let by_cargo = env::var_os("CARGO").is_some();
    invoked.to_str().map_or_else(|| "lockstep".to_owned(), |invoked| named(invoked, by_cargo))
}

/// cargo starts a program of the current workspace by a relative path, below the folder of its profile.
fn named(invoked: &str, by_cargo: bool) -> String {
    if !invoked.contains('/') {
        return "lockstep".to_owned();
    }
    let path = Path::new(invoked);
    let profile = path.parent().and_then(Path::file_name).and_then(|profile| profile.to_str());
    match profile.filter(|_| by_cargo && path.is_relative()) {
        Some("debug") => "cargo run --".to_owned(),
        Some("release") => "cargo run --release --".to_owned(),
        Some(profile) => format!("cargo run --profile {profile} --"),
        None => quoted(invoked),
    }
}

/// A word of a POSIX shell's command line.
pub(super) fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "-_./:=,@%+".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_program_is_named_as_it_was_started() {
        assert_eq!(named("lockstep", false), "lockstep");
        assert_eq!(named("lockstep", true), "lockstep");
        assert_eq!(named("/opt/my tools/lockstep", false), "'/opt/my tools/lockstep'");
        assert_eq!(named("./lockstep", false), "./lockstep");
        assert_eq!(named("target/release/lockstep", false), "target/release/lockstep");
        assert_eq!(named("target/release/lockstep", true), "cargo run --release --");
        assert_eq!(named("target/debug/lockstep", true), "cargo run --");
        assert_eq!(named("target/dist/lockstep", true), "cargo run --profile dist --");
    }

    #[test]
    fn words_survive_a_shell() {
        assert_eq!(quoted("lockstep-report/pair.replay"), "lockstep-report/pair.replay");
        assert_eq!(quoted("grüße/a.replay"), "grüße/a.replay");
        assert_eq!(quoted("it's here"), r"'it'\''s here'");
        assert_eq!(quoted("$HOME"), "'$HOME'");
        assert_eq!(quoted(""), "''");
    }
}
