//! URLs as Go reads those of requests (package `net/url`, `ParseRequestURI`).
use super::{super::go_text::quoted as quote, address};
use std::collections::BTreeMap;

/// A URL.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Url {
    pub(crate) scheme: String,
    /// Host and port.
    pub(crate) host: String,
    pub(crate) query: String,
    path: String,
    /// The path as it was written, if the default form differs.
    raw_path: String,
}

/// What a text is part of; decides which characters are escaped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Path,
    User,
    Host,
    Zone,
    Query,
}

impl Url {
    /// Parses a URL.
    ///
    /// # Errors
    /// Go's message, without the URL.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        if text.bytes().any(|b| b < 0x20 || b == 0x7F) {
            return Err("net/url: invalid control character in URL".into());
        }
        if text.is_empty() {
            return Err("empty url".into());
        }
        if text == "*" {
            return Ok(Self { path: "*".into(), ..Self::default() });
        }
        let (scheme, rest) = scheme(text)?;
        let (rest, query) = match rest.strip_suffix('?') {
            Some(rest) if !rest.contains('?') => (rest, ""),
            _ => rest.split_once('?').unwrap_or((rest, "")),
        };
        let mut url = Self { scheme: scheme.to_ascii_lowercase(), query: query.to_owned(), ..Self::default() };
        if !rest.starts_with('/') {
            if scheme.is_empty() {
                return Err("invalid URI for request".into());
            }
            return Ok(url);
        }
        let mut path = rest;
        if let (false, Some(authority)) = (scheme.is_empty(), rest.strip_prefix("//")) {
            let (authority, below) = authority.split_at(authority.find('/').unwrap_or(authority.len()));
            url.host = parse_authority(&url.scheme, authority)?;
            path = below;
        }
        url.path = unescape(path, Part::Path)?;
        if escape_path(&url.path) != path {
            path.clone_into(&mut url.raw_path);
        }
        Ok(url)
    }

    /// The host without the port and without brackets.
    pub(crate) fn hostname(&self) -> &str {
        let host = self.split_port().0;
        host.strip_prefix('[').and_then(|inner| inner.strip_suffix(']')).unwrap_or(host)
    }

    pub(crate) fn port(&self) -> &str {
        self.split_port().1
    }

    fn split_port(&self) -> (&str, &str) {
        match self.host.rfind(':') {
            Some(colon) if is_port(&self.host[colon..]) => (&self.host[..colon], &self.host[colon + 1..]),
            _ => (&self.host, ""),
        }
    }

    pub(crate) fn escaped_path(&self) -> String {
        const PLAIN: &str = "!$&'()*+,;=:@[]%";
        let valid = |b: u8| PLAIN.as_bytes().contains(&b) || !needs_escape(b, Part::Path);
        if !self.raw_path.is_empty() && self.raw_path.bytes().all(valid) {
            return self.raw_path.clone();
        }
        if self.path == "*" { self.path.clone() } else { escape_path(&self.path) }
    }

    /// The parameters of the query; pairs that cannot be decoded are left out.
    pub(crate) fn parameters(&self) -> BTreeMap<String, Vec<String>> {
        let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for pair in self.query.split('&').filter(|pair| !pair.is_empty() && !pair.contains(';')) {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            if let (Ok(key), Ok(value)) = (unescape(key, Part::Query), unescape(value, Part::Query)) {
                found.entry(key).or_default().push(value);
            }
        }
        found
    }
}

fn scheme(text: &str) -> Result<(&str, &str), String> {
    for (at, c) in text.char_indices() {
        match c {
            'a'..='z' | 'A'..='Z' => {}
            '0'..='9' | '+' | '-' | '.' if at > 0 => {}
            ':' if at == 0 => return Err("missing protocol scheme".into()),
            ':' => return Ok((&text[..at], &text[at + 1..])),
            _ => return Ok(("", text)),
        }
    }
    Ok(("", text))
}

fn parse_authority(scheme: &str, authority: &str) -> Result<String, String> {
    let Some((user, host)) = authority.rsplit_once('@') else { return parse_host(scheme, authority) };
    let host = parse_host(scheme, host)?;
    let allowed = |c: char| c.is_ascii_alphanumeric() || "-._:~!$&'()*+,;=%@".contains(c);
    if !user.chars().all(allowed) {
        return Err("net/url: invalid userinfo".into());
    }
    let (name, password) = user.split_once(':').unwrap_or((user, ""));
    unescape(name, Part::User)?;
    unescape(password, Part::User)?;
    Ok(host)
}

fn is_port(text: &str) -> bool {
    text.is_empty() || text.strip_prefix(':').is_some_and(|digits| digits.bytes().all(|b| b.is_ascii_digit()))
}

fn parse_host(scheme: &str, host: &str) -> Result<String, String> {
    let bad_port = |port: &str| format!("invalid port {} after host", quote(port));
    match host.rfind('[') {
        Some(0) => {
            let close = host.rfind(']').ok_or("missing ']' in host")?;
            let (name, port) = (&host[1..close], &host[close + 1..]);
            if !is_port(port) {
                return Err(bad_port(port));
            }
            let (address, zone) = name.split_at(name.find("%25").unwrap_or(name.len()));
            let (address, zone) = (unescape(address, Part::Host)?, unescape(zone, Part::Zone)?);
            let whole = format!("{address}{zone}");
            match address::ip(&address) {
                Some(ip) if ip.is_ipv6() => Ok(format!("[{whole}]{port}")),
                Some(_) => Err("invalid IP-literal".into()),
                None => Err(format!("invalid host: ParseAddr({}): unable to parse IP", quote(&whole))),
            }
        }
        Some(_) => Err("invalid IP-literal".into()),
        None => {
            let strict = matches!(scheme, "http" | "https");
            let colon = if strict { host.find(':') } else { host.rfind(':') };
            match colon.map(|colon| &host[colon..]).filter(|port| !is_port(port)) {
                Some(port) => Err(bad_port(port)),
                None => unescape(host, Part::Host),
            }
        }
    }
}

fn needs_escape(byte: u8, part: Part) -> bool {
    let plain = byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
    let also: &[u8] = match part {
        Part::Path => b"$&+,/:;=@",
        Part::User => b"$&+,;=",
        Part::Host | Part::Zone => b"!$&'()*+,;=:[]<>\"",
        Part::Query => b"",
    };
    !plain && !also.contains(&byte)
}

fn escape_path(path: &str) -> String {
    let mut escaped = String::with_capacity(path.len());
    for byte in path.bytes() {
        if needs_escape(byte, Part::Path) {
            escaped.push_str(&format!("%{byte:02X}"));
        } else {
            escaped.push(char::from(byte));
        }
    }
    escaped
}

fn unescape(text: &str, part: Part) -> Result<String, String> {
    let bytes = text.as_bytes();
    let mut plain = Vec::with_capacity(bytes.len());
    let bad = |escape: &[u8]| format!("invalid URL escape {}", quote(&String::from_utf8_lossy(escape)));
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'%' => {
                let digit = |i: usize| bytes.get(at + i).and_then(|b| char::from(*b).to_digit(16));
                let (Some(high), Some(low)) = (digit(1), digit(2)) else {
                    return Err(bad(&bytes[at..bytes.len().min(at + 3)]));
                };
                let code = u8::try_from(high * 16 + low).unwrap_or_default();
                let refused = match part {
                    Part::Host => high < 8 && code != b'%',
                    Part::Zone => code != b'%' && code != b' ' && needs_escape(code, Part::Host),
                    _ => false,
                };
                if refused {
                    return Err(bad(&bytes[at..at + 3]));
                }
                plain.push(code);
                at += 3;
                continue;
            }
            b'+' if part == Part::Query => plain.push(b' '),
            byte if matches!(part, Part::Host | Part::Zone) && byte < 0x80 && needs_escape(byte, part) => {
                return Err(format!("invalid character {} in host name", quote(&char::from(byte).to_string())));
            }
            byte => plain.push(byte),
        }
        at += 1;
    }
    Ok(String::from_utf8_lossy(&plain).into_owned())
}

#[cfg(test)]
mod tests {
    use super::Url;

    #[test]
    fn parts_are_found() {
        let url = Url::parse("https://user:pw@Example.com:8080/a%2Fb/é?x=1&x=2&y=%20").expect("it is a URL");
        assert_eq!((url.scheme.as_str(), url.host.as_str()), ("https", "Example.com:8080"));
        assert_eq!((url.hostname(), url.port()), ("Example.com", "8080"));
        assert_eq!(url.parameters()["x"], ["1", "2"]);
        assert_eq!(url.parameters()["y"], [" "]);
        let six = Url::parse("http://[2001:db8::1]:80/p q").expect("it is a URL");
        assert_eq!((six.hostname(), six.port(), six.escaped_path().as_str()), ("2001:db8::1", "80", "/p%20q"));
    }

    #[test]
    fn what_go_refuses_is_refused() {
        for text in
            ["", "a/b", "../x", ":x", "http://[::1", "http://a:b/", "http://a b/", "http://%41/", "/%zz", "\u{1}"]
        {
            assert!(Url::parse(text).is_err(), "{text}");
        }
        for text in ["/a", "mailto:x@y", "http://", "http:///a", "*", "x://a:1:2", "//host/path"] {
            assert!(Url::parse(text).is_ok(), "{text}");
        }
    }
}
