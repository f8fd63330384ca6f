//! One replica of the gateway as a process of its own, for tests that kill it: the application that production serves,
//! with a protocol by name. `replica PROTOCOL POD NAMESPACE KUBECONFIG SIGNALS-ADDRESS PROBES-ADDRESS`
use gateway::{app::App, clock::SystemClock, config::Config, entropy::SystemEntropy, kube_client, server};
use scenarios::protocol_name::{ProtocolName, SHIPPED};
use std::{error::Error, future::pending, path::Path, sync::Arc};
use tokio::runtime::Builder;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    // The safeguards that a mutant lacks belong to its thread.
    let shipped = arguments.first().is_some_and(|protocol| protocol == SHIPPED);
    let mut builder = if shipped { Builder::new_multi_thread() } else { Builder::new_current_thread() };
    builder.enable_all().build()?.block_on(serve(&arguments))
}

async fn serve(arguments: &[String]) -> Result<(), Box<dyn Error>> {
    let [protocol, pod, namespace, kubeconfig, signals, probes] = arguments else {
        return Err("usage: replica PROTOCOL POD NAMESPACE KUBECONFIG SIGNALS-ADDRESS PROBES-ADDRESS".into());
    };
    let protocol: ProtocolName = protocol.parse()?;
    let client = kube_client::connect(Some(Path::new(kubeconfig))).await?;
    let (signals, probes) = (server::bind(signals).await?, server::bind(probes).await?);
    let config = Config::for_pod(pod, namespace, namespace);
    let (clock, entropy) = (Arc::new(SystemClock::start()), Arc::new(SystemEntropy));
    let app = App::start(config, client, clock, entropy, |context| protocol.start(context));
    tokio::spawn(server::serve(probes, app.health_router(), pending()));
    server::serve(signals, app.open_router(), pending()).await;
    Ok(())
}
