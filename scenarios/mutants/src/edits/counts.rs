//! Edits of what counts signals: the patch, its resolution, its marks, and the calls.
use super::edit::{Edit, edit};

/// In the order in which they apply.
pub(super) const EDITS: &[Edit] = &[
    edit(
        "count",
        "ledger.store(target.conditions(), now)",
        "if @Mark || @KnownField { target.conditions().to_vec() } else {\n\
         ledger.store(if @ConditionsKept { &[] } else { target.conditions() }, now)\n}",
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
         if @FirstCountStored && target.count() == 0 { return accept(writer, &target, &patch); }\n\
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
        "count",
        "    writer.batch.prune(writer.now());",
        "    if !@TimedOutLeave { writer.batch.prune(writer.now()); }",
    ),
    edit("marks", "|mark| mark.writer != writer)", "|mark| mark.writer != writer || @OneMarkEach)"),
    edit("batch", "if known != index {", "if known != index && !@TwinsMerged {"),
    edit(
        "count",
        "count.checked_add(size)",
        "count.checked_add(if @CountWholeBatch { 1 } else { size + u32::from(@FirstCountsOnce && count == 0) })",
    ),
    edit(
        "count",
        "deliveries.map(|deliveries| deliveries.store(&conditions, now))",
        "deliveries.filter(|_| !@KeysStored).map(|deliveries| deliveries.store(&conditions, now))",
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
        "call",
        "\"preconditions\": {\"uid\": lease.metadata.uid, \"resourceVersion\": lease.metadata.resource_version},",
        "\"preconditions\": if @ReleaseVersion { serde_json::json!({}) } else {\n\
         serde_json::json!({\"uid\": lease.metadata.uid, \"resourceVersion\": lease.metadata.resource_version}) },",
    ),
    edit(
        "resolve",
        "let Some(seen) = seen.filter(|seen| seen.metadata.uid == lost.uid) else { return \
         Resolution::Unknowable };",
        "let Some(seen) = seen.filter(|seen| seen.metadata.uid == lost.uid) else {\nreturn if \
         @VanishedUnknowable { Resolution::NotCounted } else if @VanishedRefused { \
         Resolution::Counted } else { Resolution::Unknowable };\n};",
    ),
    edit(
        "count",
        "Resolution::NotCounted => return Step::Again,",
        "Resolution::NotCounted if @ConflictRetried => return accept(writer, target, \
         patch),\nResolution::NotCounted => return Step::Again,",
    ),
    edit(
        "count",
        "return Step::refused(&answer);",
        "return if @RefusalReported { accept(writer, target, patch) } else { \
         Step::refused(&answer) };",
    ),
    edit(
        "count",
        "let first_seen = target.first_seen().unwrap_or(now);",
        "let first_seen = target.first_seen().filter(|_| !@FirstSeenKept).unwrap_or(now);",
    ),
    edit("count", "if target.first_seen().is_none() {", "if target.first_seen().is_none() || @FirstSeenKept {"),
    edit(
        "count",
        "count: before + index + 1,",
        "count: if @OwnOccurrence { before + size } else if @NewCount { before + index } else { before + index + 1 },",
    ),
    edit(
        "count",
        "Resolution::NotCounted | Resolution::MayStillCommit if answer.is_final() => {",
        "Resolution::MayStillCommit if @SamePatch => return Step::Again,\nResolution::NotCounted | \
         Resolution::MayStillCommit if answer.is_final() => {",
    ),
    edit(
        "marks",
        "while self.marks.len() > MARKS_MAX {",
        "while self.marks.len() > (if @BaseRaised { 1 } else { MARKS_MAX }) {",
    ),
    edit("marks", "self.base = dropped.total;", "self.base = if @BaseRaised { self.base } else { dropped.total };"),
];
