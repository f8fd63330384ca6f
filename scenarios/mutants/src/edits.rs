//! The safeguards that can be taken out, and where the protocol's text has them. Read by the build script too.
//!
//! `@Safeguard` in a mutant stands for "this safeguard is out". Edits of one file apply in order.

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
    Mark => "The mark goes with the count.";
    KnownField => "The mark is in a field that every schema and every typed client keeps.";
    UnknowableWithoutMark => "Where no ledger stands, a lost count is not taken for uncounted.";
    LedgerBase => "A mark that is absent above the ledger's base proves nothing.";
    OneRead => "A lost count is settled by marks only once the version that it named is gone.";
    CountVersion => "The count names the version that it was decided on.";
    CountUid => "The count names the object that it was decided on.";
    ServerErrorAmbiguous => "A 5xx may have been executed.";
    CommitBeforeAnswer => "Signals are answered after the commit.";
    CountWholeBatch => "A batch of k counts k.";
    LastSeenGrows => "lastSeenAt never goes back.";
    CreatedIsFirst => "201 goes to the first signal counted.";
    QuorumRead => "A request is judged by a quorum read.";
    OneNameOfEpisode => "Every acquisition gives an episode's request the same name.";
    OneNameOfAcquisition => "Every attempt of an acquisition gives an episode's request the same name.";
    EpisodeNamed => "The episode is in the request's name.";
    EpisodeAdvances => "What follows on an ended episode is another one.";
    Standing => "An episode whose request vanished is given up after 60 s.";
    TerminatingActive => "A request that is being deleted is still active.";
    TakeVersion => "A lease is taken by compare-and-set.";
    ReleaseVersion => "A lease is freed by compare-and-set, and stays to keep the episode.";
    GivenBack => "A lease is given back.";
    ExpirySeen => "A lock whose holder is gone expires.";
    LocalExpiry => "Expiry is judged by what this replica saw, not by the holder's clock.";
    HolderUnique => "Each acquisition has a holder of its own.";
    SweepUnused => "Only leases without a request are swept.";
    SweepIdle => "Only leases that stood for minutes are swept.";
    ListBeforeFirst => "Where others are about, a LIST precedes the first lease.";
    SweepSeldom => "The sweeper sleeps.";
    KeysStored => "The keys of deliveries are stored with the count.";
    KeysOfVersion => "Keys are looked up in the version that the count is decided on.";
    KeysHandedOn => "An episode begins with the keys of the one before.";
    KeysPastEmpty => "Episodes without keys are looked past.";
}

/// One change of the protocol's text.
#[derive(Debug, Clone, Copy)]
pub struct Edit {
    /// The file, without `.rs`.
    pub file: &'static str,
    /// What it has there, exactly once.
    pub original: &'static str,
    /// What it has instead.
    pub mutant: &'static str,
}

const fn edit(file: &'static str, original: &'static str, mutant: &'static str) -> Edit {
    Edit { file, original, mutant }
}

/// Every change.
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
        "settle",
        "else { return Settlement::Unknowable };\n    // An",
        "else { return if @UnknowableWithoutMark { Settlement::NotCounted } else { Settlement::Unknowable } };\n    // An",
    ),
    edit("settle", "|| ledger.base() <= lost.count", "|| ledger.base() <= lost.count || @LedgerBase"),
    edit(
        "settle",
        "if seen.metadata.resource_version == lost.version {",
        "if seen.metadata.resource_version == lost.version && !@OneRead {",
    ),
    edit(
        "count",
        "\"metadata\": {\"uid\": target.metadata.uid, \"resourceVersion\": version},",
        "\"metadata\": crate::without(json!({\"uid\": target.metadata.uid, \"resourceVersion\": version}), @CountUid, @CountVersion),",
    ),
    edit(
        "call",
        "|| self.code() == Some(429)",
        "|| self.code() == Some(429) || (@ServerErrorAmbiguous && self.code() >= Some(500))",
    ),
    edit("call", "if code.is_client_error() {", "if code.is_client_error() || @ServerErrorAmbiguous {"),
    edit(
        "count",
        "match once.calls.patch_status(name, patch.body.clone(), self.batch.last_deadline()).await {",
        "let deadline = self.batch.last_deadline();\nif @CommitBeforeAnswer { self.counted(&target, &patch); }\n\
         match once.calls.patch_status(name, patch.body.clone(), deadline).await {",
    ),
    edit("count", "count.checked_add(size)", "count.checked_add(if @CountWholeBatch { 1 } else { size })"),
    edit(
        "count",
        "deliveries.map(|deliveries| deliveries.store(&conditions, now))",
        "deliveries.filter(|_| !@KeysStored).map(|deliveries| deliveries.store(&conditions, now))",
    ),
    edit(
        "writer",
        "pub(super) predecessor: Option<Arc<RequestRecord>>,",
        "pub(super) predecessor: Option<Arc<RequestRecord>>,\n\
         /// What the batch's first look-up of keys gave.\n\
         pub(super) looked_up: Option<super::deliveries::Deliveries>,",
    ),
    edit("writer", "predecessor: None,", "predecessor: None,\nlooked_up: None,"),
    edit("writer", "writer.batch = members.into();", "writer.batch = members.into();\nwriter.looked_up = None;"),
    edit(
        "redelivery",
        "let known = match Deliveries::find(target.conditions()) {",
        "let looked_up = self.looked_up.take().filter(|_| @KeysOfVersion);\n\
         let known = match looked_up.or_else(|| Deliveries::find(target.conditions())) {",
    ),
    edit(
        "redelivery",
        "self.answer_redeliveries(target, &known)?;",
        "self.looked_up = Some(known.clone());\nself.answer_redeliveries(target, &known)?;",
    ),
    edit(
        "redelivery",
        "return Ok(list.handed_on(before));",
        "return Ok(if @KeysHandedOn { Deliveries::default() } else { list.handed_on(before) });",
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
         target.metadata.annotations.acquisition == self.acquisition } else { before == 0 };",
    ),
    edit(
        "call",
        "self.read(&format!(\"{}/{name}\", self.requests), deadline).await",
        "self.read(&format!(\"{}/{name}{}\", self.requests, if @QuorumRead { \"?resourceVersion=0\" } else { \"\" }), deadline).await",
    ),
    edit(
        "begin",
        "let mut request = api::new_request(&signal, &name, &once.context.namespace);",
        "let posted = match (@OneNameOfEpisode, @OneNameOfAcquisition) {\n\
         (false, false) => name.clone(),\n\
         (_, true) => format!(\"{name}-{}-{}\", crate::digits(&once.writer, self.acquisition.as_deref()), once.next_number()),\n\
         (true, false) => format!(\"{name}-{}\", crate::digits(&once.writer, self.acquisition.as_deref())),\n\
         };\nlet mut request = api::new_request(&signal, &posted, &once.context.namespace);",
    ),
    edit(
        "writer",
        "match self.once.calls.get_request(name, self.batch.last_deadline()).await {",
        "let deadline = self.batch.last_deadline();\n\
         let read = if @OneNameOfEpisode || @OneNameOfAcquisition {\n\
         self.once.request_named_like(&self.fingerprint, name, deadline).await\n\
         } else { self.once.calls.get_request(name, deadline).await };\nmatch read {",
    ),
    edit(
        "begin",
        "impl super::Once {",
        "impl super::Once {\n/// The request of an episode where its name says more than the episode: an active one before all others.\n\
         pub(super) async fn request_named_like(&self, fingerprint: &str, name: &str, deadline: Duration)\n\
         -> Result<RequestRecord, CallError> {\n\
         let mut like = self.list_of(fingerprint, deadline).await?;\n\
         like.retain(|request| request.metadata.name.starts_with(name));\n\
         like.sort_by_key(|request| !request.is_active());\n\
         let absent = || CallError::Rejected { code: 404, reason: String::new(), message: String::new(), retry_after: None };\n\
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
    edit("episode", "None if now >= since + STANDING =>", "None if now >= since + STANDING || @Standing =>"),
    edit(
        "episode",
        "Some(request) if request.is_active() && request.is_terminating() =>",
        "Some(request) if @TerminatingActive && request.is_active() && request.is_terminating() => \
         Episode::Begin(episode.saturating_add(1)),\n\
         Some(request) if request.is_active() && request.is_terminating() =>",
    ),
    edit(
        "request",
        "if record.is_active() && record.is_terminating() {",
        "if @TerminatingActive && record.is_terminating() { continue; }\nif record.is_active() && record.is_terminating() {",
    ),
    edit(
        "begin",
        "once.calls.replace_lease(&base.taken(&self.fingerprint, episode, &holder, now), deadline).await",
        "let mut taken = base.taken(&self.fingerprint, episode, &holder, now);\n\
         if @TakeVersion && let Ok(latest) = once.calls.get_lease(&taken.metadata.name, deadline).await {\n\
         (taken.metadata.uid, taken.metadata.resource_version) = (latest.metadata.uid, latest.metadata.resource_version);\n}\n\
         once.calls.replace_lease(&taken, deadline).await",
    ),
    edit(
        "release",
        "match once.calls.replace_lease(&freed, deadline).await {",
        "let given = if @ReleaseVersion {\n\
         once.calls.delete_lease(&freed, deadline).await.map(|()| freed.clone())\n\
         } else { once.calls.replace_lease(&freed, deadline).await };\nmatch given {",
    ),
    edit(
        "call",
        "\"preconditions\": {\"uid\": lease.metadata.uid, \"resourceVersion\": lease.metadata.resource_version},",
        "\"preconditions\": if @ReleaseVersion { serde_json::json!({}) } else {\n\
         serde_json::json!({\"uid\": lease.metadata.uid, \"resourceVersion\": lease.metadata.resource_version}) },",
    ),
    edit(
        "writer",
        "self.once.context.tasks.spawn(release::run(self.once.clone(), release));",
        "if !@GivenBack { self.once.context.tasks.spawn(release::run(self.once.clone(), release)); }",
    ),
    edit("sweeper", "holder.starts_with(&mine)", "holder.starts_with(&mine) && !@GivenBack"),
    edit(
        "lease",
        "if now >= until { Stance::Expired } else { Stance::Held { until } }",
        "if @ExpirySeen { return Stance::Held { until: now + Duration::from_secs(3_600) }; }\n\
         if now >= until { Stance::Expired } else { Stance::Held { until } }",
    ),
    edit(
        "lease",
        "    pub(super) fn holder(&self) -> Option<&str> {",
        "/// Since when this version stands on the monotonic clock, if its holder's wall clock were ours.\n\
         pub(super) fn renewed_since(&self, now: Duration, wall: Timestamp) -> Option<Duration> {\n\
         let renewed: Timestamp = self.spec.renew_time.as_ref()?.parse().ok()?;\n\
         let age = Duration::try_from(wall.duration_since(renewed)).unwrap_or_default();\n\
         Some(now.saturating_sub(age))\n}\n\n\
         pub(super) fn holder(&self) -> Option<&str> {",
    ),
    edit(
        "begin",
        "self.blocked_by(lease.stance(since, self.now()), ours.is_some())",
        "let wall = self.once.context.clock.now();\n\
         let since = if @LocalExpiry { lease.renewed_since(self.now(), wall).unwrap_or(since) } else { since };\n\
         self.blocked_by(lease.stance(since, self.now()), ours.is_some())",
    ),
    edit(
        "mod",
        "format!(\"{}_{}\", self.writer, self.next_number())",
        "if @HolderUnique { self.context.pod.clone() } else { format!(\"{}_{}\", self.writer, self.next_number()) }",
    ),
    edit(
        "begin",
        "lease.holder() == self.acquisition.as_deref();",
        "(lease.holder() == self.acquisition.as_deref()\n\
         || @HolderUnique && lease.holder() == Some(&*self.once.context.pod));",
    ),
    edit(
        "begin",
        "self.held = Some(lease.clone());\n            None",
        "if @HolderUnique { self.acquisition = Some(self.once.context.pod.clone()); }\n\
         self.held = Some(lease.clone());\nNone",
    ),
    edit("sweeper", "if once.requests.any(fingerprint) {", "if once.requests.any(fingerprint) && !@SweepUnused {"),
    edit(
        "sweeper",
        "Ok(requests) if requests.is_empty() => {}",
        "Ok(requests) if requests.is_empty() || @SweepUnused => {}",
    ),
    edit("sweeper", "if !takable || now < *since + IDLE {", "if !takable || (now < *since + IDLE && !@SweepIdle) {"),
    edit("begin", "let next = if others {", "let next = if others && !@ListBeforeFirst {"),
    edit(
        "sweeper",
        "once.context.clock.sleep(PERIOD + up_to(&*once.context.entropy, PERIOD_JITTER)).await;",
        "let period = PERIOD + up_to(&*once.context.entropy, PERIOD_JITTER);\n\
         once.context.clock.sleep(if @SweepSeldom { LOOK / 8 } else { period }).await;\n\
         if @SweepSeldom {\nlet deadline = once.context.clock.monotonic() + CALL_TIMEOUT;\n\
         for observed in once.leases.all() {\ndrop(once.calls.get_lease(&observed.lease.metadata.name, deadline).await);\n}\n}",
    ),
];
