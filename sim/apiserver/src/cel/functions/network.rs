//! URLs, addresses and networks (k8s.io/apiserver/pkg/cel/library/{urls,ip,cidr}.go).
use super::{
    super::value::{Fault, Outcome, Value, no_overload},
    native::Native,
};
use crate::base::{
    go_text::quoted as quote,
    golang::{
        address::{self, Prefix},
        url::Url,
    },
};
use std::{net::IpAddr, rc::Rc};

pub(super) fn find(name: &str) -> Option<Native> {
    Some(match name {
        "url" => |args| text(args, |text| Ok(Value::Url(Rc::new(parse_url(text)?)))),
        "isURL" => |args| text(args, |text| Ok(Value::Bool(Url::parse(text).is_ok()))),
        "getScheme" => |args| url(args, |url| Value::text(url.scheme.clone())),
        "getHost" => |args| url(args, |url| Value::text(url.host.clone())),
        "getHostname" => |args| url(args, |url| Value::text(url.hostname().to_owned())),
        "getPort" => |args| url(args, |url| Value::text(url.port().to_owned())),
        "getEscapedPath" => |args| url(args, |url| Value::text(url.escaped_path())),
        "getQuery" => |args| url(args, query),
        "ip" => |args| match &args[0] {
            Value::Cidr(prefix) => Ok(Value::Ip(prefix.address)),
            _ => text(args, |text| Ok(Value::Ip(parse_ip(text)?))),
        },
        "isIP" => |args| text(args, |text| Ok(Value::Bool(parse_ip(text).is_ok()))),
        "ip.isCanonical" => |args| text(args, |text| Ok(Value::Bool(address::text(parse_ip(text)?) == *text))),
        "family" => |args| ip(args, |ip| Value::Int(if ip.is_ipv4() { 4 } else { 6 })),
        "isUnspecified" => |args| ip(args, |ip| Value::Bool(ip.is_unspecified())),
        "isLoopback" => |args| ip(args, |ip| Value::Bool(ip.is_loopback())),
        "isLinkLocalMulticast" => |args| ip(args, |ip| Value::Bool(is_link_local_multicast(ip))),
        "isLinkLocalUnicast" => |args| ip(args, |ip| Value::Bool(is_link_local_unicast(ip))),
        "isGlobalUnicast" => |args| ip(args, |ip| Value::Bool(is_global_unicast(ip))),
        "cidr" => |args| text(args, |text| Ok(Value::Cidr(parse_cidr(text)?))),
        "isCIDR" => |args| text(args, |text| Ok(Value::Bool(parse_cidr(text).is_ok()))),
        "containsIP" => contains_ip,
        "containsCIDR" => contains_cidr,
        "prefixLength" => |args| cidr(args, |prefix| Value::Int(prefix.bits.into())),
        "masked" => |args| cidr(args, |prefix| Value::Cidr(prefix.masked())),
        _ => return None,
    })
}

fn text<'a>(args: &[Value<'a>], read: impl Fn(&str) -> Outcome<'a>) -> Outcome<'a> {
    match &args[0] {
        Value::String(text) => read(text),
        _ => no_overload(),
    }
}

fn parse_url(text: &str) -> Result<Url, Fault> {
    Url::parse(text)
        .map_err(|why| Fault(format!("URL parse error during conversion from string: parse {}: {why}", quote(text))))
}

fn url<'a>(args: &[Value<'a>], read: impl Fn(&Url) -> Value<'a>) -> Outcome<'a> {
    match &args[0] {
        Value::Url(url) => Ok(read(url)),
        _ => no_overload(),
    }
}

fn query<'a>(url: &Url) -> Value<'a> {
    let pairs = url.parameters().into_iter().map(|(key, values)| (Value::text(key), Value::texts(values)));
    Value::Map(Rc::new(pairs.collect()))
}

/// Parses an address without a zone that is not an IPv4 one in IPv6's form.
fn parse_ip(text: &str) -> Result<IpAddr, Fault> {
    match address::ip(text) {
        Some(ip) if address::is_mapped(ip) => {
            Err(Fault(format!("IPv4-mapped IPv6 address {} is not allowed", quote(text))))
        }
        Some(ip) => Ok(ip),
        None if text.contains('%') => Err(Fault(format!("IP address {} with zone value is not allowed", quote(text)))),
        None => {
            let why = format!("ParseAddr({}): {}", quote(text), address::why_not(text));
            Err(Fault(format!("IP Address {} parse error during conversion from string: {why}", quote(text))))
        }
    }
}

fn ip<'a>(args: &[Value<'a>], read: impl Fn(IpAddr) -> Value<'a>) -> Outcome<'a> {
    match &args[0] {
        Value::Ip(ip) => Ok(read(*ip)),
        _ => no_overload(),
    }
}

fn is_link_local_multicast(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => ip.octets()[..3] == [224, 0, 0],
        IpAddr::V6(ip) => ip.segments()[0] & 0xff0f == 0xff02,
    }
}

fn is_link_local_unicast(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => ip.is_link_local(),
        IpAddr::V6(ip) => ip.segments()[0] & 0xffc0 == 0xfe80,
    }
}

fn is_global_unicast(ip: IpAddr) -> bool {
    let broadcast = matches!(ip, IpAddr::V4(ip) if ip.is_broadcast());
    let special = ip.is_unspecified() || ip.is_loopback() || ip.is_multicast() || is_link_local_unicast(ip);
    !broadcast && !special
}

fn parse_cidr(text: &str) -> Result<Prefix, Fault> {
    let failed = |why: &str| {
        const TWICE: &str = "network address parse error during conversion from string: network address parse error \
                             during conversion from string";
        Err(Fault(format!("{TWICE}: {why}")))
    };
    match Prefix::parse(text) {
        Some(prefix) if address::is_mapped(prefix.address) => {
            failed(&format!("IPv4-mapped IPv6 address {} is not allowed", quote(text)))
        }
        Some(prefix) => Ok(prefix),
        None => failed(&format!("netip.ParsePrefix({}): no '/'", quote(text))),
    }
}

fn cidr<'a>(args: &[Value<'a>], read: impl Fn(Prefix) -> Value<'a>) -> Outcome<'a> {
    match &args[0] {
        Value::Cidr(prefix) => Ok(read(*prefix)),
        _ => no_overload(),
    }
}

fn contains_ip<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    let [Value::Cidr(prefix), other] = args else { return no_overload() };
    match other {
        Value::Ip(ip) => Ok(Value::Bool(prefix.contains(*ip))),
        Value::String(text) => Ok(Value::Bool(prefix.contains(parse_ip(text)?))),
        _ => no_overload(),
    }
}

fn contains_cidr<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    let [Value::Cidr(prefix), other] = args else { return no_overload() };
    let other = match other {
        Value::Cidr(other) => *other,
        Value::String(text) => parse_cidr(text)?,
        _ => return no_overload(),
    };
    let inside = prefix.contains(other.masked().address) && prefix.bits <= other.bits;
    Ok(Value::Bool(inside))
}
