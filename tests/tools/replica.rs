//! One replica of the gateway as a process of its own, for tests that kill it: the application that production serves,
//! with a protocol by name. `replica PROTOCOL POD NAMESPACE KUBECONFIG SIGNALS-ADDRESS PROBES-ADDRESS`
use gateway::{app::App, clock::SystemClock, config::Config, entropy::SystemEntropy, kube_client, server};
use scenarios::protocol_name::ProtocolName;
use std::{error::Error, future::pending, path::Path, sync::Arc};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [protocol, pod, namespace, kubeconfig, signals, probes] = arguments.as_slice() else {
        return Err("usage: replica PROTOCOL POD NAMESPACE KUBECONFIG SIGNALS-ADDRESS PROBES-ADDRESS".into());
    };
    let protocol: ProtocolName = protocol.parse()?;
    let client = kube_client::connect(Some(Path::new(kubeconfig))).await?;
    let (signals, probes) = (server::bind(signals).await?, server::bind(probes).await?);
    let config = Config::for_pod(pod, namespace, namespace);
    let (clock, entropy) = (Arc::new(SystemClock::start()), Arc::new(SystemEntropy));
    let app = App::start(config, client, clock, entropy, |context| protocol.start(context));
    tokio::spawn(server::serve(probes, app.health_router(), pending()));
    server::serve(signals, app.router(), pending()).await;
    Ok(())
}
