//! Time from the start of a process until it is ready, and how much of it the API server took.
//!
//! The process reaches the API server through a proxy that knows when each call was sent and answered. The API server's
//! part is the time during which at least one call was under way; what is left is the gateway's own, with the start of
//! the process, TLS left out.
use super::{
    gateways::{Kind, Replica},
    results::{Claim, Measured},
    series::Series,
    stage::Stage,
};
use crate::live::{
    LiveError,
    cluster::{Account, Api},
    fleet::kubeconfig_of,
    history::{Call, Client, FORMAT, Fact, Header, Journal},
    proxy::{Faults, Proxy},
};
use model::observation::Micros;
use std::{collections::BTreeSet, sync::Arc, time::Duration};
use tokio::time::Instant;

const STARTS: usize = 20;
/// ms, besides the API server's.
const OWN_MOST: f64 = 100.0;
const NAMESPACE: &str = "latency-start";

pub(super) async fn measure(stage: &Stage<'_>) -> Result<Measured, LiveError> {
    let accounts = stage.namespace(NAMESPACE, Kind::Shipped.protocol()).await?;
    let token = stage.directory().join("start.token");
    let files = |source| LiveError::Files { path: token.clone(), source };
    std::fs::write(&token, accounts.token(Account::Gateway).await?.text).map_err(files)?;
    let api = Api::connect(&stage.kubeconfig("start-proxy", "")?).await?;
    let (mut whole, mut own) = (Series::default(), Series::default());
    for number in 0..stage.request.of(STARTS, 3) {
        stage.say(&format!("start {} of {STARTS}", number + 1));
        let journal = Journal::begin(header(), None).map_err(files)?;
        let faults = Arc::new(Faults::new(BTreeSet::new(), 1, journal.clone()));
        let by = Client::Replica { index: 0, incarnation: 0 };
        let proxy = Proxy::start(api.clone(), journal.clone(), by, faults).await.map_err(files)?;
        let kubeconfig = stage.directory().join(format!("start-{number}.kubeconfig"));
        std::fs::write(&kubeconfig, kubeconfig_of(&proxy.url(), &token)).map_err(files)?;
        let (began, from) = (Instant::now(), journal.now());
        let replica = Replica::start(stage, Kind::Shipped, (NAMESPACE, &format!("gw-{number}")), &kubeconfig)?;
        replica.ready().await?;
        let (took, to) = (began.elapsed(), journal.now());
        whole.push(took);
        own.push(took.saturating_sub(Duration::from_micros(busy(&journal, from, to))));
    }
    let rows = vec![
        whole.row("start until ready", 1, "one at a time"),
        own.row("the same without the API server's time", 1, "one at a time"),
    ];
    let claim = Claim::new("P95 of a start besides the API server's time", OWN_MOST, own.percentile(95), "ms");
    Ok(Measured { rows, claims: vec![claim], notes: Vec::new() })
}

/// Microseconds between two moments during which at least one call was under way.
fn busy(journal: &Journal, from: Micros, to: Micros) -> Micros {
    let facts = journal.history().facts;
    let calls = facts.iter().filter_map(|fact| match fact {
        Fact::Called(Call { from: sent, to: answered, .. }) => Some((*sent.max(&from), *answered.min(&to))),
        _ => None,
    });
    covered(calls.filter(|(sent, answered)| sent < answered).collect())
}

/// Length of the union of some spans.
fn covered(mut spans: Vec<(Micros, Micros)>) -> Micros {
    spans.sort_unstable();
    let (mut sum, mut end) = (0, 0);
    for (from, to) in spans {
        sum += to.saturating_sub(from.max(end));
        end = end.max(to);
    }
    sum
}

/// Header of a history that nobody keeps.
pub(super) fn header() -> Header {
    Header {
        lockstep_history: FORMAT,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        scenario: "latency".to_owned(),
        protocol: Kind::Shipped.protocol().to_owned(),
        replicas: 1,
        proxied: true,
        seed: 1,
        started: String::new(),
        faults: Vec::new(),
        crashes_only: true,
        tail: 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_of_calls_at_once_counts_once() {
        assert_eq!(covered(vec![(10, 20), (15, 30), (16, 18), (40, 41)]), 21);
        assert_eq!(covered(Vec::new()), 0);
    }
}
