//! Which browsers' pages may call the API.
//!
//! The existing gateway allows every origin if nothing is configured. Here nothing is allowed then: a sender is not a
//! browser.
use super::file::File;
use std::time::Duration;

/// The section `cors`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cors {
    /// Origins, each with at most one `*`.
    pub origins: Vec<String>,
    /// Methods of a request.
    pub methods: Vec<String>,
    /// Headers of a request; `*` for all.
    pub headers: Vec<String>,
    /// Headers of an answer that a page may read.
    pub exposed: Vec<String>,
    /// Whether a page may send credentials.
    pub credentials: bool,
    /// How long a browser may remember the answer to a preflight.
    pub max_age: Duration,
}

impl Cors {
    /// Whether pages of `origin` may call the API.
    pub fn allows(&self, origin: &str) -> bool {
        self.origins.iter().any(|allowed| match allowed.split_once('*') {
            Some((before, after)) => {
                origin.len() >= before.len() + after.len() && origin.starts_with(before) && origin.ends_with(after)
            }
            None => allowed == origin,
        })
    }

    /// Whether pages of every origin may call the API.
    pub fn allows_all(&self) -> bool {
        self.origins.iter().any(|origin| origin == "*")
    }
}

pub(super) fn read(file: &mut File) -> Option<Cors> {
    let texts = |default: &[&str]| default.iter().map(|text| (*text).to_owned()).collect();
    let cors = Cors {
        origins: file.list("cors.allowedOrigins").unwrap_or_default(),
        methods: file.list("cors.allowedMethods").unwrap_or_else(|| texts(&["POST", "OPTIONS"])),
        headers: file.list("cors.allowedHeaders").unwrap_or_else(|| texts(&["Authorization", "Content-Type"])),
        exposed: file.list("cors.exposedHeaders").unwrap_or_else(|| texts(&["X-Request-ID"])),
        credentials: file.flag("cors.allowCredentials").unwrap_or(false),
        max_age: max_age(file),
    };
    for origin in &cors.origins {
        let parts = origin.matches('*').count();
        if origin != "*" && (parts > 1 || !origin.contains("://")) {
            let problem = format!("{origin:?} is not an origin, as in https://example.org or https://*.example.org");
            file.mistake("cors.allowedOrigins", &problem, ());
        }
    }
    for (key, names) in [
        ("cors.allowedMethods", &cors.methods),
        ("cors.allowedHeaders", &cors.headers),
        ("cors.exposedHeaders", &cors.exposed),
    ] {
        if names.iter().any(|name| name != "*" && http::HeaderName::from_bytes(name.as_bytes()).is_err()) {
            file.mistake(key, "has a name that HTTP does not allow", ());
        }
    }
    if cors.credentials && cors.allows_all() {
        file.mistake("cors.allowCredentials", "would let every page use a user's credentials: name the origins", ());
    }
    (!cors.origins.is_empty()).then_some(cors)
}

/// Seconds, as in the existing gateway, or a duration.
fn max_age(file: &mut File) -> Duration {
    let key = "cors.maxAge";
    let seconds = file.is_number(key).then(|| file.whole(key).map(Duration::from_secs));
    seconds.unwrap_or_else(|| file.duration(key)).unwrap_or(Duration::from_secs(300))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_match_with_one_star() {
        let cors = |origin: &str| Cors {
            origins: vec![origin.to_owned()],
            methods: vec![],
            headers: vec![],
            exposed: vec![],
            credentials: false,
            max_age: Duration::ZERO,
        };
        assert!(cors("https://a.example").allows("https://a.example"));
        assert!(!cors("https://a.example").allows("https://a.example.evil"));
        assert!(cors("https://*.example").allows("https://b.example"));
        assert!(!cors("https://*.example").allows("https://b.example.evil"));
        assert!(!cors("https://a*a").allows("https://a"), "the star does not overlap");
        assert!(cors("*").allows("null") && cors("*").allows_all());
    }
}
