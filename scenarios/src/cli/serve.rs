//! `lockstep serve`: the simulated API server on a real socket.
use super::Outcome;
use super::tokens;
use anyhow::{Context, bail};
use apiserver::{ApiServer, Registry};
use reports::exit_code;
use serde_json::Value;
use serve::{Server, kubeconfig};
use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
};

/// Serves the simulated API server over TCP, for kubectl and any other client, until Ctrl-C.
///
/// One port speaks HTTPS, with a certificate made for this server alone, and plain HTTP. Storage is in memory. RemediationRequests
/// are served without further ado; --crd adds other kinds, as kubectl apply does later. POST /v3/kv/compaction compacts the
/// store, as etcd's gateway does.
///
/// Examples: lockstep serve · lockstep serve --listen 127.0.0.1:6443 --kubeconfig sim.yaml, then kubectl --kubeconfig sim.yaml
/// get remediationrequests · lockstep serve --crd widgets.yaml --token-auth-file tokens.csv
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Where to listen; port 0 is any free port.
    #[arg(long, default_value = "127.0.0.1:8080", value_name = "ADDR")]
    listen: SocketAddr,
    /// CustomResourceDefinitions to serve, in YAML (several documents too) or JSON.
    #[arg(long, value_name = "FILE", num_args = 1..)]
    crd: Vec<PathBuf>,
    /// Who may come in: kube-apiserver's CSV of `token,user,uid,"group1,group2"`. Without it there is one administrator, whose
    /// token is in the kubeconfig.
    #[arg(long, value_name = "FILE")]
    token_auth_file: Option<PathBuf>,
    /// Runs controllers too: garbage collection, and the emptying of namespaces that are deleted.
    #[arg(long)]
    controllers: bool,
    /// Where to write the kubeconfig; it is printed otherwise.
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
    let mut api = ApiServer::new(registry, 1, seed());
    api.set_tokens(tokens, jiff::Timestamp::UNIX_EPOCH).context("the bootstrap roles are not accepted")?;
    api.set_controllers(args.controllers);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().context("cannot start")?;
    runtime.block_on(async {
        let server = Server::bind(api, args.listen).await?;
        let config = kubeconfig(&server.url(), server.certificate_authority(), &user, &token);
        announce(&server, &config, args.kubeconfig.as_deref())?;
        server.run(interrupted()?).await;
        eprintln!("lockstep: stopped; what was stored is gone");
        Ok(Outcome(exit_code::HELD))
    })
}

/// The kinds of this repository and those of the files; a file's definition goes before the built-in one of the same name.
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

/// The definitions in a file, which may hold other objects too.
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
        bail!("{} has no CustomResourceDefinition of apiextensions.k8s.io/v1", file.display());
    }
    Ok(definitions)
}

fn announce(server: &Server, config: &str, file: Option<&Path>) -> anyhow::Result<()> {
    let url = server.url();
    let address = server.address();
    match file {
        Some(file) => {
            std::fs::write(file, config).with_context(|| format!("cannot write {}", file.display()))?;
            eprintln!(
                "lockstep: serving {url} (and http://{address}); try: kubectl --kubeconfig {} get ns",
                file.display()
            );
        }
        None => {
            println!("{config}");
            eprintln!("lockstep: serving {url} (and http://{address}); the kubeconfig above is its only key");
        }
    }
    Ok(())
}

/// Completes at the first Ctrl-C.
fn interrupted() -> anyhow::Result<impl Future<Output = ()>> {
    let (told, heard) = tokio::sync::oneshot::channel();
    let told = std::sync::Mutex::new(Some(told));
    ctrlc::set_handler(move || {
        if let Some(told) = told.lock().ok().and_then(|mut told| told.take()) {
            _ = told.send(());
        }
    })?;
    Ok(async move { _ = heard.await })
}

/// Uids differ between two servers, as between two clusters.
#[expect(clippy::disallowed_methods, reason = "no run is served")]
fn seed() -> u64 {
    uuid::Uuid::new_v4().as_u64_pair().0
}
