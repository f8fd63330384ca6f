//! What of kube-apiserver is simulated, what is not, and how that is known: the source of docs/fidelity.md and of the last lines
//! of every report.
//!
//! What is claimed here is claimed with recorded cases. The list of those that are not passed yet decides what the document says
//! of a behaviour, so nobody has to remember to change it.
use std::{collections::BTreeMap, fmt::Write};

mod absences;
mod behaviours;

pub use absences::ABSENCES;
pub use behaviours::BEHAVIOURS;

/// Where a generated part of a document begins, with its name, and where it ends.
const BEGIN: &str = "<!-- generated: ";
const END: &str = "<!-- end -->";

/// One behaviour of kube-apiserver.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Behaviour {
    /// What it belongs to, e.g. `Watches`.
    pub area: &'static str,
    /// A: the safety of locks depends on it; B: client runtimes need it; C: completeness.
    pub class: &'static str,
    /// In a few words.
    pub what: &'static str,
    /// Where it is defined: a file of k8s.io/apiserver/pkg if nothing else is said, an enhancement, a page.
    pub authority: &'static str,
    /// Recorded cases that show it, as shell patterns.
    pub cases: &'static [&'static str],
    /// Tests of what no sequence of requests can show, as paths from the root.
    pub tests: &'static [&'static str],
}

/// Something that is not simulated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Absence {
    /// What.
    pub area: &'static str,
    /// What happens.
    pub instead: &'static str,
    /// What a held verdict does not say because of that.
    pub hides: &'static str,
    /// The recorded cases that fail because of it; empty if it cannot be recorded.
    pub cases: &'static [&'static str],
}

/// What is not simulated as long as these cases (name → reason) are not passed: in a few words each.
pub fn not_modelled(gaps: &BTreeMap<String, String>) -> Vec<&'static str> {
    absences(gaps).map(|absence| absence.area).collect()
}

fn absences(gaps: &BTreeMap<String, String>) -> impl Iterator<Item = &'static Absence> {
    ABSENCES.iter().filter(|absence| {
        absence.cases.is_empty() || gaps.keys().any(|gap| absence.cases.iter().any(|pattern| matches(pattern, gap)))
    })
}

/// Whether a shell pattern with `*` names a case.
pub fn matches(pattern: &str, name: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == name,
        Some((head, rest)) => {
            let Some(tail) = name.strip_prefix(head) else { return false };
            rest.is_empty() || (0..=tail.len()).any(|at| tail.get(at..).is_some_and(|tail| matches(rest, tail)))
        }
    }
}

/// A document with its generated parts made anew: `cases` are all that are recorded, `gaps` those that are not passed yet, with
/// the reason. What is between the parts stays.
///
/// # Errors
/// The name of a part that is unknown or has no end.
pub fn write_parts(document: &str, cases: &[String], gaps: &BTreeMap<String, String>) -> Result<String, String> {
    let mut text = String::with_capacity(document.len());
    let mut rest = document;
    while let Some(at) = rest.find(BEGIN) {
        let after = &rest[at + BEGIN.len()..];
        let (name, after) = after.split_once(" -->\n").ok_or("a part's name does not end")?;
        let part = match name {
            "behaviours" => behaviour_table(cases, gaps),
            "absences" => absence_table(gaps),
            unknown => return Err(format!("{unknown} is no part: behaviours, absences")),
        };
        let end = after.find(END).ok_or_else(|| format!("the part {name} does not end"))?;
        let _ = write!(text, "{}{BEGIN}{name} -->\n{part}", &rest[..at]);
        rest = &after[end..];
    }
    text.push_str(rest);
    Ok(text)
}

fn behaviour_table(cases: &[String], gaps: &BTreeMap<String, String>) -> String {
    let mut text =
        "| Area | | As the real one | Defined in | Cases, tests | Simulated |\n|---|---|---|---|---|---|\n".to_owned();
    for Behaviour { area, class, what, authority, cases: patterns, tests } in BEHAVIOURS {
        let shown = |name: &&String| patterns.iter().any(|pattern| matches(pattern, name));
        let open = gaps.keys().filter(shown).count();
        let all = cases.iter().filter(shown).count();
        let state = match open {
            0 => "yes".to_owned(),
            open if open == all => "no".to_owned(),
            open => format!("{} of {all}", all - open),
        };
        let mut proofs: Vec<String> = patterns.iter().map(|pattern| format!("`{pattern}`")).collect();
        proofs.extend(tests.iter().map(|test| format!("[{}](../{test})", test.rsplit('/').next().unwrap_or(test))));
        let _ = writeln!(text, "| {area} | {class} | {what} | {authority} | {all}: {} | {state} |", proofs.join(" "));
    }
    let _ = writeln!(
        text,
        "\n{} recorded cases, of which {} are answered as recorded; class A: {} behaviours, B: {}, C: {}.",
        cases.len(),
        cases.len() - gaps.len(),
        of_class("A"),
        of_class("B"),
        of_class("C")
    );
    text
}

fn of_class(class: &str) -> usize {
    BEHAVIOURS.iter().filter(|behaviour| behaviour.class == class).count()
}

fn absence_table(gaps: &BTreeMap<String, String>) -> String {
    let mut text = "| Area | Instead | What that can hide |\n|---|---|---|\n".to_owned();
    for Absence { area, instead, hides, .. } in absences(gaps) {
        let _ = writeln!(text, "| {area} | {instead} | {hides} |");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_whole_names() {
        assert!(matches("lists/*", "lists/pages") && matches("a/*-rv-*", "a/put-rv-x") && matches("a/b", "a/b"));
        assert!(!matches("lists/page", "lists/pages") && !matches("lists/*-x", "lists/pages"));
    }

    #[test]
    fn parts_are_replaced_and_prose_stays() {
        let document = format!("before\n{BEGIN}absences -->\nstale part\n{END}\nafter\n");
        let text = write_parts(&document, &[], &BTreeMap::new()).expect("the part is known");
        assert!(
            text.starts_with("before\n") && text.ends_with(&format!("{END}\nafter\n")) && !text.contains("stale part")
        );
        assert_eq!(write_parts(&text, &[], &BTreeMap::new()).as_deref(), Ok(text.as_str()));
        assert!(write_parts(&format!("{BEGIN}weather -->\n{END}"), &[], &BTreeMap::new()).is_err());
    }
}
