//! The continue token of a list (k8s.io/apiserver/pkg/storage/continue.go): base64 of the revision and the first key of
//! the next page.
use crate::base::{
    object,
    status::{self, Outcome, Status},
};
use base64::{
    Engine,
    alphabet::URL_SAFE,
    engine::{
        GeneralPurpose,
        general_purpose::{NO_PAD, URL_SAFE_NO_PAD},
    },
};
use serde::{Deserialize, Serialize};

/// Like Go's decoder, ignores leftover bits.
const LENIENT: GeneralPurpose = GeneralPurpose::new(&URL_SAFE, NO_PAD.with_decode_allow_trailing_bits(true));

const VERSION: &str = "meta.k8s.io/v1";

/// The position at which a list continues.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ContinueToken {
    #[serde(default)]
    v: String,
    /// The revision of the first page; -1 for the current revision.
    #[serde(default)]
    pub(crate) rv: i64,
    /// The first key of the next page, relative to the list's prefix.
    #[serde(default)]
    pub(crate) start: String,
}

impl ContinueToken {
    pub(crate) fn new(rv: i64, start: String) -> Self {
        Self { v: VERSION.to_owned(), rv, start }
    }

    pub(crate) fn encode(&self) -> String {
        URL_SAFE_NO_PAD.encode(object::encode(self))
    }

    /// Parses a token.
    ///
    /// # Errors
    /// 400 for a token that this server never issued.
    pub(crate) fn decode(text: &str) -> Outcome<Self> {
        let bytes = LENIENT.decode(text.trim_end_matches('=')).map_err(|e| invalid(&e.to_string()))?;
        let token: Self = serde_json::from_slice(&bytes).map_err(|e| invalid(&syntax_error(&bytes, &e)))?;
        if token.v != VERSION {
            return Err(invalid(&format!("server does not recognize this encoded version {}", token.v)));
        }
        if token.start.is_empty() || token.start.split('/').any(|part| part == "..") {
            return Err(invalid("encoded start key is not valid"));
        }
        Ok(token)
    }
}

/// Go's message if the first byte cannot begin a JSON value.
fn syntax_error(bytes: &[u8], error: &serde_json::Error) -> String {
    match bytes.first() {
        Some(first @ (0x80..=0x9f)) => format!("invalid character '\\u{first:04x}' looking for beginning of value"),
        Some(first) if !first.is_ascii_digit() && !b"{[\"-tfn \t\r\n".contains(first) => {
            format!("invalid character '{}' looking for beginning of value", char::from(*first))
        }
        _ => error.to_string(),
    }
}

fn invalid(why: &str) -> Box<Status> {
    status::bad_request(format!("invalid continue token: continue key is not valid: {why}"))
}
