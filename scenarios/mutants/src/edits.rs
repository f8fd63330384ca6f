//! The safeguards that a mutant can lack, and the edits of the protocol's text that take them out. The build script
//! reads this file too.
//!
//! `@Name` in a replacement is true if the safeguard `Name` is out. Edits of one file apply in order.

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
}

/// One change of the protocol's text.
#[derive(Debug, Clone, Copy)]
pub struct Edit {
    /// Name of the file, without `.rs`.
    pub file: &'static str,
    /// The original text, which the file contains exactly once.
    pub original: &'static str,
    /// The replacement, with `@Name` for safeguards.
    pub replacement: &'static str,
}

const fn edit(file: &'static str, original: &'static str, replacement: &'static str) -> Edit {
    Edit { file, original, replacement }
}

/// All changes.
pub const EDITS: &[Edit] = &[
    edit(
        "count",
        "ledger.store(target.conditions(), now)",
        "if @Mark || @KnownField { target.conditions().to_vec() } else { ledger.store(target.conditions(), now) }",
    ),
    edit(
        "count",
        "let body = json!({",
        "if @KnownField { deduplication[\"marks\"] = json!(ledger.to_string()); }\nlet body = json!({",
    ),
    edit(
        "call",
        "/status?fieldValidation=Strict\", self.requests)",
        "/status?fieldValidation={}\", self.requests, if @KnownField { \"Ignore\" } else { \"Strict\" })",
    ),
    edit(
        "resolve",
        "else { return Resolution::Unknowable };\n    // The patch",
        "else {\n\
         return if @UnknowableWithoutMark { Resolution::NotCounted } else { Resolution::Unknowable };\n\
         };\n    // The patch",
    ),
    edit("resolve", "|| ledger.base() <= lost.count", "|| ledger.base() <= lost.count || @LedgerBase"),
    edit(
        "resolve",
        "if seen.metadata.resource_version == lost.version {",
        "if seen.metadata.resource_version == lost.version && !@OneRead {",
    ),
    edit(
        "count",
        "\"metadata\": {\"uid\": target.metadata.uid, \"resourceVersion\": version},",
        "\"metadata\": crate::without(\n\
         json!({\"uid\": target.metadata.uid, \"resourceVersion\": version}), @CountUid, @CountVersion),",
    ),
    edit(
        "call_error",
        "|| self.code() == Some(429)",
        "|| self.code() == Some(429) || (@ServerErrorAmbiguous && self.code() >= Some(500))",
    ),
    edit("call_error", "if code.is_client_error() {", "if code.is_client_error() || @ServerErrorAmbiguous {"),
    edit(
        "count",
        "match shared.calls.patch_status(name, patch.body.clone(), writer.batch.last_deadline()).await {",
        "let deadline = writer.batch.last_deadline();\nif @CommitBeforeAnswer { accept(writer, &target, &patch); }\n\
         match shared.calls.patch_status(name, patch.body.clone(), deadline).await {",
    ),
    edit(
        "count",
        "Err(error) if error.was_not_sent() => Step::retry(&error),",
        "Err(error) if error.was_not_sent() => Step::retry(&error),\n\
         Err(error) if @ConflictResolved && error.is_conflict() => Step::Again,\n\
         Err(error) if @ThrottledResolved && error.is_throttled() => Step::retry(&error),",
    ),
    edit(
        "count",
        "Resolution::Unknowable => return refuse_unknown(writer, name),",
        "Resolution::Unknowable if @RefusedUnknowable && !answer.is_ambiguous() => return Step::Again,\n\
         Resolution::Unknowable => return refuse_unknown(writer, name),",
    ),
    edit(
        "count",
        ".filter(|ledger| ledger.in_step(count))",
        ".filter(|ledger| ledger.in_step(count) || @LedgerInStep)",
    ),
    edit(
        "unacknowledged",
        "for (name, given) in requests {",
        "for (name, given) in requests {\nif @GroupGivenBack { continue; }",
    ),
    edit(
        "unacknowledged",
        "Some(taker.to_owned()));\n        self",
        "Some(taker.to_owned()).filter(|_| !@TakenOnce));\n        self",
    ),
    edit("marks", "|mark| mark.writer != writer)", "|mark| mark.writer != writer || @OneMarkEach)"),
    edit("batch", "if known != index {", "if known != index && !@TwinsMerged {"),
    edit(
        "deliveries",
        "occurrence.episode.get_or_insert(episode);",
        "if @InheritedOnce { occurrence.episode = Some(episode); }\noccurrence.episode.get_or_insert(episode);",
    ),
    edit(
        "redelivery",
        "answer_counted(writer, ended, &known)?;",
        "if !@EndedConsulted { answer_counted(writer, ended, &known)?; }",
    ),
    edit("count", "count.checked_add(size)", "count.checked_add(if @CountWholeBatch { 1 } else { size })"),
    edit(
        "count",
        "deliveries.map(|deliveries| deliveries.store(&conditions, now))",
        "deliveries.filter(|_| !@KeysStored).map(|deliveries| deliveries.store(&conditions, now))",
    ),
    edit(
        "writer_state",
        "pub(super) predecessor: Option<Arc<RequestRecord>>,",
        "pub(super) predecessor: Option<Arc<RequestRecord>>,\n\
         /// The result of the batch's first look-up of keys.\n\
         pub(super) looked_up: Option<super::deliveries::Deliveries>,",
    ),
    edit("writer_state", "predecessor: None,", "predecessor: None,\nlooked_up: None,"),
    edit("writer_state", "self.batch = batch;", "self.batch = batch;\nself.looked_up = None;"),
    edit(
        "redelivery",
        "let known = match Deliveries::find(target.conditions()) {",
        "let looked_up = writer.looked_up.take().filter(|_| @KeysOfVersion);\n\
         let known = match looked_up.or_else(|| Deliveries::find(target.conditions())) {",
    ),
    edit(
        "redelivery",
        "answer_counted(writer, target, &known)?;",
        "writer.looked_up = Some(known.clone());\nanswer_counted(writer, target, &known)?;",
    ),
    edit(
        "redelivery",
        "return Ok(list.inherited_from(before));",
        "return Ok(if @KeysHandedOn { Deliveries::default() } else { list.inherited_from(before) });",
    ),
    edit(
        "redelivery",
        "(earliest..episode).rev() {",
        "(earliest..episode).rev().take(if @KeysPastEmpty { 1 } else { usize::MAX }) {",
    ),
    edit("count", "|last| last.max(now)", "|last| if @LastSeenGrows { now } else { last.max(now) }"),
    edit(
        "count",
        "before == 0 && target.metadata.annotations.acquisition.is_some();",
        "target.metadata.annotations.acquisition.is_some()\n&& if @CreatedIsFirst { \
         target.metadata.annotations.acquisition.as_deref() == writer.hold.acquisition() } else { before == 0 };",
    ),
    edit(
        "call",
        "self.read(&format!(\"{}/{name}\", self.requests), deadline).await",
        "let query = if @QuorumRead { \"?resourceVersion=0\" } else { \"\" };\n\
         self.read(&format!(\"{}/{name}{query}\", self.requests), deadline).await",
    ),
    edit(
        "begin",
        "let mut request = api::new_request(&signal, &name, &shared.context.namespace);",
        "let posted = match (@OneNameOfEpisode, @OneNameOfAcquisition) {\n\
         (false, false) => name.clone(),\n\
         (_, true) => format!(\n\
         \"{name}-{}-{}\", crate::digits(&shared.writer, writer.hold.acquisition()), shared.next_number()),\n\
         (true, false) => format!(\"{name}-{}\", crate::digits(&shared.writer, writer.hold.acquisition())),\n\
         };\nlet mut request = api::new_request(&signal, &posted, &shared.context.namespace);",
    ),
    edit(
        "writer_state",
        "match self.shared.calls.get_request(name, self.batch.last_deadline()).await {",
        "let deadline = self.batch.last_deadline();\n\
         let read = if @OneNameOfEpisode || @OneNameOfAcquisition {\n\
         self.shared.request_named_like(&self.fingerprint, name, deadline).await\n\
         } else { self.shared.calls.get_request(name, deadline).await };\nmatch read {",
    ),
    edit(
        "shared",
        "impl Shared {",
        "impl Shared {\n\
         /// The request of an episode whose name includes more than the episode: an active one before all others.\n\
         pub(super) async fn request_named_like(&self, fingerprint: &str, name: &str, deadline: Duration)\n\
         -> Result<RequestRecord, CallError> {\n\
         let mut like = self.list_of(fingerprint, deadline).await?;\n\
         like.retain(|request| request.metadata.name.starts_with(name));\n\
         like.sort_by_key(|request| !request.is_active());\n\
         let (reason, message) = (String::new(), String::new());\n\
         let absent = || CallError::Rejected { code: 404, reason, message, retry_after: None };\n\
         like.into_iter().next().ok_or_else(absent)\n}\n",
    ),
    edit(
        "names",
        "let (uid, episode) = rest.split_once('-')?;",
        "let (uid, episode) = rest.split_once('-')?;\n\
         let episode = if @OneNameOfEpisode || @OneNameOfAcquisition { episode.split('-').next()? } else { episode };",
    ),
    edit(
        "names",
        "format!(\"{REQUEST_PREFIX}{fingerprint}-{}-{episode}\", uid.to_ascii_lowercase())",
        "let episode = if @EpisodeNamed { 1 } else { episode };\n\
         format!(\"{REQUEST_PREFIX}{fingerprint}-{}-{episode}\", uid.to_ascii_lowercase())",
    ),
    edit(
        "episode",
        "Some(_) => Episode::Begin(episode.saturating_add(1)),",
        "Some(_) => Episode::Begin(episode.saturating_add(u64::from(!@EpisodeAdvances))),",
    ),
    edit(
        "episode",
        "None if now >= since + COOLDOWN =>",
        "None if now >= since + (if @WholeCooldown { EFFECT } else { COOLDOWN }) || @Cooldown =>",
    ),
    edit("begin", "if writer.now() >= issue_until {", "if writer.now() >= issue_until && !@IssueDeadline {"),
    edit(
        "call",
        "sent: issue_until.min(deadline),",
        "sent: if @IssueDeadline { deadline } else { issue_until.min(deadline) },",
    ),
    edit(
        "call",
        "deadline.min(self.clock.monotonic() + CALL_TIMEOUT)",
        "if @IssueDeadline { return deadline.max(self.clock.monotonic() + Duration::from_secs(3_600)); }\n\
         deadline.min(self.clock.monotonic() + CALL_TIMEOUT)",
    ),
    edit(
        "episode",
        "Some(request) if request.is_active() && request.is_terminating() =>",
        "Some(request) if @GoingTakesNone && request.is_active() => Episode::CountOn,\n\
         Some(request) if @TerminatingActive && request.is_active() && request.is_terminating() => \
         Episode::Begin(episode.saturating_add(1)),\n\
         Some(request) if request.is_active() && request.is_terminating() =>",
    ),
    edit(
        "request",
        "if record.is_active() && record.is_terminating() {",
        "if @TerminatingActive && record.is_terminating() { continue; }\n\
         if record.is_active() && record.is_terminating() && !@GoingTakesNone {",
    ),
    edit(
        "begin",
        "shared.calls.replace_lease(&base.taken(&writer.fingerprint, episode, &holder, now), deadline).await",
        "let mut taken = base.taken(&writer.fingerprint, episode, &holder, now);\n\
         if @TakeVersion && let Ok(latest) = shared.calls.get_lease(&taken.metadata.name, deadline).await {\n\
         taken.metadata.uid = latest.metadata.uid;\n\
         taken.metadata.resource_version = latest.metadata.resource_version;\n}\n\
         shared.calls.replace_lease(&taken, deadline).await",
    ),
    edit(
        "release",
        "match shared.calls.replace_lease(&freed, deadline).await {",
        "let given = if @ReleaseVersion {\n\
         shared.calls.delete_lease(&freed, deadline).await.map(|()| freed.clone())\n\
         } else { shared.calls.replace_lease(&freed, deadline).await };\nmatch given {",
    ),
    edit(
        "call",
        "\"preconditions\": {\"uid\": lease.metadata.uid, \"resourceVersion\": lease.metadata.resource_version},",
        "\"preconditions\": if @ReleaseVersion { serde_json::json!({}) } else {\n\
         serde_json::json!({\"uid\": lease.metadata.uid, \"resourceVersion\": lease.metadata.resource_version}) },",
    ),
    edit(
        "writer",
        "writer.shared.context.tasks.spawn(release::run(writer.shared.clone(), release));",
        "if !@GivenBack { writer.shared.context.tasks.spawn(release::run(writer.shared.clone(), release)); }",
    ),
    edit("sweeper", "holder.starts_with(&mine)", "holder.starts_with(&mine) && !@GivenBack"),
    edit(
        "lease",
        "if now >= until { LockState::Expired } else { LockState::Held { until } }",
        "if @ExpirySeen { return LockState::Held { until: now + Duration::from_secs(3_600) }; }\n\
         if now >= until { LockState::Expired } else { LockState::Held { until } }",
    ),
    edit(
        "lease",
        "    pub(super) fn holder(&self) -> Option<&str> {",
        "/// Since when this version is unchanged, on the monotonic clock, if its holder's wall clock were ours.\n\
         pub(super) fn renewed_since(&self, now: Duration, wall: Timestamp) -> Option<Duration> {\n\
         let renewed: Timestamp = self.spec.renew_time.as_ref()?.parse().ok()?;\n\
         let age = Duration::try_from(wall.duration_since(renewed)).unwrap_or_default();\n\
         Some(now.saturating_sub(age))\n}\n\n\
         pub(super) fn holder(&self) -> Option<&str> {",
    ),
    edit(
        "plan",
        "let state = lease.lock_state(since, writer.now());",
        "let wall = writer.shared.context.clock.now();\n\
         let since = if @LocalExpiry { lease.renewed_since(writer.now(), wall).unwrap_or(since) } else { since };\n\
         let state = lease.lock_state(since, writer.now());",
    ),
    edit(
        "shared",
        "format!(\"{}_{}\", self.writer, self.next_number())",
        "if @HolderUnique { self.context.pod.clone() } else { format!(\"{}_{}\", self.writer, self.next_number()) }",
    ),
    edit(
        "plan",
        "let mine = writer.hold.is_on(&lease);",
        "let mine = writer.hold.is_on(&lease)\n\
         || @HolderUnique && lease.holder() == Some(&*writer.shared.context.pod);",
    ),
    edit(
        "plan",
        "writer.hold.confirm(lease.clone());",
        "if @HolderUnique { writer.hold.name_with(|| writer.shared.context.pod.clone()); }\n\
         writer.hold.confirm(lease.clone());",
    ),
    edit(
        "request",
        "suppresses && !self.is_active() && !self.is_terminating() && !self.is_closed()",
        "suppresses && !@Suppression && !self.is_active() && !self.is_terminating()\n\
         && (!self.is_closed() || @ClosedFinal)",
    ),
    edit(
        "redelivery",
        "if hands_on || ended.may_suppress() { close(writer, ended.clone()).await? } else { ended.clone() };",
        "if hands_on && !@ListOfClosed || ended.may_suppress() && !@Closing {\n\
         close(writer, ended.clone()).await?\n} else { ended.clone() };",
    ),
    edit(
        "redelivery",
        "Some(ended) if !ended.is_active() => Some(close(writer, ended).await?),",
        "Some(ended) if !ended.is_active() && !@ListOfClosed => Some(close(writer, ended).await?),",
    ),
    edit("sweeper", "if shared.requests.any(fingerprint) {", "if shared.requests.any(fingerprint) && !@SweepUnused {"),
    edit(
        "sweeper",
        "Ok(requests) if requests.is_empty() => {}",
        "Ok(requests) if requests.is_empty() || @SweepUnused => {}",
    ),
    edit("sweeper", "now >= *since + IDLE);", "now >= *since + IDLE || @SweepIdle);"),
    edit(
        "sweeper",
        "(LockState::Expired, Some(fingerprint)) =>",
        "(LockState::Expired, Some(fingerprint)) if !@OrphansFreed && !@GivenBack =>",
    ),
    edit(
        "plan",
        "(Episode::Begin(next), Some(_), Lock::Held(_)) =>",
        "(Episode::Begin(next), None, Lock::Held(_)) if @HeldUnlessEnded && asked.is_some() => \
         Ok(Plan::Acquire { base: Some(lease), episode: next }),\n\
         (Episode::Begin(next), Some(_), Lock::Held(_)) if !@TakeEnded =>",
    ),
    edit(
        "plan",
        "if next == episode && asked >= since + UNCHANGED =>",
        "if next == episode && asked >= since + UNCHANGED && !@CreateBeside =>",
    ),
    edit("plan", "if foreign_activity(writer) {", "if foreign_activity(writer) && !@ListBeforeFirst {"),
    edit(
        "sweeper",
        "shared.context.clock.sleep(PERIOD + up_to(&*shared.context.entropy, PERIOD_JITTER)).await;",
        "let period = PERIOD + up_to(&*shared.context.entropy, PERIOD_JITTER);\n\
         shared.context.clock.sleep(if @SweepSeldom { RECLAIM_PERIOD / 8 } else { period }).await;\n\
         if @SweepSeldom {\nlet deadline = shared.context.clock.monotonic() + CALL_TIMEOUT;\n\
         for observed in shared.leases.all() {\n\
         drop(shared.calls.get_lease(&observed.lease.metadata.name, deadline).await);\n}\n}",
    ),
];
