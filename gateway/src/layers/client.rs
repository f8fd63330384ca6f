//! The address of a request's client, for the log and the audit.
//!
//! Headers that name it are believed only from a trusted proxy. `X-Forwarded-For` is read from its end, where proxies
//! append: the first address there that is not a trusted proxy is the client, and whatever a client wrote before it is
//! ignored.
use crate::{config::Cidr, gateway::Gateway};
use axum::{
    extract::Request,
    http::{HeaderMap, HeaderName, Method, Uri},
    response::Response,
};
use std::net::IpAddr;

/// The other end of the connection.
#[derive(Debug, Clone, Copy)]
pub struct Peer(pub IpAddr);

/// The client of the request, as far as it is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Client(pub IpAddr);

/// The line of the log for one request.
pub(super) struct Line {
    client: IpAddr,
    method: Method,
    uri: Uri,
}

/// Finds the client, and adds it to the request's extensions.
pub(super) fn find(gateway: &Gateway, request: &mut Request) -> Option<Line> {
    let Peer(peer) = request.extensions().get().copied()?;
    let client = of(peer, request.headers(), &gateway.config.get().trusted_proxies);
    request.extensions_mut().insert(Client(client));
    Some(Line { client, method: request.method().clone(), uri: request.uri().clone() })
}

impl Line {
    /// Logs how the request was answered.
    pub(super) fn log(self, response: &Response) {
        let (Self { client, method, uri }, status) = (self, response.status().as_u16());
        tracing::debug!(%client, %method, path = uri.path(), status, "answered");
    }
}

fn of(peer: IpAddr, headers: &HeaderMap, trusted: &[Cidr]) -> IpAddr {
    let is_trusted = |address: IpAddr| trusted.iter().any(|range| range.contains(address));
    if !is_trusted(peer) {
        return peer.to_canonical();
    }
    let lists = headers.get_all(HeaderName::from_static("x-forwarded-for"));
    let forwarded: Vec<&str> =
        lists.iter().filter_map(|list| list.to_str().ok()).flat_map(|list| list.split(',')).collect();
    let mut client = peer;
    for address in forwarded.iter().rev().map(|address| address.trim().parse::<IpAddr>()) {
        // What is not an address was not written by a proxy, nor was anything before it.
        let Ok(address) = address else { break };
        client = address;
        if !is_trusted(address) {
            break;
        }
    }
    let named = |name| headers.get(name)?.to_str().ok()?.parse().ok();
    if forwarded.is_empty() {
        client = named("true-client-ip").or_else(|| named("x-real-ip")).unwrap_or(client);
    }
    client.to_canonical()
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    fn client(peer: &str, headers: &[(&'static str, &'static str)]) -> String {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, HeaderValue::from_static(value));
        }
        let trusted = ["10.0.0.0/8", "fd00::/8"].map(|range| range.parse().expect("a range"));
        of(peer.parse().expect("an address"), &map, &trusted).to_string()
    }

    #[test]
    fn only_trusted_proxies_are_believed() {
        let forged = [("x-forwarded-for", "1.1.1.1"), ("x-real-ip", "1.1.1.1"), ("true-client-ip", "1.1.1.1")];
        assert_eq!(client("203.0.113.9", &forged), "203.0.113.9");
        assert_eq!(client("10.1.1.1", &[("x-forwarded-for", "198.51.100.7")]), "198.51.100.7");
        assert_eq!(client("::ffff:10.1.1.1", &[("x-forwarded-for", "198.51.100.7")]), "198.51.100.7");
        assert_eq!(client("10.1.1.1", &[("x-forwarded-for", "1.1.1.1, 198.51.100.7, 10.2.2.2")]), "198.51.100.7");
        let twice = [("x-forwarded-for", "1.1.1.1"), ("x-forwarded-for", "198.51.100.7")];
        assert_eq!(client("10.1.1.1", &twice), "198.51.100.7");
        assert_eq!(client("10.1.1.1", &[("x-forwarded-for", "1.1.1.1, <script>, 10.2.2.2")]), "10.2.2.2");
        assert_eq!(client("10.1.1.1", &[("x-real-ip", "198.51.100.7")]), "198.51.100.7");
        assert_eq!(client("10.1.1.1", &[("x-real-ip", "nonsense")]), "10.1.1.1");
        assert_eq!(client("fd12::1", &[("x-forwarded-for", "2001:db8::7")]), "2001:db8::7");
        assert_eq!(client("10.1.1.1", &[]), "10.1.1.1");
    }
}
