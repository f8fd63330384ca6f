//! The manifest of a report folder: the files that the command wrote there, so that the next command can remove them
//! and leaves everything else alone.
use super::atomic;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::{
    fs, io,
    path::{Component, Path, PathBuf},
};

/// Name of the manifest in its folder.
pub(super) const NAME: &str = "lockstep-manifest.json";
/// Version of its format.
const FORMAT: u32 = 1;

/// Files that the command wrote.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Manifest {
    lockstep_manifest: u32,
    files: Vec<Written>,
}

/// One file. While it is being replaced, its former content is listed too.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Written {
    name: String,
    bytes: u64,
    sha256: String,
}

impl Written {
    fn new(name: &str, content: &[u8]) -> Self {
        let hash = Sha256::digest(content);
        let sha256 = hash.iter().map(|byte| format!("{byte:02x}")).collect();
        Self { name: name.to_owned(), bytes: content.len() as u64, sha256 }
    }

    /// Whether the file is still as it was written. A link is not.
    fn is_unchanged(&self, path: &Path) -> bool {
        let same_size = fs::symlink_metadata(path).is_ok_and(|found| found.is_file() && found.len() == self.bytes);
        same_size && fs::read(path).is_ok_and(|content| Self::new(&self.name, &content) == *self)
    }
}

impl Manifest {
    /// A manifest of no files.
    pub(super) const fn new() -> Self {
        Self { lockstep_manifest: FORMAT, files: Vec::new() }
    }

    /// Whether it lists no file.
    pub(super) const fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// The manifest in a folder; an empty one where there is none that this version reads.
    pub(super) fn read(folder: &Path) -> Self {
        let text = fs::read_to_string(folder.join(NAME)).unwrap_or_default();
        let manifest: Option<Self> = serde_json::from_str(&text).ok();
        manifest.filter(|manifest| manifest.lockstep_manifest == FORMAT).unwrap_or(Self::new())
    }

    fn save(&self, folder: &Path) -> io::Result<()> {
        let mut text = serde_json::to_string_pretty(self)?;
        text.push('\n');
        atomic::write(&folder.join(NAME), text.as_bytes())
    }

    /// Removes the files of an earlier command that are as it wrote them, and begins a manifest of its own.
    pub(super) fn begin(folder: &Path) -> io::Result<Self> {
        for file in Self::read(folder).files {
            let Some(path) = inside(folder, &file.name) else { continue };
            if file.is_unchanged(&path) {
                fs::remove_file(&path)?;
            }
            let part = atomic::part_of(&path);
            if fs::symlink_metadata(&part).is_ok_and(|found| found.is_file()) {
                fs::remove_file(part)?;
            }
        }
        let manifest = Self::new();
        manifest.save(folder)?;
        Ok(manifest)
    }

    /// Writes a file. The manifest has it first: a killed command leaves no file that nobody owns.
    pub(super) fn write(&mut self, folder: &Path, name: &str, content: &[u8]) -> io::Result<PathBuf> {
        let path = folder.join(name);
        let written = Written::new(name, content);
        let former = self.files.len();
        self.files.push(written);
        self.save(folder).and_then(|()| atomic::write(&path, content)).inspect_err(|_| self.files.truncate(former))?;
        let mut index = 0;
        self.files.retain(|file| {
            index += 1;
            index > former || file.name != name
        });
        Ok(path)
    }

    /// Saves what was left to save: the former contents of replaced files are not listed any more.
    pub(super) fn finish(&self, folder: &Path) -> io::Result<()> {
        self.save(folder)
    }
}

/// Path of a file directly in the folder; None for a name that leads elsewhere.
fn inside(folder: &Path, name: &str) -> Option<PathBuf> {
    let mut components = Path::new(name).components();
    match (components.next(), components.next()) {
        (Some(Component::Normal(only)), None) if only == name => Some(folder.join(name)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("lockstep-manifest-{name}-{}", std::process::id()));
        fs::create_dir_all(&folder).expect("a folder");
        folder
    }

    #[test]
    fn only_unchanged_files_of_its_own_are_removed() {
        let folder = folder("own");
        let mut manifest = Manifest::begin(&folder).expect("a manifest");
        for name in ["kept.txt", "changed.txt", "linked.txt"] {
            manifest.write(&folder, name, b"one").expect("a file");
        }
        manifest.write(&folder, "kept.txt", b"three").expect("replaced");
        manifest.finish(&folder).expect("saved");
        fs::write(folder.join("changed.txt"), "two").expect("changed");
        fs::write(folder.join("own.txt"), "one").expect("not in the manifest");
        Manifest::begin(&folder).expect("the next command");
        let left = ["kept.txt", "changed.txt", "linked.txt", "own.txt"].map(|name| folder.join(name).exists());
        assert_eq!(left, [false, true, false, true]);
        fs::remove_dir_all(folder).expect("removed");
    }

    #[test]
    fn names_that_lead_elsewhere_are_left_alone() {
        let folder = folder("elsewhere");
        let names = ["../a", "/etc/hosts", "a/b", "", ".", "..", "a/"];
        assert_eq!(names.map(|name| inside(&folder, name)), names.map(|_| None));
        assert!(inside(&folder, "a b.replay").is_some());
        fs::remove_dir_all(folder).expect("removed");
    }
}
