//! Names of faults, and what a run was asked for.
use crate::live::proxy::PROXY_FAULTS;
use std::{collections::BTreeSet, str::FromStr};

pub(super) const KILL: &str = "kill";
pub(super) const PAUSE: &str = "pause";
pub(super) const TERMINATE: &str = "terminate";
pub(super) const RESTART_APISERVER: &str = "restart-apiserver";
pub(super) const RESTART_ETCD: &str = "restart-etcd";
pub(super) const ROTATE_CERTIFICATE: &str = "rotate-certificate";
pub(super) const ROTATE_SENDER_TOKEN: &str = "rotate-sender-token";
pub(super) const ROTATE_GATEWAY_TOKEN: &str = "rotate-gateway-token";
const ROTATE: &str = "rotate";
const PROXY: &str = "proxy";
const ALL: &str = "all";

/// Faults of processes and of their credentials, each with what it does.
pub const FAULTS: [(&str, &str); 8] = [
    (KILL, "a replica is killed within a burst, and starts again under its name"),
    (PAUSE, "a replica is stopped for longer than a lease lasts, and continues"),
    (TERMINATE, "a rolling restart: each replica in turn ends on SIGTERM, and starts again"),
    (RESTART_APISERVER, "the API server is killed, and starts again (with --local-control-plane)"),
    (RESTART_ETCD, "etcd is killed, and starts again with what it stored (with --local-control-plane)"),
    (ROTATE_CERTIFICATE, "the gateways serve another certificate, and clients that trust the old one only are refused"),
    (ROTATE_SENDER_TOKEN, "the senders show another token, and the old one is revoked until every gateway refuses it"),
    (ROTATE_GATEWAY_TOKEN, "the gateways' token is replaced, and the old one revoked, which takes about a minute"),
];

/// The faults that a run was asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FaultPlan {
    asked: BTreeSet<&'static str>,
}

impl FaultPlan {
    /// Every name.
    pub fn names() -> impl Iterator<Item = (&'static str, &'static str)> {
        FAULTS.into_iter().chain(PROXY_FAULTS)
    }

    /// Whether a fault was asked for.
    pub fn has(&self, name: &str) -> bool {
        self.asked.contains(name)
    }

    /// The faults that were asked for.
    pub fn asked(&self) -> &BTreeSet<&'static str> {
        &self.asked
    }

    /// Those that the proxies deliver.
    pub fn of_proxies(&self) -> BTreeSet<&'static str> {
        self.asked.iter().copied().filter(|name| PROXY_FAULTS.iter().any(|(proxy, _)| proxy == name)).collect()
    }

    /// Whether one needs a control plane that lockstep started.
    pub fn needs_control_plane(&self) -> bool {
        self.has(RESTART_APISERVER) || self.has(RESTART_ETCD)
    }

    /// Whether it rotates the senders' token.
    pub fn rotates_sender_token(&self) -> bool {
        self.has(ROTATE_SENDER_TOKEN)
    }

    /// Whether nothing but ends of replicas goes wrong.
    pub fn crashes_only(&self) -> bool {
        self.asked.iter().all(|name| matches!(*name, KILL | TERMINATE))
    }

    /// Leaves out the rotation of the senders' token, for a token that is not lockstep's own.
    #[must_use]
    pub fn without_sender_token(mut self) -> Self {
        self.asked.remove(ROTATE_SENDER_TOKEN);
        self
    }

    /// Leaves out what needs a control plane of lockstep's own.
    #[must_use]
    pub fn without_control_plane(mut self) -> Self {
        self.asked.retain(|name| !matches!(*name, RESTART_APISERVER | RESTART_ETCD));
        self
    }
}

impl FromStr for FaultPlan {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut asked = BTreeSet::new();
        for word in text.split(',').map(str::trim).filter(|word| !word.is_empty()) {
            let before = asked.len();
            let of_group = |name: &str, group: &str| name.strip_prefix(group).is_some_and(|rest| rest.starts_with('-'));
            let fits =
                |name: &str| name == word || word == ALL || [PROXY, ROTATE].contains(&word) && of_group(name, word);
            asked.extend(Self::names().map(|(name, _)| name).filter(|name| fits(name)));
            let is_known = asked.len() > before || asked.contains(word) || matches!(word, ALL | PROXY | ROTATE);
            if !is_known {
                let known: Vec<_> = Self::names().map(|(name, _)| name).collect();
                return Err(format!("unknown fault `{word}`; use {}, rotate, proxy or all", known.join(", ")));
            }
        }
        Ok(Self { asked })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_of_faults_are_expanded() {
        let plan = |text: &str| text.parse::<FaultPlan>().expect("a plan");
        assert_eq!(plan("kill,pause").asked.len(), 2);
        assert_eq!(plan("proxy").asked.len(), PROXY_FAULTS.len());
        assert_eq!(plan("rotate").asked.len(), 3);
        assert_eq!(plan("all,kill").asked.len(), FaultPlan::names().count());
        assert_eq!(plan(""), FaultPlan::default());
        assert!("kil".parse::<FaultPlan>().is_err());
    }

    #[test]
    fn only_ends_of_replicas_are_crashes() {
        let plan = |text: &str| text.parse::<FaultPlan>().expect("a plan");
        assert!(plan("kill,terminate").crashes_only() && plan("").crashes_only());
        assert!(!plan("kill,pause").crashes_only() && !plan("proxy-delay").crashes_only());
        assert!(!plan("all").without_control_plane().needs_control_plane());
    }
}
