//! The controller against the cluster of the current context.
use kube::Client;

#[tokio::main]
async fn main() -> kube::Result<()> {
    starter::run(Client::try_default().await?).await;
    Ok(())
}
