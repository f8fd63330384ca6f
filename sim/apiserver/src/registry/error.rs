//! Errors of definitions that cannot be served.
use super::columns::jsonpath::JsonPathError;
use crate::schema::SchemaError;

/// Reason why a CustomResourceDefinition cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum RegistryError {
    /// A required member is missing.
    #[error("custom resource definition lacks {0}: give the whole v1 object")]
    Missing(&'static str),
    /// The group and plural exist already.
    #[error("resource {0} is already registered: register it once")]
    Duplicate(String),
    /// No ids are left.
    #[error("too many resources: at most 65535 can be registered")]
    Full,
    /// The schema does not compile.
    #[error(transparent)]
    Schema(#[from] SchemaError),
    /// A printer column's path is malformed.
    #[error(transparent)]
    Column(#[from] JsonPathError),
}
