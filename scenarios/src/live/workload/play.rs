//! Plays stories at a rate, each on fingerprints that no other story uses at the same time.
use super::{
    stage::Stage,
    story::{Drawn, Story},
};
use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};
use tokio::{
    sync::Notify,
    task::JoinSet,
    time::{Instant, timeout},
};

const POLL: Duration = Duration::from_millis(20);
/// How many times as long as planned stories may begin until there were signals enough.
const LONGER: u32 = 3;

/// Amount of what is played.
#[derive(Debug, Clone)]
pub struct Extent {
    /// Time for which stories begin.
    pub time: Duration,
    /// Least number of signals, redeliveries left out, for which stories begin for longer.
    pub signals: u64,
    /// Signals per second, on average.
    pub rate: u32,
    /// Seed of the stories.
    pub seed: u64,
    /// Stories to choose from.
    pub stories: Vec<Story>,
    /// Number of fingerprints.
    pub fingerprints: u16,
}

/// Plays until the time is over and there were signals enough, or `stop` is set; then sets `sent`. Then gives the
/// stories under way as much time as `patience`; whether all of them ended in it. `begins` is notified whenever a story
/// begins.
pub async fn play(
    stage: &Stage,
    extent: &Extent,
    (stop, begins, sent): (&AtomicBool, &Notify, &AtomicBool),
    patience: Duration,
) -> bool {
    let began = Instant::now();
    let mut random = fastrand::Rng::with_seed(extent.seed);
    let free: Arc<Mutex<Vec<u16>>> = Arc::new(Mutex::new((0..extent.fingerprints).collect()));
    let (mut playing, mut begun) = (JoinSet::new(), 0);
    let lasts = |begun: usize| {
        let time = if (begun as u64) < extent.signals { LONGER * extent.time } else { extent.time };
        began.elapsed() < time
    };
    while lasts(begun) && !stop.load(Relaxed) {
        while playing.try_join_next().is_some() {}
        let due = f64::from(extent.rate) * began.elapsed().as_secs_f64();
        let story = extent.stories[random.usize(0..extent.stories.len())];
        let taken = if begun as f64 <= due { take(&free, story.fingerprints(), &mut random) } else { None };
        let Some(apps) = taken else {
            tokio::time::sleep(POLL).await;
            continue;
        };
        let drawn = Drawn::new(story, &mut random);
        begun += drawn.signals();
        begins.notify_waiters();
        let (stage, free) = (stage.clone(), Arc::clone(&free));
        playing.spawn(async move {
            drawn.play(&stage, &apps).await;
            free.lock().unwrap_or_else(PoisonError::into_inner).extend(apps);
        });
    }
    sent.store(true, Relaxed);
    let all = async {
        while !playing.is_empty() && !stop.load(Relaxed) {
            let _ = timeout(POLL, playing.join_next()).await;
        }
    };
    let in_time = timeout(patience, all).await.is_ok();
    // Senders end at their next pause or answer.
    stage.sender.give_up();
    let rest = async { while playing.join_next().await.is_some() {} };
    let ended = timeout(LAST, rest).await.is_ok();
    in_time && ended
}

/// Longest time that a sender waits for an answer, with a margin.
const LAST: Duration = Duration::from_secs(45);

/// Takes so many fingerprints that no story uses.
fn take(free: &Mutex<Vec<u16>>, count: usize, random: &mut fastrand::Rng) -> Option<Vec<u16>> {
    let mut free = free.lock().unwrap_or_else(PoisonError::into_inner);
    if free.len() < count {
        return None;
    }
    Some(
        (0..count)
            .map(|_| {
                let at = random.usize(0..free.len());
                free.swap_remove(at)
            })
            .collect(),
    )
}
