//! Coverage: which branches of the protocol and of the coalescer a campaign takes, and which rows of its tables.
//!
//! The runs are those of the shipped protocol, in the copy that counts its branches ([`mutants::BRANCHES`]). A branch
//! that no run takes asks for a scenario. Only where no world can lead to it does it get an entry in `justified`:
//! `lockstep coverage` fails if a branch is neither taken nor justified, and if a justified one is taken.
mod counts;
mod decisions;
mod justified;
mod reason;
mod text;

pub use counts::Counts;
pub use decisions::{DECISIONS, Decision};
pub use justified::JUSTIFIED;
pub use mutants::{BRANCHES, Branch};
pub use reason::{Reason, Untaken};

/// Why no run takes a branch; `None` if some run must.
pub fn reason(branch: &Branch) -> Option<Reason> {
    JUSTIFIED.iter().copied().flatten().find(|untaken| untaken.has(branch)).map(|untaken| untaken.reason)
}

/// The entries that no branch has.
pub fn stale() -> Vec<String> {
    let all =
        JUSTIFIED.iter().copied().flatten().flat_map(|untaken| untaken.whats.iter().map(move |what| (untaken, *what)));
    let exists = |untaken: &Untaken, what: &str| BRANCHES.iter().any(|branch| untaken.is_about(branch, what));
    let unknown = all.filter(|(untaken, what)| !exists(untaken, what));
    unknown.map(|(untaken, what)| format!("{}::{}: {what}", untaken.module, untaken.function)).collect()
}

/// What is wrong with these counts: branches that no run took without a reason, and reasons for branches that some run
/// took. Without `all`, only the latter.
pub fn unmet(counts: &Counts, all: bool) -> Vec<String> {
    let mut unmet = Vec::new();
    for (number, branch) in BRANCHES.iter().enumerate() {
        let place = format!("{}:{}: {branch}", branch.file, branch.line);
        match (counts.runs(number), reason(branch)) {
            (0, None) if all => unmet.push(format!("{place} was not taken")),
            (1.., Some(_)) => unmet.push(format!("{place} is taken: scenarios/src/coverage must not justify it")),
            _ => {}
        }
    }
    if all {
        let decisions = DECISIONS.iter().enumerate().filter(|(number, _)| counts.decided(*number) == 0);
        unmet.extend(decisions.map(|(_, decision)| format!("no run took the decision \"{}\"", decision.row)));
        let stale = stale().into_iter();
        unmet.extend(stale.map(|entry| format!("no branch is \"{entry}\": scenarios/src/coverage must not list it")));
    }
    unmet
}
