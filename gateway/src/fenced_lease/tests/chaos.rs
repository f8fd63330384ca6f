//! Three replicas, slow and ambiguous calls, lagging watches, crashes, and a controller that ends requests: many small
//! worlds, each from one seed. The harness does this more thoroughly. This test checks an edit of this folder within a
//! second: 40 seeds, or as many as the environment variable `LOCKSTEP_SEEDS` says (20,000 take two minutes).
use super::{server::Fault, *};
use std::collections::BTreeSet;

/// Splitmix64.
#[derive(Clone)]
struct Dice(Arc<AtomicU64>);

impl Dice {
    fn roll(&self, sides: u64) -> u64 {
        let mut z = self.0.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed);
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % sides
    }

    fn millis(&self, most: u64) -> Duration {
        Duration::from_millis(self.roll(most + 1))
    }

    fn fault(&self) -> Fault {
        match self.roll(26) {
            0 => Fault::AnswerLost,
            1 => Fault::Unanswered,
            2 => Fault::NotExecuted,
            3 => Fault::Late(self.millis(6_000)),
            4 => Fault::Twice,
            5 => Fault::Refused(429),
            6 => Fault::SecondRefused(429),
            7 => Fault::SecondRefused([400, 403, 404, 409, 422, 503][usize::try_from(self.roll(6)).expect("small")]),
            _ => Fault::Slow(self.millis(30), self.millis(30)),
        }
    }
}

#[derive(Default)]
struct Answers {
    accepted: u64,
    refused: u64,
    created: BTreeSet<String>,
    counts: BTreeSet<(String, u32)>,
}

impl Answers {
    fn add(&mut self, seed: u64, answer: Result<Accepted, Refusal>) {
        let Ok(accepted) = answer else {
            self.refused += 1;
            return;
        };
        self.accepted += 1;
        if accepted.disposition == Disposition::Created {
            assert!(self.created.insert(accepted.name.clone()), "seed {seed}: {} was created twice", accepted.name);
        }
        let count = (accepted.name, accepted.count);
        assert!(self.counts.insert(count.clone()), "seed {seed}: {count:?} was answered twice");
    }
}

async fn live(seed: u64) {
    let dice = Dice(Arc::new(AtomicU64::new(seed)));
    let server = Server::default();
    let (lag, longest) = (dice.clone(), [0, 200, 5_000][usize::try_from(seed % 3).expect("small")]);
    server.lag_watches(move || lag.millis(longest));
    let mut replicas = Vec::new();
    for pod in ["gw-1", "gw-2", "gw-3"] {
        replicas.push(Replica::ready(&server, pod).await);
    }
    let faults = dice.clone();
    server.fault(move |_| Some(faults.fault()));
    let mut sent = Vec::new();
    for event in 0..40_u32 {
        match dice.roll(12) {
            0 if !requests(&server).is_empty() => end_all(&server),
            1 if !requests(&server).is_empty() => {
                server.edit(REQUESTS, json!({"status": {"message": event.to_string()}}))
            }
            2 if event % 3 == 0 => {
                let index = usize::try_from(dice.roll(3)).expect("small");
                replicas[index] = Replica::boot(&server, &format!("restarted-{event}"));
            }
            _ => sent.push(replicas[usize::try_from(dice.roll(3)).expect("small")].send()),
        }
        tokio::time::sleep(dice.millis(if event % 10 == 0 { 3_000 } else { 100 })).await;
    }
    let mut answers = Answers::default();
    for answer in sent {
        answers.add(seed, answer.await.expect("no panic"));
    }
    server.fault(|_| None);
    tokio::time::sleep(Duration::from_secs(40)).await;
    let last = replicas[0].signal().await;
    assert!(last.is_ok(), "seed {seed}: after the faults a signal is stored: {last:?}");
    answers.add(seed, last);
    check(seed, &server, &answers);
}

fn end_all(server: &Server) {
    for (name, _) in requests(server) {
        server.edit(&format!("{REQUESTS}/{name}"), json!({"status": {"overallPhase": "Completed"}}));
    }
}

fn check(seed: u64, server: &Server, answers: &Answers) {
    assert_eq!(server.two_active(), None, "seed {seed}");
    let total: u64 = requests(server).iter().map(|(_, count)| count).sum();
    let (least, most) = (answers.accepted, answers.accepted + answers.refused);
    assert!(
        (least..=most).contains(&total),
        "seed {seed}: {total} counted, {least} accepted, {} refused",
        answers.refused
    );
}

#[tokio::test(start_paused = true)]
async fn many_small_worlds_stay_consistent() {
    let seeds = std::env::var("LOCKSTEP_SEEDS").ok().and_then(|seeds| seeds.parse().ok()).unwrap_or(40);
    for seed in 0..seeds {
        live(seed).await;
    }
}
