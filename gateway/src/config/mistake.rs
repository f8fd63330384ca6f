//! What can be wrong with a configuration.
use std::fmt;

/// One mistake in a configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// Key of the value, as in `server.writeTimeout`, or the environment variable.
    pub key: String,
    /// The problem, and what to do about it.
    pub problem: String,
}

/// A key that is accepted without an effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ignored {
    /// The key.
    pub key: &'static str,
    /// The reason why it has none.
    pub reason: &'static str,
}

/// Why a configuration is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// The text is not YAML.
    #[error("configuration cannot be read: {0}")]
    Unreadable(String),
    /// Every mistake that it has, one a line.
    #[error("{}", lines(.0))]
    Mistaken(Vec<Mistake>),
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.key, self.problem)
    }
}

impl fmt::Display for Ignored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} has no effect: {}", self.key, self.reason)
    }
}

fn lines(mistakes: &[Mistake]) -> String {
    mistakes.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}
