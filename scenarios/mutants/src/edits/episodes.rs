//! Edits of what begins and ends episodes: creates, names, requests and their cache.
use super::edit::{Edit, edit};

/// In the order in which they apply.
pub(super) const EDITS: &[Edit] = &[
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
    edit(
        "call_error",
        "if reason == \"NotFound\" && !is_of_path(message)",
        "if @OwnNotFound || reason == \"NotFound\" && !is_of_path(message)",
    ),
    edit("begin", "if writer.now() >= issue_until {", "if writer.now() >= issue_until && !@IssueDeadline {"),
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
        "request",
        "suppresses && !self.is_active() && !self.is_terminating() && !self.is_closed()",
        "suppresses && !@Suppression && !self.is_active() && !self.is_terminating()\n\
         && (!self.is_closed() || @ClosedFinal)",
    ),
    edit(
        "begin",
        "if !error.was_not_sent() && !error.is_conflict() {",
        "if !error.was_not_sent() && !error.is_conflict() && !@AttemptRemembered {",
    ),
    edit(
        "begin",
        "shared.calls.create_lease(&lease, deadline).await",
        "match shared.calls.create_lease(&lease, deadline).await {\nErr(error) if \
         @FirstTakeCreates && error.is_already_exists() => {\nmatch \
         shared.calls.get_lease(&lease.metadata.name, deadline).await {\nOk(held) => {\nlet taken \
         = held.taken(&writer.fingerprint, episode, &holder, \
         now);\nshared.calls.replace_lease(&taken, deadline).await\n}\nErr(error) => \
         Err(error),\n}\n}\nanswer => answer,\n}",
    ),
    edit(
        "request",
        "let suppresses = self.awaits_review() || self.next_allowed() > Some(now);",
        "let suppresses = self.awaits_review() && !@ReviewAwaited\n|| self.next_allowed() > \
         Some(now) && !@NextTimeAwaited\n|| @NextTimePasses && self.next_allowed().is_some();",
    ),
];
