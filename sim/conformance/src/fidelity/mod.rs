//! The simulated and the absent parts of kube-apiserver: the source of docs/fidelity.md and of the list "not modelled"
//! in reports.
//!
//! Recorded cases prove each behaviour. The list of cases that fail (`not_yet.txt`) decides how the document describes
//! a behaviour, so the document cannot become stale.
use std::{collections::BTreeMap, fmt::Write};

mod absences;
mod behaviour;
mod behaviours;

pub use crate::pattern::matches;
pub use absences::{ABSENCES, Absence};
pub use behaviour::Behaviour;
pub use behaviours::BEHAVIOURS;

/// Beginning of a generated part of a document, followed by its name; and its end.
const BEGIN: &str = "<!-- generated: ";
const END: &str = "<!-- end -->";

/// The names of the absent parts.
pub fn not_modelled() -> Vec<&'static str> {
    ABSENCES.iter().map(|absence| absence.area).collect()
}

/// A document with its generated parts written again: `cases` are all recorded cases, `gaps` those that fail, with the
/// reason. The text between the parts is kept.
///
/// # Errors
/// If a part is unknown or has no end.
pub fn write_parts(document: &str, cases: &[String], gaps: &BTreeMap<String, String>) -> Result<String, String> {
    let mut text = String::with_capacity(document.len());
    let mut rest = document;
    while let Some(at) = rest.find(BEGIN) {
        let after = &rest[at + BEGIN.len()..];
        let (name, after) = after.split_once(" -->\n").ok_or("a part's name does not end")?;
        let part = match name {
            "behaviours" => behaviour_table(cases, gaps),
            "absences" => absence_table(),
            unknown => return Err(format!("unknown part {unknown}: behaviours and absences are known")),
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
        "| Area | Class | Behaviour | Defined in | Cases, tests | Simulated |\n|---|---|---|---|---|---|\n".to_owned();
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
        "\n{} recorded cases; {} of them are answered as recorded. Behaviours: {} of class A, {} of B, {} of C.",
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

fn absence_table() -> String {
    let mut text = "| Not simulated | Instead | What this can hide | Shown by |\n|---|---|---|---|\n".to_owned();
    for Absence { area, instead, hides, shown } in ABSENCES {
        let proofs: Vec<_> = shown.iter().map(|shown| proof(shown)).collect();
        let proofs = if proofs.is_empty() { "—".to_owned() } else { proofs.join(" ") };
        let _ = writeln!(text, "| {area} | {instead} | {hides} | {proofs} |");
    }
    text
}

/// A case by its name, or a link to the file of a test.
fn proof(shown: &str) -> String {
    match shown.split_once(": ") {
        None => format!("`{shown}`"),
        Some((file, function)) => format!("[{function}](../{file})"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
