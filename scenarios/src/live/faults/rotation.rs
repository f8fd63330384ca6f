//! Rotations: the gateways' serving certificate, the senders' token and the gateways' own token are replaced while
//! signals arrive, and the old ones end.
//!
//! Each goes as an operator does it: both credentials are good for a while, then the old one is withdrawn. A rotation
//! counts when every running replica has refused the old credential and accepted the new one.
use super::plan::{FaultPlan, ROTATE_CERTIFICATE, ROTATE_GATEWAY_TOKEN, ROTATE_SENDER_TOKEN};
use crate::live::{
    cluster::{Account, Accounts, Api, ApiError, Token},
    credentials::{Pair, ServingCertificate, Trust, TrustError},
    fleet::{Fleet, Replica},
    history::Journal,
    workload::notification::PATH,
};
use bytes::Bytes;
use futures::future::join3;
use http::{Method, Request, StatusCode, header};
use http_body_util::Full;
use hyper_util::{client::legacy::Client, rt::TokioExecutor};
use kube::client::Body;
use std::{
    io,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};
use tokio::time::{Instant, sleep, timeout};

/// Time between the begins of two rotations of the certificate.
const CERTIFICATES_EVERY: Duration = Duration::from_secs(30);
/// Time for which both tokens of the senders are good: no delivery waits longer for its answer.
const SENDERS_CHANGE: Duration = Duration::from_secs(22);
/// Time for which both tokens of the gateways are good: their client library reads the file again within 50 s.
const GATEWAYS_CHANGE: Duration = Duration::from_secs(52);
/// Longest time until every replica has the new credential, and refuses the old one: a replica may be paused, and
/// remembers tokens for a minute.
const PATIENCE: Duration = Duration::from_secs(120);
const POLL: Duration = Duration::from_millis(250);
const PROBE: Duration = Duration::from_secs(1);

/// A credential was not rotated.
#[derive(Debug, thiserror::Error)]
pub enum RotationError {
    /// A file cannot be written.
    #[error(transparent)]
    Files(#[from] io::Error),
    /// A token cannot be made or revoked.
    #[error(transparent)]
    Api(#[from] ApiError),
    /// The credential cannot be used.
    #[error(transparent)]
    Trust(#[from] TrustError),
    /// A replica kept to the old credential.
    #[error("{replica}: {what} within {PATIENCE:?} of its rotation")]
    Kept {
        /// Name of the replica.
        replica: String,
        /// Its failure, in words.
        what: &'static str,
    },
}

/// What is rotated in a run, and where.
pub struct Rotation<'a> {
    /// Faults of the run.
    pub plan: &'a FaultPlan,
    /// The replicas.
    pub fleet: &'a Fleet,
    /// The accounts whose tokens are replaced.
    pub accounts: &'a Accounts,
    /// A connection to the gateways' API server without credentials.
    pub api: &'a Api,
    /// Credentials of the senders.
    pub trust: &'a Trust,
    /// The certificate of the replicas.
    pub certificate: &'a ServingCertificate,
    /// File of the gateways' token.
    pub token_file: &'a Path,
    /// Where rotations are counted.
    pub journal: &'a Journal,
    /// Whether no other rotation begins.
    pub stop: &'a AtomicBool,
    /// Whether the whole run ends.
    pub abandoned: &'a Arc<AtomicBool>,
}

impl Rotation<'_> {
    /// Rotates what was asked for, until it is to stop; a rotation under way is finished. `tokens` are those of the
    /// senders and of the gateways. Returns what went wrong.
    pub async fn strike(&self, (sender, gateway): (Option<Token>, Token)) -> Vec<RotationError> {
        let certificates = async { if self.plan.has(ROTATE_CERTIFICATE) { self.certificates().await } else { Ok(()) } };
        let senders = async {
            match sender.filter(|_| self.plan.has(ROTATE_SENDER_TOKEN)) {
                Some(token) => self.sender_tokens(token).await,
                None => Ok(()),
            }
        };
        let gateways =
            async { if self.plan.has(ROTATE_GATEWAY_TOKEN) { self.gateway_tokens(gateway).await } else { Ok(()) } };
        let (certificates, senders, gateways) = join3(certificates, senders, gateways).await;
        [certificates, senders, gateways].into_iter().filter_map(Result::err).collect()
    }

    fn is_over(&self) -> bool {
        self.stop.load(Relaxed) || self.abandoned.load(Relaxed)
    }

    async fn certificates(&self) -> Result<(), RotationError> {
        let mut next = Instant::now() + CERTIFICATES_EVERY / 10;
        while !self.is_over() {
            if Instant::now() < next {
                sleep(POLL).await;
                continue;
            }
            next += CERTIFICATES_EVERY;
            let (old, new) = (self.certificate.certificate(), Pair::new()?);
            let certificate = new.certificate.clone();
            self.trust.accept(&format!("{old}{certificate}"))?;
            self.certificate.replace(new)?;
            let (only_old, only_new) = (Trust::new(None, &old)?, Trust::new(None, &certificate)?);
            let done = self.every("served the old certificate", async |replica| {
                let accepted = status(replica, &only_new).await.is_some();
                accepted && status(replica, &only_old).await.is_none() && status(replica, &only_new).await.is_some()
            });
            if done.await? {
                self.trust.accept(&certificate)?;
                self.journal.fault(ROTATE_CERTIFICATE);
            }
        }
        Ok(())
    }

    async fn sender_tokens(&self, mut old: Token) -> Result<(), RotationError> {
        while !self.is_over() {
            let new = self.renewed(Account::Sender).await?;
            self.trust.show(&new.text)?;
            self.pass(SENDERS_CHANGE).await;
            self.accounts.revoke(&old).await?;
            let done = self.every("accepted a revoked token of the senders", async |replica| {
                let shown = |token: &Token| {
                    let trust = Trust::new(Some(&token.text), &self.certificate.certificate());
                    async move { status(replica, &trust.ok()?).await }
                };
                // A body without an alert is refused for its content once the token is accepted.
                shown(&old).await == Some(StatusCode::UNAUTHORIZED)
                    && shown(&new).await.is_some_and(|status| status != StatusCode::UNAUTHORIZED)
            });
            if done.await? {
                self.journal.fault(ROTATE_SENDER_TOKEN);
            }
            old = new;
        }
        Ok(())
    }

    async fn gateway_tokens(&self, mut old: Token) -> Result<(), RotationError> {
        self.accounts.create_sender().await?;
        while !self.is_over() {
            let new = self.renewed(Account::Gateway).await?;
            write_token(self.token_file, &new)?;
            self.pass(GATEWAYS_CHANGE).await;
            self.accounts.revoke(&old).await?;
            let until = Instant::now() + PATIENCE;
            while !self.abandoned.load(Relaxed) && !self.is_refused(&old).await && Instant::now() < until {
                sleep(POLL).await;
            }
            // A sender's token that no replica knows: each must ask the API server about it.
            let unknown = self.renewed(Account::Sender).await?;
            let done = self.every("had no review of a sender", async |replica| {
                let Ok(trust) = Trust::new(Some(&unknown.text), &self.certificate.certificate()) else { return false };
                let refused = [StatusCode::UNAUTHORIZED, StatusCode::FORBIDDEN, StatusCode::SERVICE_UNAVAILABLE];
                status(replica, &trust).await.is_some_and(|status| !refused.contains(&status))
            });
            if done.await? {
                self.journal.fault(ROTATE_GATEWAY_TOKEN);
            }
            old = new;
        }
        Ok(())
    }

    /// Whether the API server no longer accepts a token.
    async fn is_refused(&self, token: &Token) -> bool {
        let request = Request::get("/apis").header(header::AUTHORIZATION, format!("Bearer {}", token.text));
        let Ok(request) = request.body(Body::empty()) else { return false };
        let answer = timeout(PROBE, self.api.forward(request)).await;
        answer.is_ok_and(|answer| answer.is_ok_and(|answer| answer.status() == StatusCode::UNAUTHORIZED))
    }

    /// A new token. The API server may be away for a while.
    async fn renewed(&self, account: Account) -> Result<Token, ApiError> {
        let until = Instant::now() + PATIENCE;
        loop {
            match self.accounts.token(account).await {
                Err(_) if Instant::now() < until && !self.abandoned.load(Relaxed) => sleep(POLL).await,
                token => return token,
            }
        }
    }

    /// Waits until each replica has done so once; false if the run is abandoned.
    async fn every(
        &self,
        otherwise: &'static str,
        done: impl AsyncFn(&Replica) -> bool,
    ) -> Result<bool, RotationError> {
        let until = Instant::now() + PATIENCE;
        for replica in self.fleet.replicas() {
            while !done(replica).await {
                if self.abandoned.load(Relaxed) {
                    return Ok(false);
                }
                if Instant::now() > until {
                    return Err(RotationError::Kept { replica: replica.name(), what: otherwise });
                }
                sleep(POLL).await;
            }
        }
        Ok(true)
    }

    async fn pass(&self, time: Duration) {
        let until = Instant::now() + time;
        while Instant::now() < until && !self.abandoned.load(Relaxed) {
            sleep(POLL).await;
        }
    }
}

/// The answer to a delivery without a signal; `None` if there is none in time.
async fn status(replica: &Replica, trust: &Trust) -> Option<StatusCode> {
    let client: Client<_, Full<Bytes>> =
        Client::builder(TokioExecutor::new()).pool_max_idle_per_host(0).build(trust.connector());
    let mut request = Request::builder().method(Method::POST).uri(format!("{}{PATH}", replica.url()));
    request = request.header(header::CONTENT_TYPE, "application/json");
    if let Some(authorization) = trust.authorization() {
        request = request.header(header::AUTHORIZATION, authorization);
    }
    let request = request.body(Full::new(Bytes::from_static(b"{\"alerts\":[]}"))).ok()?;
    let answer = timeout(PROBE, client.request(request)).await.ok()?.ok()?;
    Some(answer.status())
}

/// Writes a token as the kubelet does: a reader sees the old one or the new one, whole.
///
/// # Errors
/// If the file cannot be written.
pub fn write_token(file: &Path, token: &Token) -> io::Result<()> {
    let next = file.with_extension("next");
    std::fs::write(&next, &token.text)?;
    std::fs::rename(next, file)
}
