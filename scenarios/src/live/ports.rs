//! Free ports for programs that keep them when they start again.
//!
//! They are below the range that the system takes ports of outgoing connections from: while a program is down, no
//! connection can take its port.
use std::{
    io,
    net::{Ipv4Addr, TcpListener},
};

/// Ports to choose from; Linux takes those of outgoing connections from 32768 on.
const RANGE: std::ops::Range<u16> = 15_000..32_000;
/// Ports tried for each that is wanted.
const ATTEMPTS: usize = 200;

/// So many free ports of the loopback interface, all different.
///
/// # Errors
/// If too few are found.
pub fn free(count: usize) -> io::Result<Vec<u16>> {
    // Held until all are known, so that they differ.
    let mut held: Vec<TcpListener> = Vec::new();
    for _ in 0..count * ATTEMPTS {
        if held.len() == count {
            break;
        }
        held.extend(TcpListener::bind((Ipv4Addr::LOCALHOST, fastrand::u16(RANGE))));
    }
    if held.len() < count {
        return Err(io::Error::new(io::ErrorKind::AddrInUse, format!("no {count} free ports in {RANGE:?}")));
    }
    held.iter().map(|listener| Ok(listener.local_addr()?.port())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn ports_differ_and_stay_below_connections() {
        let ports = free(20).expect("some are free");
        assert_eq!(ports.iter().collect::<BTreeSet<_>>().len(), 20);
        assert!(ports.iter().all(|port| RANGE.contains(port)));
    }
}
