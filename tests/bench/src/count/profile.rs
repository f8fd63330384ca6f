//! A profile of callgrind: instructions by function, without those of the functions that it calls.
//!
//! The format is that of valgrind's manual, section "Callgrind Format Specification".
use std::collections::BTreeMap;

/// Instructions, and by which functions.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Profile {
    /// All instructions.
    pub instructions: u64,
    /// Instructions by function, without the functions that it calls.
    pub functions: BTreeMap<String, u64>,
}

impl Profile {
    /// Reads a profile with one event per line of source; `None` if it is not one.
    pub fn parse(text: &str) -> Option<Self> {
        let mut names: BTreeMap<&str, &str> = BTreeMap::new();
        let mut profile = Self::default();
        let (mut function, mut is_call) = ("", false);
        let mut found = false;
        for line in text.lines() {
            if let Some(reference) = line.strip_prefix("fn=") {
                function = named(reference, &mut names)?;
            } else if let Some(reference) = line.strip_prefix("cfn=") {
                named(reference, &mut names)?;
            } else if line.starts_with("calls=") {
                is_call = true;
            } else if line == "events: Ir" {
                found = true;
            } else if line.starts_with(|first: char| first.is_ascii_digit() || "+-*".contains(first)) {
                // The line after `calls=` has what the called function cost.
                if !std::mem::take(&mut is_call) {
                    let cost = line.split(' ').nth(1).map_or(Some(0), |cost| cost.parse::<u64>().ok())?;
                    *profile.functions.entry(without_hash(function).to_owned()).or_default() += cost;
                    profile.instructions += cost;
                }
            }
        }
        found.then_some(profile)
    }

    /// One repetition of what this profile has `times` times, and `none` does not have.
    pub fn per_repetition(&self, none: &Profile, times: u64) -> Profile {
        let less = |name: &str| none.functions.get(name).copied().unwrap_or(0);
        let each = |(name, cost): (&String, &u64)| (name.clone(), cost.saturating_sub(less(name)) / times.max(1));
        Profile {
            instructions: self.instructions.saturating_sub(none.instructions) / times.max(1),
            functions: self.functions.iter().map(each).filter(|(_, cost)| *cost > 0).collect(),
        }
    }
}

/// The name behind `(number) name`, or of a number that was named before.
fn named<'a>(reference: &'a str, names: &mut BTreeMap<&'a str, &'a str>) -> Option<&'a str> {
    let Some((number, name)) = reference.split_once(' ') else {
        return if reference.starts_with('(') { names.get(reference).copied() } else { Some(reference) };
    };
    if number.starts_with('(') {
        names.insert(number, name);
        return Some(name);
    }
    Some(reference)
}

/// A function's name without the hash that the compiler adds.
fn without_hash(name: &str) -> &str {
    match name.rsplit_once("::h") {
        Some((before, hash)) if hash.len() == 16 && hash.chars().all(|digit| digit.is_ascii_hexdigit()) => before,
        _ => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "# callgrind format\nversion: 1\npositions: line\nevents: Ir\nsummary: 140\n\n\
        ob=(1) /bin/a\nfl=(1) a.rs\nfn=(1) a::main::h0123456789abcdef\n16 20\n+3 5\ncfn=(2) b::work\n\
        calls=3 50\n16 100\n* 5\n\nfl=(2) b.rs\nfn=(2)\n50 60\nfi=(3) c.rs\n-4 40\n51\nfn=(1)\n20 10\ntotals: 140\n";

    #[test]
    fn costs_of_called_functions_are_not_the_callers() {
        let profile = Profile::parse(TEXT).expect("a profile");
        assert_eq!(profile.instructions, 140);
        let expected = [("a::main", 40), ("b::work", 100)];
        assert_eq!(profile.functions, expected.map(|(name, cost)| (name.to_owned(), cost)).into());
    }

    #[test]
    fn start_of_the_process_cancels_out() {
        let of = |entries: &[(&str, u64)]| Profile {
            instructions: entries.iter().map(|(_, cost)| cost).sum(),
            functions: entries.iter().map(|(name, cost)| ((*name).to_owned(), *cost)).collect(),
        };
        let once = of(&[("main", 100), ("work", 10)]).per_repetition(&of(&[("main", 100)]), 5);
        assert_eq!(once, of(&[("work", 2)]));
    }

    #[test]
    fn other_texts_are_not_profiles() {
        assert_eq!(Profile::parse("<html>"), None);
    }
}
