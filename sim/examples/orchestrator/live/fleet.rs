//! The processes of a live run, and what happens to them.
use super::size::Size;
use std::{
    process::{Child, Command, Stdio},
    time::Duration,
};
use tokio::time::Instant;

/// Length of a pause: beyond a lease.
const PAUSE: Duration = Duration::from_secs(35);

/// The processes. Dropping this kills them.
pub(crate) struct Fleet {
    size: Size,
    namespace: String,
    processes: Vec<Child>,
    /// The process that is paused, and the end of its pause.
    paused: Option<(usize, Instant)>,
    next: Instant,
    /// Number of processes that were killed.
    pub(crate) kills: u64,
    /// Number of pauses that began.
    pub(crate) pauses: u64,
}

impl Fleet {
    /// Starts all processes.
    ///
    /// # Errors
    /// A sentence when one does not start.
    pub(crate) fn start(size: &Size, namespace: &str) -> Result<Self, String> {
        let mut fleet = Self {
            size: size.clone(),
            namespace: namespace.to_owned(),
            processes: Vec::new(),
            paused: None,
            next: Instant::now() + Duration::from_secs(size.disturb_every),
            kills: 0,
            pauses: 0,
        };
        for replica in 0..size.replicas {
            let process = fleet.spawn(replica)?;
            fleet.processes.push(process);
        }
        Ok(fleet)
    }

    fn spawn(&self, replica: usize) -> Result<Child, String> {
        let program = std::env::current_exe().map_err(|error| error.to_string())?;
        let mut command = Command::new(program);
        command.arg("serve").arg("--kubeconfig").arg(&self.size.kubeconfig);
        command.args(["--name", &format!("replica-{replica}"), "--namespace", &self.namespace]);
        command.args(self.size.mutant.iter().flat_map(|name| ["--mutant", name.as_str()]));
        let spawned = command.stdin(Stdio::null()).stdout(Stdio::null()).spawn();
        spawned.map_err(|error| format!("a process does not start: {error}"))
    }

    /// Ends a pause that is over, and begins the next disturbance if it is time for one: every fourth is a pause, the
    /// others kill a process, which starts again at once.
    ///
    /// # Errors
    /// A sentence when a process does not start again.
    pub(crate) fn disturb(&mut self) -> Result<(), String> {
        let now = Instant::now();
        if let Some((replica, _)) = self.paused.take_if(|(_, until)| *until <= now) {
            self.signal(replica, "-CONT");
        }
        if now < self.next {
            return Ok(());
        }
        self.next = now + Duration::from_secs(self.size.disturb_every);
        let replica = fastrand::usize(..self.processes.len());
        if self.paused.is_some_and(|(paused, _)| paused == replica) {
            return Ok(());
        }
        if (self.kills + self.pauses) % 4 == 1 && self.paused.is_none() {
            if self.signal(replica, "-STOP") {
                self.paused = Some((replica, now + PAUSE));
                self.pauses += 1;
            }
            return Ok(());
        }
        end(&mut self.processes[replica]);
        self.processes[replica] = self.spawn(replica)?;
        self.kills += 1;
        Ok(())
    }

    /// Sends a signal; false if that is not possible.
    fn signal(&self, replica: usize, signal: &str) -> bool {
        let sent = Command::new("kill").args([signal, &self.processes[replica].id().to_string()]).status();
        sent.is_ok_and(|status| status.success())
    }
}

fn end(process: &mut Child) {
    // It may have ended already.
    drop(process.kill());
    drop(process.wait());
}

impl Drop for Fleet {
    fn drop(&mut self) {
        self.processes.iter_mut().for_each(end);
    }
}
