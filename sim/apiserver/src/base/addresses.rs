//! IP addresses and ranges of them, in the one form that new fields allow
//! (k8s.io/apimachinery/pkg/util/validation/ip.go, IsValidIP and IsValidCIDR).
use super::{
    go_text::quoted,
    golang::address::{self, Prefix},
};
use std::net::IpAddr;

/// Checks an address.
///
/// # Errors
/// Kubernetes' message.
pub(crate) fn check(text: &str) -> Result<(), String> {
    let Some(found) = address::ip_sloppy(text) else {
        return Err("must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)".to_owned());
    };
    if address::ip(text).is_none() {
        return Err("must not have leading 0s".to_owned());
    }
    if address::is_mapped(found) {
        return Err("must not be an IPv4-mapped IPv6 address".to_owned());
    }
    canonical(text, &address::text(found))
}

/// Checks a range, such as 10.0.0.0/24; returns its address.
///
/// # Errors
/// Kubernetes' message.
pub(crate) fn check_range(text: &str) -> Result<IpAddr, String> {
    let Some(found) = Prefix::parse_sloppy(text) else {
        return Err("must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)".to_owned());
    };
    if Prefix::parse(text).is_none() {
        return Err("must not have leading 0s in IP or prefix length".to_owned());
    }
    if address::is_mapped(found.address) {
        return Err("must not have an IPv4-mapped IPv6 address".to_owned());
    }
    if found != found.masked() {
        return Err("must not have bits set beyond the prefix length".to_owned());
    }
    canonical(text, &format!("{}/{}", address::text(found.address), found.bits))?;
    Ok(found.address)
}

fn canonical(text: &str, form: &str) -> Result<(), String> {
    if text == form { Ok(()) } else { Err(format!("must be in canonical form ({})", quoted(form))) }
}
