//! API calls per signal, before its answer and after it.
//!
//! Calls of replicas are counted on the wire, by method and resource. Watches are left out; lookups of the object that
//! an alert is about are counted apart from the protocol's calls. The order of events, not time, decides what came
//! before an answer: a script that sends one signal after the other gets exact figures, and a burst gets an amortised
//! one. This fits scripts of deliveries of one alert that are not repeated.
use std::fmt;

/// Kind of an API call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verb {
    /// Read of one object.
    Get,
    /// A consistent LIST.
    List,
    /// Any write.
    Write,
}

/// One call of a replica.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ApiCall {
    /// Number of signals sent before the call.
    pub sent: usize,
    /// Number of deliveries answered before the call.
    pub answered: usize,
    /// Kind of the call.
    pub verb: Verb,
    /// Whether it is about leases or RemediationRequests, rather than a lookup or discovery.
    pub of_protocol: bool,
}

impl ApiCall {
    /// A call of `method` on `target`, which is a path with a query.
    pub fn new(sent: usize, answered: usize, method: &http::Method, target: &str) -> Self {
        let path = target.split('?').next().unwrap_or_default();
        let of_protocol = path.starts_with("/apis/coordination.k8s.io/") || path.starts_with("/apis/kubernaut.ai/");
        let collection = path.ends_with("/leases") || path.ends_with("/remediationrequests");
        let verb = match (method, collection) {
            (&http::Method::GET, true) => Verb::List,
            (&http::Method::GET, false) => Verb::Get,
            _ => Verb::Write,
        };
        Self { sent, answered, verb, of_protocol }
    }
}

/// API calls of some signals.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Cost {
    /// Number of signals.
    pub signals: u32,
    /// Calls of the protocol until the last of the signals was answered.
    pub before: u32,
    /// Calls of the protocol after that, until the next signals were sent.
    pub after: u32,
    /// Consistent LISTs among these calls.
    pub lists: u32,
    /// Lookups of the objects that the alerts are about.
    pub lookups: u32,
}

impl Cost {
    /// Calls per signal, before the answer and after it.
    pub fn each(&self) -> f64 {
        f64::from(self.before + self.after) / f64::from(self.signals.max(1))
    }
}

/// The calls of the signals numbered `signals`, until the next signal was sent or the run ended.
pub fn cost(calls: &[ApiCall], signals: std::ops::Range<usize>) -> Cost {
    let mut cost = Cost { signals: u32::try_from(signals.len()).unwrap_or(u32::MAX), ..Cost::default() };
    for call in calls.iter().filter(|call| call.sent > signals.start && call.sent <= signals.end) {
        let counter = match call {
            ApiCall { of_protocol: false, .. } => &mut cost.lookups,
            ApiCall { answered, .. } if *answered < signals.end => &mut cost.before,
            _ => &mut cost.after,
        };
        *counter += 1;
        cost.lists += u32::from(call.of_protocol && call.verb == Verb::List);
    }
    cost
}

impl fmt::Display for Cost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { signals, before, after, lists, lookups } = self;
        let each = self.each();
        write!(
            f,
            "{signals:>3} signals  {before:>3} before  {after:>2} after  ({each:.2} each)  \
             {lists:>2} LISTs  {lookups:>2} lookups"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_classified() {
        let call = |method, target: &str| {
            let ApiCall { verb, of_protocol, .. } = ApiCall::new(0, 0, &method, target);
            (verb, of_protocol)
        };
        let rr = "/apis/kubernaut.ai/v1alpha1/namespaces/n/remediationrequests";
        assert_eq!(call(http::Method::GET, &format!("{rr}?limit=500")), (Verb::List, true));
        assert_eq!(call(http::Method::GET, &format!("{rr}/rr-1")), (Verb::Get, true));
        assert_eq!(call(http::Method::PATCH, &format!("{rr}/rr-1/status?fieldValidation=Strict")), (Verb::Write, true));
        assert_eq!(call(http::Method::PUT, "/apis/coordination.k8s.io/v1/namespaces/n/leases/l"), (Verb::Write, true));
        assert!(!call(http::Method::GET, "/apis/apps/v1/namespaces/n/deployments/d").1);
    }
}
