//! The shape of all functions: values in, a value or a fault out.
use super::super::value::{Outcome, Value};

/// The implementation of a function.
pub(crate) type Native = for<'v, 'a> fn(&'v [Value<'a>]) -> Outcome<'a>;
