//! Label selectors of watch requests, parsed for the oracle without the simulated server's code.
use model::watch::{Operator, Requirement};
use std::sync::Arc;

/// The requirements of a label selector; `None` when one of them compares numbers.
pub(super) fn requirements(selector: &str) -> Option<Vec<Requirement>> {
    let mut parts = Vec::new();
    let (mut start, mut depth) = (0, 0_i32);
    for (at, byte) in selector.bytes().enumerate() {
        match byte {
            b'(' => depth += 1,
            b')' => depth -= 1,
            b',' if depth == 0 => {
                parts.push(&selector[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&selector[start..]);
    parts.into_iter().map(str::trim).filter(|part| !part.is_empty()).map(requirement).collect()
}

fn requirement(text: &str) -> Option<Requirement> {
    let made = |label: &str, operator, values: &[&str]| Requirement {
        label: Arc::from(label.trim()),
        operator,
        values: values.iter().map(|value| Arc::from(value.trim())).collect(),
    };
    let set = |label: &str, operator, values: &str| {
        let values: Vec<&str> = values.trim().trim_matches(['(', ')']).split(',').collect();
        Some(made(label, operator, &values))
    };
    if text.contains(['<', '>']) {
        return None;
    }
    // A search for a text costs more than the rest, and most requirements have no space.
    if text.contains(' ') {
        if let Some((label, values)) = text.split_once(" notin ").or_else(|| text.split_once(" notin(")) {
            return set(label, Operator::NotIn, values);
        }
        if let Some((label, values)) = text.split_once(" in ").or_else(|| text.split_once(" in(")) {
            return set(label, Operator::In, values);
        }
    }
    if let Some((label, value)) = text.split_once("!=") {
        return Some(made(label, Operator::NotIn, &[value]));
    }
    if let Some((label, value)) = text.split_once("==").or_else(|| text.split_once('=')) {
        return Some(made(label, Operator::In, &[value]));
    }
    Some(match text.strip_prefix('!') {
        Some(label) => made(label, Operator::Absent, &[]),
        None => made(text, Operator::Exists, &[]),
    })
}
