//! Addresses of networks as Go reads them (packages `net` and `net/netip`), and as Kubernetes reads old ones, with
//! leading zeros (k8s.io/utils/net, `ParseIPSloppy`).
use std::{
    net::{IpAddr, Ipv6Addr},
    str::FromStr,
};

/// Parses an address strictly, without a zone.
pub(crate) fn ip(text: &str) -> Option<IpAddr> {
    IpAddr::from_str(text).ok()
}

/// Why Go's `netip.ParseAddr` refuses a text that is not an address.
pub(crate) fn why_not(text: &str) -> &'static str {
    match text.find(['.', ':']) {
        Some(at) if text[at..].starts_with('.') => {}
        Some(_) => return "invalid IPv6 address",
        None => return "unable to parse IP",
    }
    let fields: Vec<&str> = text.split('.').collect();
    for (place, field) in fields.iter().enumerate() {
        if !field.bytes().all(|b| b.is_ascii_digit()) {
            return "unexpected character";
        }
        match field.len() {
            0 => return "IPv4 field must have at least one digit",
            _ if field.parse::<u8>().is_err() => return "IPv4 field has value >255",
            length if length > 1 && field.starts_with('0') => return "IPv4 field has octet with leading zero",
            _ if place == 4 => return "IPv4 address too long",
            _ => {}
        }
    }
    "IPv4 address too short"
}

/// Parses an address; numbers may have leading zeros.
pub(crate) fn ip_sloppy(text: &str) -> Option<IpAddr> {
    if let Some(found) = ip(text) {
        return Some(found);
    }
    let mut plain = String::with_capacity(text.len());
    let mut number = String::new();
    for c in text.chars().chain(['\0']) {
        if c.is_ascii_hexdigit() {
            number.push(c);
            continue;
        }
        let short = number.trim_start_matches('0');
        plain.push_str(if short.is_empty() && !number.is_empty() { "0" } else { short });
        number.clear();
        plain.push(c);
    }
    ip(plain.trim_end_matches('\0'))
}

/// A network: an address and the length of its prefix.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Prefix {
    pub(crate) address: IpAddr,
    pub(crate) bits: u8,
}

impl Prefix {
    /// Parses strictly, as `netip.ParsePrefix`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (address, bits) = text.rsplit_once('/')?;
        Self::of(ip(address)?, bits)
    }

    /// Parses as `ParseCIDRSloppy`.
    pub(crate) fn parse_sloppy(text: &str) -> Option<Self> {
        let (address, bits) = text.split_once('/')?;
        let bits = match bits.trim_start_matches('0') {
            "" if !bits.is_empty() => "0",
            short => short,
        };
        Self::of(ip_sloppy(address)?, bits)
    }

    fn of(address: IpAddr, bits: &str) -> Option<Self> {
        let leading_zero = bits.len() > 1 && bits.starts_with('0');
        if leading_zero || bits.is_empty() || !bits.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        let bits: u8 = bits.parse().ok()?;
        (bits <= if address.is_ipv4() { 32 } else { 128 }).then_some(Self { address, bits })
    }

    /// The network's first address, with the same prefix.
    pub(crate) fn masked(self) -> Self {
        let Self { bits, .. } = self;
        let address = match self.address {
            IpAddr::V4(address) => {
                let mask = u32::MAX.checked_shl(32 - u32::from(bits)).unwrap_or_default();
                IpAddr::V4((u32::from(address) & mask).into())
            }
            IpAddr::V6(address) => {
                let mask = u128::MAX.checked_shl(128 - u32::from(bits)).unwrap_or_default();
                IpAddr::V6((u128::from(address) & mask).into())
            }
        };
        Self { address, bits }
    }

    pub(crate) fn contains(self, address: IpAddr) -> bool {
        let same_family = self.address.is_ipv4() == address.is_ipv4();
        same_family && Self { address, bits: self.bits }.masked().address == self.masked().address
    }
}

/// Whether the address is an IPv4 one in IPv6's form, `::ffff:1.2.3.4`.
pub(crate) fn is_mapped(address: IpAddr) -> bool {
    matches!(address, IpAddr::V6(address) if address.to_ipv4_mapped().is_some())
}

/// Go's text of an address. Both shorten the longest run of zeros; Rust prints `::a.b.c.d` for old compatible
/// addresses.
pub(crate) fn text(address: IpAddr) -> String {
    match address {
        IpAddr::V6(address) if !is_mapped(address.into()) => groups(address),
        other => other.to_string(),
    }
}

fn groups(address: Ipv6Addr) -> String {
    let segments = address.segments();
    let (mut best, mut length) = (8, 1);
    let mut at = 0;
    while at < 8 {
        let run = segments[at..].iter().take_while(|group| **group == 0).count();
        if run > length {
            (best, length) = (at, run);
        }
        at += run.max(1);
    }
    let joined = |groups: &[u16]| groups.iter().map(|group| format!("{group:x}")).collect::<Vec<_>>().join(":");
    if best == 8 {
        return joined(&segments);
    }
    format!("{}::{}", joined(&segments[..best]), joined(&segments[best + length..]))
}

/// Whether `net.ParseMAC` takes the text: 6, 8 or 20 bytes.
pub(crate) fn is_mac(text: &str) -> bool {
    let bytes = text.as_bytes();
    let (separator, width) = match bytes {
        [_, _, separator @ (b':' | b'-'), ..] => (*separator, 2),
        [_, _, _, _, b'.', ..] => (b'.', 4),
        _ => return false,
    };
    let groups: Vec<&[u8]> = bytes.split(|b| *b == separator).collect();
    let is_hex = |group: &&[u8]| group.len() == width && group.iter().all(u8::is_ascii_hexdigit);
    matches!(groups.len() * width / 2, 6 | 8 | 20) && groups.iter().all(is_hex)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sloppy_addresses_may_have_zeros() {
        for text in ["1.2.3.4", "010.000.01.1", "::1", "0001::0db8", "::ffff:01.2.3.4"] {
            assert!(ip_sloppy(text).is_some(), "{text}");
        }
        for text in ["1.2.3", "256.1.1.1", "::1%eth0", "1.2.3.4/24", "g::"] {
            assert!(ip_sloppy(text).is_none(), "{text}");
        }
        assert!(ip("010.0.0.1").is_none());
    }

    #[test]
    fn prefixes_contain_their_addresses() {
        let network = Prefix::parse("192.168.1.7/24").expect("it is a network");
        assert!(network.contains(ip("192.168.1.255").expect("it is an address")));
        assert!(!network.contains(ip("192.168.2.1").expect("it is an address")));
        assert_eq!(text(network.masked().address), "192.168.1.0");
        assert!(Prefix::parse("0.0.0.0/0").is_some_and(|all| all.contains(all.address)));
        for wrong in ["1.2.3.4", "1.2.3.4/33", "1.2.3.4/08", "::/129", "1.2.3.4/-1"] {
            assert_eq!(Prefix::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn addresses_print_as_in_go() {
        for (given, wanted) in
            [("2001:DB8:0:0::1", "2001:db8::1"), ("::1.2.3.4", "::102:304"), ("1:0:2:3:4:5:6:7", "1:0:2:3:4:5:6:7")]
        {
            assert_eq!(ip(given).map(text).as_deref(), Some(wanted));
        }
    }

    #[test]
    fn hardware_addresses_have_three_forms() {
        for text in ["01:23:45:67:89:ab", "01-23-45-67-89-AB-cd-ef", "0123.4567.89ab"] {
            assert!(is_mac(text), "{text}");
        }
        for text in ["", "01:23:45:67:89", "01:23:45:67:89:ag", "01:23-45:67:89:ab", "0123.4567.89a"] {
            assert!(!is_mac(text), "{text}");
        }
    }
}
