//! Senders: one connection per delivery, retried as Alertmanager retries.
//!
//! A connection that is refused is not a delivery: nothing was sent, so nothing is recorded. No library may retry, and
//! no connection is used twice: a request on a connection that the other side closes just then may have been read.
use super::{
    gateways::Gateways,
    notification::{Notification, PATH, fingerprint_of},
};
use crate::{
    live::{
        credentials::Trust,
        history::{Flags, Journal},
    },
    observe::replies,
};
use bytes::Bytes;
use http::{Request, Response, Uri, header};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1;
use model::observation::{Reply, SignalId};
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};
use tower::{Service, ServiceExt};

/// Time after which a sender stops waiting for an answer.
const ANSWER: Duration = Duration::from_secs(20);
const CONNECT: Duration = Duration::from_secs(2);
const FIRST_PAUSE: Duration = Duration::from_millis(150);
const LONGEST_PAUSE: Duration = Duration::from_secs(3);

/// What a sender does after a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retry {
    /// Sends it once.
    Never,
    /// Repeats it after 5xx and broken connections.
    UntilAccepted,
    /// As before with an idempotency key, and repeats it this many times although it was accepted.
    Keyed {
        /// The key.
        key: u64,
        /// Number of repetitions.
        again: u32,
    },
}

/// Delivers notifications. Clones share everything.
#[derive(Clone)]
pub struct Sender {
    gateways: Arc<Gateways>,
    trust: Trust,
    journal: Journal,
    /// Namespace of the Deployments.
    namespace: Arc<str>,
    /// Begin of the alerts.
    since: Arc<str>,
    /// Whether senders give up at their next pause.
    over: Arc<AtomicBool>,
}

impl Sender {
    /// A sender with these credentials.
    pub fn new(gateways: Arc<Gateways>, journal: Journal, namespace: Arc<str>, trust: Trust) -> Self {
        let since = jiff::Timestamp::from_microsecond(journal.epoch_micros()).unwrap_or_default();
        let since = format!("{since:.0}").into();
        Self { gateways, trust, journal, namespace, since, over: Arc::default() }
    }

    /// Namespace of the Deployments that alerts are about.
    pub fn namespace(&self) -> &str {
        &self.namespace
    }

    /// Lets every sender give up at its next pause.
    pub fn give_up(&self) {
        self.over.store(true, Relaxed);
    }

    /// Delivers a notification until it is accepted, refused or given up; whether it was accepted.
    pub async fn deliver(&self, what: &Notification, retry: Retry) -> bool {
        let (mut pause, mut repeats) = (FIRST_PAUSE, None);
        let mut again = if let Retry::Keyed { again, .. } = retry { again } else { 0 };
        loop {
            match self.attempt(what, retry, &mut repeats).await {
                Attempt::Accepted if again > 0 => {
                    again -= 1;
                    continue;
                }
                Attempt::Accepted => return true,
                Attempt::Refused => return false,
                Attempt::Failed if retry == Retry::Never => return false,
                Attempt::Failed | Attempt::NotSent => {}
            }
            if self.over.load(Relaxed) {
                return false;
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 3 / 2).min(LONGEST_PAUSE);
        }
    }

    /// Forwards the notification of another sender to a gateway; its answer, or `None` without one. `alerts` are the
    /// fingerprints of its alerts, each with whether it is resolved.
    pub async fn relay(&self, body: Bytes, alerts: &[(Arc<str>, bool)]) -> Option<Response<Bytes>> {
        let (url, to) = self.gateways.next()?;
        let uri: Uri = format!("{url}{PATH}").parse().ok()?;
        let connection = self.connect(&uri).await?;
        let request = self.request(&uri, body, None)?;
        let sent = |(fingerprint, resolved): &(Arc<str>, bool)| {
            // Alertmanager repeats a notification for some minutes only, with the alerts that fire by then.
            let flags = Flags { resolved: *resolved, retried: false, keyed: false };
            self.journal.sent((fingerprint, to), flags, None)
        };
        let signals: Vec<SignalId> = alerts.iter().map(sent).collect();
        let answer = exchange(connection, request).await;
        for (signal, reply) in signals.iter().zip(replies(signals.len(), answer.clone())) {
            self.journal.answered(*signal, reply);
        }
        answer
    }

    async fn attempt(&self, what: &Notification, retry: Retry, repeats: &mut Option<Vec<SignalId>>) -> Attempt {
        let Some((url, to)) = self.gateways.next() else { return Attempt::NotSent };
        let Ok(uri) = format!("{url}{PATH}").parse::<Uri>() else { return Attempt::NotSent };
        let Some(connection) = self.connect(&uri).await else { return Attempt::NotSent };
        let key = if let Retry::Keyed { key, .. } = retry { Some(key) } else { None };
        let body = what.body(&self.namespace, &self.since);
        let Some(request) = self.request(&uri, body, key) else { return Attempt::NotSent };
        let signals = self.record_sent(what, to, retry, repeats.as_deref());
        let replies = replies(signals.len(), exchange(connection, request).await);
        let attempt = Attempt::of(&replies);
        for (signal, reply) in signals.iter().zip(replies) {
            self.journal.answered(*signal, reply);
        }
        // With a key all deliveries are one; without one, a delivery repeats what failed before it.
        if matches!(retry, Retry::Keyed { .. }) && repeats.is_some() {
            return attempt;
        }
        *repeats = Some(signals);
        attempt
    }

    async fn connect(&self, uri: &Uri) -> Option<http1::SendRequest<Full<Bytes>>> {
        let opened = async {
            let mut connector = self.trust.connector();
            let stream = connector.ready().await.ok()?.call(uri.clone()).await.ok()?;
            http1::handshake(stream).await.ok()
        };
        let (sender, connection) = tokio::time::timeout(CONNECT, opened).await.ok().flatten()?;
        tokio::spawn(connection);
        Some(sender)
    }

    fn request(&self, uri: &Uri, body: Bytes, key: Option<u64>) -> Option<Request<Full<Bytes>>> {
        let mut request = Request::post(PATH).header(header::CONTENT_TYPE, "application/json");
        request = request.header(header::HOST, uri.authority()?.as_str());
        if let Some(authorization) = self.trust.authorization() {
            request = request.header(header::AUTHORIZATION, authorization);
        }
        if let Some(key) = key {
            request = request.header("idempotency-key", key);
        }
        request.body(Full::new(body)).ok()
    }

    fn record_sent(
        &self,
        what: &Notification,
        to: Option<u8>,
        retry: Retry,
        repeats: Option<&[SignalId]>,
    ) -> Vec<SignalId> {
        let flags = Flags {
            resolved: what.resolved,
            retried: retry != Retry::Never,
            keyed: matches!(retry, Retry::Keyed { .. }),
        };
        let sent = |(index, app): (usize, &u16)| {
            let repeats = repeats.and_then(|signals| signals.get(index).copied());
            self.journal.sent((&fingerprint_of(&self.namespace, *app), to), flags, repeats)
        };
        what.apps.iter().enumerate().map(sent).collect()
    }
}

/// Sends a request on a connection of its own; its whole answer, or `None` if there is none in time.
async fn exchange(
    mut connection: http1::SendRequest<Full<Bytes>>,
    request: Request<Full<Bytes>>,
) -> Option<Response<Bytes>> {
    let answer = async {
        let (parts, body) = connection.send_request(request).await.ok()?.into_parts();
        Some(Response::from_parts(parts, body.collect().await.ok()?.to_bytes()))
    };
    tokio::time::timeout(ANSWER, answer).await.ok().flatten()
}

/// How a delivery ended for its sender.
enum Attempt {
    Accepted,
    Refused,
    Failed,
    /// No gateway is ready, or the connection was refused.
    NotSent,
}

impl Attempt {
    fn of(replies: &[Reply]) -> Self {
        let any = |is: fn(&Reply) -> bool| replies.iter().any(is);
        if any(|reply| matches!(reply, Reply::ServerError { .. } | Reply::Lost)) {
            Self::Failed
        } else if any(|reply| matches!(reply, Reply::ClientError { .. })) {
            Self::Refused
        } else {
            Self::Accepted
        }
    }
}
