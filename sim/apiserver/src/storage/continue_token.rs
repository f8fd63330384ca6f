//! The continue token of a list (k8s.io/apiserver/pkg/storage/continue.go): base64 of the revision and the first key of
//! the next page.
use crate::base::{
    json::json_type,
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
use serde::Serialize;
use serde_json::Value;

/// Like Go's decoder, ignores leftover bits.
const LENIENT: GeneralPurpose = GeneralPurpose::new(&URL_SAFE, NO_PAD.with_decode_allow_trailing_bits(true));

const VERSION: &str = "meta.k8s.io/v1";

/// The position at which a list continues.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct ContinueToken {
    v: String,
    /// The revision of the first page; -1 for the current revision.
    pub(crate) rv: i64,
    /// The first key of the next page, relative to the list's prefix.
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
        if let Some(at) = illegal_byte(text) {
            return Err(invalid(&format!("illegal base64 data at input byte {at}")));
        }
        let bytes = LENIENT.decode(text.replace(['\r', '\n'], "")).map_err(|e| invalid(&e.to_string()))?;
        let token = serde_json::from_slice(&bytes).map_err(|e| syntax_error(&bytes, &e));
        let token = token.and_then(|value| Self::of(&value)).map_err(|why| invalid(&why))?;
        let why = if token.v != VERSION {
            format!("server does not recognize this encoded version {}", token.v)
        } else if token.rv == 0 {
            format!("incorrect encoded start resourceVersion (version {VERSION})")
        } else if token.start.is_empty() {
            format!("encoded start key empty (version {VERSION})")
        } else if !is_clean(&token.start) {
            token.start
        } else {
            let start = token.start.strip_prefix('/').unwrap_or(&token.start).to_owned();
            return Ok(Self { start, ..token });
        };
        Err(invalid(&why))
    }

    /// Decodes as Go's `encoding/json` does: the case of names does not count, and null is nothing.
    fn of(value: &Value) -> Result<Self, String> {
        let mut token = Self { v: String::new(), rv: 0, start: String::new() };
        let members = match value {
            Value::Object(members) => members,
            Value::Null => return Ok(token),
            other => {
                let found = json_type(other);
                return Err(format!("json: cannot unmarshal {found} into Go value of type storage.continueToken"));
            }
        };
        for (name, value) in members {
            let (name, wanted) = match name.to_ascii_lowercase().as_str() {
                "v" => ("v", "string"),
                "rv" => ("rv", "int64"),
                "start" => ("start", "string"),
                _ => continue,
            };
            match (name, value) {
                (_, Value::Null) => {}
                ("v", Value::String(text)) => text.clone_into(&mut token.v),
                ("start", Value::String(text)) => text.clone_into(&mut token.start),
                ("rv", Value::Number(number)) if number.is_i64() => token.rv = number.as_i64().unwrap_or_default(),
                _ => {
                    let number = if name == "rv" && value.is_number() { format!(" {value}") } else { String::new() };
                    let found = json_type(value);
                    let field = format!("continueToken.{name} of type {wanted}");
                    return Err(format!("json: cannot unmarshal {found}{number} into Go struct field {field}"));
                }
            }
        }
        Ok(token)
    }
}

/// Whether a start key names no directory above its prefix: Go's `path.Clean` leaves it as it is.
fn is_clean(start: &str) -> bool {
    let relative = start.strip_prefix('/').unwrap_or(start);
    relative.is_empty() || relative.split('/').all(|part| !matches!(part, "" | "." | ".."))
}

/// Position of the first byte at which Go's decoder stops; it ignores line breaks.
fn illegal_byte(text: &str) -> Option<usize> {
    let mut digits = 0_usize;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'\r' | b'\n' => {}
            b'-' | b'_' => digits += 1,
            _ if byte.is_ascii_alphanumeric() => digits += 1,
            _ => return Some(at),
        }
    }
    (digits % 4 == 1).then(|| text.len() - 1)
}

/// Go's message if the first byte cannot begin a JSON value.
fn syntax_error(bytes: &[u8], error: &serde_json::Error) -> String {
    match bytes.first() {
        _ if error.is_eof() => "unexpected end of JSON input".into(),
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
