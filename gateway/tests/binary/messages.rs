//! Messages and exit codes, and the check of a configuration.
use std::{
    path::{Path, PathBuf},
    process::{Command, Output},
};

/// Runs the program to its end, with a backtrace asked for as many images do.
fn run(arguments: &[&str], variables: &[(&str, &str)]) -> (Option<i32>, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gateway"));
    command.env_clear().env("RUST_BACKTRACE", "1").args(arguments).envs(variables.iter().copied());
    let Output { status, stdout, stderr } = command.output().expect("the program starts");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    (status.code(), text(stdout), text(stderr))
}

fn written(directory: &Path, text: &str) -> PathBuf {
    let path = directory.join("config.yaml");
    std::fs::write(&path, text).expect("written");
    path
}

#[test]
fn checked_file_is_reported() {
    let directory = tempfile::tempdir().expect("a directory");
    let file = written(directory.path(), "{ server: { idleTimeout: 120s }, logging: { level: info } }");
    let file = file.to_str().expect("UTF-8");
    let (code, out, err) = run(&["check-config", file], &[]);
    let expected =
        format!("note: server.idleTimeout has no effect: an idle connection ends after 5 s\n{file} is valid\n");
    assert_eq!((code, out, err.as_str()), (Some(0), expected, ""), "no identity is needed to check a file");
    let file = written(directory.path(), "{ sever: {}, server: { listenAddr: '8080', tls: { certdir: /x } } }");
    let (code, out, err) = run(&["check-config", file.to_str().expect("UTF-8")], &[]);
    assert_eq!((code, out.as_str()), (Some(1), ""));
    let lines: Vec<_> = err.lines().skip(1).map(str::trim).collect();
    let expected = [
        "server.tls.certdir: is not a key of this file; did you mean server.tls.certDir?",
        "sever: is not a key of this file; did you mean server?",
        "server.listenAddr: is not host:port, as in :8080",
    ];
    assert_eq!(lines, expected, "{err}");
}

#[test]
fn mistakes_are_messages_without_a_stack() {
    let directory = tempfile::tempdir().expect("a directory");
    let file = written(directory.path(), "");
    let file = file.to_str().expect("UTF-8");
    let pod = ("POD_NAME", "gateway-0");
    let namespace = ("KUBERNAUT_CONTROLLER_NAMESPACE", "kubernaut-system");
    let identity = [pod, namespace];
    let gone = directory.path().join("gone.yaml");
    for (arguments, variables, expected) in [
        (vec!["--config", gone.to_str().expect("UTF-8")], &identity[..], "gone.yaml cannot be read"),
        (vec!["--config", file], &[namespace], "POD_NAME: is empty: set it from the downward API"),
        (vec!["--config", file], &[pod], "KUBERNAUT_CONTROLLER_NAMESPACE: is empty"),
        (vec!["--config", file], &identity, "no Kubernetes API server is configured"),
        (vec!["--config", file, "--kubeconfig", "/nonexistent"], &identity, "kubeconfig /nonexistent cannot be used"),
    ] {
        let (code, _, err) = run(&arguments, variables);
        assert_eq!(code, Some(1), "{err}");
        assert!(err.starts_with("Error: ") && err.contains(expected), "{err}");
        assert!(!err.contains("stack backtrace") && !err.contains(".rs:"), "{err}");
    }
}

#[test]
fn unusable_certificate_stops_the_start() {
    let directory = tempfile::tempdir().expect("a directory");
    let text = format!("server: {{ tls: {{ certDir: {} }} }}", directory.path().display());
    let file = written(directory.path(), &text);
    let identity = [("POD_NAME", "gateway-0"), ("KUBERNAUT_CONTROLLER_NAMESPACE", "kubernaut-system")];
    let (code, _, err) = run(&["--config", file.to_str().expect("UTF-8")], &identity);
    assert_eq!(code, Some(1));
    assert!(err.contains("server.tls.certDir: ") && err.contains("tls.crt cannot be read"), "{err}");
}
