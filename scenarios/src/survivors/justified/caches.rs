//! Survivors of the caches and of the watches that fill them.
use super::super::reason::Survivors;

pub(super) const SURVIVORS: &[Survivors] = &[
    Survivors::equivalent(
        ("watch", "Source::watch", &["the field `timeout`", "the field `bookmarks`"]),
        "without it kube asks for the same: 290 seconds, and bookmarks",
    ),
    Survivors::tested(
        ("watch", "SILENCE_MAX", &[""]),
        "quiet_watch_is_kept_longer_than_servers_let_it_last",
        "it decides how often a quiet watch is opened",
    ),
    Survivors::tested(
        ("watch", "WATCH_SECONDS", &[""]),
        "quiet_watch_is_kept_longer_than_servers_let_it_last",
        "it decides how often a quiet watch is opened",
    ),
    Survivors::tested(
        ("watch", "Source::list", &["the field `label_selector`"]),
        "leases_of_other_programs_are_not_known",
        "leases that no writer asks for take only memory",
    ),
    Survivors::tested(
        ("watch", "Source::watch", &["the field `label_selector`"]),
        "leases_of_other_programs_are_not_known",
        "leases that no writer asks for take only memory",
    ),
    Survivors::tested(
        ("requests", "FOREIGN_MEMORY", &[""]),
        "foreign_activity_is_remembered_for_a_day",
        "no run lasts a day",
    ),
    Survivors::tested(
        ("leases", "Leases::disturbed", &["`-` for", "`==` for", "`>` for", "the body"]),
        "foreign_activity_is_remembered_for_a_day",
        "a LIST before a creation is what it adds",
    ),
    Survivors::tested(
        ("requests", "Requests::foreign_seen", &["`-` for", "`==` for", "`>` for", "the body"]),
        "foreign_activity_is_remembered_for_a_day",
        "a LIST before a creation is what it adds",
    ),
    Survivors::tested(
        ("leases", "IDLE", &[""]),
        "idle_lease_is_swept_after_five_minutes",
        "a lease that nothing needs may stay longer",
    ),
    Survivors::tested(
        ("leases", "Leases::delete", &["`*` for `/`", "`-` for", "`==` for", "`>` for `<` in `now"]),
        "only_a_young_lease_is_missed",
        "a LIST before a creation is what it adds",
    ),
    Survivors::tested(
        ("leases", "Leases::delete", &["`>` for `<=`", "the body"]),
        "late_deletion_removes_no_successor",
        "a cache is a hint: every write names the version that it was decided on",
    ),
    Survivors::tested(
        ("leases", "Leases::replace", &["the field `disturbed`"]),
        "foreign_activity_survives_a_restored_store",
        "no run restores a store",
    ),
    Survivors::tested(
        ("leases", "Leases::replace", &["`==` for", "`<=` for"]),
        "list_at_the_reached_version_is_no_older",
        "a cache is a hint: every write names the version that it was decided on",
    ),
    Survivors::tested(
        ("leases", "Leases::replace", &["`>` for `<` in", "`!` left out", "`||` for", "`>` for `<=`", "the body"]),
        "list_removes_what_it_would_show",
        "a cache is a hint: every write names the version that it was decided on",
    ),
    Survivors::tested(
        ("leases", "is_newer", &[""]),
        "lease_keeps_its_time_until_it_changes",
        "a cache is a hint: every write names the version that it was decided on",
    ),
    Survivors::tested(
        ("leases", "Leases::forget", &[""]),
        "only_the_object_that_is_gone_is_forgotten",
        "a cache is a hint: every write names the version that it was decided on",
    ),
    Survivors::tested(
        ("leases", "Leases::notify", &[""]),
        "lease_keeps_its_time_until_it_changes",
        "a writer that is not woken reads again within three seconds",
    ),
    Survivors::tested(
        ("requests", "Requests::learn", &[""]),
        "answer_older_than_the_watch_restores_no_request",
        "a cache is a hint: every write names the version that it was decided on",
    ),
    Survivors::tested(
        ("requests", "Requests::forget", &[""]),
        "only_the_object_that_is_gone_is_forgotten",
        "a cache is a hint: every write names the version that it was decided on",
    ),
    Survivors::tested(
        ("requests", "Requests::put", &[""]),
        "other_locks_are_noticed_only_on_requests_of_this_protocol",
        "a cache is a hint: every write names the version that it was decided on",
    ),
    Survivors::tested(
        ("requests", "State::put", &["`<` for", "the body"]),
        "answer_older_than_the_watch_restores_no_request",
        "a cache is a hint: every write names the version that it was decided on",
    ),
    Survivors::tested(
        ("requests", "State::put", &["`==` for"]),
        "name_may_be_used_again",
        "a name is used for one fingerprint only",
    ),
    Survivors::tested(
        ("requests", "State::remove", &[""]),
        "late_deletion_removes_no_successor",
        "a cache is a hint: every write names the version that it was decided on",
    ),
    Survivors::tested(
        ("requests", "State::remove_through", &[""]),
        "late_deletion_removes_no_successor",
        "a cache is a hint: every write names the version that it was decided on",
    ),
    Survivors::tested(
        ("requests", "Requests::replace", &["the field `foreign_seen`"]),
        "foreign_activity_survives_a_restored_store",
        "no run restores a store",
    ),
    Survivors::tested(
        ("requests", "Requests::replace", &["`==` for", "`<=` for"]),
        "list_at_the_reached_version_is_no_older",
        "a cache is a hint: every write names the version that it was decided on",
    ),
    Survivors::tested(
        ("requests", "Requests::replace", &["`>` for", "`!` left out", "the body"]),
        "list_removes_what_it_would_show",
        "a cache is a hint: every write names the version that it was decided on",
    ),
    Survivors::tested(
        ("requests", "Requests::delete", &[""]),
        "late_deletion_removes_no_successor",
        "a cache is a hint: every write names the version that it was decided on",
    ),
    Survivors::tested(
        ("requests", "Requests::reach", &[""]),
        "reached_version_never_falls",
        "a cache is a hint: every write names the version that it was decided on",
    ),
    Survivors::tested(
        ("lease", "LeaseRecord::is_labelled", &["`!=` for"]),
        "list_removes_what_it_would_show",
        "a cache is a hint: every write names the version that it was decided on",
    ),
    Survivors::no_promise(("leases", "Leases::disturbed", &["`<=` for"]), "it differs for one moment, a day later"),
    Survivors::no_promise(
        ("requests", "Requests::foreign_seen", &["`<=` for"]),
        "it differs for one moment, a day later",
    ),
];
