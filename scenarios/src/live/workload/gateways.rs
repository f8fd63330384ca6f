//! The gateways' addresses, and which of them take signals at present.
use crate::live::fleet::Replica;
use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering::Relaxed},
};

/// Where signals are sent, in turn.
pub struct Gateways {
    addresses: Vec<Address>,
    turn: AtomicUsize,
}

struct Address {
    url: String,
    /// For a local replica: it says whether it is ready.
    replica: Option<Arc<Replica>>,
}

impl Gateways {
    /// Gateways that run already: a load balancer, or each by itself.
    pub fn running(urls: &[String]) -> Self {
        let address = |url: &String| Address { url: url.trim_end_matches('/').to_owned(), replica: None };
        Self { addresses: urls.iter().map(address).collect(), turn: AtomicUsize::new(0) }
    }

    /// Local replicas.
    pub fn local(replicas: &[Arc<Replica>]) -> Self {
        let address = |replica: &Arc<Replica>| Address { url: replica.url(), replica: Some(Arc::clone(replica)) };
        Self { addresses: replicas.iter().map(address).collect(), turn: AtomicUsize::new(0) }
    }

    /// URL of the next ready gateway, in turn, with its index if it is a local replica; `None` while none is ready.
    pub fn next(&self) -> Option<(&str, Option<u8>)> {
        let turn = self.turn.fetch_add(1, Relaxed);
        let in_turn = (0..self.addresses.len()).map(|more| &self.addresses[(turn + more) % self.addresses.len()]);
        let mut ready = in_turn.filter(|address| address.replica.as_ref().is_none_or(|replica| replica.is_ready()));
        ready.next().map(|address| (&*address.url, address.replica.as_ref().map(|replica| replica.index())))
    }
}
