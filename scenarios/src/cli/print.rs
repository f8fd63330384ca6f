//! Standard output and standard error, either of which may be closed or full.
//!
//! `println!` and `eprintln!` panic then, as in `lockstep list | head -1`; the command has neither.
use anyhow::Context;
use std::io::{self, ErrorKind, Write};

/// Writes one line, or several, to standard output.
///
/// # Errors
/// If the output cannot be written. A closed pipe is not an error: the reader has seen enough.
pub(super) fn line(text: &str) -> anyhow::Result<()> {
    let mut output = io::stdout().lock();
    ignore_closed_pipe(writeln!(output, "{text}").and_then(|()| output.flush()))
}

/// Writes bytes to standard output as they are.
///
/// # Errors
/// As [`line`].
pub(super) fn bytes(bytes: &[u8]) -> anyhow::Result<()> {
    let mut output = io::stdout().lock();
    ignore_closed_pipe(output.write_all(bytes).and_then(|()| output.flush()))
}

/// Writes a note to standard error, after the name of the command. If nobody can read it, nothing is lost.
pub fn note(text: &str) {
    let _ = writeln!(io::stderr().lock(), "lockstep: {text}");
}

fn ignore_closed_pipe(result: io::Result<()>) -> anyhow::Result<()> {
    match result {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        result => result.context("cannot write to standard output"),
    }
}

#[cfg(test)]
mod tests {
    use super::ignore_closed_pipe;
    use std::io::{Error, ErrorKind};

    #[test]
    fn only_a_closed_pipe_is_ignored() {
        assert!(ignore_closed_pipe(Err(Error::from(ErrorKind::BrokenPipe))).is_ok());
        assert!(ignore_closed_pipe(Err(Error::from(ErrorKind::StorageFull))).is_err());
    }
}
