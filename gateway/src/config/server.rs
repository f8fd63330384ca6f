//! The section `server`, and the TLS profile.
use super::file::File;
use std::{path::PathBuf, time::Duration};

/// The longest life of an HTTP request.
pub const REQUEST_LIFE_MAX: Duration = Duration::from_secs(60);

/// How the API's port is encrypted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tls {
    /// Directory of `tls.crt` and `tls.key`.
    pub cert_dir: PathBuf,
    /// The oldest version that is spoken.
    pub oldest: TlsVersion,
}

/// A version of TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum TlsVersion {
    /// TLS 1.2.
    V1_2,
    /// TLS 1.3.
    V1_3,
}

pub(super) fn tls(file: &mut File) -> Option<Tls> {
    let cert_dir = file.text("server.tls.certDir").filter(|path| !path.is_empty());
    let key = "tlsProfile";
    let oldest = match file.text(key).map(|profile| profile.to_ascii_lowercase()).as_deref() {
        None | Some("" | "intermediate") => TlsVersion::V1_2,
        Some("modern") => TlsVersion::V1_3,
        Some("old") => file.mistake(key, "Old allows TLS 1.0, which is not spoken: use Intermediate", TlsVersion::V1_2),
        Some(_) => file.mistake(key, "must be Intermediate or Modern", TlsVersion::V1_2),
    };
    cert_dir.map(|cert_dir| Tls { cert_dir: cert_dir.into(), oldest })
}

pub(super) fn requests_max(file: &mut File, default: usize) -> usize {
    let key = "server.maxConcurrentRequests";
    match file.whole(key).map(usize::try_from) {
        None | Some(Ok(0)) => default,
        Some(Ok(value @ 1..=10_000)) => value,
        Some(_) => file.mistake(key, "is more than 10000: lower it", default),
    }
}

/// The request timeout. Zero disables the limit in the existing gateway; here `server.writeTimeout` is the limit then.
pub(super) fn request_timeout(file: &mut File) -> Duration {
    let write = file.duration("server.writeTimeout").unwrap_or(Duration::from_secs(30));
    if write < Duration::from_secs(5) {
        return file.mistake("server.writeTimeout", "is shorter than 5s: raise it", write);
    }
    let key = "server.k8sRequestTimeout";
    let timeout = file.duration(key).unwrap_or(Duration::from_secs(15));
    if timeout.is_zero() {
        return write.min(REQUEST_LIFE_MAX);
    }
    let problem = if timeout < Duration::from_secs(1) {
        "is shorter than 1s: raise it, or set 0 to be bounded by server.writeTimeout"
    } else if timeout >= write {
        "is not shorter than server.writeTimeout: lower it, or no answer could be written"
    } else if timeout > REQUEST_LIFE_MAX {
        "is longer than 60s, the longest life of a request: lower it"
    } else {
        return timeout;
    };
    file.mistake(key, problem, timeout)
}
