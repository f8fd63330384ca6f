//! The serving certificate of a run's replicas: one pair for all of them, as one Secret that every pod mounts.
//!
//! It is replaced as the kubelet replaces a mounted Secret: a new directory is written, and a symbolic link above the
//! files is renamed to it.
use std::{
    fs, io,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
};

/// The link above the files, as the kubelet names it.
const DATA: &str = "..data";
const FILES: [&str; 2] = ["tls.crt", "tls.key"];

/// A self-signed certificate for loopback, with its key, as PEM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pair {
    /// The certificate, which is its own authority.
    pub certificate: String,
    key: String,
}

impl Pair {
    /// A new pair.
    ///
    /// # Errors
    /// If the system gives no randomness.
    pub fn new() -> io::Result<Self> {
        let names = ["127.0.0.1".to_owned(), "localhost".to_owned()];
        let made = rcgen::generate_simple_self_signed(names).map_err(io::Error::other)?;
        Ok(Self { certificate: made.cert.pem(), key: made.signing_key.serialize_pem() })
    }
}

/// The pair that every replica of a run serves.
#[derive(Debug)]
pub struct ServingCertificate {
    directory: PathBuf,
    served: Mutex<(u32, Pair)>,
}

impl ServingCertificate {
    /// Writes a first pair to a new directory.
    ///
    /// # Errors
    /// If it cannot be made or written.
    pub fn issue(directory: PathBuf) -> io::Result<Self> {
        fs::create_dir_all(&directory)?;
        let pair = Pair::new()?;
        publish(&directory, 0, &pair)?;
        for file in FILES {
            symlink(Path::new(DATA).join(file), directory.join(file))?;
        }
        Ok(Self { directory, served: Mutex::new((0, pair)) })
    }

    /// Directory of `tls.crt` and `tls.key`.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// The certificate in the directory, as PEM.
    pub fn certificate(&self) -> String {
        self.lock().1.certificate.clone()
    }

    /// Replaces the pair in the directory.
    ///
    /// # Errors
    /// If it cannot be written; the old one stays.
    pub fn replace(&self, pair: Pair) -> io::Result<()> {
        let mut served = self.lock();
        publish(&self.directory, served.0 + 1, &pair)?;
        *served = (served.0 + 1, pair);
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, (u32, Pair)> {
        self.served.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Writes the files of a generation, and moves the link to it at once.
fn publish(directory: &Path, generation: u32, pair: &Pair) -> io::Result<()> {
    let name = format!("..{generation}");
    fs::create_dir_all(directory.join(&name))?;
    for (file, text) in FILES.into_iter().zip([&pair.certificate, &pair.key]) {
        fs::write(directory.join(&name).join(file), text)?;
    }
    let next = directory.join("..data_tmp");
    symlink(&name, &next)?;
    fs::rename(next, directory.join(DATA))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replaced_pair_is_behind_the_same_names() {
        let directory = tempfile::tempdir().expect("a directory");
        let serving = ServingCertificate::issue(directory.path().join("tls")).expect("a pair");
        let read = |file| fs::read_to_string(serving.directory().join(file)).expect("a file");
        let (first, key) = (read("tls.crt"), read("tls.key"));
        assert_eq!(first, serving.certificate());
        let second = Pair::new().expect("a pair");
        serving.replace(second.clone()).expect("written");
        assert_eq!((read("tls.crt"), serving.certificate()), (second.certificate.clone(), second.certificate));
        assert!(read("tls.crt") != first && read("tls.key") != key);
    }
}
