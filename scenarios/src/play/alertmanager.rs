//! A highly available pair of Alertmanagers, which sends notifications of one group for as long as its alerts fire.
//!
//! Each peer flushes the group after `group_wait` and then every `group_interval`, and waits its position times the
//! peer timeout before it sends. The notification log, which peers gossip, says what need not be sent again; a peer
//! that missed the gossip sends as well. A failed flush is retried with exponential backoff after 5xx and broken
//! connections until the next one is due, and never after a 4xx. Only success is logged: the next flush repeats what
//! failed, with the alerts that have joined the group since (alertmanager's `dispatch`, `notify/retry_stage.go`,
//! `notify/dedup_stage.go`). Deliveries have no id.
//!
//! Deliberately absent: resolved notifications (a scenario of their own) and more than one receiver.
use super::{
    sender::{choose_replica, request},
    stage::Stage,
};
use crate::{
    observe::{DeliveryOutcome, Signals},
    workload::{Payload, Retry, Route},
};
use sim::engine::{Alternative, Label};
use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

/// Number of peers.
pub const PEERS: usize = 2;
const GROUP_WAIT: Duration = Duration::from_secs(30);
const GROUP_INTERVAL: Duration = Duration::from_secs(300);
/// Time after which an accepted notification is repeated; Alertmanager's default is four hours.
const REPEAT_INTERVAL: Duration = Duration::from_secs(3_600);
const PEER_TIMEOUT: Duration = Duration::from_secs(15);
/// Time between the beginnings of two alerts of the group.
const ALERTS_APART: Duration = Duration::from_secs(420);
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);
/// Chances in 1,000 that a peer's gossip of one flush is lost.
const CUT_OFF: u32 = 200;

/// The last notification in a peer's log.
#[derive(Debug, Clone, Copy)]
struct Sent {
    alerts: u16,
    at: Duration,
}

/// A notification that no log has yet.
#[derive(Debug, Clone, Copy)]
struct Owed {
    alerts: u16,
    signals: Signals,
}

/// Knowledge of one peer.
#[derive(Debug, Clone, Copy, Default)]
struct Known {
    sent: Option<Sent>,
    owed: Option<Owed>,
}

/// The notification log of each peer, and what each still owes.
///
/// A notification that failed need not be repeated by the peer that sent it: if the other one's was accepted meanwhile,
/// both logs say so. So what is sent while a peer owes something repeats that, whichever of them sends it.
#[derive(Debug, Clone, Default)]
pub struct Logs(Arc<Mutex<[Known; PEERS]>>);

impl Logs {
    fn known(&self) -> MutexGuard<'_, [Known; PEERS]> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the peer's log lacks a recent notification of these alerts. If it does not, the peer owes nothing.
    fn is_due(&self, position: usize, alerts: u16, now: Duration) -> bool {
        let known = &mut self.known()[position];
        let due = known.sent.is_none_or(|sent| sent.alerts < alerts || now >= sent.at + REPEAT_INTERVAL);
        if !due {
            known.owed = None;
        }
        due
    }

    /// The notification that the next one repeats: the largest that either peer owes.
    fn owed(&self) -> Option<Signals> {
        let known = *self.known();
        known.iter().filter_map(|known| known.owed).max_by_key(|owed| owed.alerts).map(|owed| owed.signals)
    }

    fn owe(&self, position: usize, owed: Owed) {
        self.known()[position].owed = Some(owed);
    }

    fn log(&self, position: usize, sent: Sent, gossip: bool) {
        let mut known = self.known();
        known[position].owed = None;
        for (peer, known) in known.iter_mut().enumerate() {
            if peer == position || gossip {
                known.sent = Some(sent);
            }
        }
    }
}

/// Plays the peer at `position` until the alerts have fired for `lasts`.
pub async fn peer(stage: Stage, position: usize, alerts: u16, lasts: Duration, logs: Logs) {
    let began = now(&stage);
    let mut flush = GROUP_WAIT;
    while flush < lasts {
        let due = began + flush + PEER_TIMEOUT * u32::try_from(position).unwrap_or_default();
        stage.cluster.sleep(due.saturating_sub(now(&stage))).await;
        let joined = u16::try_from(flush.as_secs() / ALERTS_APART.as_secs() + 1).unwrap_or(alerts).min(alerts);
        if notify(&stage, (position, joined), began + flush + GROUP_INTERVAL, &logs).await {
            let gossip = !stage.cluster.rarely(Label::Workload, CUT_OFF, "cut off");
            logs.log(position, Sent { alerts: joined, at: now(&stage) }, gossip);
        }
        flush += GROUP_INTERVAL;
    }
}

/// Sends one flush of the peer at `position`, if it is due; returns whether it was accepted.
async fn notify(stage: &Stage, (position, alerts): (usize, u16), deadline: Duration, logs: &Logs) -> bool {
    let mut pause = FIRST_PAUSE;
    let mut tried = false;
    loop {
        if !tried && !logs.is_due(position, alerts, now(stage)) {
            return false;
        }
        if let Some(replica) = choose_replica(stage, Route::Any) {
            tried = true;
            let (what, delivery) = (Payload::Group(alerts), stage.cluster.next_delivery());
            let signals = stage.recorder.sent(
                delivery,
                stage.cluster.micros(),
                what,
                Retry::Alertmanager,
                (logs.owed(), replica),
            );
            logs.owe(position, Owed { alerts, signals });
            let answer = stage.cluster.send(delivery, replica, request(what, stage.cluster.now())).await;
            match stage.recorder.answered(signals, stage.cluster.micros(), answer.ok()) {
                DeliveryOutcome::Accepted => return true,
                DeliveryOutcome::Rejected => return false,
                DeliveryOutcome::Retry => {}
            }
        }
        // Jitter of up to a half, as in the backoff that Alertmanager uses.
        let halves = |picked: usize| Alternative::Number(picked as u32);
        let jittered = pause / 2 * (1 + stage.cluster.choose(Label::Workload, 3, halves) as u32);
        if now(stage) + jittered >= deadline {
            return false;
        }
        stage.cluster.sleep(jittered).await;
        pause = (pause * 3 / 2).min(LONGEST_PAUSE);
    }
}

fn now(stage: &Stage) -> Duration {
    Duration::from_micros(stage.cluster.micros())
}

#[cfg(test)]
mod tests {
    use super::*;
    use sim::engine::DeliveryId;

    #[test]
    fn logged_notification_is_not_due() {
        let logs = Logs::default();
        let at = Duration::from_secs(100);
        assert!(logs.is_due(0, 1, at) && logs.is_due(1, 1, at));
        logs.log(0, Sent { alerts: 1, at }, true);
        assert!(!logs.is_due(0, 1, at) && !logs.is_due(1, 1, at), "the peer has gossiped");
        logs.log(0, Sent { alerts: 2, at }, false);
        assert!(!logs.is_due(0, 2, at) && logs.is_due(1, 2, at), "its gossip was lost");
        assert!(logs.is_due(0, 3, at) && logs.is_due(0, 2, at + REPEAT_INTERVAL));
    }

    #[test]
    fn what_one_peer_owes_either_repeats() {
        let logs = Logs::default();
        let at = Duration::from_secs(100);
        let signals = |first, count| Signals { first, count, delivery: DeliveryId(first) };
        logs.owe(0, Owed { alerts: 1, signals: signals(0, 1) });
        assert_eq!(logs.owed(), Some(signals(0, 1)));
        logs.owe(1, Owed { alerts: 2, signals: signals(1, 2) });
        assert_eq!(logs.owed(), Some(signals(1, 2)), "it has the alerts of the other one too");
        logs.log(1, Sent { alerts: 2, at }, true);
        assert_eq!(logs.owed(), Some(signals(0, 1)), "the peer may still be sending");
        assert!(!logs.is_due(0, 2, at) && logs.owed().is_none(), "the other peer's notification was accepted");
    }
}
