//! A row of the table of simulated behaviours.
/// One behaviour of kube-apiserver.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Behaviour {
    /// Area, e.g. `Watches`.
    pub area: &'static str,
    /// Importance. A: the safety of locks depends on it; B: client runtimes need it; C: completeness.
    pub class: &'static str,
    /// Short description.
    pub what: &'static str,
    /// Definition: a file below k8s.io/apiserver/pkg unless another place is named, an enhancement (KEP), a page.
    pub authority: &'static str,
    /// Recorded cases that show it, as shell patterns.
    pub cases: &'static [&'static str],
    /// Tests of properties that no sequence of requests can show, as paths from the root of the workspace.
    pub tests: &'static [&'static str],
}

pub(super) const fn row(
    area: &'static str,
    class: &'static str,
    what: &'static str,
    authority: &'static str,
    cases: &'static [&'static str],
) -> Behaviour {
    Behaviour { area, class, what, authority, cases, tests: &[] }
}

pub(super) const fn tested(row: Behaviour, tests: &'static [&'static str]) -> Behaviour {
    Behaviour { tests, ..row }
}
