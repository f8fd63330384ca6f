//! `lockstep fidelity`: plays the conformance cases, on the simulated API server or a real one, and compares or records
//! answers.
use super::{
    campaign_report, folder::Folder, options::ReportOptions, outcome::Outcome, output, print, progress::ProgressLine,
    signals,
};
use anyhow::{Context, bail};
use apiserver::{ApiServer, Registry};
use conformance::{self, Case, Problem, Tokens, fidelity};
use reports::{
    FailureKind, exit_code,
    report::{Failure, InvariantCount, RunReport, ScenarioReport},
};
use serve::{Remote, Server, Trust};
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};

/// Name of the check that every case makes.
const AS_RECORDED: &str = "as_recorded";
/// Directory of the cases, from the root of the repository.
const CORPUS: &str = "tests/conformance";

/// Plays the conformance cases, recorded from kube-apiserver 1.36.3, and compares the answers.
///
/// It plays in process by default, with `--serve` over TCP against a served cluster, and with `--server` against any
/// server. A real server needs the tokens conf-admin-token (user admin, uid admin-uid, group system:masters) and
/// conf-user-token (user conf-user, uid conf-user-uid), RBAC, and no controllers. `--record` writes the answers of
/// cases that have none.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  lockstep fidelity
  lockstep fidelity --only 'leases/*' --serve
  lockstep fidelity --server https://127.0.0.1:6443 --token conf-admin-token --etcd http://127.0.0.1:2379 --record")]
pub(super) struct Args {
    /// Server to play on, instead of a simulated one in process.
    #[arg(long, value_name = "URL")]
    server: Option<String>,
    /// Plays over TCP, on a simulated server that is started for this purpose.
    #[arg(long, conflicts_with = "server")]
    serve: bool,
    /// Token of the administrator.
    #[arg(long, default_value = "conf-admin-token", value_name = "TOKEN")]
    token: String,
    /// Token of conf-user, a user without rights.
    #[arg(long, default_value = "conf-user-token", value_name = "TOKEN")]
    user_token: String,
    /// URL of etcd, for POST /v3/kv/compaction. Without it, cases that compact the store are skipped.
    #[arg(long, value_name = "URL", requires = "server")]
    etcd: Option<String>,
    /// Certificate authority to trust, as a PEM file. A server on this machine needs none.
    #[arg(long, value_name = "FILE")]
    certificate_authority: Option<PathBuf>,
    /// Accepts any certificate.
    #[arg(long)]
    insecure_skip_tls_verify: bool,
    /// Plays only cases whose name matches this shell pattern, such as 'leases/*'.
    #[arg(long, value_name = "GLOB")]
    only: Option<String>,
    /// Directory of the cases, with cases/, answers/ and crd.json, instead of those that the program contains.
    #[arg(long, value_name = "DIR")]
    cases: Option<PathBuf>,
    /// Writes the answers of cases that have none, or of all cases that `--only` matches.
    #[arg(long, requires = "server")]
    record: bool,
    /// Writes the generated tables of this document again, and plays no case.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["server", "serve"])]
    write_doc: Option<PathBuf>,
    #[command(flatten)]
    options: ReportOptions,
}

/// One case with its result.
struct Played {
    name: String,
    about: String,
    result: Result<(), Problem>,
}

#[expect(clippy::disallowed_methods, reason = "the report says how long it took; no run sees it")]
pub(super) fn execute(args: &Args) -> anyhow::Result<Outcome> {
    let (began, started) = (std::time::Instant::now(), campaign_report::now());
    let folder = Folder::only_if_asked(&args.options)?;
    let corpus = corpus(args)?;
    let mut cases = conformance::load_unanswered(&corpus)?;
    if let Some(document) = &args.write_doc {
        return write_document(document, &corpus, &cases);
    }
    cases.retain(|case| args.only.as_ref().is_none_or(|pattern| case.is_named_by(pattern)));
    if cases.is_empty() {
        let pattern = args.only.as_deref().unwrap_or("*");
        bail!("no case matches `{pattern}`; see the file names under {}", corpus.join("cases").display());
    }
    let mut left_out = Vec::new();
    if args.server.is_some() && args.etcd.is_none() && cases.iter().any(Case::compacts) {
        let all = cases.len();
        cases.retain(|case| !case.compacts());
        left_out
            .push(format!("{} cases compact the store and were skipped; set --etcd to play them", all - cases.len()));
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().context("cannot start")?;
    if args.record {
        cases.retain(|case| args.only.is_some() || !case.is_recorded());
        return runtime.block_on(record(args, &corpus, &cases));
    }
    let stop = Arc::new(AtomicBool::new(false));
    let interrupted = Arc::clone(&stop);
    signals::at_the_first(move || interrupted.store(true, Relaxed))?;
    let played = runtime.block_on(play(args, &corpus, (&cases, &stop)))?;
    let asked = played.len();
    let gaps = match args.server {
        Some(_) => BTreeMap::new(),
        None => conformance::known_gaps(&corpus)?,
    };
    let all = cases.len();
    let mut report = report(args, played, &gaps, left_out, began.elapsed());
    report.started = Some(started);
    if stop.load(Relaxed) && asked < all {
        (report.complete, report.interrupted) = (false, true);
        report.verdict = report.verdict.and(model::Verdict::Inconclusive);
    }
    Ok(output::write(&report, &args.options, &folder))
}

fn write_document(document: &Path, corpus: &Path, cases: &[Case]) -> anyhow::Result<Outcome> {
    let text = std::fs::read_to_string(document).with_context(|| format!("cannot read {}", document.display()))?;
    let names: Vec<String> = cases.iter().map(|case| case.name.clone()).collect();
    let text = fidelity::write_parts(&text, &names, &conformance::known_gaps(corpus)?).map_err(anyhow::Error::msg)?;
    std::fs::write(document, text).with_context(|| format!("cannot write {}", document.display()))?;
    Ok(Outcome(exit_code::HELD))
}

/// The directory that was asked for, or the one of the clone in which the command was started, or the corpus that the
/// program contains. A debug build contains none, and takes the one of the clone in which it was built; so does
/// everything that writes.
fn corpus(args: &Args) -> anyhow::Result<PathBuf> {
    if let Some(asked) = &args.cases {
        return Ok(asked.clone());
    }
    let writes = args.record || args.write_doc.is_some();
    let here = PathBuf::from(CORPUS);
    let built = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(CORPUS);
    let clone = || [here, built].into_iter().find(|path| path.is_dir());
    let found = match conformance::built_in().filter(|_| !writes) {
        Some(built_in) => Some(built_in.to_owned()),
        None => clone(),
    };
    found.with_context(|| format!("there is no {CORPUS} here; set the directory with --cases"))
}

fn registry(corpus: &Path) -> anyhow::Result<Arc<Registry>> {
    Ok(Arc::new(Registry::builtin().with_crd(&conformance::definition(corpus)?)?))
}

fn remote(args: &Args, server: &str) -> anyhow::Result<Remote> {
    let authority = args
        .certificate_authority
        .as_ref()
        .map(|file| std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display())));
    let authority = authority.transpose()?;
    let trust = match &authority {
        Some(authority) => Trust::Authority(authority),
        None if args.insecure_skip_tls_verify || Remote::is_loopback(server) => Trust::Anyone,
        None if server.starts_with("http://") => Trust::Anyone,
        None => bail!("{server} is not this machine; set --certificate-authority or --insecure-skip-tls-verify"),
    };
    Ok(Remote::new(server, args.etcd.as_deref(), trust)?)
}

async fn play(args: &Args, corpus: &Path, (cases, stop): (&[Case], &AtomicBool)) -> anyhow::Result<Vec<Played>> {
    let tokens = Tokens { admin: args.token.clone(), user: args.user_token.clone() };
    if let Some(server) = &args.server {
        let mut client = remote(args, server)?;
        conformance::install(&mut client, &tokens, &conformance::definition(corpus)?).await?;
        return play_on(&mut client, &tokens, (cases, stop)).await;
    }
    let registry = registry(corpus)?;
    if args.serve {
        return play_served(&registry, (cases, stop)).await;
    }
    let check = |case: &Case| Played {
        name: case.name.clone(),
        about: case.about().to_owned(),
        result: conformance::check(&registry, case),
    };
    Ok(cases.iter().take_while(|_| !stop.load(Relaxed)).map(check).collect())
}

/// All cases on one cluster, over TCP.
async fn play_served(registry: &Arc<Registry>, (cases, stop): (&[Case], &AtomicBool)) -> anyhow::Result<Vec<Played>> {
    let mut api = ApiServer::new(Arc::clone(registry), 1, 7);
    conformance::admit_users(&mut api);
    let server = Server::bind(api, ([127, 0, 0, 1], 0).into()).await?;
    let url = server.url();
    let authority = server.certificate_authority().to_owned();
    let serving = tokio::spawn(server.run(std::future::pending()));
    let mut client = Remote::new(&url, Some(&url), Trust::Authority(&authority))?;
    let played = play_on(&mut client, &Tokens::default(), (cases, stop)).await;
    serving.abort();
    played
}

async fn play_on(
    client: &mut Remote,
    tokens: &Tokens,
    (cases, stop): (&[Case], &AtomicBool),
) -> anyhow::Result<Vec<Played>> {
    let mut played = Vec::with_capacity(cases.len());
    let mut progress = ProgressLine::new();
    for case in cases.iter().take_while(|_| !stop.load(Relaxed)) {
        progress.show(|| format!("{}/{} cases · {}", played.len(), cases.len(), case.name));
        let result = conformance::check_on(client, tokens, case, &namespace()).await;
        played.push(Played { name: case.name.clone(), about: case.about().to_owned(), result });
    }
    progress.clear();
    Ok(played)
}

async fn record(args: &Args, corpus: &Path, cases: &[Case]) -> anyhow::Result<Outcome> {
    let server = args.server.as_deref().context("--record needs --server")?;
    let tokens = Tokens { admin: args.token.clone(), user: args.user_token.clone() };
    let mut client = remote(args, server)?;
    conformance::install(&mut client, &tokens, &conformance::definition(corpus)?).await?;
    for case in cases {
        let answers = conformance::play(&mut client, &tokens, case, &namespace()).await;
        let answers = answers.with_context(|| format!("{} was not recorded", case.name))?;
        print::line(&conformance::write_answers(corpus, &case.name, &answers)?.display().to_string())?;
    }
    print::note(&format!("recorded {} cases; review them before you commit them", cases.len()));
    Ok(Outcome(exit_code::HELD))
}

/// `conf-` and eight random letters: a server outlives the command, so two commands need different namespaces.
#[expect(clippy::disallowed_methods, reason = "names a namespace of a real server; no run sees it")]
fn namespace() -> String {
    let bytes = uuid::Uuid::new_v4().into_bytes();
    let letters = bytes.iter().take(8).map(|byte| char::from(b'a' + byte % 26));
    letters.fold("conf-".to_owned(), |name, letter| name + &letter.to_string())
}

fn report(
    args: &Args,
    played: Vec<Played>,
    gaps: &BTreeMap<String, String>,
    mut left_out: Vec<String>,
    wall: Duration,
) -> RunReport {
    let mut groups: BTreeMap<String, [u64; 2]> = BTreeMap::new();
    let mut failures = Vec::new();
    let mut excused: BTreeMap<&String, u64> = BTreeMap::new();
    for Played { name, about, result } in played {
        let sentence = match (result, gaps.get(&name)) {
            (Ok(()), None) => None,
            (Ok(()), Some(_)) => Some("The case passes: remove it from not_yet.txt.".to_owned()),
            (Err(_), Some(reason)) => {
                *excused.entry(reason).or_default() += 1;
                continue;
            }
            (Err(problem), None) => Some(format!("{about} {problem}")),
        };
        let group = name.split('/').next().unwrap_or_default().to_owned();
        let [cases, failed] = groups.entry(group).or_default();
        *cases += 1;
        *failed += u64::from(sentence.is_some());
        failures.extend(sentence.map(|sentence| failure(args, name, sentence)));
    }
    left_out
        .extend(excused.into_iter().map(|(reason, cases)| format!("{reason}: {cases} recorded cases, in not_yet.txt")));
    let cases: u64 = groups.values().map(|[cases, _]| cases).sum();
    let passed = cases - failures.len() as u64;
    let mut report = campaign_report::blank("fidelity", wall);
    report.scenarios = groups.into_iter().map(|(name, [cases, failed])| group(args, name, cases, failed)).collect();
    report.verdict = if failures.is_empty() { model::Verdict::Held } else { model::Verdict::Violated };
    report.failures = failures;
    report.not_modelled = left_out;
    report.cases = Some(cases);
    report.passed = Some(passed);
    report
}

fn transport(args: &Args) -> &str {
    match &args.server {
        Some(url) => url,
        None if args.serve => "tcp",
        None => "in-process",
    }
}

fn group(args: &Args, name: String, cases: u64, failed: u64) -> ScenarioReport {
    ScenarioReport {
        name,
        protocol: "conformance".to_owned(),
        transport: transport(args).to_owned(),
        strategy: "recorded".to_owned(),
        runs: cases,
        wall_seconds: 0.0,
        verdict: model::Verdict::of(cases, 0, failed),
        invariants: vec![InvariantCount {
            name: AS_RECORDED.to_owned(),
            checked: cases,
            violations: failed,
            undecided: 0,
        }],
        faults: Vec::new(),
        bounds: Vec::new(),
        slack: None,
    }
}

fn failure(args: &Args, case: String, sentence: String) -> Failure {
    let how = match &args.server {
        Some(url) => format!(" --server {url}"),
        None if args.serve => " --serve".to_owned(),
        None => String::new(),
    };
    Failure {
        scenario: case.clone(),
        protocol: "conformance".to_owned(),
        transport: transport(args).to_owned(),
        strategy: "recorded".to_owned(),
        sentence,
        replay: format!("lockstep fidelity{how} --only {case}"),
        ..Failure::new(AS_RECORDED, FailureKind::Fidelity)
    }
}
