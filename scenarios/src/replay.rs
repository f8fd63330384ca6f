//! Replay: a run as a file or a string, so that anybody can see it again, byte for byte.
//!
//! The file is text: a header of `name: value` lines, an empty line, and one `label picked/of` line per choice. The string is
//! `scenario:protocol:transport:faults:replicas:random:seed`, for a run whose choices a seed made, or
//! `…:placed:12=1,31=3`, for one that is in order and without a fault but at these choices.
use crate::{
    generated::Generated,
    protocol_name::ProtocolName,
    runner::{Overrides, Subject, Transport},
};
use sim::{
    choice::{Choice, Choices, LABELS, Placed, Random, Recorded},
    faults::Faults,
};
use std::{collections::BTreeMap, fmt::Write, str::FromStr};

const MAGIC: &str = "lockstep replay 1";

/// Where a replay's decisions come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decisions {
    /// The random strategy with this seed.
    Seed(u64),
    /// Recorded ones.
    Choices(Vec<Choice>),
    /// In order, but for these: by place, counted from 0.
    Placed(BTreeMap<usize, u32>),
}

/// A run that can be done again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replay {
    /// Which scenario.
    pub scenario: String,
    /// The scenario itself, where the catalogue does not have it.
    pub generated: Option<Generated>,
    /// The protocol.
    pub protocol: ProtocolName,
    /// The transport.
    pub transport: Transport,
    /// The preset of faults; the scenario's own where none is named.
    pub faults: Option<String>,
    /// How many replicas; the scenario's own where none is named.
    pub replicas: Option<usize>,
    /// The invariant that was broken, where one was.
    pub invariant: Option<String>,
    /// The chained hash of the recorded run.
    pub chain: Option<u64>,
    /// Its decisions.
    pub decisions: Decisions,
}

/// What is wrong with a replay file or string.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReplayError {
    /// Not a replay at all.
    #[error(
        "not a replay: it must begin with `{MAGIC}`, or be scenario:protocol:transport:faults:replicas:strategy:seed"
    )]
    NotAReplay,
    /// A line that cannot be read.
    #[error("line {line}: {why}")]
    Line {
        /// Counted from 1.
        line: usize,
        /// What is wrong with it.
        why: String,
    },
    /// A header that is missing.
    #[error("the header `{0}:` is missing")]
    Missing(&'static str),
    /// Something that this version does not have.
    #[error("{0}")]
    Unknown(String),
}

impl Replay {
    /// The decisions, from their beginning.
    pub fn choices(&self) -> Choices {
        match &self.decisions {
            Decisions::Seed(seed) => Choices::new(Random::new(*seed)),
            Decisions::Choices(choices) => Choices::new(Recorded::new(choices.clone())),
            Decisions::Placed(picks) => Choices::new(Placed::new(picks.clone())),
        }
    }

    /// The scenario with what this replay changes of it.
    ///
    /// # Errors
    /// [`ReplayError::Unknown`] when the catalogue does not have it.
    pub fn subject(&self) -> Result<Subject, ReplayError> {
        let scenario = match &self.generated {
            Some(generated) => generated.scenario(&self.scenario, preset(&generated.faults)?),
            None => crate::catalogue::find(&self.scenario)
                .cloned()
                .ok_or_else(|| ReplayError::Unknown(crate::catalogue::unknown(&self.scenario)))?,
        };
        let faults = self.faults.as_deref().map(preset).transpose()?;
        let overrides = Overrides { faults, replicas: self.replicas };
        Ok(Subject::new(scenario, self.protocol, self.transport, overrides))
    }

    /// The replay as one string. Recorded choices become those of them that are not in order; a scenario that the catalogue
    /// lacks has no string.
    pub fn to_line(&self) -> Option<String> {
        if self.generated.is_some() {
            return None;
        }
        let (strategy, decisions) = match &self.decisions {
            Decisions::Seed(seed) => ("random", seed.to_string()),
            Decisions::Placed(picks) => ("placed", placed_text(picks)),
            Decisions::Choices(choices) => {
                let deviations = choices.iter().enumerate().filter(|(_, choice)| choice.picked > 0);
                ("placed", placed_text(&deviations.map(|(at, choice)| (at, choice.picked)).collect()))
            }
        };
        let (faults, replicas) = (self.faults.as_deref().unwrap_or("-"), self.replicas);
        let replicas = replicas.map_or("-".to_owned(), |replicas| replicas.to_string());
        Some(format!(
            "{}:{}:{}:{faults}:{replicas}:{strategy}:{decisions}",
            self.scenario, self.protocol, self.transport
        ))
    }

    /// The replay as a file's text.
    pub fn to_text(&self) -> String {
        let mut text = format!("{MAGIC}\nscenario: {}\n", self.scenario);
        if let Some(generated) = &self.generated {
            let json = serde_json::to_string(generated).unwrap_or_default();
            let _ = writeln!(text, "generated: {json}");
        }
        let _ = writeln!(text, "protocol: {}\ntransport: {}", self.protocol, self.transport);
        if let Some(faults) = &self.faults {
            let _ = writeln!(text, "faults: {faults}");
        }
        if let Some(replicas) = self.replicas {
            let _ = writeln!(text, "replicas: {replicas}");
        }
        if let Some(invariant) = &self.invariant {
            let _ = writeln!(text, "invariant: {invariant}");
        }
        if let Some(chain) = self.chain {
            let _ = writeln!(text, "chain: {chain:016x}");
        }
        match &self.decisions {
            Decisions::Seed(seed) => {
                let _ = writeln!(text, "seed: {seed}\n");
            }
            Decisions::Placed(picks) => {
                let _ = writeln!(text, "placed: {}\n", placed_text(picks));
            }
            Decisions::Choices(choices) => {
                text.push('\n');
                for choice in choices {
                    let _ = writeln!(text, "{} {}/{}", choice.label, choice.picked, choice.of);
                }
            }
        }
        text
    }
}

impl FromStr for Replay {
    type Err = ReplayError;

    fn from_str(text: &str) -> Result<Self, ReplayError> {
        if text.starts_with(MAGIC) { parse_file(text) } else { parse_string(text.trim()) }
    }
}

fn parse_string(text: &str) -> Result<Replay, ReplayError> {
    let parts: Vec<&str> = text.split(':').collect();
    let [scenario, protocol, transport, faults, replicas, strategy, decisions] = parts[..] else {
        return Err(ReplayError::NotAReplay);
    };
    let decisions = match strategy {
        "random" => Decisions::Seed(number(1, decisions)?),
        "placed" => Decisions::Placed(placed(1, decisions)?),
        _ => {
            return Err(ReplayError::Unknown(format!(
                "no strategy `{strategy}` in a replay: there are random and placed"
            )));
        }
    };
    let own = |part: &str| (part != "-").then(|| part.to_owned());
    let replicas = own(replicas).map(|replicas| number(1, &replicas)).transpose()?;
    Ok(Replay {
        scenario: scenario.to_owned(),
        generated: None,
        protocol: protocol.parse().map_err(ReplayError::Unknown)?,
        transport: transport.parse().map_err(ReplayError::Unknown)?,
        faults: own(faults),
        replicas,
        invariant: None,
        chain: None,
        decisions,
    })
}

/// Choices by place, as a replay string has them: `12=1,31=3`, or `-` for none.
fn placed(line: usize, text: &str) -> Result<BTreeMap<usize, u32>, ReplayError> {
    let bad = || ReplayError::Line { line, why: format!("`{text}` are no placed choices: try 12=1,31=3") };
    let picks = text.split(',').filter(|pick| *pick != "-");
    picks
        .map(|pick| {
            let (at, picked) = pick.split_once('=').ok_or_else(bad)?;
            Ok((at.parse().map_err(|_| bad())?, picked.parse().map_err(|_| bad())?))
        })
        .collect()
}

/// The same as text.
fn placed_text(picks: &BTreeMap<usize, u32>) -> String {
    let text: Vec<String> = picks.iter().map(|(at, picked)| format!("{at}={picked}")).collect();
    if text.is_empty() { "-".to_owned() } else { text.join(",") }
}

fn number<T: FromStr>(line: usize, text: &str) -> Result<T, ReplayError> {
    text.parse().map_err(|_| ReplayError::Line { line, why: format!("`{text}` is not a number here") })
}

fn parse_file(text: &str) -> Result<Replay, ReplayError> {
    let mut header = BTreeMap::new();
    let mut lines = text.lines().enumerate().skip(1);
    for (index, line) in lines.by_ref() {
        if line.is_empty() {
            break;
        }
        let Some((name, value)) = line.split_once(": ") else {
            return Err(ReplayError::Line { line: index + 1, why: format!("`{line}` is not `name: value`") });
        };
        header.insert(name, (index + 1, value));
    }
    let mut choices = Vec::new();
    for (index, line) in lines.filter(|(_, line)| !line.is_empty()) {
        choices.push(choice(index + 1, line)?);
    }
    let text = |name: &'static str| header.get(name).map(|&(_, value)| value);
    let required = |name: &'static str| text(name).ok_or(ReplayError::Missing(name));
    let decisions = match (header.get("seed"), header.get("placed")) {
        (Some(&(line, seed)), _) => Decisions::Seed(number(line, seed)?),
        (None, Some(&(line, picks))) => Decisions::Placed(placed(line, picks)?),
        (None, None) => Decisions::Choices(choices),
    };
    Ok(Replay {
        scenario: required("scenario")?.to_owned(),
        generated: header.get("generated").map(|&(line, json)| generated(line, json)).transpose()?,
        protocol: required("protocol")?.parse().map_err(ReplayError::Unknown)?,
        transport: required("transport")?.parse().map_err(ReplayError::Unknown)?,
        faults: text("faults").map(str::to_owned),
        replicas: header.get("replicas").map(|&(line, replicas)| number(line, replicas)).transpose()?,
        invariant: text("invariant").map(str::to_owned),
        chain: header.get("chain").map(|&(line, chain)| hexadecimal(line, chain)).transpose()?,
        decisions,
    })
}

fn generated(line: usize, json: &str) -> Result<Generated, ReplayError> {
    serde_json::from_str(json).map_err(|error| ReplayError::Line { line, why: error.to_string() })
}

fn hexadecimal(line: usize, text: &str) -> Result<u64, ReplayError> {
    u64::from_str_radix(text, 16).map_err(|_| ReplayError::Line { line, why: format!("`{text}` is not a hash") })
}

fn choice(line: usize, text: &str) -> Result<Choice, ReplayError> {
    let bad = |why: &str| ReplayError::Line { line, why: format!("`{text}`: {why}") };
    let (label, numbers) = text.split_once(' ').ok_or_else(|| bad("expected `label picked/of`"))?;
    let label = LABELS.iter().copied().find(|known| known.text() == label).ok_or_else(|| bad("unknown label"))?;
    let (picked, of) = numbers.split_once('/').ok_or_else(|| bad("expected `label picked/of`"))?;
    let (picked, of) = (number(line, picked)?, number(line, of)?);
    if picked >= of { Err(bad("picked must be less than of")) } else { Ok(Choice { label, of, picked }) }
}

/// The preset of faults of this name.
///
/// # Errors
/// [`ReplayError::Unknown`] when there is none.
pub fn preset(name: &str) -> Result<Faults, ReplayError> {
    let known: Vec<&str> = Faults::PRESETS.iter().map(|preset| preset.name).collect();
    Faults::preset(name)
        .ok_or_else(|| ReplayError::Unknown(format!("no faults `{name}`: there are {}", known.join(", "))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placed_choices_survive_both_forms() {
        let line = "pair:none:direct:placed:-:placed:12=1,31=3";
        let replay: Replay = line.parse().expect("a replay string");
        assert_eq!(replay.decisions, Decisions::Placed(BTreeMap::from([(12, 1), (31, 3)])));
        assert_eq!(replay.to_line().as_deref(), Some(line));
        assert_eq!(replay.to_text().parse::<Replay>(), Ok(replay.clone()));
        let choice = |picked| Choice { label: sim::choice::Label::Next, of: 4, picked };
        let recorded = Replay { decisions: Decisions::Choices(vec![choice(0), choice(2)]), ..replay };
        assert_eq!(recorded.to_line().as_deref(), Some("pair:none:direct:placed:-:placed:1=2"));
    }

    #[test]
    fn nonsense_is_no_placed_choice() {
        for bad in ["12", "a=1", "1=", "1=2,"] {
            assert!(format!("pair:none:direct:-:-:placed:{bad}").parse::<Replay>().is_err(), "{bad}");
        }
        assert!("pair:none:direct:-:-:guessed:1".parse::<Replay>().is_err());
    }
}
