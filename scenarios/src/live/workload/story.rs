//! Stories: what is played on a few fingerprints, from a few signals to hundreds.
use super::{
    notification::{Notification, fingerprint_of},
    sender::Retry,
    stage::Stage,
};
use futures::future::join_all;
use std::{fmt, str::FromStr, sync::Arc, time::Duration};

/// Longest time for which the orchestrator waits for a request to appear.
const APPEARS: Duration = Duration::from_secs(40);
const PHASES: [&str; 3] = ["Processing", "Analyzing", "Executing"];

/// One kind of story.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Story {
    /// Many alerts of one fingerprint at the same time, over all replicas.
    Burst,
    /// One alert, then many duplicates at the same time.
    Duplicates,
    /// Bursts while the orchestrator ends the requests: several episodes of one fingerprint.
    Episodes,
    /// Alerts one after the other, while the orchestrator moves the request through its phases.
    Steady,
    /// Deliveries with a key, repeated although they were accepted, also after the request has ended.
    Redelivery,
    /// A group of alerts that grows, sent by two Alertmanagers.
    Groups,
    /// Resolved alerts after the request has ended.
    Resolved,
}

impl Story {
    /// All stories.
    pub const ALL: [Self; 7] =
        [Self::Burst, Self::Duplicates, Self::Episodes, Self::Steady, Self::Redelivery, Self::Groups, Self::Resolved];

    /// Name on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Burst => "bursts",
            Self::Duplicates => "duplicates",
            Self::Episodes => "episodes",
            Self::Steady => "steady",
            Self::Redelivery => "redelivery",
            Self::Groups => "groups",
            Self::Resolved => "resolved",
        }
    }

    /// What it does, in a sentence.
    pub const fn about(self) -> &'static str {
        match self {
            Self::Burst => "many alerts of one fingerprint at the same time, over all replicas",
            Self::Duplicates => "one alert, then many duplicates at the same time",
            Self::Episodes => "bursts while the orchestrator ends the requests",
            Self::Steady => "alerts one after the other, while the orchestrator moves the request through its phases",
            Self::Redelivery => "deliveries with a key, repeated although they were accepted",
            Self::Groups => "a group of alerts that grows, sent by two Alertmanagers",
            Self::Resolved => "resolved alerts after the request has ended",
        }
    }

    /// Number of fingerprints that it needs.
    pub(super) const fn fingerprints(self) -> usize {
        if matches!(self, Self::Groups) { 3 } else { 1 }
    }
}

impl fmt::Display for Story {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Story {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|story| story.name() == text).ok_or_else(|| {
            let known: Vec<_> = Self::ALL.iter().map(|story| story.name()).collect();
            format!("unknown story `{text}`; use one of {}", known.join(", "))
        })
    }
}

/// A story with its numbers drawn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Drawn {
    story: Story,
    /// Alerts of a burst.
    size: usize,
    /// Milliseconds until the orchestrator acts.
    moment: u64,
    /// Whether the last request is left active.
    left_active: bool,
}

impl Drawn {
    pub(super) fn new(story: Story, random: &mut fastrand::Rng) -> Self {
        let sizes: &[usize] = match story {
            Story::Burst => &[3, 15, 15, 40, 100],
            Story::Duplicates => &[4, 20, 100],
            Story::Episodes => &[3, 8, 15],
            Story::Steady => &[10, 20],
            Story::Redelivery => &[2, 4],
            Story::Groups => &[1],
            Story::Resolved => &[3],
        };
        let size = sizes[random.usize(0..sizes.len())];
        Self { story, size, moment: random.u64(0..120), left_active: random.u8(0..3) == 0 }
    }

    /// Number of signals that it sends, without redeliveries after failures.
    pub(super) fn signals(&self) -> usize {
        match self.story {
            Story::Burst => self.size,
            Story::Duplicates => self.size + 1,
            Story::Episodes => 3 * self.size,
            Story::Steady => self.size,
            Story::Redelivery => self.size * 3,
            Story::Groups => 2 * (1 + 2 + 3),
            Story::Resolved => self.size + 2,
        }
    }

    /// Plays it on these Deployments.
    pub(super) async fn play(&self, stage: &Stage, apps: &[u16]) {
        let actor = Actor { stage, drawn: self, apps };
        match self.story {
            Story::Burst => actor.burst(self.size).await,
            Story::Duplicates => {
                actor.burst(1).await;
                actor.burst(self.size).await;
            }
            Story::Episodes => actor.episodes().await,
            Story::Steady => actor.steady().await,
            Story::Redelivery => actor.redelivery().await,
            Story::Groups => actor.groups().await,
            Story::Resolved => actor.resolved().await,
        }
        if !self.left_active {
            actor.end_all().await;
        }
    }
}

/// A story while it is played.
struct Actor<'a> {
    stage: &'a Stage,
    drawn: &'a Drawn,
    apps: &'a [u16],
}

impl Actor<'_> {
    fn fingerprint(&self, app: u16) -> Arc<str> {
        fingerprint_of(self.stage.sender.namespace(), app)
    }

    async fn deliver(&self, what: Notification, retry: Retry) {
        self.stage.sender.deliver(&what, retry).await;
    }

    async fn burst(&self, size: usize) {
        let one = || self.deliver(Notification::firing(self.apps[0]), Retry::UntilAccepted);
        join_all((0..size).map(|_| one())).await;
    }

    async fn moment(&self) {
        tokio::time::sleep(Duration::from_millis(self.drawn.moment)).await;
    }

    /// The orchestrator ends the request of the first fingerprint, as soon as it exists.
    async fn end_meanwhile(&self) {
        let fingerprint = self.fingerprint(self.apps[0]);
        if self.stage.view.await_active(&fingerprint, APPEARS).await {
            self.moment().await;
            self.stage.orchestrator.move_to(&fingerprint, "Completed").await;
        }
    }

    async fn end_all(&self) {
        for app in self.apps {
            self.stage.orchestrator.move_to(&self.fingerprint(*app), "Completed").await;
        }
    }

    async fn episodes(&self) {
        for _ in 0..3 {
            futures::future::join(self.burst(self.drawn.size), self.end_meanwhile()).await;
        }
    }

    async fn steady(&self) {
        let fingerprint = self.fingerprint(self.apps[0]);
        for number in 0..self.drawn.size {
            self.burst(1).await;
            if let Some(phase) = PHASES.get(number / 3).filter(|_| number % 3 == 2) {
                self.stage.orchestrator.move_to(&fingerprint, phase).await;
            }
            self.moment().await;
        }
    }

    async fn redelivery(&self) {
        let keyed = |again| {
            let retry = Retry::Keyed { key: self.stage.next_key(), again };
            self.deliver(Notification::firing(self.apps[0]), retry)
        };
        let deliveries = join_all((0..self.drawn.size).map(|_| keyed(2)));
        futures::future::join(deliveries, self.end_meanwhile()).await;
    }

    async fn groups(&self) {
        for members in 1..=self.apps.len() {
            let peer = || self.deliver(Notification::group(&self.apps[..members]), Retry::UntilAccepted);
            join_all([peer(), peer()]).await;
            self.moment().await;
        }
    }

    async fn resolved(&self) {
        self.burst(self.drawn.size).await;
        self.end_all().await;
        for _ in 0..2 {
            self.deliver(Notification::resolved(self.apps[0]), Retry::Never).await;
        }
    }
}
