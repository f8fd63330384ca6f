//! IP addresses and ranges of them, in the one form that new fields allow
//! (k8s.io/apimachinery/pkg/util/validation/ip.go, IsValidIP and IsValidCIDR).
use super::go_text::quoted;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Checks an address.
///
/// # Errors
/// Kubernetes' message.
pub(crate) fn check(text: &str) -> Result<(), String> {
    let Ok(address) = text.parse::<IpAddr>() else {
        return Err(match without_zeros(text).parse::<Ipv4Addr>() {
            Ok(_) => "must not have leading 0s".to_owned(),
            Err(_) => "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)".to_owned(),
        });
    };
    if is_mapped(address) {
        return Err("must not be an IPv4-mapped IPv6 address".to_owned());
    }
    canonical(text, &address.to_string())
}

/// Checks a range, such as 10.0.0.0/24; returns its address.
///
/// # Errors
/// Kubernetes' message.
pub(crate) fn check_range(text: &str) -> Result<IpAddr, String> {
    let invalid = || "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)".to_owned();
    let (address, length) = text.split_once('/').ok_or_else(invalid)?;
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let bits = length.parse::<u32>().ok().filter(|_| digits(length)).ok_or_else(invalid)?;
    let strict = address.parse::<IpAddr>().ok();
    let found = strict.or_else(|| without_zeros(address).parse().ok().map(IpAddr::V4)).ok_or_else(invalid)?;
    if bits > if found.is_ipv6() { Ipv6Addr::BITS } else { Ipv4Addr::BITS } {
        return Err(invalid());
    }
    if strict.is_none() || length.len() > 1 && length.starts_with('0') {
        return Err("must not have leading 0s in IP or prefix length".to_owned());
    }
    if is_mapped(found) {
        return Err("must not have an IPv4-mapped IPv6 address".to_owned());
    }
    let masked = masked(found, bits);
    if masked != found {
        return Err("must not have bits set beyond the prefix length".to_owned());
    }
    canonical(text, &format!("{masked}/{bits}")).map(|()| found)
}

fn canonical(text: &str, form: &str) -> Result<(), String> {
    if text == form { Ok(()) } else { Err(format!("must be in canonical form ({})", quoted(form))) }
}

fn is_mapped(address: IpAddr) -> bool {
    matches!(address, IpAddr::V6(address) if address.to_ipv4_mapped().is_some())
}

/// An IPv4 address without the zeros that Go once ignored.
fn without_zeros(text: &str) -> String {
    let parts = text.split('.').map(|part| match part.trim_start_matches('0') {
        "" if !part.is_empty() => "0",
        rest => rest,
    });
    parts.collect::<Vec<_>>().join(".")
}

fn masked(address: IpAddr, bits: u32) -> IpAddr {
    match address {
        IpAddr::V4(address) => {
            let mask = u32::MAX.checked_shl(Ipv4Addr::BITS - bits).unwrap_or_default();
            Ipv4Addr::from_bits(address.to_bits() & mask).into()
        }
        IpAddr::V6(address) => {
            let mask = u128::MAX.checked_shl(Ipv6Addr::BITS - bits).unwrap_or_default();
            Ipv6Addr::from_bits(address.to_bits() & mask).into()
        }
    }
}
