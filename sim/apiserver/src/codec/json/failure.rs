//! The error of a value that is not of its Go type (encoding/json, UnmarshalTypeError).
use std::fmt;

/// An error of Go's decoder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Failure {
    /// A value of the wrong type.
    Mismatch {
        found: String,
        wanted: String,
        /// The struct around the value.
        owner: &'static str,
        /// The path of members to the value.
        path: Vec<&'static str>,
    },
    Other(String),
}

impl Failure {
    pub(super) fn mismatch(found: &str, wanted: &str) -> Self {
        Self::Mismatch { found: found.to_owned(), wanted: wanted.to_owned(), owner: "", path: Vec::new() }
    }

    /// The error of a value inside of a struct.
    pub(super) fn within(self, around: &'static str, above: &[&'static str]) -> Self {
        match self {
            Self::Mismatch { found, wanted, path, .. } if !above.is_empty() => {
                Self::Mismatch { found, wanted, owner: around, path: [above, &path].concat() }
            }
            other => other,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Mismatch { found, wanted, path, .. } if path.is_empty() => {
                write!(f, "json: cannot unmarshal {found} into Go value of type {wanted}")
            }
            Self::Mismatch { found, wanted, owner, path } => {
                let path = path.join(".");
                write!(f, "json: cannot unmarshal {found} into Go struct field {owner}.{path} of type {wanted}")
            }
            Self::Other(why) => f.write_str(why),
        }
    }
}
