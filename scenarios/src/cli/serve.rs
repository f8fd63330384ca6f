//! `lockstep serve`: the simulated API server on a real socket.
use super::{folder::atomic, options::duration, outcome::Outcome, print, program::quoted, signals, tokens};
use anyhow::{Context, bail};
use apiserver::{ApiServer, Registry};
use reports::exit_code;
use serde_json::Value;
use serve::{Server, kubeconfig};
use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

/// Serves the simulated API server over TCP, for kubectl and any other client, until Ctrl-C.
///
/// One port accepts HTTPS, with a certificate made for this server, and plain HTTP. Storage is in memory.
/// RemediationRequests are built in; `--crd` adds other kinds, and so does kubectl apply at any time. POST
/// /v3/kv/compaction compacts the store, as etcd's gateway does.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  lockstep serve --listen 127.0.0.1:6443 --kubeconfig sim.yaml
  kubectl --kubeconfig sim.yaml get remediationrequests
  lockstep serve --crd widgets.yaml --token-auth-file tokens.csv")]
pub(super) struct Args {
    /// Address to listen on; port 0 picks a free port.
    #[arg(long, default_value = "127.0.0.1:8080", value_name = "ADDR")]
    listen: SocketAddr,
    /// Files of CustomResourceDefinitions to serve, in YAML (one document or several) or JSON.
    #[arg(long, value_name = "FILE", num_args = 1..)]
    crd: Vec<PathBuf>,
    /// Users in kube-apiserver's CSV format: `token,user,uid,"group1,group2"`. Without it there is one administrator,
    /// whose token is in the kubeconfig.
    #[arg(long, value_name = "FILE")]
    token_auth_file: Option<PathBuf>,
    /// Runs the controllers for garbage collection, for namespaces that are being deleted, and for the default service
    /// accounts.
    #[arg(long)]
    controllers: bool,
    /// Time between compactions of the store, as kube-apiserver's --etcd-compaction-interval: versions from before the
    /// last but one expire. 0s keeps them all.
    #[arg(long, default_value = "5m", value_parser = duration, value_name = "TIME")]
    compaction_interval: Duration,
    /// File for the kubeconfig, which is printed otherwise.
    #[arg(long, value_name = "FILE")]
    kubeconfig: Option<PathBuf>,
}

pub(super) fn execute(args: &Args) -> anyhow::Result<Outcome> {
    let registry = Arc::new(registry(&args.crd)?);
    let tokens = match &args.token_auth_file {
        Some(file) => tokens::read(file)?,
        None => tokens::administrator(),
    };
    let (token, user) = tokens.first().map(|(token, user)| (token.to_owned(), user.name.clone())).unwrap_or_default();
    let now = now();
    let mut api = ApiServer::new_at(registry, 1, seed(), now);
    api.set_tokens(tokens, now).context("cannot create the bootstrap roles")?;
    api.set_controllers(args.controllers);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().context("cannot start")?;
    runtime.block_on(async {
        let server = Server::bind(api, args.listen).await?.compact_every(args.compaction_interval);
        let config = kubeconfig(&server.url(), server.certificate_authority(), &user, &token);
        announce(&server, &config, args.kubeconfig.as_deref())?;
        server.run(interrupted()?).await;
        print::note("stopped; its storage is gone");
        Ok(Outcome(exit_code::HELD))
    })
}

/// The built-in kinds and those of the files. A file's definition replaces the built-in one of the same name.
fn registry(files: &[PathBuf]) -> anyhow::Result<Registry> {
    let mut definitions = Vec::new();
    for file in files {
        definitions.extend(read(file)?.into_iter().map(|definition| (definition, file.display().to_string())));
    }
    let own = serde_json::to_value(gateway::api::crd()).context("the built-in definition is not JSON")?;
    if !definitions.iter().any(|(definition, _)| name(definition) == name(&own)) {
        definitions.push((own, "built in".to_owned()));
    }
    definitions.iter().try_fold(Registry::builtin(), |registry, (definition, origin)| {
        registry.with_crd(definition).with_context(|| format!("cannot serve {} ({origin})", name(definition)))
    })
}

fn name(definition: &Value) -> &str {
    definition.pointer("/metadata/name").and_then(Value::as_str).unwrap_or("a definition without a name")
}

/// The definitions in a file, which may contain other objects too.
fn read(file: &Path) -> anyhow::Result<Vec<Value>> {
    let text = std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    let documents: Vec<Value> =
        serde_saphyr::from_multiple(&text).with_context(|| format!("{} is neither YAML nor JSON", file.display()))?;
    let is_definition = |document: &Value| {
        document.get("kind").and_then(Value::as_str) == Some("CustomResourceDefinition")
            && document.get("apiVersion").and_then(Value::as_str) == Some("apiextensions.k8s.io/v1")
    };
    let definitions: Vec<Value> = documents.into_iter().filter(is_definition).collect();
    if definitions.is_empty() {
        bail!("{} contains no CustomResourceDefinition of apiextensions.k8s.io/v1", file.display());
    }
    Ok(definitions)
}

fn announce(server: &Server, config: &str, file: Option<&Path>) -> anyhow::Result<()> {
    let url = server.url();
    let address = server.address();
    match file {
        Some(file) => {
            atomic::write(file, config.as_bytes())
                .with_context(|| format!("--kubeconfig: cannot write {}", file.display()))?;
            print::note(&format!(
                "serving {url} (and http://{address}); try: kubectl --kubeconfig {} get ns",
                quoted(&file.display().to_string())
            ));
        }
        None => {
            print::line(config)?;
            print::note(&format!("serving {url} (and http://{address}); the kubeconfig above has its only token"));
        }
    }
    Ok(())
}

/// Completes at the first Ctrl-C or SIGTERM.
fn interrupted() -> anyhow::Result<impl Future<Output = ()>> {
    let (sender, receiver) = tokio::sync::oneshot::channel();
    signals::at_the_first(move || _ = sender.send(()))?;
    Ok(async move { _ = receiver.await })
}

/// The start of the cluster.
#[expect(clippy::disallowed_methods, reason = "no run is served")]
fn now() -> jiff::Timestamp {
    jiff::Timestamp::now()
}

/// A new seed for each server, since uids differ between two clusters.
#[expect(clippy::disallowed_methods, reason = "no run is served")]
fn seed() -> u64 {
    uuid::Uuid::new_v4().as_u64_pair().0
}
