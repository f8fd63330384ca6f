//! Edits of the locks: who holds one, when it is taken over, given back and swept, and who works behind it.
use super::edit::{Edit, edit};

/// In the order in which they apply.
pub(super) const EDITS: &[Edit] = &[
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
         let (reason, message) = (\"NotFound\".to_owned(), String::new());\n\
         let absent = || CallError::Rejected { code: 404, reason, message, retry_after: None };\n\
         like.into_iter().next().ok_or_else(absent)\n}\n",
    ),
    edit(
        "release",
        "match shared.calls.replace_lease(&freed, deadline).await {",
        "let given = if @ReleaseVersion {\n\
         shared.calls.delete_lease(&freed, deadline).await.map(|()| freed.clone())\n\
         } else { shared.calls.replace_lease(&freed, deadline).await };\nmatch given {",
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
    edit(
        "mod",
        "match Coalescer::join(&self.coalescer, &signal.fingerprint, waiting) {",
        "let coalescer = if @OneWriter { Arc::new(Coalescer::new(LIMITS)) } else { \
         self.coalescer.clone() };\nmatch Coalescer::join(&coalescer, &signal.fingerprint, \
         waiting) {",
    ),
    edit(
        "release",
        "if lease.holder() != Some(release.holder.as_str()) {",
        "if lease.holder() != Some(release.holder.as_str()) && !@ReleaseHolder {",
    ),
    edit(
        "lease",
        "self.spec.lease_duration_seconds.unwrap_or(DURATION_SECONDS)",
        "self.spec.lease_duration_seconds.unwrap_or(if @DurationDefault { i32::MAX } else { \
         DURATION_SECONDS })",
    ),
    edit(
        "leases",
        "let fresh = state.leases.get(&name).is_none_or(|known| is_newer(&lease, &known.lease));",
        "let fresh = state.leases.get(&name).is_none_or(|known| is_newer(&lease, &known.lease)) || \
         @AgeKept;",
    ),
    edit(
        "release",
        "let again = error.is_throttled() || error.is_ambiguous();",
        "let again = (error.is_throttled() || error.is_ambiguous()) && !@ReleaseRetried;",
    ),
    edit(
        "lease",
        "annotations.insert(EPISODE.to_owned(), episode.to_string());",
        "annotations.insert(EPISODE.to_owned(), if @EpisodeRecorded { 1 } else { episode }.to_string());",
    ),
    edit(
        "sweeper",
        "(LockState::Free, Some(fingerprint)) if idle =>",
        "(LockState::Free, Some(fingerprint)) if idle && !@Swept =>",
    ),
];
