//! API calls of three replicas under load while the API server is away, and in the first seconds when it is back.
//!
//! Senders repeat what was not accepted, as Alertmanager does; so the load grows no faster than alerts fire, and every
//! signal is accepted in the end. A herd would show as a burst of calls in one second.
use super::{
    gateways::Kind,
    results::{Claim, Measured},
    stage::Stage,
    start::header,
};
use crate::live::{
    LiveError,
    cluster::{Account, Api},
    credentials::{ServingCertificate, Trust},
    fleet::{Fleet, Program, Settings},
    history::{Call, Fact, Journal},
    proxy::Faults,
    workload::{
        Gateways,
        notification::Notification,
        sender::{Retry, Sender},
    },
};
use model::observation::Micros;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};
use tokio::{task::JoinSet, time::sleep};

const REPLICAS: usize = 3;
const NAMESPACE: &str = "latency-away";
/// Time between two alerts, and the Deployments that they are about in turn.
const EVERY: Duration = Duration::from_millis(50);
const FIRING: u16 = 40;
/// Time of steady load before the API server is killed, and after it is back.
const STEADY: Duration = Duration::from_secs(15);
const AFTERWARDS: Duration = Duration::from_secs(20);
/// Seconds after the return that are looked at one by one.
const FIRST: usize = 10;
/// The most calls in one second while it is away and after its return, in calls of a second of steady load.
const BURST_MOST: f64 = 3.0;
const SECOND: Micros = 1_000_000;

pub(super) async fn measure(stage: &Stage<'_>) -> Result<Measured, LiveError> {
    let journal = Journal::begin(header(), None)
        .map_err(|source| LiveError::Files { path: stage.directory().to_owned(), source })?;
    let (settings, sender_token) = settings(stage, &journal).await?;
    let fleet = Fleet::start(REPLICAS, &settings).await?;
    let trust = Trust::new(Some(&sender_token), &settings.certificate.certificate())?;
    let gateways = Arc::new(Gateways::local(fleet.replicas()));
    let sender = Sender::new(gateways, journal.clone(), stage.targets(), trust);
    let first = stage.apps(FIRING.into()).await?;
    let over = Arc::new(AtomicBool::new(false));
    let load = tokio::spawn(fire(sender.clone(), first, Arc::clone(&over)));
    stage.say("steady load");
    sleep(STEADY).await;
    let gone = journal.now();
    tokio::task::block_in_place(|| stage.plane().kill_server(0));
    let away = stage.request.away;
    stage.say(&format!("the API server is away for {} s", away.as_secs()));
    sleep(away).await;
    let starting = journal.now();
    tokio::task::block_in_place(|| stage.plane().start_server(0))?;
    stage.say("the API server is back");
    sleep(AFTERWARDS).await;
    over.store(true, Relaxed);
    let unanswered = load.await.unwrap_or(usize::MAX);
    fleet.end().await;
    Ok(report(&journal, (gone, starting), unanswered))
}

async fn settings(stage: &Stage<'_>, journal: &Journal) -> Result<(Settings, String), LiveError> {
    let directory = stage.directory().to_owned();
    let files = |source| LiveError::Files { path: stage.directory().to_owned(), source };
    let accounts = stage.namespace(NAMESPACE, Kind::Shipped.protocol()).await?;
    let token = directory.join("away.token");
    std::fs::write(&token, accounts.token(Account::Gateway).await?.text).map_err(files)?;
    let program = Program {
        path: stage.request.gateway.clone(),
        arguments: Vec::new(),
        protocol: Kind::Shipped.protocol().to_owned(),
    };
    let settings = Settings {
        program,
        namespace: NAMESPACE.into(),
        certificate: Arc::new(ServingCertificate::issue(directory.join("tls")).map_err(files)?),
        directory,
        token,
        api: Api::connect(&stage.kubeconfig("away-proxy", "")?).await?,
        faults: Arc::new(Faults::new(BTreeSet::new(), 1, journal.clone())),
        journal: journal.clone(),
    };
    Ok((settings, accounts.token(Account::Sender).await?.text))
}

/// Fires alerts in turn until it is over, each repeated until it is accepted; how many never were.
async fn fire(sender: Sender, first: u16, over: Arc<AtomicBool>) -> usize {
    let (mut deliveries, mut number) = (JoinSet::new(), 0);
    // An alert whose last delivery is still repeated is not sent a second time: Alertmanager has one queue a group.
    let busy: Arc<[AtomicBool]> = (0..FIRING).map(|_| AtomicBool::new(false)).collect();
    while !over.load(Relaxed) {
        sleep(EVERY).await;
        let (sender, busy, app) = (sender.clone(), Arc::clone(&busy), number % FIRING);
        number += 1;
        if busy[usize::from(app)].swap(true, Relaxed) {
            continue;
        }
        deliveries.spawn(async move {
            let accepted = sender.deliver(&Notification::firing(first + app), Retry::UntilAccepted).await;
            busy[usize::from(app)].store(false, Relaxed);
            accepted
        });
    }
    let mut lost = 0;
    while let Some(accepted) = deliveries.join_next().await {
        lost += usize::from(!accepted.unwrap_or(false));
    }
    lost
}

fn report(journal: &Journal, (gone, starting): (Micros, Micros), unanswered: usize) -> Measured {
    let facts = journal.history().facts;
    let sent = |fact: &Fact| match fact {
        Fact::Called(Call { from, .. }) => Some(*from),
        Fact::Watched { at, .. } => Some(*at),
        _ => None,
    };
    let calls: Vec<Micros> = facts.iter().filter_map(sent).collect();
    let succeeded = |fact: &Fact| match fact {
        Fact::Called(Call { from, status: Some(200..=299), .. }) if *from > starting => Some(*from),
        _ => None,
    };
    // The server listens before it is ready.
    let back = facts.iter().filter_map(succeeded).min().unwrap_or(starting);
    let seconds = |from: Micros, to: Micros| per_second(&calls, from, to);
    let (steady, during, after) = (seconds(gone - 10 * SECOND, gone), seconds(gone, back), seconds(back, u64::MAX));
    let first = &after[..after.len().min(FIRST)];
    let (mean, most) = (mean(&steady), |counts: &[u64]| counts.iter().copied().max().unwrap_or(0));
    let notes = vec![
        format!("Steady load: {mean:.1} API calls a second, at most {} in one second.", most(&steady)),
        format!(
            "The API server was away for {:.0} s: {:.1} calls a second, at most {}.",
            (back - gone) as f64 / SECOND as f64,
            self::mean(&during),
            most(&during)
        ),
        format!("Calls in each of the first {} seconds after its return: {first:?}.", first.len()),
        format!(
            "What they were in the first three seconds, and in three of steady load: {}.",
            compared(&facts, gone, back)
        ),
        format!("Signals that were never accepted: {unanswered}."),
    ];
    let claims = vec![
        Claim::new(
            "most calls in a second while it is away, in those of steady load (a bound of our own)",
            BURST_MOST,
            most(&during) as f64 / mean,
            "",
        ),
        Claim::new(
            "most calls in a second after the return, in those of steady load (a bound of our own)",
            BURST_MOST,
            most(first) as f64 / mean,
            "",
        ),
        Claim::new("signals that were never accepted", 0.0, unanswered as f64, ""),
    ];
    Measured { rows: Vec::new(), claims, notes }
}

/// Calls of each kind in the first three seconds after the return, beside as many seconds of steady load.
fn compared(facts: &[Fact], gone: Micros, back: Micros) -> String {
    let (after, steady) = (kinds(facts, back, back + 3 * SECOND), kinds(facts, gone - 3 * SECOND, gone));
    let names: BTreeSet<&String> = after.keys().chain(steady.keys()).collect();
    let of = |kinds: &BTreeMap<String, u64>, name: &String| kinds.get(name).copied().unwrap_or(0);
    let each = |name: &String| format!("{name} {} and {}", of(&after, name), of(&steady, name));
    names.into_iter().map(each).collect::<Vec<_>>().join(", ")
}

/// Number of calls between two moments, by method and resource.
fn kinds(facts: &[Fact], from: Micros, to: Micros) -> BTreeMap<String, u64> {
    let mut kinds = BTreeMap::new();
    for fact in facts {
        let (at, name) = match fact {
            Fact::Called(Call { from, method, resource, .. }) => (*from, format!("{method} {resource}")),
            Fact::Watched { at, .. } => (*at, "watch".to_owned()),
            _ => continue,
        };
        if (from..to).contains(&at) {
            *kinds.entry(name).or_default() += 1;
        }
    }
    kinds
}

/// Number of calls in each whole second between two moments, as far as there are calls.
fn per_second(calls: &[Micros], from: Micros, to: Micros) -> Vec<u64> {
    let last = calls.iter().copied().max().unwrap_or(from).min(to);
    let mut counts = vec![0; usize::try_from(last.saturating_sub(from) / SECOND).unwrap_or(0)];
    for call in calls.iter().filter(|call| **call >= from) {
        if let Some(count) = usize::try_from((call - from) / SECOND).ok().and_then(|at| counts.get_mut(at)) {
            *count += 1;
        }
    }
    counts
}

fn mean(counts: &[u64]) -> f64 {
    counts.iter().sum::<u64>() as f64 / counts.len().max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_counted_by_second() {
        let calls = [0, SECOND, SECOND + 1, 2 * SECOND, 4 * SECOND + 5];
        assert_eq!(per_second(&calls, 0, u64::MAX), [1, 2, 1, 0]);
        assert_eq!(per_second(&calls, SECOND, 3 * SECOND), [2, 1]);
        assert_eq!(mean(&[1, 2]), 1.5);
    }

    #[test]
    fn kinds_of_calls_are_compared() {
        let call = |from: Micros, method: &str| {
            let by = crate::live::history::Client::Replica { index: 0, incarnation: 0 };
            let (resource, name) = ("leases".into(), "".into());
            let (status, revision, holder) = (Some(200), None, None);
            Fact::Called(Call { from, to: from, by, method: method.into(), resource, name, status, revision, holder })
        };
        let facts =
            [call(8 * SECOND, "PUT"), call(20 * SECOND, "GET"), call(21 * SECOND, "PUT"), call(22 * SECOND, "PUT")];
        assert_eq!(compared(&facts, 10 * SECOND, 20 * SECOND), "GET leases 1 and 0, PUT leases 2 and 1");
    }
}
