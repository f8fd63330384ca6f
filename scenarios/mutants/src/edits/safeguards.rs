//! The safeguards that a mutant can lack.

macro_rules! safeguards {
    ($($safeguard:ident => $doc:literal;)*) => {
        /// A safeguard of the protocol.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Safeguard { $(#[doc = $doc] $safeguard,)* }
        /// Every safeguard.
        pub const SAFEGUARDS: &[Safeguard] = &[$(Safeguard::$safeguard),*];
    };
}

safeguards! {
    Mark => "The mark is stored together with the count.";
    KnownField => "The mark is in a field that every schema and every typed client keeps.";
    UnknowableWithoutMark => "Without a valid ledger, a lost count is not assumed to be uncounted.";
    LedgerBase => "A mark that is absent from a ledger proves nothing if the ledger's base is above the count.";
    OneRead => "Marks resolve a lost count only once the version that it named is gone.";
    CountVersion => "The count names the version that it was decided on.";
    CountUid => "The count names the object that it was decided on.";
    ServerErrorAmbiguous => "A 5xx may have been executed.";
    ConflictResolved => "After a conflict, a read finds out whether the count committed.";
    ThrottledResolved => "After a 429, a read finds out whether the count committed.";
    RefusedUnknowable => "Where nothing shows whether a refused count committed, it is not assumed to be uncounted.";
    CommitBeforeAnswer => "Signals are answered after the commit.";
    CountWholeBatch => "A batch of k signals counts k.";
    TimedOutLeave => "A signal whose sender was answered 504 leaves its batch before the count.";
    LastSeenGrows => "lastSeenAt never goes back.";
    CreatedIsFirst => "The first signal counted is answered 201, and no other.";
    QuorumRead => "A request is classified by a quorum read.";
    OneNameOfEpisode => "Every acquisition gives an episode's request the same name.";
    OneNameOfAcquisition => "Every attempt of an acquisition gives an episode's request the same name.";
    EpisodeNamed => "The request's name includes the episode.";
    EpisodeAdvances => "After an ended episode comes another one.";
    Cooldown => "An episode whose request vanished is given up only after a cooldown.";
    WholeCooldown => "The cooldown covers the time in which a create may be issued, not only its way.";
    IssueDeadline => "A create is issued only for a while after its lease was acquired.";
    TerminatingActive => "A request that is being deleted is still active.";
    TakeVersion => "A lease is acquired by compare-and-set.";
    ReleaseVersion => "A lease is freed by compare-and-set, and stays to keep the episode.";
    GivenBack => "A lease is given back.";
    ExpirySeen => "A lock whose holder is gone expires.";
    LocalExpiry => "Expiry depends on what this replica saw, not on the holder's clock.";
    HolderUnique => "Each acquisition has a holder name of its own.";
    CreateBeside => "A request that a holder never creates is created beside its lock.";
    TakeEnded => "The lock of a holder that is gone is taken over once its request has ended.";
    HeldUnlessEnded => "The lock of a holder is not taken over while its request is still to be created.";
    OrphansFreed => "The leases of holders that are gone are freed.";
    SweepUnused => "Only leases without a request are swept.";
    SweepIdle => "Only leases that were unchanged for minutes are swept.";
    ListBeforeFirst => "Where foreign programs are active, a LIST precedes the first lease.";
    SweepSeldom => "The sweeper pauses between sweeps.";
    Suppression => "A request that suppresses takes the signals, and none is created beside it.";
    Closing => "A request that may suppress is closed before the next one begins.";
    ListOfClosed => "A request is closed before its list of keys is handed on.";
    ClosedFinal => "A closed request takes no counts.";
    EndedConsulted => "Before an episode begins, keys are looked up in the request that ended.";
    TwinsMerged => "Members of a batch with one key are one occurrence.";
    InheritedOnce => "A key that is handed on keeps the episode that counted it.";
    LedgerInStep => "A ledger that is out of step with the count is begun anew.";
    OneMarkEach => "A writer's new mark replaces its older one.";
    GoingTakesNone => "A request that is being deleted takes no counts.";
    KeysStored => "The keys of deliveries are stored together with the count.";
    KeysOfVersion => "Keys are looked up in the version that the count is decided on.";
    KeysHandedOn => "An episode begins with the keys of the previous one.";
    KeysPastEmpty => "Previous episodes without keys are skipped.";
    GroupGivenBack => "The stored members of a group that is answered 5xx are given back.";
    TakenOnce => "An occurrence that was given back is taken by one delivery.";
    OneWriter => "A replica has one writer per fingerprint.";
    VanishedUnknowable => "Whether a request that vanished had counted cannot be known.";
    VanishedRefused => "Signals of a request that vanished are refused.";
    ConflictRetried => "A count that lost to another is made anew.";
    RefusalReported => "A count that is refused for good is refused to its senders.";
    FirstCountStored => "Also the first signal of a request is counted by a patch.";
    FirstSeenKept => "firstSeenAt stays as it is.";
    ConditionsKept => "A count leaves other conditions as they are.";
    OwnOccurrence => "Each signal of a batch is answered with its own occurrence.";
    SamePatch => "A count that may still commit is only repeated, byte for byte.";
    AttemptRemembered => "An acquisition that was not answered is given back too.";
    ReleaseHolder => "Only a lease with the own holder is given back.";
    FirstTakeCreates => "The first lease of a fingerprint is created, and never written over.";
    GiftNamed => "Occurrences are given back once, also when the write is repeated.";
    GiftVersion => "Occurrences are given and taken by compare-and-set.";
    NextTimePasses => "A request suppresses until its time, and no longer.";
    ReviewAwaited => "A request that needs a review suppresses.";
    NextTimeAwaited => "A request with a time of the next execution suppresses until then.";
    AgeKept => "Reading a lease again does not make it younger.";
    DurationDefault => "A lease without a duration expires too.";
    ReleaseRetried => "Giving a lease back is tried again.";
    EpisodeRecorded => "A lease records the episode that it fences.";
    FirstCountsOnce => "The signal that a request is created from counts once.";
    NewCount => "A signal is answered with the count that includes it.";
    KeysMany => "Many keys are remembered.";
    BaseRaised => "Dropping a mark raises the base of the ledger.";
    Swept => "Leases without a use are deleted.";
    OwnNotFound => "Only an API server that looked for an object can say that it does not exist.";
}
