//! Files that are whole or absent: written beside their place, then renamed.
use std::{
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
};

/// Where a file is written before it gets its name.
pub(super) fn part_of(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!(".{name}.part"))
}

/// Writes a file. A reader sees the former one or the new one, and so does the next command if this one is killed.
///
/// # Errors
/// If it cannot be written; the former file is unchanged then.
pub(in super::super) fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    if is_device(path) {
        return File::options().write(true).open(path)?.write_all(bytes);
    }
    let part = part_of(path);
    let written = fs::write(&part, bytes).and_then(|()| fs::rename(&part, path));
    if written.is_err() {
        let _ = fs::remove_file(&part);
    }
    written
}

/// Whether a file can be written there, as far as that is known before it is written. Nothing is left behind.
///
/// # Errors
/// If it cannot.
pub(in super::super) fn try_out(path: &Path) -> io::Result<()> {
    if path.is_dir() {
        return Err(io::ErrorKind::IsADirectory.into());
    }
    if is_device(path) {
        return File::options().write(true).open(path).map(drop);
    }
    let part = part_of(path);
    fs::write(&part, b"\n").and_then(|()| fs::remove_file(&part))
}

/// Whether the path is a device or a pipe, which cannot be replaced.
fn is_device(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|found| !found.is_file() && !found.is_dir())
}
