//! One JSON object per line: each entry with the name of its lane instead of a number.
use crate::timeline::Timeline;
use serde_json::{Value, json};

/// The timeline, one entry a line. Times are microseconds of simulated time, `at_us`.
///
/// # Panics
/// Never: every entry is plain data with text keys.
pub fn render(timeline: &Timeline) -> String {
    let mut text = String::new();
    for entry in &timeline.entries {
        let mut line = serde_json::to_value(entry).expect("an entry is plain data");
        let lane = timeline.lanes.get(entry.lane);
        line["lane"] = lane.map_or(Value::Null, |lane| json!(lane.name));
        line["lane_kind"] = lane.map_or(Value::Null, |lane| json!(lane.kind));
        text += &format!("{line}\n");
    }
    text
}
