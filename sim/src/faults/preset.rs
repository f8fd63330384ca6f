//! Presets: what may go wrong in a run at random, and how often.

/// What may go wrong in a run at random.
///
/// A field that ends in `per_mille` is a probability in thousandths; one that begins with `max` is a ceiling for one
/// run, so that runs end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Faults {
    /// Name of the preset.
    pub name: &'static str,
    /// Whether requests, answers and watch events may overtake each other. Otherwise everything happens in order.
    pub reorder: bool,
    /// Probability that an API call is struck by a fault of calls.
    pub call_fault_per_mille: u32,
    /// Ceiling of faults of calls.
    pub max_call_faults: u32,
    /// Probability, at each step, of a fault of a replica, a stream or a cache.
    pub world_fault_per_mille: u32,
    /// Ceiling of crashes.
    pub max_crashes: u32,
    /// Ceiling of pauses.
    pub max_pauses: u32,
    /// Ceiling of dropped streams and compactions.
    pub max_watch_faults: u32,
    /// Ceiling of senders that disconnect.
    pub max_disconnects: u32,
    /// Probability, at each step, of a fault of an API server: a restart, or a stream that a balancer moves elsewhere.
    pub server_fault_per_mille: u32,
    /// Ceiling of faults of API servers.
    pub max_server_faults: u32,
    /// Probability that a consistent list which finds its cache behind is refused.
    pub lagging_cache_per_mille: u32,
    /// Whether replicas' clocks may be wrong: by an offset of up to 90 seconds, and by a rate.
    pub clock_skew: bool,
    /// Rates of clocks that may be wrong, in parts per million above the right rate; the first is the right one.
    pub clock_rates_ppm: &'static [i64],
    /// Probability that a sender repeats a request that was answered.
    pub redelivery_per_mille: u32,
    /// Probability, at each step, of a write that the workload offered as an [`Interference`](crate::Interference).
    pub interference_per_mille: u32,
    /// Ceiling of such writes.
    pub max_interferences: u32,
}

impl Faults {
    /// No faults; things happen in any order.
    pub const NONE: Faults = Faults {
        name: "none",
        reorder: true,
        call_fault_per_mille: 0,
        max_call_faults: 0,
        world_fault_per_mille: 0,
        max_crashes: 0,
        max_pauses: 0,
        max_watch_faults: 0,
        max_disconnects: 0,
        server_fault_per_mille: 0,
        max_server_faults: 0,
        lagging_cache_per_mille: 0,
        clock_skew: false,
        clock_rates_ppm: &[0, 20_000, -20_000],
        redelivery_per_mille: 0,
        interference_per_mille: 0,
        max_interferences: 0,
    };
    /// Every fault, each place of it a choice: for a search, which places them one by one. At random they are rare.
    pub const PLACED: Faults = Faults {
        name: "placed",
        call_fault_per_mille: 20,
        max_call_faults: 4,
        world_fault_per_mille: 2,
        max_crashes: 4,
        max_pauses: 4,
        max_watch_faults: 4,
        max_disconnects: 4,
        interference_per_mille: 4,
        max_interferences: 4,
        ..Faults::NONE
    };
    /// A good day: now and then a slow or refused call.
    pub const CALM: Faults = Faults {
        name: "calm",
        call_fault_per_mille: 10,
        max_call_faults: 4,
        world_fault_per_mille: 1,
        max_watch_faults: 1,
        ..Faults::NONE
    };
    /// A bad day: ambiguous writes, dropped watches, a crash or a pause, wrong clocks.
    pub const STORMY: Faults = Faults {
        name: "stormy",
        call_fault_per_mille: 60,
        max_call_faults: 10,
        world_fault_per_mille: 6,
        max_crashes: 1,
        max_pauses: 1,
        max_watch_faults: 3,
        max_disconnects: 1,
        clock_skew: true,
        redelivery_per_mille: 30,
        ..Faults::NONE
    };
    /// The worst day: all of that, often.
    pub const HOSTILE: Faults = Faults {
        name: "hostile",
        call_fault_per_mille: 200,
        max_call_faults: 30,
        world_fault_per_mille: 20,
        max_crashes: 3,
        max_pauses: 2,
        max_watch_faults: 6,
        max_disconnects: 4,
        clock_skew: true,
        redelivery_per_mille: 100,
        ..Faults::NONE
    };
    /// The presets: mildest first, then the one for searches.
    pub const PRESETS: &[Faults] = &[Faults::NONE, Faults::CALM, Faults::STORMY, Faults::HOSTILE, Faults::PLACED];

    /// The preset of this name.
    pub fn preset(name: &str) -> Option<Faults> {
        Faults::PRESETS.iter().copied().find(|preset| preset.name == name)
    }
}
