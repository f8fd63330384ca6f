//! The two servers that the manifests are applied to: `lockstep serve`, and a real kube-apiserver.
use crate::kubectl::Kubectl;
use clap::Parser;
use scenarios::cli::Command;
use std::time::Duration;
use tempfile::TempDir;
use tests::real_server::{ADMIN_TOKEN, Options, RealServer};

/// `lockstep serve`, as its command line starts it; it ends with the test process.
#[expect(clippy::disallowed_methods, reason = "a server on a socket runs in real time; this is not part of a run")]
pub(crate) fn simulated() -> Kubectl {
    let files = TempDir::new().expect("a directory");
    let kubeconfig = files.path().join("kubeconfig");
    let path = kubeconfig.display().to_string();
    let serve = ["lockstep", "serve", "--listen", "127.0.0.1:0", "--controllers", "--kubeconfig", &path];
    let command = Command::try_parse_from(serve).expect("arguments");
    let server = std::thread::spawn(move || command.execute().map(drop).map_err(|error| format!("{error:#}")));
    while !kubeconfig.is_file() {
        assert!(!server.is_finished(), "{:?}", server.join());
        std::thread::sleep(Duration::from_millis(20));
    }
    Kubectl::new(&std::fs::read_to_string(&kubeconfig).expect("a kubeconfig"))
}

/// A real server, and kubectl for it.
pub(crate) fn real(flags: Vec<String>) -> (RealServer, Kubectl) {
    let plane = RealServer::start(&Options { flags, ..Options::default() }).expect("a real server");
    // Some objects that it needs itself appear only after it is ready.
    assert!(plane.answers_within_a_minute(0, "/api/v1/namespaces/kube-system"));
    let kubectl = Kubectl::new(&plane.kubeconfig(0, ADMIN_TOKEN));
    (plane, kubectl)
}
