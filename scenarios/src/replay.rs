//! Replay: a run as a file or a string, so that anyone can see it again, byte for byte.
//!
//! The file is text: a header of `name: value` lines, an empty line, and a line `label picked/of meaning` per choice.
//! A run that was made smaller names its scenario with [edits](crate::edits), one `edit: part=left` line for each, and
//! has a [guide](crate::guide) instead of choices: one rule a line. Such a file survives changes of the code.
//! The string is `scenario:protocol:transport:faults:replicas:random:seed` for a run whose choices a seed made, or
//! `…:placed:12=1,31=3` for a run that is in order and without faults except at these choices. `still` instead of
//! `placed` says that time moves only when nothing else can happen, as in an exhaustive search.
use crate::{
    edits::{Edit, Edits},
    fnv,
    generated::Generated,
    guide::{Course, Guide, Steered, rules::Rule},
    protocol_name::ProtocolName,
    runner::{Overrides, Subject, Transport},
};
use model::oracle::Violation;
use sim::{
    Choice, Faults,
    engine::{Alternative, Choices, LABELS, Label, Placed, Random, Recorded},
};
use std::{collections::BTreeMap, fmt::Write, str::FromStr, sync::Arc};

/// Beginning of a replay file's first line; the number of its format follows.
const MAGIC: &str = "lockstep replay ";
/// Format of recorded choices. Format 1 had no meanings of choices.
const FORMAT: u32 = 2;
/// Format of files with edits or a guide, the latest that this version reads.
const GUIDED_FORMAT: u32 = 3;

/// Choices that are not in order, by place.
const PLACED: &str = "placed";
/// The same, where time moves only when nothing else can happen.
const STILL: &str = "still";

/// Source of a replay's choices.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decisions {
    /// The random strategy with this seed.
    Seed(u64),
    /// Recorded choices.
    Choices(Vec<Choice>),
    /// In order, except for these picks, by place, counted from 0.
    Placed(BTreeMap<usize, u32>),
    /// The same, in a run whose time moves only when nothing else can happen.
    Still(BTreeMap<usize, u32>),
    /// In order and without faults, except for these rules.
    Guided(Guide),
}

/// A run that can be repeated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replay {
    /// Name of the scenario.
    pub scenario: String,
    /// The scenario itself, if the catalogue does not have it.
    pub generated: Option<Generated>,
    /// What was taken out of the scenario.
    pub edits: Edits,
    /// The protocol.
    pub protocol: ProtocolName,
    /// The transport.
    pub transport: Transport,
    /// Preset of faults; None for the scenario's own faults.
    pub faults: Option<String>,
    /// Number of replicas; None for the scenario's own.
    pub replicas: Option<usize>,
    /// The invariant that was violated, if one was.
    pub invariant: Option<String>,
    /// What happened, in plain English.
    pub sentence: Option<String>,
    /// Chained hash of the recorded run.
    pub chain: Option<u64>,
    /// Code that recorded it: another may run it differently.
    pub code: Option<String>,
    /// Source of its choices.
    pub decisions: Decisions,
}

/// Mistake in a replay file or string.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReplayError {
    /// The text is not a replay.
    #[error(
        "not a replay: a file begins with `{MAGIC}{FORMAT}`; a string is \
         scenario:protocol:transport:faults:replicas:strategy:choices"
    )]
    NotAReplay,
    /// The file has a format that this version does not read.
    #[error(
        "the file was made by {age} lockstep: it has format {found}, and this version reads formats {FORMAT} \
         and {GUIDED_FORMAT}; search again with `lockstep run`"
    )]
    Format {
        /// Format of the file.
        found: u32,
        /// "an older" or "a newer".
        age: &'static str,
    },
    /// The file ends before its last choice.
    #[error("the file is truncated: it has {found} of {expected} choices")]
    Truncated {
        /// Number of choices in the file.
        found: usize,
        /// Number of choices that its header announces.
        expected: usize,
    },
    /// The file ends within its header.
    #[error("the file is truncated: it ends within its header")]
    TruncatedHeader,
    /// The choices are not those that were written.
    #[error("the file was changed after it was written: its choices do not have the checksum in its header")]
    Changed,
    /// A line that cannot be parsed.
    #[error("line {line}: {why}")]
    Line {
        /// Number of the line, from 1.
        line: usize,
        /// Mistake in it.
        why: String,
    },
    /// A header that is missing.
    #[error("the header `{0}:` is missing")]
    Missing(&'static str),
    /// The recorded choices do not fit, and other code recorded them.
    #[error("other code recorded it, and it no longer fits: {0}; search again with `lockstep run`")]
    OtherCode(String),
    /// A name that this version does not know.
    #[error("{0}")]
    Unknown(String),
}

impl Replay {
    /// A run of a subject that violates an invariant, of which nothing more is known.
    pub fn of(subject: &Subject, invariant: &str, decisions: Decisions) -> Self {
        Self {
            scenario: subject.scenario.name.to_string(),
            generated: None,
            edits: Edits::default(),
            protocol: subject.protocol,
            transport: subject.transport,
            faults: subject.overrides.faults.map(|faults| faults.name.to_owned()),
            replicas: subject.overrides.replicas,
            invariant: Some(invariant.to_owned()),
            sentence: None,
            chain: None,
            code: None,
            decisions,
        }
    }

    /// The run of a subject that a seed makes, and that violates an invariant.
    pub fn of_seed(subject: &Subject, violation: &Violation, seed: u64) -> Self {
        let sentence = Some(violation.sentence.clone());
        Self { sentence, ..Self::of(subject, violation.invariant, Decisions::Seed(seed)) }
    }

    /// The choices, from the first.
    pub fn choices(&self) -> Choices {
        Steered::choices(self.course()).0
    }

    /// Course of its run.
    pub fn course(&self) -> Course {
        Course::Source(match &self.decisions {
            Decisions::Seed(seed) => Box::new(Random::new(*seed)),
            Decisions::Choices(choices) => Box::new(Recorded::new(choices.clone())),
            Decisions::Placed(picks) => Box::new(Placed::new(picks.clone())),
            Decisions::Still(picks) => Box::new(Placed::still(picks.clone())),
            Decisions::Guided(guide) => return Course::Guide(guide.clone()),
        })
    }

    /// The scenario, with what this replay overrides.
    ///
    /// # Errors
    /// [`ReplayError::Unknown`] when the catalogue does not have it.
    pub fn subject(&self) -> Result<Subject, ReplayError> {
        let scenario = match &self.generated {
            Some(generated) => generated.scenario(&self.scenario, preset(&generated.faults)?),
            None => crate::worlds::find(&self.scenario)
                .or_else(|| crate::catalogue::find(&self.scenario).cloned())
                .ok_or_else(|| ReplayError::Unknown(crate::catalogue::unknown(&self.scenario)))?,
        };
        let faults = self.faults.as_deref().map(preset).transpose()?;
        let overrides = Overrides { faults, replicas: self.replicas };
        let subject = Subject::new(scenario, self.protocol, self.transport, overrides);
        Ok(Subject { scenario: self.edits.apply(&subject.scenario), ..subject })
    }

    /// The replay as one string. Of recorded choices it has those that are not in order. None for a scenario that the
    /// catalogue does not have, and for a guide, which is a file.
    pub fn to_line(&self) -> Option<String> {
        if self.generated.is_some() {
            return None;
        }
        let (strategy, decisions) = match &self.decisions {
            Decisions::Seed(seed) => ("random", seed.to_string()),
            Decisions::Placed(picks) => (PLACED, placed_text(picks)),
            Decisions::Still(picks) => (STILL, placed_text(picks)),
            Decisions::Choices(choices) => {
                let still = choices.first().is_some_and(|choice| choice.label == Label::Pace);
                let deviations = choices.iter().enumerate().filter(|(_, choice)| choice.picked > 0);
                (
                    if still { STILL } else { PLACED },
                    placed_text(&deviations.map(|(at, choice)| (at, choice.picked)).collect()),
                )
            }
            Decisions::Guided(_) => return None,
        };
        let (faults, replicas) = (self.faults.as_deref().unwrap_or("-"), self.replicas);
        let replicas = replicas.map_or("-".to_owned(), |replicas| replicas.to_string());
        Some(format!(
            "{}{}:{}:{}:{faults}:{replicas}:{strategy}:{decisions}",
            self.scenario, self.edits, self.protocol, self.transport
        ))
    }

    /// The replay as the text of a file.
    pub fn to_text(&self) -> String {
        let guided = matches!(self.decisions, Decisions::Guided(_)) || !self.edits.is_empty();
        let format = if guided { GUIDED_FORMAT } else { FORMAT };
        let mut text = format!("{MAGIC}{format}\nscenario: {}\n", self.scenario);
        self.edits.iter().for_each(|edit| _ = writeln!(text, "edit: {edit}"));
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
        if let Some(sentence) = &self.sentence {
            let _ = writeln!(text, "sentence: {}", sentence.replace('\n', " "));
        }
        if let Some(chain) = self.chain {
            let _ = writeln!(text, "chain: {chain:016x}");
        }
        if let Some(code) = &self.code {
            let _ = writeln!(text, "code: {code}");
        }
        match &self.decisions {
            Decisions::Seed(seed) => {
                let _ = writeln!(text, "seed: {seed}\n");
            }
            Decisions::Placed(picks) => {
                let _ = writeln!(text, "{PLACED}: {}\n", placed_text(picks));
            }
            Decisions::Still(picks) => {
                let _ = writeln!(text, "{STILL}: {}\n", placed_text(picks));
            }
            Decisions::Choices(choices) => {
                let line = |Choice { label, of, picked, meaning }: &Choice| format!("{label} {picked}/{of} {meaning}");
                let lines: Vec<String> = choices.iter().map(line).collect();
                write_lines(&mut text, "choices", &lines);
            }
            Decisions::Guided(guide) => {
                let lines: Vec<String> = guide.rules().iter().map(ToString::to_string).collect();
                write_lines(&mut text, "rules", &lines);
            }
        }
        text
    }
}

fn write_lines(text: &mut String, name: &str, lines: &[String]) {
    let _ = writeln!(text, "{name}: {}", lines.len());
    let _ = writeln!(text, "checksum: {:016x}\n", checksum(lines.iter().map(String::as_str)));
    lines.iter().for_each(|line| _ = writeln!(text, "{line}"));
}

impl FromStr for Replay {
    type Err = ReplayError;

    fn from_str(text: &str) -> Result<Self, ReplayError> {
        match text.strip_prefix(MAGIC) {
            Some(rest) => check_format(rest).and_then(|()| parse_file(text)),
            None if MAGIC.starts_with(text) => Err(ReplayError::TruncatedHeader),
            None => parse_string(text.trim()),
        }
    }
}

fn check_format(after_magic: &str) -> Result<(), ReplayError> {
    let found = after_magic.lines().next().and_then(|line| line.trim().parse().ok()).ok_or(ReplayError::NotAReplay)?;
    match found {
        FORMAT | GUIDED_FORMAT => Ok(()),
        _ => Err(ReplayError::Format { found, age: if found < FORMAT { "an older" } else { "a newer" } }),
    }
}

fn parse_string(text: &str) -> Result<Replay, ReplayError> {
    let parts: Vec<&str> = text.split(':').collect();
    let [scenario, protocol, transport, faults, replicas, strategy, decisions] = parts[..] else {
        return Err(ReplayError::NotAReplay);
    };
    let decisions = match strategy {
        "random" => Decisions::Seed(number(1, decisions)?),
        PLACED => Decisions::Placed(placed(1, decisions)?),
        STILL => Decisions::Still(placed(1, decisions)?),
        _ => {
            return Err(ReplayError::Unknown(format!(
                "a replay has no strategy `{strategy}`; strategies: random, {PLACED}, {STILL}"
            )));
        }
    };
    let own = |part: &str| (part != "-").then(|| part.to_owned());
    let replicas = own(replicas).map(|replicas| number(1, &replicas)).transpose()?;
    let (scenario, edits) = scenario.split_once('/').unwrap_or((scenario, ""));
    Ok(Replay {
        scenario: scenario.to_owned(),
        generated: None,
        edits: edits.parse().map_err(|why| ReplayError::Line { line: 1, why })?,
        protocol: protocol.parse().map_err(ReplayError::Unknown)?,
        transport: transport.parse().map_err(ReplayError::Unknown)?,
        faults: own(faults),
        replicas,
        invariant: None,
        sentence: None,
        chain: None,
        code: None,
        decisions,
    })
}

/// Choices by place, as a replay string has them: `12=1,31=3`, or `-` for none.
fn placed(line: usize, text: &str) -> Result<BTreeMap<usize, u32>, ReplayError> {
    let bad = || ReplayError::Line { line, why: format!("`{text}` are not placed choices; write them as 12=1,31=3") };
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
    let (mut header, mut edits, mut ended) = (BTreeMap::new(), Edits::default(), false);
    let mut lines = text.lines().enumerate().skip(1);
    for (index, line) in lines.by_ref() {
        if line.is_empty() {
            ended = true;
            break;
        }
        let Some((name, value)) = line.split_once(": ") else {
            if text.ends_with(line) {
                return Err(ReplayError::TruncatedHeader);
            }
            return Err(ReplayError::Line { line: index + 1, why: format!("`{line}` is not `name: value`") });
        };
        if name == "edit" {
            let edit: Edit = value.parse().map_err(|why| ReplayError::Line { line: index + 1, why })?;
            edits = edits.and(edit);
        } else {
            header.insert(name, (index + 1, value));
        }
    }
    if !ended {
        return Err(ReplayError::TruncatedHeader);
    }
    let lines: Vec<(usize, &str)> = lines.filter(|(_, line)| !line.is_empty()).collect();
    let written = checksum(lines.iter().map(|(_, line)| *line));
    let decisions = match (header.get("seed"), header.get(PLACED).or(header.get(STILL)), header.get("rules")) {
        (Some(&(line, seed)), ..) => Decisions::Seed(number(line, seed)?),
        (None, Some(&(line, picks)), _) if header.contains_key(STILL) => Decisions::Still(placed(line, picks)?),
        (None, Some(&(line, picks)), _) => Decisions::Placed(placed(line, picks)?),
        (None, None, Some(&rules)) => Decisions::Guided(complete(rules, text, &lines, rule)?.into_iter().collect()),
        (None, None, None) => {
            let &choices = header.get("choices").ok_or(ReplayError::Missing("choices"))?;
            Decisions::Choices(complete(choices, text, &lines, choice)?)
        }
    };
    let text = |name: &'static str| header.get(name).map(|&(_, value)| value);
    let required = |name: &'static str| text(name).ok_or(ReplayError::Missing(name));
    let recorded = header.get("checksum").map(|&(line, checksum)| hexadecimal(line, checksum)).transpose()?;
    if recorded.is_some_and(|recorded| recorded != written) {
        return Err(ReplayError::Changed);
    }
    Ok(Replay {
        scenario: required("scenario")?.to_owned(),
        generated: header.get("generated").map(|&(line, json)| generated(line, json)).transpose()?,
        edits,
        protocol: required("protocol")?.parse().map_err(ReplayError::Unknown)?,
        transport: required("transport")?.parse().map_err(ReplayError::Unknown)?,
        faults: text("faults").map(str::to_owned),
        replicas: header.get("replicas").map(|&(line, replicas)| number(line, replicas)).transpose()?,
        invariant: text("invariant").map(str::to_owned),
        sentence: text("sentence").map(str::to_owned),
        chain: header.get("chain").map(|&(line, chain)| hexadecimal(line, chain)).transpose()?,
        code: text("code").map(str::to_owned),
        decisions,
    })
}

/// Hash of the lines: it finds what an editor or a transfer changed, and is the same in every version.
fn checksum<'a>(lines: impl Iterator<Item = &'a str>) -> u64 {
    fnv::hash(lines.flat_map(|line| line.bytes().chain([b'\n'])))
}

/// All lines that the header announces, each read by `read`.
fn complete<T>(
    (line, count): (usize, &str),
    text: &str,
    lines: &[(usize, &str)],
    read: impl Fn(usize, &str) -> Result<T, ReplayError>,
) -> Result<Vec<T>, ReplayError> {
    let ends_with_line = text.ends_with('\n');
    let mut all = Vec::new();
    for (index, line) in lines {
        match read(index + 1, line) {
            // The last line of a file that is cut off.
            Err(_) if !ends_with_line && text.ends_with(line) => break,
            one => all.push(one?),
        }
    }
    let (found, expected) = (all.len(), number(line, count)?);
    if found < expected || !ends_with_line { Err(ReplayError::Truncated { found, expected }) } else { Ok(all) }
}

fn rule(line: usize, text: &str) -> Result<Rule, ReplayError> {
    text.parse().map_err(|why| ReplayError::Line { line, why })
}

fn generated(line: usize, json: &str) -> Result<Generated, ReplayError> {
    serde_json::from_str(json).map_err(|error| ReplayError::Line { line, why: error.to_string() })
}

fn hexadecimal(line: usize, text: &str) -> Result<u64, ReplayError> {
    u64::from_str_radix(text, 16).map_err(|_| ReplayError::Line { line, why: format!("`{text}` is not a hash") })
}

fn choice(line: usize, text: &str) -> Result<Choice, ReplayError> {
    const EXPECTED: &str = "expected `label picked/of meaning`";
    let bad = |why: &str| ReplayError::Line { line, why: format!("`{text}`: {why}") };
    let (label, rest) = text.split_once(' ').ok_or_else(|| bad(EXPECTED))?;
    let (numbers, meaning) = rest.split_once(' ').ok_or_else(|| bad(EXPECTED))?;
    let label = LABELS.iter().copied().find(|known| known.text() == label).ok_or_else(|| bad("unknown label"))?;
    let (picked, of) = numbers.split_once('/').ok_or_else(|| bad(EXPECTED))?;
    let (picked, of) = (number(line, picked)?, number(line, of)?);
    let meaning = Alternative::Text(Arc::from(meaning));
    if picked >= of {
        return Err(bad("picked must be less than of"));
    }
    Ok(Choice { label, of, picked, meaning })
}

/// The preset of faults of this name.
///
/// # Errors
/// [`ReplayError::Unknown`] when there is no such preset.
pub fn preset(name: &str) -> Result<Faults, ReplayError> {
    let known: Vec<&str> = Faults::PRESETS.iter().map(|preset| preset.name).collect();
    Faults::preset(name).ok_or_else(|| {
        ReplayError::Unknown(format!("no preset of faults is named `{name}`; presets: {}", known.join(", ")))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use sim::engine::Label;

    fn recorded() -> Replay {
        let choice = |label, picked, meaning: &str| {
            let meaning = Alternative::Text(Arc::from(meaning));
            Choice { label, of: 12, picked, meaning }
        };
        let choices = vec![choice(Label::Next, 3, "execute call 4"), choice(Label::CallFault, 7, "lost-answer")];
        let replay: Replay = "pair:none:direct:placed:-:random:1".parse().expect("a replay string");
        Replay { decisions: Decisions::Choices(choices), ..replay }
    }

    #[test]
    fn recorded_choices_keep_their_meanings() {
        let text = recorded().to_text();
        assert!(text.starts_with("lockstep replay 2\n") && text.contains("\ncall-fault 7/12 lost-answer\n"), "{text}");
        assert_eq!(text.parse::<Replay>(), Ok(recorded()));
    }

    #[test]
    fn files_of_other_formats_are_refused() {
        for (format, age) in [(1, "an older"), (4, "a newer")] {
            let text = recorded().to_text().replace("replay 2", &format!("replay {format}"));
            assert_eq!(text.parse::<Replay>(), Err(ReplayError::Format { found: format, age }));
        }
        assert_eq!("lockstep replay two".parse::<Replay>(), Err(ReplayError::NotAReplay));
    }

    #[test]
    fn truncated_files_are_refused() {
        let text = recorded().to_text();
        for (cut, found) in [(1, 2), (8, 2), (16, 1), (28, 1), (29, 1)] {
            let cut = &text[..text.len() - cut];
            assert_eq!(cut.parse::<Replay>(), Err(ReplayError::Truncated { found, expected: 2 }), "{cut}");
        }
    }

    #[test]
    fn files_that_end_in_their_header_are_truncated() {
        let text = recorded().to_text();
        let header = text.find("\n\n").expect("an empty line") + 1;
        for cut in [0, 1, 15, 20, 40, header - 20, header] {
            assert_eq!(text[..cut].parse::<Replay>(), Err(ReplayError::TruncatedHeader), "{}", &text[..cut]);
        }
    }

    #[test]
    fn files_that_were_changed_are_refused() {
        let text = recorded().to_text();
        for (from, to) in [("3/12", "4/12"), ("lost-answer", "crash"), ("next 3/12 execute call 4\n", "")] {
            let changed =
                text.replace(from, to).replace("choices: 2", if to.is_empty() { "choices: 1" } else { "choices: 2" });
            assert_eq!(changed.parse::<Replay>(), Err(ReplayError::Changed), "{changed}");
        }
        assert_eq!(text.replace('\n', "\r\n").parse::<Replay>(), Ok(recorded()), "other ends of lines are the same");
    }

    #[test]
    fn placed_choices_survive_both_forms() {
        let line = "pair:none:direct:placed:-:placed:12=1,31=3";
        let replay: Replay = line.parse().expect("a replay string");
        assert_eq!(replay.decisions, Decisions::Placed(BTreeMap::from([(12, 1), (31, 3)])));
        assert_eq!(replay.to_line().as_deref(), Some(line));
        assert_eq!(replay.to_text().parse::<Replay>(), Ok(replay.clone()));
        let choice = |picked| Choice { label: Label::Next, of: 4, picked, meaning: Alternative::Number(picked) };
        let recorded = Replay { decisions: Decisions::Choices(vec![choice(0), choice(2)]), ..replay };
        assert_eq!(recorded.to_line().as_deref(), Some("pair:none:direct:placed:-:placed:1=2"));
        let pace = Choice { label: Label::Pace, of: 2, picked: 1, meaning: Alternative::Number(1) };
        let still = Replay { decisions: Decisions::Choices(vec![pace, choice(2)]), ..recorded };
        let line = still.to_line().expect("a string");
        assert_eq!(line, "pair:none:direct:placed:-:still:0=1,1=2");
        let still: Replay = line.parse().expect("its own string");
        assert_eq!(still.to_text().parse::<Replay>(), Ok(still));
    }

    #[test]
    fn smaller_runs_survive_both_forms() {
        let line = "pair/replicas=1/copies.1=2:none:direct:-:-:placed:1=2";
        let replay: Replay = line.parse().expect("a replay string");
        assert_eq!((replay.edits.iter().count(), replay.to_line().as_deref()), (2, Some(line)));
        let rule = "first execute replica 0: list remediationrequests #2, then execute replica 0: create leases #1";
        let guide: Guide = [rule.parse::<Rule>().expect("a rule")].into_iter().collect();
        let guided = Replay { decisions: Decisions::Guided(guide), ..replay };
        let text = guided.to_text();
        assert!(text.starts_with("lockstep replay 3\n") && text.contains("\nedit: copies.1=2\n"), "{text}");
        assert!(text.ends_with(&format!("\n\n{rule}\n")), "{text}");
        assert_eq!(text.parse::<Replay>(), Ok(guided));
        assert_eq!(text.replace("#2", "#3").parse::<Replay>(), Err(ReplayError::Changed));
    }

    #[test]
    fn malformed_placed_choices_are_refused() {
        for bad in ["12", "a=1", "1=", "1=2,"] {
            assert!(format!("pair:none:direct:-:-:placed:{bad}").parse::<Replay>().is_err(), "{bad}");
        }
        assert!("pair:none:direct:-:-:guessed:1".parse::<Replay>().is_err());
    }
}
