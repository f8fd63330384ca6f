//! A bearer token: where it is in a request, what it is remembered by, and when it says that it expires.
//!
//! A token is a secret: it has no `Debug` that shows it, and only its SHA-256 is kept.
use axum::http::{HeaderMap, header};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::Timestamp;
use serde::Deserialize;
use sha2::{Digest as _, Sha256};
use std::time::Duration;

/// The longest token that is reviewed. Those of service accounts have about one kilobyte.
const BYTES_MAX: usize = 16 * 1024;

/// A token as a request has it.
pub(super) struct BearerToken(String);

/// What a token is remembered by: its SHA-256.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Digest([u8; 32]);

impl BearerToken {
    /// The token of a request, or why it has none, in the words of the existing gateway.
    pub(super) fn of(headers: &HeaderMap) -> Result<Self, &'static str> {
        const MALFORMED: &str = "Invalid Authorization header format";
        let mut values = headers.get_all(header::AUTHORIZATION).iter();
        let value = values.next().ok_or("Missing Authorization header")?;
        // Two of them are read differently by a proxy and by this gateway.
        if values.next().is_some() {
            return Err(MALFORMED);
        }
        let value = value.to_str().map_err(|_| MALFORMED)?;
        if value.is_empty() {
            return Err("Missing Authorization header");
        }
        let (scheme, token) = value.split_once(' ').ok_or(MALFORMED)?;
        if !scheme.eq_ignore_ascii_case("bearer") {
            return Err(MALFORMED);
        }
        match token.trim() {
            "" => Err("Empty Bearer token"),
            token if token.len() > BYTES_MAX || token.contains(' ') => Err(MALFORMED),
            token => Ok(Self(token.to_owned())),
        }
    }

    /// The token itself, for the review's body alone.
    pub(super) fn secret(&self) -> &str {
        &self.0
    }

    pub(super) fn digest(&self) -> Digest {
        Digest(Sha256::digest(&self.0).into())
    }

    /// How long the token is still valid by its own claim; `None` if it is not a JWT with one. The signature is not
    /// checked here, so the claim may only shorten what the API server said.
    pub(super) fn expires_within(&self, now: Timestamp) -> Option<Duration> {
        #[derive(Deserialize)]
        struct Claims {
            exp: i64,
        }
        let claims = URL_SAFE_NO_PAD.decode(self.0.split('.').nth(1)?).ok()?;
        let claims: Claims = serde_json::from_slice(&claims).ok()?;
        let expires = Timestamp::from_second(claims.exp).ok()?;
        Some(Duration::try_from(expires.duration_since(now)).unwrap_or(Duration::ZERO))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    fn of(value: &'static str) -> Result<String, &'static str> {
        let headers = HeaderMap::from_iter([(header::AUTHORIZATION, HeaderValue::from_static(value))]);
        BearerToken::of(&headers).map(|token| token.secret().to_owned())
    }

    #[test]
    fn header_is_read_strictly() {
        assert_eq!(of("Bearer abc.def"), Ok("abc.def".to_owned()));
        assert_eq!(of("bearer abc"), Ok("abc".to_owned()), "the scheme has no case (RFC 9110)");
        assert_eq!(of(""), Err("Missing Authorization header"));
        assert_eq!(of("Bearer "), Err("Empty Bearer token"));
        for malformed in ["Bearer", "Basic YTpi", "Bearer a b", "abc"] {
            assert_eq!(of(malformed), Err("Invalid Authorization header format"), "{malformed}");
        }
        assert_eq!(BearerToken::of(&HeaderMap::new()).err(), Some("Missing Authorization header"));
        let mut twice = HeaderMap::new();
        twice.append(header::AUTHORIZATION, HeaderValue::from_static("Bearer a"));
        twice.append(header::AUTHORIZATION, HeaderValue::from_static("Bearer b"));
        assert_eq!(BearerToken::of(&twice).err(), Some("Invalid Authorization header format"));
        let long = format!("Bearer {}", "a".repeat(BYTES_MAX + 1));
        let long = HeaderMap::from_iter([(header::AUTHORIZATION, long.parse().expect("a header"))]);
        assert!(BearerToken::of(&long).is_err());
    }

    #[test]
    fn claim_of_expiry_is_read() {
        let now = Timestamp::from_second(1_000).expect("a time");
        let token = |claims: &str| BearerToken(format!("e30.{}.c2ln", URL_SAFE_NO_PAD.encode(claims)));
        assert_eq!(token(r#"{"exp":1030,"sub":"x"}"#).expires_within(now), Some(Duration::from_secs(30)));
        assert_eq!(token(r#"{"exp":900}"#).expires_within(now), Some(Duration::ZERO));
        assert_eq!(token(r#"{"sub":"x"}"#).expires_within(now), None);
        assert_eq!(BearerToken("opaque".to_owned()).expires_within(now), None);
    }
}
