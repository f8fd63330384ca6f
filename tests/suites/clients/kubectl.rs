//! kubectl, built from its own Go module, in sessions that were recorded from the real server.
use crate::{Endpoint, cache, directory, go};
use std::path::PathBuf;
use tests::transcript::{self, Shell};

fn sessions() -> Vec<PathBuf> {
    let found =
        std::fs::read_dir(directory("kubectl/session")).expect("sessions").map(|entry| entry.expect("a file").path());
    let mut sessions: Vec<PathBuf> = found.collect();
    sessions.sort();
    assert!(sessions.len() >= 9, "{sessions:?}");
    sessions
}

/// Use of the sessions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Use {
    /// The real server: every command prints what was recorded.
    Play,
    /// The simulated server: so does every command without a declared difference.
    PlayKnown,
    Record,
}

/// Plays every session, or records it; returns the differences.
fn play(endpoint: &Endpoint, to: Use) -> Vec<String> {
    let path = format!("{}:{}", kubectl().display(), std::env::var("PATH").unwrap_or_default());
    let mut differences = Vec::new();
    for session in sessions() {
        let name = session.file_stem().and_then(|stem| stem.to_str()).expect("a name").to_owned();
        let (config, home) = endpoint.within(&format!("session-{name}"));
        let (config, home) = (config.display().to_string(), home.display().to_string());
        let environment =
            [("KUBECONFIG", &*config), ("HOME", &*home), ("PATH", &*path), ("TZ", "UTC"), ("LC_ALL", "C")];
        let shell = Shell::new(&directory("kubectl"), &environment, endpoint.url());
        shell.run(&format!("kubectl create namespace session-{name}")).expect("bash runs");
        let steps = transcript::read(&session).expect("a session");
        let found = match to {
            Use::Play => shell.play(&steps).expect("bash runs"),
            Use::PlayKnown => shell.play_known(&steps).expect("bash runs"),
            Use::Record => {
                let recorded = shell.record(&steps).expect("bash runs");
                transcript::write(&session, &recorded).expect("the session can be written");
                Vec::new()
            }
        };
        differences.extend(found.into_iter().map(|difference| format!("{name}: {difference}")));
    }
    differences
}

/// The directory of the program.
fn kubectl() -> PathBuf {
    let directory = cache("bin");
    go::run(
        &[
            "build",
            "-ldflags",
            "-s -w -X k8s.io/component-base/version.gitVersion=v1.36.3",
            "-o",
            &directory.display().to_string(),
            "./kubectl",
        ],
        &[],
    );
    directory
}

#[test]
#[cfg_attr(not(go), ignore = "needs Go")]
fn kubectl_prints_the_same_for_the_simulated_server() {
    let differences = play(&Endpoint::simulated(), Use::PlayKnown);
    assert!(differences.is_empty(), "{} commands print something else:\n{}", differences.len(), differences.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
#[cfg_attr(not(real_server), ignore = "needs Go, or KUBEBUILDER_ASSETS")]
async fn kubectl_sessions_are_those_of_the_real_server() {
    let to = if std::env::var_os("LOCKSTEP_RECORD").is_some() { Use::Record } else { Use::Play };
    let endpoint = Endpoint::real().await;
    let differences = tokio::task::block_in_place(|| play(&endpoint, to));
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}
