//! Time on a processor that etcd, kube-apiserver and the gateways take, as procfs counts it.
//!
//! On a machine with few processors it, and not waiting, is what many signals at a time compete for.
use super::{gateways::Gateways, stage::Stage};

/// Ticks per second in procfs, on every architecture of Linux.
const TICKS: f64 = 100.0;

/// Milliseconds that each has taken.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Spent {
    etcd: f64,
    server: f64,
    gateways: f64,
}

impl Spent {
    /// Since their start.
    pub(super) fn so_far(stage: &Stage<'_>, gateways: &Gateways) -> Self {
        let etcd = stage.plane().etcd_pid();
        let server = stage.plane().server_pid(0);
        let of = |pid: Option<u32>| pid.and_then(millis).unwrap_or(0.0);
        let gateways = gateways.replicas.iter().map(|replica| of(Some(replica.pid()))).sum();
        Self { etcd: of(etcd), server: of(server), gateways }
    }

    /// Adds what was taken between two moments.
    pub(super) fn add(&mut self, from: Self, to: Self) {
        self.etcd += to.etcd - from.etcd;
        self.server += to.server - from.server;
        self.gateways += to.gateways - from.gateways;
    }

    /// In words, for each of so many requests.
    pub(super) fn each_of(&self, requests: usize) -> String {
        let each = |millis: f64| millis / requests.max(1) as f64;
        let Self { etcd, server, gateways } = *self;
        format!(
            "{:.2} ms of etcd, {:.2} of kube-apiserver, {:.2} of gateways",
            each(etcd),
            each(server),
            each(gateways)
        )
    }
}

fn millis(pid: u32) -> Option<f64> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    parse(&stat)
}

/// The command's name is in parentheses, and may contain spaces.
fn parse(stat: &str) -> Option<f64> {
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks = |at: usize| fields.get(at)?.parse::<f64>().ok();
    Some((ticks(11)? + ticks(12)?) * 1_000.0 / TICKS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn user_and_system_are_summed_up() {
        let stat = "17 (a b) c) S 1 17 17 0 -1 4194304 100 0 0 0 250 50 7 7 20 0 4 0 12345 1000000 300";
        assert_eq!(parse(stat), Some(3_000.0));
        assert_eq!(parse("17 (a"), None);
        let mut spent = Spent::default();
        spent.add(Spent::default(), Spent { etcd: 10.0, server: 20.0, gateways: 30.0 });
        assert_eq!(spent.each_of(10), "1.00 ms of etcd, 2.00 of kube-apiserver, 3.00 of gateways");
    }
}
