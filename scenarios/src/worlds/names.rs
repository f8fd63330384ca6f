//! Names of worlds: a world is named after the seed that draws it.

/// Name of all worlds together in a report.
pub const NAME: &str = "worlds";
/// What comes before the seed in the name of one world.
const PREFIX: &str = "world-";

/// Name of the world that this seed draws.
pub fn name(seed: u64) -> String {
    format!("{PREFIX}{seed}")
}

/// The seed of the world of this name, if it is the name of one.
pub fn seed(name: &str) -> Option<u64> {
    name.strip_prefix(PREFIX)?.parse().ok()
}
