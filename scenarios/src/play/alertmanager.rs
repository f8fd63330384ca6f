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
    sync::{Arc, Mutex, PoisonError},
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

/// The notification log of each peer.
#[derive(Debug, Clone, Default)]
pub struct Logs(Arc<Mutex<[Option<Sent>; PEERS]>>);

impl Logs {
    /// Whether the peer's log lacks a recent notification of these alerts.
    fn is_due(&self, position: usize, alerts: u16, now: Duration) -> bool {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner)[position];
        known.is_none_or(|sent| sent.alerts < alerts || now >= sent.at + REPEAT_INTERVAL)
    }

    fn log(&self, position: usize, sent: Sent, gossip: bool) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for (peer, known) in known.iter_mut().enumerate() {
            if peer == position || gossip {
                *known = Some(sent);
            }
        }
    }
}

/// Plays the peer at `position` until the alerts have fired for `lasts`.
pub async fn peer(stage: Stage, position: usize, alerts: u16, lasts: Duration, logs: Logs) {
    let began = now(&stage);
    let mut flush = GROUP_WAIT;
    let mut repeats = None;
    while flush < lasts {
        let due = began + flush + PEER_TIMEOUT * u32::try_from(position).unwrap_or_default();
        stage.cluster.sleep(due.saturating_sub(now(&stage))).await;
        let joined = u16::try_from(flush.as_secs() / ALERTS_APART.as_secs() + 1).unwrap_or(alerts).min(alerts);
        if logs.is_due(position, joined, now(&stage))
            && notify(&stage, joined, began + flush + GROUP_INTERVAL, &mut repeats).await
        {
            let gossip = !stage.cluster.rarely(Label::Workload, CUT_OFF, "cut off");
            logs.log(position, Sent { alerts: joined, at: now(&stage) }, gossip);
            repeats = None;
        }
        flush += GROUP_INTERVAL;
    }
}

/// Sends one flush; returns whether it was accepted. `repeats` keeps what failed for the next flush.
async fn notify(stage: &Stage, alerts: u16, deadline: Duration, repeats: &mut Option<Signals>) -> bool {
    let mut pause = FIRST_PAUSE;
    loop {
        if let Some(replica) = choose_replica(stage, Route::Any) {
            let (what, delivery) = (Payload::Group(alerts), stage.cluster.next_delivery());
            let repeats_at = (*repeats, replica);
            let sent = stage.recorder.sent(delivery, stage.cluster.micros(), what, Retry::Alertmanager, repeats_at);
            let answer = stage.cluster.send(delivery, replica, request(what, stage.cluster.now())).await;
            match stage.recorder.answered(sent, stage.cluster.micros(), answer.ok()) {
                DeliveryOutcome::Accepted => return true,
                DeliveryOutcome::Rejected => return false,
                DeliveryOutcome::Retry => *repeats = Some(sent),
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
}
