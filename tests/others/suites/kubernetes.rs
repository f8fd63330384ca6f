//! Kubernetes' own end-to-end tests, from its Go modules: what a control plane without nodes and controllers can show.
use crate::{
    outcomes::Format,
    part::Part,
    workshop::{self, Workshop},
};
use anyhow::Context;
use std::{fs, path::Path, path::PathBuf, time::Duration};

const LIMIT: Duration = Duration::from_secs(3600);
/// Processes that share the specs, which mostly wait.
const PROCESSES: &str = "--procs=4";
/// What the framework's start needs on a cluster without nodes and without the controllers that provide accounts.
const FLAGS: &[&str] = &[
    "--kubeconfig={kubeconfig}",
    "--provider=skeleton",
    "--allowed-not-ready-nodes=-1",
    "--num-nodes=1",
    "--e2e-verify-service-account=false",
    "--dump-logs-on-failure=false",
    "--kubectl-path={kubectl}",
];

/// Two parts: the same program with another selection of specs.
pub(super) fn parts(workshop: &Workshop) -> anyhow::Result<Vec<Part>> {
    let module = workshop.sources("kubernetes");
    let selection = |name: &str| -> anyhow::Result<String> {
        let file = module.join(name);
        let text = fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
        let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
        Ok(lines.map(literal).collect::<Vec<_>>().join("|"))
    };
    let skip = format!("--skip={}", selection("needs-nodes.txt")?);
    let conformance = format!("--focus={}", selection("conformance.txt")?);
    let programs = workshop.programs("kubernetes")?;
    let part = |name: &str, arguments: &[&str]| {
        let (sources, built) = (module.clone(), programs.clone());
        let program = programs.join("e2e.test").display().to_string();
        let kubectl = programs.join("kubectl").display().to_string();
        let flags: Vec<String> = FLAGS.iter().map(|flag| flag.replace("{kubectl}", &kubectl)).collect();
        let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
        Part::new(name, &programs, Format::ParallelGinkgo, move |_| build(&sources, &built))
            .arguments(&[PROCESSES])
            .arguments(arguments)
            .arguments(&[&program, "--"])
            .arguments(&flags)
            .limit(LIMIT)
    };
    Ok(vec![
        part("api-machinery", &["--focus=\\[sig-api-machinery\\]", &skip]),
        part("conformance", &[&conformance, "--skip=\\[sig-api-machinery\\]|\\[Alpha\\]"]),
    ])
}

/// Ginkgo's command, after the test program that it runs and kubectl, which some specs call.
fn build(sources: &Path, programs: &Path) -> anyhow::Result<PathBuf> {
    let path = |name: &str| programs.join(name).display().to_string();
    let ginkgo = programs.join("ginkgo");
    if !ginkgo.exists() {
        eprintln!("others: building Kubernetes' end-to-end tests, once: some ten minutes on two cores");
        workshop::go(sources, &["test", "-c", "-ldflags", "-s -w", "-o", &path("e2e.test"), "."])?;
        let version = "-s -w -X k8s.io/component-base/version.gitVersion=v1.36.3";
        let kubectl = ["build", "-ldflags", version, "-o", &path("kubectl"), "./kubectl"];
        workshop::go(&sources.join("../../clients/go"), &kubectl)?;
        workshop::go(sources, &["build", "-o", &path("ginkgo"), "github.com/onsi/ginkgo/v2/ginkgo"])?;
    }
    Ok(ginkgo)
}

/// A regular expression that matches a text.
fn literal(text: &str) -> String {
    let special = |c: char| "\\.+*?()|[]{}^$".contains(c);
    text.chars().flat_map(|c| special(c).then_some('\\').into_iter().chain([c])).collect()
}
