//! The text of a configuration as values by key, with the mistakes that were found while they were read.
use super::{
    environment::Environment,
    keys::{self, Known},
    mistake::{ConfigError, Ignored, Mistake},
};
use serde_json::Value;
use std::{collections::BTreeMap, time::Duration};

/// A file that is being read.
pub(super) struct File {
    values: BTreeMap<String, Value>,
    ignored: Vec<Ignored>,
    mistakes: Vec<Mistake>,
}

impl File {
    /// Reads the text; only text that is not YAML is an error at once.
    pub(super) fn read(text: &str, environment: &Environment) -> Result<Self, ConfigError> {
        let root: Option<Value> =
            serde_saphyr::from_str(text).map_err(|error| ConfigError::Unreadable(error.to_string()))?;
        let mut file = Self { values: BTreeMap::new(), ignored: Vec::new(), mistakes: environment.mistakes() };
        match root.unwrap_or(Value::Null) {
            Value::Null => {}
            Value::Object(members) => members.into_iter().for_each(|(key, value)| file.take(key, value)),
            _ => return Err(ConfigError::Unreadable("it is not a mapping of keys to values".to_owned())),
        }
        environment.complete(&mut file.values);
        Ok(file)
    }

    fn take(&mut self, path: String, value: Value) {
        match (keys::look_up(&path), value) {
            (Known::Unknown { nearest }, _) => {
                let hint = nearest.map_or_else(String::new, |nearest| format!("; did you mean {nearest}?"));
                self.mistakes.push(Mistake { key: path, problem: format!("is not a key of this file{hint}") });
            }
            // A key without a value is one that was left out, as in Go.
            (_, Value::Null) => {}
            (Known::Section, Value::Object(members)) => {
                members.into_iter().for_each(|(key, value)| self.take(format!("{path}.{key}"), value));
            }
            (Known::Section, _) => self.mistake(&path, "is a section: give it keys", ()),
            (Known::Key, value) => drop(self.values.insert(path, value)),
            (Known::Ignored(ignored), value) => {
                self.ignored.push(ignored);
                self.values.insert(path, value);
            }
        }
    }

    /// Records a mistake, and gives the value to go on with.
    pub(super) fn mistake<T>(&mut self, key: &str, problem: &str, instead: T) -> T {
        self.mistakes.push(Mistake { key: key.to_owned(), problem: problem.to_owned() });
        instead
    }

    pub(super) fn text(&mut self, key: &str) -> Option<String> {
        match self.values.get(key)? {
            Value::String(text) => Some(text.clone()),
            _ => self.mistake(key, "is not a text: put it in quotes", None),
        }
    }

    pub(super) fn whole(&mut self, key: &str) -> Option<u64> {
        let value = self.values.get(key)?;
        match value.as_u64().or_else(|| value.as_str()?.parse().ok()) {
            Some(number) => Some(number),
            None => self.mistake(key, "is not a whole number from 0", None),
        }
    }

    /// Whether the value is a number, or text that is one, as from an environment variable.
    pub(super) fn is_number(&self, key: &str) -> bool {
        let value = self.values.get(key);
        value.is_some_and(|value| value.is_number() || value.as_str().is_some_and(|text| text.parse::<u64>().is_ok()))
    }

    pub(super) fn flag(&mut self, key: &str) -> Option<bool> {
        match self.values.get(key)? {
            Value::Bool(flag) => Some(*flag),
            // Environment variables are text.
            Value::String(text) if text == "true" || text == "false" => Some(text == "true"),
            _ => self.mistake(key, "is not true or false", None),
        }
    }

    /// A list of texts, or one text with commas.
    pub(super) fn list(&mut self, key: &str) -> Option<Vec<String>> {
        let texts: Option<Vec<String>> = match self.values.get(key)? {
            Value::String(text) => text.split(',').map(|part| Some(part.trim().to_owned())).collect(),
            Value::Array(items) => items.iter().map(|item| item.as_str().map(str::to_owned)).collect(),
            _ => None,
        };
        match texts {
            Some(texts) => Some(texts.into_iter().filter(|text| !text.is_empty()).collect()),
            None => self.mistake(key, "is not a list of texts", None),
        }
    }

    /// A duration as Go writes it, as in `1m30s`.
    pub(super) fn duration(&mut self, key: &str) -> Option<Duration> {
        let parsed = match self.values.get(key)? {
            Value::Number(number) if number.as_u64() == Some(0) => Some(Duration::ZERO),
            Value::String(text) if text == "0" => Some(Duration::ZERO),
            Value::String(text) => {
                text.parse::<jiff::SignedDuration>().ok().and_then(|duration| Duration::try_from(duration).ok())
            }
            _ => None,
        };
        match parsed {
            Some(duration) => Some(duration),
            None => self.mistake(key, "is not a duration, as in 15s or 1m30s", None),
        }
    }

    /// An address in Go's form `host:port`; an empty host means every address.
    pub(super) fn address(&mut self, key: &str, default: String) -> String {
        let Some(value) = self.text(key).filter(|value| !value.is_empty()) else { return default };
        match value.rsplit_once(':').map(|(_, port)| port.parse::<u16>()) {
            Some(Ok(_)) => value,
            _ => self.mistake(key, "is not host:port, as in :8080", default),
        }
    }

    /// The keys without an effect, if there was no mistake.
    pub(super) fn finish(self) -> Result<Vec<Ignored>, ConfigError> {
        if self.mistakes.is_empty() { Ok(self.ignored) } else { Err(ConfigError::Mistaken(self.mistakes)) }
    }
}
