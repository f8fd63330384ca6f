//! Names on the command line: scenarios, protocols, presets of faults, mutants.
//!
//! A parser knows every name, for completion, and suggests the closest one for a typo. An error does not list all names
//! where there are dozens: `lockstep list` does.
use crate::{
    catalogue,
    mutants::{self, MUTANTS},
    protocol_name::ProtocolName,
    runner::Transport,
    scenario::Scenario,
    strategies::StrategyName,
};
use clap::{
    Arg, Command, Error, ValueEnum,
    builder::{PossibleValue, StyledStr, TypedValueParser},
    error::{ContextKind, ContextValue, ErrorKind},
};
use sim::Faults;
use std::ffi::OsStr;

/// Similarity from which a name is suggested for a typo.
const SIMILAR: f64 = 0.7;

/// Largest number of names that an error lists.
const FEW: usize = 8;

/// A value with its name and its description.
#[derive(Clone)]
struct Named<T> {
    name: String,
    about: &'static str,
    value: T,
}

/// Parses one of a fixed set of names.
#[derive(Clone)]
pub(super) struct Names<T>(Vec<Named<T>>);

/// Every scenario, also outside the catalogue.
pub(super) fn scenario() -> Names<&'static Scenario> {
    Names(
        catalogue::all()
            .map(|scenario| Named { name: scenario.name.to_string(), about: "", value: scenario })
            .collect(),
    )
}

/// The shipped protocol, every baseline and every mutant.
pub(super) fn protocol() -> Names<ProtocolName> {
    let all = ProtocolName::all().chain(ProtocolName::mutants()).chain(ProtocolName::equivalent_mutants());
    let named =
        |protocol: ProtocolName| Named { name: protocol.to_string(), about: protocol.summary(), value: protocol };
    Names(all.map(named).collect())
}

/// Every strategy.
pub(super) fn strategy() -> Names<StrategyName> {
    let named = |strategy: StrategyName| Named { name: strategy.to_string(), about: strategy.about(), value: strategy };
    Names(StrategyName::ALL.into_iter().map(named).collect())
}

/// Every preset of faults.
pub(super) fn preset() -> Names<Faults> {
    let named = |preset: &Faults| Named { name: preset.name.to_owned(), about: "", value: *preset };
    Names(Faults::PRESETS.iter().map(named).collect())
}

/// Every mutant that must be caught, as an index into [`MUTANTS`].
pub(super) fn mutant() -> Names<usize> {
    let named = |(index, mutant): (usize, &mutants::Mutant)| Named {
        name: mutant.name.to_owned(),
        about: mutant.about,
        value: index,
    };
    Names(MUTANTS.iter().enumerate().map(named).collect())
}

impl<T: Clone + Send + Sync + 'static> TypedValueParser for Names<T> {
    type Value = T;

    fn parse_ref(&self, command: &Command, arg: Option<&Arg>, value: &OsStr) -> Result<T, Error> {
        let text = value.to_string_lossy();
        match self.0.iter().find(|named| named.name == text) {
            Some(named) => Ok(named.value.clone()),
            None => Err(self.unknown(&text, arg).with_cmd(command)),
        }
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(self.0.iter().map(|named| {
            let value = PossibleValue::new(named.name.clone());
            if named.about.is_empty() { value } else { value.help(named.about) }
        })))
    }
}

impl<T> Names<T> {
    fn unknown(&self, text: &str, arg: Option<&Arg>) -> Error {
        let mut error = Error::new(ErrorKind::InvalidValue);
        let arg = arg.map_or_else(|| "NAME".to_owned(), ToString::to_string);
        error.insert(ContextKind::InvalidArg, ContextValue::String(arg));
        error.insert(ContextKind::InvalidValue, ContextValue::String(text.to_owned()));
        if let Some(close) = self.closest(text) {
            error.insert(ContextKind::SuggestedValue, ContextValue::String(close.to_owned()));
        }
        if self.0.len() <= FEW {
            let names = self.0.iter().map(|named| named.name.clone()).collect();
            error.insert(ContextKind::ValidValue, ContextValue::Strings(names));
        } else {
            let list = StyledStr::from(format!("`lockstep list` shows all {}", self.0.len()));
            error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![list]));
        }
        error
    }

    /// The name most similar to a typo.
    fn closest(&self, text: &str) -> Option<&str> {
        let similarity = |named: &Named<T>| strsim::jaro_winkler(text, &named.name);
        let close = self.0.iter().map(|named| (similarity(named), &*named.name)).filter(|(close, _)| *close > SIMILAR);
        close.max_by(|(a, _), (b, _)| a.total_cmp(b)).map(|(_, name)| name)
    }
}

impl ValueEnum for Transport {
    fn value_variants<'a>() -> &'a [Self] {
        &[Self::Direct, Self::Network]
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        let about = match self {
            Self::Direct => "In process: every request and answer is a choice",
            Self::Network => "HTTP over simulated TCP",
        };
        Some(PossibleValue::new(self.to_string()).help(about))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_typo_gets_the_closest_name() {
        assert_eq!(scenario().closest("brst"), Some("burst"));
        assert_eq!(scenario().closest("holder-crush"), Some("holder-crash"));
        assert_eq!(protocol().closest("shiped-lease"), Some("shipped-lease"));
        assert_eq!(preset().closest("hostil"), Some("hostile"));
        assert_eq!(mutant().closest("nomark"), Some("no-mark"));
        assert_eq!(preset().closest("xyzzy"), None);
    }

    fn count<T: Clone + Send + Sync + 'static>(names: &Names<T>) -> usize {
        names.possible_values().map_or(0, Iterator::count)
    }

    #[test]
    fn every_name_can_be_completed() {
        assert!(count(&scenario()) > catalogue::CATALOGUE.len());
        assert_eq!(count(&preset()), Faults::PRESETS.len());
    }
}
