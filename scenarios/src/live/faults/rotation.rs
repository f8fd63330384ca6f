//! Rotations: the gateways' serving certificate, the senders' token and the gateways' own token are replaced while
//! signals arrive, and the old ones end.
//!
//! Each goes as an operator does it: both credentials are good for a while, then the old one is withdrawn. A rotation
//! counts when every running replica has refused the old credential and accepted the new one.
use super::{
    evidence::{REMEMBERED, Shown},
    plan::{FaultPlan, ROTATE_CERTIFICATE, ROTATE_GATEWAY_TOKEN, ROTATE_SENDER_TOKEN},
};
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
/// Longest time until every replica has the new credential, and refuses the old one: it remembers tokens for a minute.
/// The time for which another fault has the replica does not count.
const PATIENCE: Duration = Duration::from_secs(120);
const POLL: Duration = Duration::from_millis(250);
/// Longest time until a probe is answered: a replica gives up a review after 5 s.
const PROBE: Duration = Duration::from_secs(6);

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
    /// The API server accepts what was revoked.
    #[error("the API server still accepts {what} {PATIENCE:?} after it was revoked")]
    NotRevoked {
        /// The token, in words.
        what: &'static str,
    },
    /// A replica accepted a revoked token for longer than it may.
    #[error(
        "{replica} accepted a revoked token of the senders {after:.1?} after the API server refused it: a gateway may \
         remember it for {REMEMBERED:?}"
    )]
    Broken {
        /// Name of the replica.
        replica: String,
        /// Time between the API server's refusal and the request.
        after: Duration,
    },
    /// A replica has not shown the change. That need not be its fault: it may have had no API server.
    #[error("{replica} ran for {PATIENCE:?} after the rotation without {missing}")]
    Unseen {
        /// Name of the replica.
        replica: String,
        /// Evidence that is missing, in words.
        missing: String,
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
            let done = self.every(async |replica| {
                // Trust of its own for each connection: one that resumes a session is shown no certificate.
                let with = async |only: &str| status(replica, &Trust::new(None, only).ok()?).await;
                if with(&certificate).await.is_none() {
                    return Shown::not_yet("a connection with the new certificate", None);
                }
                let served = with(&old).await;
                if served.is_some() {
                    return Shown::not_yet("an end of the old certificate", served);
                }
                // The replica may have ended in between, which is not a refusal.
                match with(&certificate).await {
                    Some(_) => Shown::Change,
                    None => Shown::not_yet("a connection with the new certificate", None),
                }
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
            let Some(refused) = self.revoke(&old, "a token of the senders").await? else { return Ok(()) };
            let done = self.every(async |replica| {
                let after = refused.elapsed();
                match Shown::of_revoked(self.shown(replica, &old).await, after) {
                    Shown::Change => {
                        Shown::of_new(self.shown(replica, &new).await, "an acceptance of the senders' new token")
                    }
                    shown => shown,
                }
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
            if self.revoke(&old, "a token of the gateways").await?.is_none() {
                return Ok(());
            }
            // A sender's token that no replica knows: each must ask the API server about it.
            let unknown = self.renewed(Account::Sender).await?;
            let done = self.every(async |replica| {
                Shown::of_new(self.shown(replica, &unknown).await, "a review of a sender with the gateways' new token")
            });
            if done.await? {
                self.journal.fault(ROTATE_GATEWAY_TOKEN);
            }
            old = new;
        }
        Ok(())
    }

    /// Revokes a token, and waits until the API server refuses it: it remembers for ten seconds what it has accepted.
    /// Returns when that was seen; `None` if the run is abandoned.
    async fn revoke(&self, token: &Token, what: &'static str) -> Result<Option<Instant>, RotationError> {
        let until = Instant::now() + PATIENCE;
        // A restart of etcd or of the API server may refuse it, or lose the answer. To delete it twice is harmless.
        while let Err(error) = self.accounts.revoke(token).await {
            if self.abandoned.load(Relaxed) {
                return Ok(None);
            }
            if Instant::now() > until {
                return Err(error.into());
            }
            sleep(POLL).await;
        }
        let until = Instant::now() + PATIENCE;
        while !self.is_refused(token).await {
            if self.abandoned.load(Relaxed) {
                return Ok(None);
            }
            if Instant::now() > until {
                return Err(RotationError::NotRevoked { what });
            }
            sleep(POLL).await;
        }
        Ok(Some(Instant::now()))
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

    /// Waits until each replica has shown the change once; false if the run is abandoned.
    async fn every(&self, probe: impl AsyncFn(&Replica) -> Shown) -> Result<bool, RotationError> {
        let each = self.fleet.replicas().iter().map(|replica| self.one(replica, &probe));
        let each = futures::future::try_join_all(each).await?;
        Ok(each.into_iter().all(|changed| changed))
    }

    async fn one(&self, replica: &Replica, probe: &impl AsyncFn(&Replica) -> Shown) -> Result<bool, RotationError> {
        let mut waited = Duration::ZERO;
        loop {
            let (began, was_free) = (Instant::now(), replica.is_free());
            let missing = match probe(replica).await {
                Shown::Change => return Ok(true),
                Shown::Broken(after) => return Err(RotationError::Broken { replica: replica.name(), after }),
                Shown::NotYet(missing) => missing,
            };
            if self.abandoned.load(Relaxed) {
                return Ok(false);
            }
            sleep(POLL).await;
            if was_free && replica.is_free() {
                waited += began.elapsed();
            }
            if waited > PATIENCE {
                return Err(RotationError::Unseen { replica: replica.name(), missing: missing.to_string() });
            }
        }
    }

    /// A replica's answer to a sender with this token, who trusts what the senders trust: while the certificate is
    /// rotated, a replica may serve the old one.
    async fn shown(&self, replica: &Replica, token: &Token) -> Option<StatusCode> {
        status(replica, &self.trust.with_token(&token.text).ok()?).await
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
