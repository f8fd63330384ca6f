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
    /// The worst day: all of that, often, and everything else: API servers that restart, caches that are cold or lag,
    /// and writes of third parties.
    pub const HOSTILE: Faults = Faults {
        name: "hostile",
        call_fault_per_mille: 200,
        max_call_faults: 30,
        world_fault_per_mille: 20,
        max_crashes: 3,
        max_pauses: 2,
        max_watch_faults: 6,
        max_disconnects: 4,
        server_fault_per_mille: 10,
        max_server_faults: 4,
        lagging_cache_per_mille: 200,
        clock_skew: true,
        redelivery_per_mille: 100,
        interference_per_mille: 10,
        max_interferences: 4,
        ..Faults::NONE
    };
    /// The presets: mildest first, then the one for searches.
    pub const PRESETS: &[Faults] = &[Faults::NONE, Faults::CALM, Faults::STORMY, Faults::HOSTILE, Faults::PLACED];

    /// These faults and those of a preset. A preset adds: of each probability and each ceiling the larger one counts,
    /// so that what a scenario is about still happens. `none` takes the faults away, and `placed`, which a search uses
    /// to place them one by one, replaces them.
    #[must_use]
    pub fn with(self, preset: Faults) -> Faults {
        if preset == Faults::NONE || preset == Faults::PLACED {
            return preset;
        }
        Faults {
            name: preset.name,
            reorder: self.reorder || preset.reorder,
            call_fault_per_mille: self.call_fault_per_mille.max(preset.call_fault_per_mille),
            max_call_faults: self.max_call_faults.max(preset.max_call_faults),
            world_fault_per_mille: self.world_fault_per_mille.max(preset.world_fault_per_mille),
            max_crashes: self.max_crashes.max(preset.max_crashes),
            max_pauses: self.max_pauses.max(preset.max_pauses),
            max_watch_faults: self.max_watch_faults.max(preset.max_watch_faults),
            max_disconnects: self.max_disconnects.max(preset.max_disconnects),
            server_fault_per_mille: self.server_fault_per_mille.max(preset.server_fault_per_mille),
            max_server_faults: self.max_server_faults.max(preset.max_server_faults),
            lagging_cache_per_mille: self.lagging_cache_per_mille.max(preset.lagging_cache_per_mille),
            clock_skew: self.clock_skew || preset.clock_skew,
            clock_rates_ppm: if self.clock_skew { self.clock_rates_ppm } else { preset.clock_rates_ppm },
            redelivery_per_mille: self.redelivery_per_mille.max(preset.redelivery_per_mille),
            interference_per_mille: self.interference_per_mille.max(preset.interference_per_mille),
            max_interferences: self.max_interferences.max(preset.max_interferences),
        }
    }

    /// The preset of this name.
    pub fn preset(name: &str) -> Option<Faults> {
        Faults::PRESETS.iter().copied().find(|preset| preset.name == name)
    }
}

#[cfg(test)]
mod tests {
    use super::Faults;

    #[test]
    fn a_preset_takes_nothing_away() {
        let own = Faults { name: "own", interference_per_mille: 40, max_interferences: 6, ..Faults::NONE };
        let both = own.with(Faults::STORMY);
        assert_eq!((both.interference_per_mille, both.max_interferences), (40, 6));
        assert_eq!((both.call_fault_per_mille, both.max_crashes), (60, 1));
        assert_eq!(Faults::NONE.with(Faults::HOSTILE), Faults::HOSTILE);
        assert_eq!(own.with(Faults::NONE), Faults::NONE);
        assert_eq!(own.with(Faults::PLACED), Faults::PLACED);
    }
}
