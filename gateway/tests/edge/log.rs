//! The log: what a signal leaves in it, and how its lines belong to one request.
use crate::support::{Replica, Script, webhook};
use gateway::protocol::Disposition;
use serde_json::Value;
use std::{
    io::Write,
    sync::{Arc, Mutex},
};

const A: &[(&str, &str)] = &[("deployment", "a")];

/// Everything that is logged.
#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("no panic").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Log {
    /// Logs as JSON, at this level, until the guard is dropped.
    pub(crate) fn start(level: tracing::Level) -> (Self, tracing::subscriber::DefaultGuard) {
        let log = Self::default();
        let writer = log.clone();
        let subscriber = tracing_subscriber::fmt().json().with_max_level(level).with_writer(move || writer.clone());
        (log, tracing::subscriber::set_default(subscriber.finish()))
    }

    /// The same as text without colours, where a line break would begin another line.
    pub(crate) fn start_as_text(level: tracing::Level) -> (Self, tracing::subscriber::DefaultGuard) {
        let log = Self::default();
        let writer = log.clone();
        let subscriber = tracing_subscriber::fmt().with_max_level(level).with_ansi(false);
        (log, tracing::subscriber::set_default(subscriber.with_writer(move || writer.clone()).finish()))
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.0.lock().expect("no panic").clone()).expect("UTF-8")
    }

    fn lines(&self) -> Vec<Value> {
        self.text().lines().map(|line| serde_json::from_str(line).expect("a line of JSON")).collect()
    }
}

#[tokio::test(start_paused = true)]
async fn created_request_is_one_line() {
    let (log, _guard) = Log::start(tracing::Level::INFO);
    let replica = Replica::ready().await;
    replica.script([Script::Accept(Disposition::Created), Script::Accept(Disposition::Duplicate)]);
    let answer = replica.webhook(&webhook(&[A])).await;
    replica.webhook(&webhook(&[A])).await;
    let lines = log.lines();
    assert_eq!(lines.len(), 1, "{lines:?}");
    let fingerprint = &replica.signals()[0].fingerprint;
    assert_eq!(
        (&lines[0]["level"], &lines[0]["fields"]["fingerprint"]),
        (&"INFO".into(), &fingerprint.as_str().into())
    );
    assert_eq!(lines[0]["fields"]["request"], format!("rr-{}", &fingerprint[..12]));
    let id = answer.headers["x-request-id"].to_str().expect("a UUID");
    assert_eq!(lines[0]["span"]["request_id"], id, "the answer's own id");
}

#[tokio::test(start_paused = true)]
async fn duplicates_are_logged_for_debugging() {
    let (log, _guard) = Log::start(tracing::Level::DEBUG);
    let replica = Replica::ready().await;
    replica.script([Script::Accept(Disposition::Duplicate)]);
    replica.webhook(&webhook(&[A])).await;
    let counted = log.lines().into_iter().find(|line| line["fields"]["message"] == "a signal was counted");
    let counted = counted.expect("a line");
    assert_eq!((&counted["level"], &counted["fields"]["count"]), (&"DEBUG".into(), &7.into()));
}

#[tokio::test(start_paused = true)]
async fn senders_cannot_forge_lines() {
    let (log, _guard) = Log::start(tracing::Level::TRACE);
    let replica = Replica::ready().await;
    let forged = "a\n{\"level\":\"ERROR\",\"fields\":{\"message\":\"forged\"}}\u{1b}[31m";
    replica.webhook(&webhook(&[&[("deployment", forged), ("alertname", forged), ("pod", "b")]])).await;
    assert!(log.lines().iter().all(|line| line["fields"]["message"] != "forged"));
    assert!(!log.text().contains('\u{1b}'));
}
