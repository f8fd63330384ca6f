//! The branches that no run of the catalogue can take.
use super::reason::{
    Reason::{self, Elsewhere, Impossible},
    Untaken,
};

const PATHS_FIT: Reason = Impossible("the paths are made of names that Kubernetes has accepted");
const STRINGS_TAKE_ALL: Reason = Impossible("writing into a string does not fail");

/// In the order of the files.
pub const JUSTIFIED: &[Untaken] = &[
    Untaken {
        module: "queue",
        function: "Coalescer::waiting",
        whats: &[""],
        reason: Elsewhere("the protocol does not ask how many items wait", "panicking_leader_frees_its_key"),
    },
    Untaken {
        module: "queue",
        function: "Coalescer::led",
        whats: &[""],
        reason: Elsewhere("the protocol does not ask how many keys have a leader", "limit_in_total_refuses_new_keys"),
    },
    Untaken {
        module: "queue",
        function: "Leadership::take",
        whats: &["`if !self.leading`: then"],
        reason: Impossible("the writer ends at the first `None`"),
    },
    Untaken {
        module: "batch",
        function: "Batch::accept_counted",
        whats: &["`if let Some(accepted) = known(&member)`: else"],
        reason: Impossible("only members whose key is known are taken out"),
    },
    Untaken {
        module: "begin",
        function: "create",
        whats: &["`let Some(signal)`: else"],
        reason: Impossible("a round begins with a batch that is not empty, and only answers take members out"),
    },
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
];
