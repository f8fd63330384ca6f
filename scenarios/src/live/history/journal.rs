//! The journal: collects the facts of a live run in memory, and appends them to a file while the run lasts.
use super::{Fact, Header, History, file};
use model::observation::{Micros, Reply, SignalId};
use std::{
    collections::BTreeMap,
    fs::File,
    io::{BufWriter, Write},
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::time::Instant;

/// Collects facts. Clones share the facts and the clock.
#[derive(Clone)]
pub struct Journal {
    began: Instant,
    epoch_micros: i64,
    state: Arc<Mutex<State>>,
}

struct State {
    header: Header,
    facts: Vec<Fact>,
    signals: u32,
    accepted: u64,
    faults: BTreeMap<Arc<str>, u64>,
    file: Option<BufWriter<File>>,
}

/// Numbers that a progress line shows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Totals {
    /// Signals sent, redeliveries included.
    pub signals: u64,
    /// Signals accepted.
    pub accepted: u64,
    /// Faults delivered, of all kinds.
    pub faults: u64,
}

impl Journal {
    /// A journal that begins now; `file` keeps the facts too.
    ///
    /// # Errors
    /// If the file cannot be written.
    #[expect(clippy::disallowed_methods, reason = "a live run takes place in real time")]
    pub fn begin(mut header: Header, file: Option<&Path>) -> std::io::Result<Self> {
        let (began, now) = (Instant::now(), jiff::Timestamp::now());
        header.started = format!("{now:.0}");
        let file = match file {
            Some(path) => {
                let mut file = BufWriter::new(File::create(path)?);
                file::write_line(&mut file, &header)?;
                Some(file)
            }
            None => None,
        };
        let state = State { header, facts: Vec::new(), signals: 0, accepted: 0, faults: BTreeMap::new(), file };
        Ok(Self { began, epoch_micros: now.as_microsecond(), state: Arc::new(Mutex::new(state)) })
    }

    /// Time since the run began.
    #[expect(clippy::cast_possible_truncation, reason = "half a million years fit")]
    pub fn now(&self) -> Micros {
        self.began.elapsed().as_micros() as Micros
    }

    /// Moment at which the run began, in microseconds since 1970.
    pub fn epoch_micros(&self) -> i64 {
        self.epoch_micros
    }

    /// Records a fact.
    pub fn record(&self, fact: Fact) {
        self.lock().push(fact);
    }

    /// Records that a fault took effect.
    pub fn fault(&self, name: &str) {
        let (at, mut state) = (self.now(), self.lock());
        let name = state.faults.get_key_value(name).map_or_else(|| Arc::from(name), |(known, _)| Arc::clone(known));
        *state.faults.entry(Arc::clone(&name)).or_default() += 1;
        state.push(Fact::Fault { at, name });
    }

    /// Number of times that a fault took effect.
    pub fn delivered(&self, name: &str) -> u64 {
        self.lock().faults.get(name).copied().unwrap_or(0)
    }

    /// Records that a signal of a fingerprint is about to be sent to a replica, and numbers it.
    pub fn sent(
        &self,
        (fingerprint, to): (&Arc<str>, Option<u8>),
        flags: Flags,
        repeats: Option<SignalId>,
    ) -> SignalId {
        let mut state = self.lock();
        let signal = SignalId(state.signals);
        state.signals += 1;
        let Flags { resolved, retried, keyed } = flags;
        let (at, fingerprint) = (self.now(), Arc::clone(fingerprint));
        state.push(Fact::Sent { at, signal, fingerprint, resolved, retried, repeats, keyed, to });
        signal
    }

    /// Records the answer to a signal.
    pub fn answered(&self, signal: SignalId, reply: Reply) {
        let mut state = self.lock();
        state.accepted += u64::from(matches!(reply, Reply::Created { .. } | Reply::Duplicate { .. }));
        state.push(Fact::Answered { at: self.now(), signal, reply });
    }

    /// Numbers for a progress line.
    pub fn totals(&self) -> Totals {
        let state = self.lock();
        Totals { signals: state.signals.into(), accepted: state.accepted, faults: state.faults.values().sum() }
    }

    /// The history so far. The file has everything up to here.
    pub fn history(&self) -> History {
        let mut state = self.lock();
        if let Some(file) = &mut state.file {
            // What cannot be written is in memory all the same.
            let _ = file.flush();
        }
        History { header: state.header.clone(), facts: state.facts.clone() }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What kind of signal is sent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Flags {
    /// Whether the alert's status is `resolved`.
    pub resolved: bool,
    /// Whether its sender repeats it until it is accepted.
    pub retried: bool,
    /// Whether it has an idempotency key.
    pub keyed: bool,
}

impl State {
    fn push(&mut self, fact: Fact) {
        if let Some(file) = &mut self.file
            && file::write_line(file, &fact).is_err()
        {
            // A full disk must not end the run: the verdict needs the facts in memory only.
            self.file = None;
        }
        self.facts.push(fact);
    }
}
