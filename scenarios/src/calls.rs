//! API calls per signal: what a signal costs the API server, before its answer and after.
//!
//! Counted on the wire, by method and resource, from the calls that replicas sent; watches are left out, and look-ups
//! of what an alert is about are told apart from the protocol's calls. What came before an answer is decided by the
//! order of events and not by time, so that a script which sends one signal after the other gets exact figures, and a
//! burst an amortised one. It is for scripts of deliveries of one alert that nobody repeats.
use std::fmt;

/// Which calls a protocol makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verb {
    /// A read of one object.
    Get,
    /// A consistent LIST.
    List,
    /// Any write.
    Write,
}

/// One call of a replica.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ApiCall {
    /// How many signals had been sent when it was.
    pub sent: usize,
    /// How many deliveries had been answered.
    pub answered: usize,
    /// What it does.
    pub verb: Verb,
    /// Whether it is about leases or RemediationRequests, and not a look-up or discovery.
    pub of_protocol: bool,
}

impl ApiCall {
    /// A call of `method` on `target`, path and query.
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

/// What some signals cost.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Cost {
    /// How many signals.
    pub signals: u32,
    /// Calls of the protocol until the last of them was answered.
    pub before: u32,
    /// Calls of the protocol after that, until the next signals were sent.
    pub after: u32,
    /// Consistent LISTs among them.
    pub lists: u32,
    /// Look-ups of what the alerts are about.
    pub lookups: u32,
}

impl Cost {
    /// Calls per signal, before the answer and after.
    pub fn each(&self) -> f64 {
        f64::from(self.before + self.after) / f64::from(self.signals.max(1))
    }
}

/// The cost of the signals numbered `signals`, until the one after them was sent or the run ended.
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
            "{signals:>3} signals  {before:>3} before  {after:>2} after  ({each:.2} each)  {lists:>2} LISTs  {lookups:>2} look-ups"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_told_apart() {
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
