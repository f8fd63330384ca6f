//! Safeguards: the rules of the orchestrator that can be left out one by one, so that a run shows what each is for.

/// A rule that keeps executions apart, or work going.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Safeguard {
    /// An execution is named after its target and turn, so that the API server refuses a second one in the same turn.
    /// Without it, it is named after its remediation.
    TurnIsTheName,
    /// A turn begins only when every execution on the target has ended.
    BusyIsChecked,
    /// The lease and the turns of a target are read from the store, not from a cache.
    QuorumReads,
    /// The turn is recorded in the remediation's status before the execution is created.
    TurnIsRecorded,
    /// A turn that is recorded already is written again before each attempt: a write from an old version is refused,
    /// even if it would change nothing.
    TurnIsWrittenAgain,
    /// A write of a remediation's status names the version that it was decided on.
    StatusNamesVersion,
    /// An execution that exists already is read, and may be another remediation's.
    TakenTurnIsRead,
    /// A remediation has a finalizer from before it takes a turn.
    Finalizer,
    /// The turn of a deleted remediation is filled with a cancelled execution, before its finalizer goes.
    DeletionFillsTheTurn,
    /// An execution whose remediation is deleted is cancelled and waited for.
    DeletionCancels,
    /// An execution is created soon after its turn was found free, or its turn is looked up again.
    CreatesAreTimely,
    /// A remediation that finds its target busy or locked looks again.
    BlockedComesBack,
    /// An error is tried again.
    ErrorsComeBack,
    /// A lease belongs to one remediation in one pod, not to all work of the pod.
    HolderIsTheRemediation,
    /// A lease expires when this process has seen it unchanged for its duration. Without it, its renewTime is compared
    /// with this pod's wall clock.
    ObservedExpiry,
    /// A dead holder's lease expires at all.
    LeasesExpire,
    /// A lease is taken over at the version that was examined.
    TakeNamesVersion,
    /// A lease that could not be renewed is not held.
    FailedRenewalLoses,
    /// A lease is released only as this holder wrote it.
    ReleaseNamesVersion,
    /// A lease is released only after a look at its holder, where no version is named.
    ReleaseChecksHolder,
    /// A lease is released when the turn is taken.
    LeasesAreReleased,
}

/// The safeguards that are left out.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Safeguards {
    without: &'static [Safeguard],
    fenced: bool,
}

impl Safeguards {
    /// Every safeguard: the orchestrator as it ships.
    pub(crate) const ALL: Safeguards = Safeguards::without(&[]);

    /// All but these.
    pub(crate) const fn without(without: &'static [Safeguard]) -> Self {
        Self { without, fenced: false }
    }

    /// All but these, and the fence in any case: the name that is the turn, its record and its time.
    pub(crate) const fn fenced(without: &'static [Safeguard]) -> Self {
        Self { without, fenced: true }
    }

    pub(crate) fn has(self, safeguard: Safeguard) -> bool {
        let fence =
            matches!(safeguard, Safeguard::TurnIsTheName | Safeguard::TurnIsRecorded | Safeguard::CreatesAreTimely);
        fence && self.fenced || !self.without.contains(&safeguard)
    }
}
