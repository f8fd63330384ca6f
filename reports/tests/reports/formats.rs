//! Snapshots of each format, and content that each format must have.
use crate::race;
use insta::assert_snapshot;
use model::Verdict;
use reports::{
    RunReport, github, html, json, junit, sarif,
    text::{self, Detail},
};

/// Lines of the first screen.
const SCREEN: usize = 15;

fn first_screen(report: &RunReport) -> String {
    text::render(report, Detail::Short).lines().take(SCREEN).collect::<Vec<_>>().join("\n")
}

#[test]
fn first_screen_shows_a_violation() {
    let screen = first_screen(&race::violated());
    let failure = &race::violated().failures[0];
    for needed in [&*failure.invariant, &failure.scenario, &failure.replay, "VIOLATED", "was still active"] {
        assert!(screen.contains(needed), "no {needed} in\n{screen}");
    }
    assert_snapshot!(screen);
}

#[test]
fn first_screen_folds_an_expectation() {
    let report = race::with_expectation();
    assert_eq!(text::render(&report, Detail::Short).matches("lockstep replay").count(), 1);
    assert_snapshot!(first_screen(&report));
}

#[test]
fn first_screen_has_room_for_many_causes() {
    let report = race::many_causes();
    let screen = first_screen(&report);
    assert!(screen.contains("more causes, described below"), "{screen}");
    assert_eq!(text::render(&report, Detail::Short).matches("   again   ").count(), model::ALL.len());
    assert_snapshot!(screen);
}

#[test]
fn causes_of_one_run_share_its_replay() {
    let mut report = race::violated();
    let mut other = report.failures[0].clone();
    other.invariant = "one_holder".to_owned();
    report.failures.push(other);
    assert_eq!(text::render(&report, Detail::Short).matches("   again   ").count(), 1);
}

#[test]
fn first_screen_names_what_is_undecided_and_unmet() {
    let mut report = race::held();
    report.verdict = Verdict::Inconclusive;
    report.scenarios[0].verdict = Verdict::Inconclusive;
    report.scenarios[0].invariants[1].checked = 0;
    report.unmet = vec!["burst: the fault `crash` never took effect".to_owned()];
    assert_snapshot!(first_screen(&report));
}

/// The headline of a report of 2,400 runs, of which 4,800 were planned, and of one scenario that was not reached.
fn headline(change: impl FnOnce(&mut RunReport)) -> String {
    let mut report = RunReport { runs: 2_400, planned_runs: Some(4_800), ..race::held() };
    report.scenarios[1].runs = 0;
    report.scenarios[1].verdict = Verdict::Inconclusive;
    change(&mut report);
    text::render(&report, Detail::Short).lines().take(3).collect::<Vec<_>>().join(" ")
}

#[test]
fn headlines_say_how_much_was_reached() {
    let in_time = headline(|report| report.time_limit_seconds = Some(43.0));
    for needed in ["HELD", "2,400 of 4,800 planned runs, which reached 1 of 2 scenarios", "not run   holder-crash"] {
        assert!(in_time.contains(needed), "{in_time}");
    }
    let stopped = headline(|report| {
        (report.verdict, report.complete, report.interrupted) = (Verdict::Inconclusive, false, true);
    });
    assert!(stopped.contains("stopped early, but not everything that was asked for was run"), "{stopped}");
    let under_way = headline(|report| (report.verdict, report.complete) = (Verdict::Inconclusive, false));
    assert!(under_way.contains("had not ended when this was written"), "{under_way}");
    let short = headline(|report| {
        (report.verdict, report.time_limit_seconds) = (Verdict::Inconclusive, Some(43.0));
    });
    assert!(short.contains("before every scenario had a tenth of its runs"), "{short}");
}

#[test]
fn commands_name_the_program_as_it_was_started() {
    let report = RunReport { program: Some("cargo run --release --".to_owned()), ..race::violated() };
    let expected = "cargo run --release -- replay holder-crash/";
    assert!(text::render(&report, Detail::Short).contains(&format!("again   {expected}")));
    assert!(html::render(&report).contains(expected));
    assert!(json::render(&report).contains("\"replay\": \"lockstep replay holder-crash/"));
}

#[test]
fn annotations_fold_expectations_and_have_no_path_of_the_machine() {
    let mut report = race::with_expectation();
    report.failures.iter_mut().for_each(|failure| failure.file = Some("/mnt/out/a.replay".to_owned()));
    let text = github::render(&report);
    assert_eq!(text.matches("::error ").count(), 1, "{text}");
    assert!(text.contains("file=a.replay,") && !text.contains("/mnt"), "{text}");
    assert!(
        text.contains("expectation fails too") && text.contains("replay holder-crash:shipped-lease:direct:"),
        "{text}"
    );
}

#[test]
fn text_fits_a_narrow_terminal() {
    let text = text::render_within(&race::violated(), Detail::Short, 60);
    let wide = |line: &&str| line.chars().count() > 60 && !line.contains("again   ");
    let figures = text.split("columns   S").next().expect("a first screen");
    assert_eq!(figures.lines().find(wide), None);
    let rows = text.split("seconds  S").nth(1).expect("a timeline");
    assert!(rows.lines().skip(1).all(|line| line.chars().count() <= 60 || line.contains("lease gw")), "{rows}");
}

#[test]
fn text_shows_a_violation() {
    assert_snapshot!(text::render(&race::violated(), Detail::Short));
}

#[test]
fn text_shows_a_held_run() {
    assert_snapshot!(text::render(&race::held(), Detail::Short));
}

#[test]
fn text_shows_every_detail() {
    let text = text::render(&race::violated(), Detail::Full);
    assert!(text.trim_end().ends_with("never loses a committed write"), "what is not modelled comes last");
    assert_snapshot!(text);
}

#[test]
fn text_draws_the_whole_timeline() {
    assert_snapshot!(text::timeline(&race::timeline()));
}

#[test]
fn json_follows_the_schema() {
    assert_snapshot!(json::render(&race::violated()));
}

#[test]
fn json_keeps_the_keys_of_its_schema() {
    let text = json::render(&race::tabular());
    assert!(text.contains("\"bugs\": [") && !text.contains("\"mutants\""), "{text}");
    assert!(json::render(&race::violated()).contains("\"standing\": \"live\""));
}

#[test]
fn json_is_read_back_unchanged() {
    for report in [race::violated(), race::held(), race::with_expectation()] {
        assert_eq!(json::parse(&json::render(&report)).expect("it was just written"), report);
    }
}

#[test]
fn junit_has_a_case_per_invariant() {
    let report =
        RunReport { unmet: vec!["fault \"watch lag\" was never delivered in burst".to_owned()], ..race::violated() };
    assert_snapshot!(junit::render(&report));
}

#[test]
fn junit_does_not_pass_the_undecided() {
    let mut report = race::held();
    report.scenarios[0].verdict = Verdict::Inconclusive;
    let xml = junit::render(&report);
    assert!(xml.contains(r#"errors="1""#) && xml.contains(r#"<error type="inconclusive""#), "{xml}");
}

#[test]
fn github_annotates_the_replay_file() {
    let report = RunReport { unmet: vec!["crash was never delivered".to_owned()], ..race::violated() };
    assert_snapshot!(github::render(&report));
}

#[test]
fn sarif_tells_the_race_as_thread_flows() {
    let report = RunReport { unmet: vec!["crash was never delivered".to_owned()], ..race::with_expectation() };
    assert_snapshot!(sarif::render(&report));
}

#[test]
fn drawing_is_the_same_bytes() {
    let drawing = html::swim_lanes(&race::timeline(), "two active requests");
    assert_eq!(drawing, html::swim_lanes(&race::timeline(), "two active requests"));
    assert_snapshot!(drawing);
}

#[test]
fn text_has_the_tables_of_other_verbs() {
    assert_snapshot!(text::render(&race::tabular(), Detail::Short));
}

#[test]
fn each_invariant_has_one_story() {
    let mut report = race::violated();
    let mut larger = report.failures[0].clone();
    larger.scenario = "burst-100".to_owned();
    larger.choices += 1;
    let mut smaller = larger.clone();
    smaller.scenario = "pair".to_owned();
    smaller.choices = 1;
    report.failures = vec![report.failures[0].clone(), larger, smaller];
    let text = text::render(&report, Detail::Short);
    assert_eq!(text.matches("   again   ").count(), 1);
    assert!(
        text.contains("in pair and 2 more scenarios, ") && text.contains("also    in burst-100, holder-crash"),
        "{text}"
    );
}
