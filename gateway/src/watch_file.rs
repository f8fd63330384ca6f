//! A file whose changes matter while the gateway runs: its configuration, or its certificate.
//!
//! Its content is compared every few seconds. Kubernetes replaces a mounted ConfigMap or Secret by renaming a symbolic
//! link above the file, which watches of the file itself do not see.
use std::{io, path::PathBuf, time::Duration};

/// Pause between two looks at a file.
pub const PERIOD: Duration = Duration::from_secs(5);

/// A file, and its content when it was last looked at.
#[derive(Debug)]
pub struct WatchedFile {
    path: PathBuf,
    seen: Result<Vec<u8>, io::ErrorKind>,
}

impl WatchedFile {
    /// The file at `path`, which had this content.
    pub fn new(path: PathBuf, content: Vec<u8>) -> Self {
        Self { path, seen: Ok(content) }
    }

    /// The content, if it is not what it was at the last look. An error is new only once, too.
    pub fn changed(&mut self) -> Option<io::Result<Vec<u8>>> {
        let now = std::fs::read(&self.path);
        let seen = match &now {
            Ok(content) => Ok(content.clone()),
            Err(error) => Err(error.kind()),
        };
        if seen == self.seen {
            return None;
        }
        self.seen = seen;
        Some(now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_change_is_seen_once() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("config.yaml");
        std::fs::write(&path, "a").expect("written");
        let mut file = WatchedFile::new(path.clone(), b"a".to_vec());
        assert!(file.changed().is_none());
        std::fs::write(&path, "b").expect("written");
        assert_eq!(file.changed().expect("a change").expect("a content"), b"b");
        assert!(file.changed().is_none());
        std::fs::remove_file(&path).expect("removed");
        assert!(file.changed().expect("a change").is_err() && file.changed().is_none());
        std::fs::write(&path, "b").expect("written");
        assert!(file.changed().expect("a change").is_ok(), "back again");
    }
}
