//! A range of addresses and an address: the parser agrees with arithmetic on addresses of IPv6.
#![no_main]
use gateway::config::Cidr;
use std::net::{IpAddr, Ipv6Addr};

/// Bits of an address of IPv4 that is written as IPv6 before its own.
const MAPPED: u32 = 96;

fn number(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => address.to_ipv6_mapped().to_bits(),
        IpAddr::V6(address) => address.to_bits(),
    }
}

/// A range as its first address and its number of bits, both as in IPv6.
fn range(text: &str) -> Option<(u128, u32)> {
    let (address, bits) = text.split_once('/')?;
    let address: IpAddr = address.parse().ok()?;
    let bits: u32 = bits.parse().ok()?;
    let (bits, least) = match address {
        IpAddr::V4(_) => (bits.checked_add(MAPPED)?, MAPPED),
        IpAddr::V6(address) if address.to_ipv4_mapped().is_some() => (bits, MAPPED),
        IpAddr::V6(_) => (bits, 0),
    };
    (least..=128).contains(&bits).then_some((number(address), bits))
}

fn is_v4(number: u128) -> bool {
    Ipv6Addr::from_bits(number).to_ipv4_mapped().is_some()
}

fn contains((first, bits): (u128, u32), address: IpAddr) -> bool {
    let rest = 128 - bits;
    let differs = (first ^ number(address)).checked_shr(rest).unwrap_or(0) != 0;
    !differs && is_v4(first) == is_v4(number(address))
}

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let (text, address) = text.split_once('\n').unwrap_or((text, "10.0.0.1"));
    let parsed: Option<Cidr> = text.parse().ok();
    let expected = range(text);
    assert_eq!(parsed.is_some(), expected.is_some(), "{text:?}");
    if let (Some(parsed), Some(expected), Ok(address)) = (parsed, expected, address.trim().parse()) {
        assert_eq!(parsed.contains(address), contains(expected, address), "{text:?} {address}");
    }
});
