//! The branches that no run can take of what sends, reads and writes text: calls, names and conditions.
use super::reason::{
    Reason::{self, Elsewhere, Impossible, Unheard},
    Untaken,
};

const PATHS_FIT: Reason = Impossible("the paths are made of names that Kubernetes has accepted");
const STRINGS_TAKE_ALL: Reason = Impossible("writing into a string does not fail");
const VERSIONED: Reason = Unheard("every object of an API server has a version");

/// By function.
pub(super) const OF_TEXT: &[Untaken] = &[
    Untaken {
        module: "call",
        function: "Calls::page",
        whats: &[
            "`kube::core::Request::new(path).list(&params).map_err(| error | unsenda…`: early return",
            "the closure `|error| unsendable(&error)`",
        ],
        reason: PATHS_FIT,
    },
    Untaken {
        module: "call",
        function: "Calls::watch",
        whats: &[
            "`kube::core::Request::new(path).watch(params, version).map_err(| error …`: early return",
            "the closure `|error| unsendable(&error)`",
        ],
        reason: PATHS_FIT,
    },
    Untaken {
        module: "call",
        function: "Calls::read",
        whats: &[
            "`Request::get(path).header(header::ACCEPT, JSON).body(Body::empty()).ma…`: early return",
            "the closure `|error| unsendable(&error)`",
        ],
        reason: PATHS_FIT,
    },
    Untaken {
        module: "call",
        function: "Calls::write_until",
        whats: &[
            "`request.body(Body::from(body)).map_err(| error | unsendable(&error))?`: early return",
            "the closure `|error| unsendable(&error)`",
        ],
        reason: PATHS_FIT,
    },
    Untaken { module: "call_error", function: "unsendable", whats: &[""], reason: PATHS_FIT },
    Untaken {
        module: "marks",
        function: "Ledger::fmt",
        whats: &["`write!(f, \"base={}\", self.base)?`: early return"],
        reason: STRINGS_TAKE_ALL,
    },
    Untaken {
        module: "deliveries",
        function: "Deliveries::fmt",
        whats: &[
            "`write!(f, \"{separator}{}={}\", key.as_str(), occurrence.count)?`: early return",
            "`write!(f, \"@{episode}\")?`: early return",
        ],
        reason: STRINGS_TAKE_ALL,
    },
    Untaken {
        module: "unacknowledged",
        function: "Unacknowledged::fmt",
        whats: &[
            "`write!(f, \"{separator}{}={count}@{gift}\", key.as_str())?`: early return",
            "`write!(f, \"!{taker}\")?`: early return",
        ],
        reason: STRINGS_TAKE_ALL,
    },
    Untaken {
        module: "call",
        function: "Calls::attempt",
        whats: &["the arm `CallKind::ListRequests | CallKind::WatchRequests | CallKind::ListLease…`"],
        reason: Impossible("only kinds that are tried are attempted"),
    },
    Untaken {
        module: "call",
        function: "Calls::attempt",
        whats: &["`if let Ok(request) = request.body(Body::from(body))`: else"],
        reason: PATHS_FIT,
    },
    Untaken {
        module: "call",
        function: "Calls::call",
        whats: &[
            "`self.open(request).await?.into_body().collect().await.map_err(| error …`: early return",
            "the closure `|error| ambiguous(&error)`",
        ],
        reason: Elsewhere(
            "an answer breaks only in a network, where branches are not counted",
            "broken_connections_are_survived",
        ),
    },
    Untaken {
        module: "call",
        function: "Calls::open",
        whats: &["`after.to_str().ok()?`: early return"],
        reason: Unheard("an API server writes Retry-After in digits"),
    },
    Untaken {
        module: "call_error",
        function: "parse",
        whats: &["the arm `Err(_)`"],
        reason: Unheard("an API server answers in UTF-8"),
    },
    Untaken {
        module: "conditions",
        function: "message",
        whats: &["`conditions.iter().find(| condition | is(condition, kind))?.get(\"messag…`: early return"],
        reason: Unheard("the definition lets no condition without a message in"),
    },
    Untaken {
        module: "marks",
        function: "Ledger::parse",
        whats: &["`parts.next()?`: early return"],
        reason: Impossible("a text has a first part"),
    },
    Untaken {
        module: "marks",
        function: "Ledger::marked",
        whats: &["`if let Some(dropped) = self.marks.pop()`: else"],
        reason: Impossible("more than the limit is more than none"),
    },
    Untaken {
        module: "names",
        function: "is_fingerprint",
        whats: &[
            "the operand `text.len() == 64`: false",
            "the operand `text.bytes().all(| byte | matches!(byte, b'0' ..= b'9' | b'a' ..= b'f'…`: false",
        ],
        reason: Elsewhere("a signal's fingerprint is made of a SHA-256", "only_hexadecimal_is_a_fingerprint"),
    },
    Untaken {
        module: "names",
        function: "episode_of_request",
        whats: &[
            "`name.strip_prefix(REQUEST_PREFIX)?.strip_prefix(fingerprint.get(.. REQ…`: early return",
            "`name.strip_prefix(REQUEST_PREFIX)?.strip_prefix(fingerprint.get(.. REQ…`: early return (place 2)",
            "`fingerprint.get(.. REQUEST_DIGITS)?`: early return",
            "the operand `uid.len() == UID_DIGITS`: false",
            "the operand `uid.bytes().all(| byte | byte.is_ascii_hexdigit())`: false",
            "the operand `!episode.is_empty()`: false",
            "the operand `episode.bytes().all(| byte | byte.is_ascii_digit())`: false",
            "`(uid_fits && digits).then(| | episode.parse().ok())?`: early return",
            "the operand `uid_fits`: false",
            "the operand `digits`: false",
        ],
        reason: Elsewhere("no other program names a request so", "foreign_names_have_no_episode"),
    },
    Untaken {
        module: "names",
        function: "writer",
        whats: &[
            "`if c.is_ascii_alphanumeric() || matches!(c, '-' | '.')`: else",
            "the operand `matches!(c, '-' | '.')`: false",
        ],
        reason: Elsewhere("names of simulated pods have no such letters", "writer_uses_only_mark_characters"),
    },
    Untaken {
        module: "unacknowledged",
        function: "takes",
        whats: &["the operand `!request.metadata.resource_version.is_empty()`: false"],
        reason: VERSIONED,
    },
    Untaken {
        module: "watch",
        function: "watch",
        whats: &["the arm `Err(error) if error.is_expired()`"],
        reason: Unheard("a server says that a version has expired in the stream"),
    },
    Untaken {
        module: "watch",
        function: "read",
        whats: &["the arm `Some(Some(Err(error)))`"],
        reason: Elsewhere(
            "a stream breaks only in a network, where branches are not counted",
            "broken_connections_are_survived",
        ),
    },
    Untaken {
        module: "watch",
        function: "apply",
        whats: &["`if !event.object.version().is_empty()`: else"],
        reason: VERSIONED,
    },
    Untaken {
        module: "watch",
        function: "failure",
        whats: &["the arm `Ok(Event { kind, object })`"],
        reason: Elsewhere("a server ends a watch with 410 only", "error_events_are_distinguished"),
    },
    Untaken {
        module: "watch",
        function: "failure",
        whats: &["the arm `Err(error)`"],
        reason: Elsewhere("events are whole", "error_events_are_distinguished"),
    },
    Untaken {
        module: "watch",
        function: "Lines::next",
        whats: &["`if !line.iter().all(u8::is_ascii_whitespace)`: else"],
        reason: Elsewhere("events are whole", "lines_survive_any_cut"),
    },
    Untaken {
        module: "unacknowledged",
        function: "take",
        whats: &["the arm `Err(error) if error.was_not_sent()`"],
        reason: Unheard("64 calls of a replica would have to be stuck while a group is sent anew"),
    },
];
