//! Standard output that may be closed early, as in `lockstep list | head -1`.
use anyhow::Context;
use std::io::{self, ErrorKind, Write};

/// Writes one line, or several, to standard output.
///
/// # Errors
/// If the output cannot be written. A closed pipe is not an error: the reader has seen enough.
pub(super) fn line(text: &str) -> anyhow::Result<()> {
    ignore_closed_pipe(writeln!(io::stdout().lock(), "{text}"))
}

/// Writes bytes to standard output as they are.
///
/// # Errors
/// As [`line`].
pub(super) fn bytes(bytes: &[u8]) -> anyhow::Result<()> {
    let mut output = io::stdout().lock();
    ignore_closed_pipe(output.write_all(bytes).and_then(|()| output.flush()))
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
