//! Parts of a campaign that are merged: the same result as in one piece.
use super::{place, report, run};
use serde_json::Value;
use std::{fs, path::Path};

/// A campaign of which some runs violate invariants.
const CAMPAIGN: [&str; 8] = ["run", "pair", "burst", "--protocol", "shipped-lease", "--runs", "30", "--report"];
/// A campaign that holds.
const HOLDS: [&str; 5] = ["run", "pair", "--runs", "6", "--report"];

/// Makes these parts of a campaign in three parts, in the folders `0`, `1` and `2`.
fn make(place: &Path, campaign: &[&str], parts: &[&str]) {
    for part in parts {
        let (code, _, error) = run(place, &[campaign, &[part, "--shard", &format!("{part}/3")]].concat());
        assert!(matches!(code, Some(0 | 2)), "{error}");
    }
}

/// The report without the times at which it was made.
fn verdict_part(mut report: Value) -> Value {
    let rows = report["scenarios"].as_array_mut().expect("rows");
    rows.iter_mut().for_each(|row| _ = row.as_object_mut().expect("a row").remove("wall_seconds"));
    for time in ["wall_seconds", "runs_per_second", "started"] {
        report.as_object_mut().expect("a report").remove(time).expect("a time");
    }
    // What runs say about those that were not made is not part of a part.
    report.as_object_mut().expect("a report").remove("confidence");
    report
}

#[test]
fn merged_parts_are_the_whole_campaign() {
    let (parts, whole) = (place("merge-parts"), place("merge-whole"));
    make(&parts, &CAMPAIGN, &["0", "1", "2"]);
    // A busy machine must not decide how far failures are explained.
    let merge = ["merge", "2", "0", "1/report.json", "--shrink-for", "10m", "--report", "out"];
    let (code, _, error) = run(&parts, &merge);
    assert_eq!((code, &*error), (Some(2), ""));
    assert_eq!(run(&whole, &[&CAMPAIGN[..], &["out", "--shrink-for", "10m"]].concat()).0, Some(2));
    let [merged, whole_report] = [&parts, &whole].map(|place| verdict_part(report(&place.join("out"))));
    assert!(
        whole_report["failures"].as_array().expect("failures").len() > 1,
        "the comparison has something to compare"
    );
    let text = |report: &Value| serde_json::to_string_pretty(report).expect("JSON");
    assert_eq!(text(&merged), text(&whole_report));
    let replays = |place: &Path| super::files(&place.join("out"), ".replay");
    assert_eq!(replays(&parts), replays(&whole));
    for name in replays(&parts) {
        let [merged, whole] = [&parts, &whole].map(|place| fs::read(place.join("out").join(&name)).expect("a replay"));
        assert_eq!(merged, whole, "{name}");
    }
}

#[test]
fn merged_shards_have_the_certificate_of_the_whole_search() {
    const SEARCH: [&str; 5] = ["exhaust", "duo", "--preemptions", "1", "--report"];
    let place = place("merge-shards");
    assert_eq!(run(&place, &[&SEARCH[..], &["whole"]].concat()).0, Some(0));
    for part in ["0", "1", "2"] {
        assert_eq!(run(&place, &[&SEARCH[..], &[part, "--shard", &format!("{part}/3")]].concat()).0, Some(0));
    }
    let (code, output, error) = run(&place, &["merge", "1", "0", "2", "--report", "merged"]);
    assert_eq!((code, &*error), (Some(0), ""), "{output}");
    let scope = |name: &str| report(&place.join(name))["scope"].clone();
    let (whole, merged) = (scope("whole"), scope("merged"));
    for part in ["certificate", "ends", "outcomes", "enumerated", "fixed"] {
        assert!(whole[part].as_array().is_some_and(|list| !list.is_empty()), "{part}");
        assert_eq!(whole[part], merged[part], "{part}");
    }
    assert_ne!(whole["ends"], scope("1")["ends"], "a shard is not the whole");
    let (code, output, _) = run(&place, &["merge", "0", "2"]);
    assert_eq!(code, Some(6), "a shard is missing: {output}");
    let other = ["exhaust", "duo", "--preemptions", "2", "--shard", "1/3", "--report", "other"];
    assert_eq!(run(&place, &other).0, Some(0));
    let (code, _, error) = run(&place, &["merge", "0", "other"]);
    assert!(code == Some(1) && error.contains("different scopes"), "{error}");
}

#[test]
fn missing_parts_make_the_result_inconclusive() {
    let place = place("merge-missing");
    make(&place, &HOLDS, &["0", "2"]);
    let (code, output, error) = run(&place, &["merge", "0", "2"]);
    assert_eq!(code, Some(6), "{output}");
    assert!(error.contains("missing of the 3 parts, numbered from 0: 1;"), "{error}");
    make(&place, &HOLDS, &["1"]);
    assert_eq!(run(&place, &["merge", "0", "1", "2"]).0, Some(0));
}

#[test]
fn parts_of_different_campaigns_are_refused() {
    let place = place("merge-refused");
    make(&place, &HOLDS, &["0", "1"]);
    let other = ["run", "pair", "--runs", "6", "--seed", "2", "--shard", "1/3", "--report", "other"];
    assert_eq!(run(&place, &other).0, Some(0));
    assert_eq!(run(&place, &["run", "pair", "--runs", "2", "--report", "whole"]).0, Some(0));
    let text = fs::read_to_string(place.join("1/report.json")).expect("a report");
    fs::create_dir(place.join("cut")).expect("a folder");
    fs::write(place.join("cut/report.json"), &text[..text.len() / 2]).expect("written");
    for (arguments, expected) in [
        (&["merge", "0", "other"][..], "different --seed"),
        (&["merge", "0", "0/report.json"], "are both part 0"),
        (&["merge", "whole"], "is not a part of a campaign"),
        (&["merge", "0", "cut"], "is not a report of lockstep, or is cut off"),
        (&["merge", "0", "nowhere"], "cannot read nowhere"),
        (&["merge", "0", "1", "--report", "1"], "it has a part in it"),
    ] {
        let (code, output, error) = run(&place, arguments);
        assert_eq!((code, &*output), (Some(1), ""), "{arguments:?}");
        assert!(error.contains(expected), "{arguments:?}: {error}");
    }
    assert!(place.join("1/report.json").exists(), "the refused folder is as it was");
}
