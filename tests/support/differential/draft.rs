//! A request as it is drawn, and the parts that requests of every verb share.
use proptest::{prelude::*, sample::select};
use serde_json::{Map, Value, json};

/// Field managers: few, so that they conflict. An update without one gets the client's own name.
pub(super) const MANAGERS: [&str; 5] = ["alice", "bob", "conf", "kubectl", ""];

/// Kind of the object that a request is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Resource {
    Lease,
    Request,
}

impl Resource {
    pub(super) fn api_version(self) -> &'static str {
        match self {
            Self::Lease => "coordination.k8s.io/v1",
            Self::Request => "kubernaut.ai/v1alpha1",
        }
    }

    pub(super) fn kind(self) -> &'static str {
        match self {
            Self::Lease => "Lease",
            Self::Request => "RemediationRequest",
        }
    }

    pub(super) fn collection(self) -> String {
        let plural = match self {
            Self::Lease => "leases",
            Self::Request => "remediationrequests",
        };
        format!("/apis/{}/namespaces/{{ns}}/{plural}", self.api_version())
    }

    pub(super) fn path(self, name: &str) -> String {
        format!("{}/{name}", self.collection())
    }
}

/// One request as it was drawn. References are not resolved yet.
#[derive(Debug, Clone)]
pub(super) struct Draft {
    /// Content of the step's `do` or `watch`.
    pub(super) call: Value,
    pub(super) resource: Resource,
    /// Whether the request opens a watch. It is collected when the sequence has ended.
    pub(super) watch: bool,
    /// Whether the object is read just before, as a client that modifies it does.
    pub(super) read_first: bool,
    /// Whether the server's cache catches up first. Otherwise the answer may be stale, which is not a difference.
    pub(super) after_cache: bool,
    /// The members of the answer that are compared; all if there are none.
    pub(super) only: &'static [&'static str],
}

pub(super) fn draft_of(call: Value, resource: Resource) -> Draft {
    Draft { call, resource, watch: false, read_first: false, after_cache: false, only: &[] }
}

pub(super) type Parameter = Option<(&'static str, Value)>;

/// At most one value for a parameter.
pub(super) fn parameter(name: &'static str, weight: f64, values: Vec<Value>) -> BoxedStrategy<Parameter> {
    prop::option::weighted(weight, select(values).prop_map(move |value| (name, value))).boxed()
}

pub(super) fn texts(values: &[&str]) -> Vec<Value> {
    values.iter().map(|value| Value::from(*value)).collect()
}

/// Parameters of writes.
pub(super) fn write_query() -> impl Strategy<Value = Map<String, Value>> {
    let parameters = [
        parameter("dryRun", 0.08, texts(&["All", "Some"])),
        parameter("fieldValidation", 0.25, texts(&["Strict", "Warn", "Ignore", "Maybe"])),
        parameter("fieldManager", 0.3, texts(&MANAGERS)),
    ];
    Vec::from(parameters).prop_map(query)
}

pub(super) fn query(parameters: Vec<Parameter>) -> Map<String, Value> {
    parameters.into_iter().flatten().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// The user that asks: nearly always the administrator.
pub(super) fn who() -> impl Strategy<Value = Option<&'static str>> {
    prop_oneof![40 => Just(None), 1 => Just(Some("user")), 1 => Just(Some("none")), 1 => Just(Some("bad"))]
}

pub(super) fn call(method: &str, path: String, query: Map<String, Value>, who: Option<&str>) -> Value {
    let mut call = json!({"method": method, "path": path});
    if !query.is_empty() {
        call["query"] = query.into();
    }
    if let Some(who) = who {
        call["as"] = who.into();
    }
    call
}
