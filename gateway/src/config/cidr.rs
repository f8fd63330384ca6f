//! Ranges of addresses, as in `10.0.0.0/8`.
use super::file::File;
use std::{net::IpAddr, str::FromStr};

/// Bits of an IPv4 address that is written as IPv6, before its own.
const MAPPED_BITS: u32 = 96;

/// A range of addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cidr {
    first: u128,
    bits: u32,
    v4: bool,
}

impl Cidr {
    /// Whether the range has `address`. An IPv4 address that is written as IPv6 counts as itself.
    pub fn contains(&self, address: IpAddr) -> bool {
        let (number, v4) = numbered(address);
        v4 == self.v4 && masked(number, self.bits, v4) == self.first
    }
}

fn numbered(address: IpAddr) -> (u128, bool) {
    match address.to_canonical() {
        IpAddr::V4(address) => (address.to_bits().into(), true),
        IpAddr::V6(address) => (address.to_bits(), false),
    }
}

fn masked(number: u128, bits: u32, v4: bool) -> u128 {
    let rest = (if v4 { 32 } else { 128 }) - bits;
    number.checked_shr(rest).and_then(|number| number.checked_shl(rest)).unwrap_or(0)
}

impl FromStr for Cidr {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (address, bits) = text.split_once('/').ok_or(())?;
        let address: IpAddr = address.parse().map_err(drop)?;
        let bits: u32 = bits.parse().map_err(drop)?;
        let (number, v4) = numbered(address);
        // A range of IPv4 that is written as IPv6 counts the bits before it.
        let bits = if v4 && address.is_ipv6() { bits.checked_sub(MAPPED_BITS).ok_or(())? } else { bits };
        if bits > if v4 { 32 } else { 128 } {
            return Err(());
        }
        Ok(Self { first: masked(number, bits, v4), bits, v4 })
    }
}

pub(super) fn trusted(file: &mut File) -> Vec<Cidr> {
    let key = "middleware.trustedProxyCIDRs";
    let mut ranges = Vec::new();
    for text in file.list(key).unwrap_or_default() {
        match text.parse() {
            Ok(range) => ranges.push(range),
            Err(()) => file.mistake(key, &format!("{text:?} is not a range of addresses, as in 10.0.0.0/8"), ()),
        }
    }
    ranges
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn range_contains_its_addresses() {
        let has = |range: &str, address: &str| {
            range.parse::<Cidr>().expect("a range").contains(address.parse().expect("an address"))
        };
        assert!(has("10.0.0.0/8", "10.255.1.2") && !has("10.0.0.0/8", "11.0.0.1"));
        assert!(has("10.1.2.3/8", "10.9.9.9"), "the rest of the address does not matter");
        assert!(has("192.168.1.7/32", "192.168.1.7") && !has("192.168.1.7/32", "192.168.1.6"));
        assert!(has("0.0.0.0/0", "1.2.3.4") && !has("0.0.0.0/0", "::1"));
        assert!(has("10.0.0.0/8", "::ffff:10.1.1.1"), "as a listener on both families shows it");
        assert!(has("::ffff:10.0.0.0/104", "10.1.1.1") && !has("::ffff:10.0.0.0/104", "11.1.1.1"));
        assert!(has("fd00::/8", "fd12::1") && !has("fd00::/8", "fe80::1") && has("::/0", "fe80::1"));
        for wrong in ["10.0.0.0", "10.0.0.0/33", "10.0.0/8", "x/8", "::/129", "10.0.0.0/-1", "::ffff:10.0.0.0/8"] {
            assert!(wrong.parse::<Cidr>().is_err(), "{wrong}");
        }
    }
}
