//! Addresses of web services and brokers, checked as far as a start needs it.

use std::fmt;
use std::net::Ipv6Addr;

/// Where the MQTT broker listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BrokerUrl {
    pub tls: bool,
    /// A name or an address; an IPv6 address without its brackets.
    pub host: String,
    pub port: u16,
}

impl BrokerUrl {
    /// `mqtt://host[:1883]` or `mqtts://host[:8883]`.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (tls, rest) = match text.split_once("://") {
            Some(("mqtt", rest)) => (false, rest),
            Some(("mqtts", rest)) => (true, rest),
            _ => return Err("must begin with mqtt:// or mqtts://".to_owned()),
        };
        if rest.contains('@') {
            return Err("must not hold a user; give mqtt.username and mqtt.password".to_owned());
        }
        let (host, port) = parse_authority(rest.strip_suffix('/').unwrap_or(rest))
            .ok_or("must be like mqtt://127.0.0.1:1883, a host and perhaps a port")?;
        Ok(Self { tls, host, port: port.unwrap_or(if tls { 8883 } else { 1883 }) })
    }
}

impl fmt::Display for BrokerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.tls { "mqtts" } else { "mqtt" };
        if self.host.contains(':') {
            write!(f, "{scheme}://[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{scheme}://{}:{}", self.host, self.port)
        }
    }
}

/// Checks an `http` or `https` address with or without a path; gives it without a slash at its end.
pub(super) fn parse_web(text: &str) -> Result<String, String> {
    let rest = match text.split_once("://") {
        Some(("http" | "https", rest)) => rest,
        _ => return Err("must begin with http:// or https://".to_owned()),
    };
    if rest.contains('@') {
        return Err("must not hold a user or password".to_owned());
    }
    if rest.contains(['?', '#']) || rest.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return Err("must not hold spaces, '?' or '#'".to_owned());
    }
    let authority = rest.split('/').next().unwrap_or_default();
    parse_authority(authority).ok_or("must be like https://lamplight.example.org")?;
    Ok(text.trim_end_matches('/').to_owned())
}

/// `host`, `host:port`, `[::1]` or `[::1]:port`.
pub(super) fn parse_authority(text: &str) -> Option<(String, Option<u16>)> {
    let (host, port) = if let Some(rest) = text.strip_prefix('[') {
        let (address, port) = rest.split_once(']')?;
        address.parse::<Ipv6Addr>().ok()?;
        (address, port)
    } else {
        let at = text.find(':').unwrap_or(text.len());
        let (host, port) = text.split_at(at);
        let fits = host.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_'));
        if host.is_empty() || !fits {
            return None;
        }
        (host, port)
    };
    let port = match port.strip_prefix(':') {
        Some(port) => Some(port.parse::<u16>().ok().filter(|port| *port > 0)?),
        None if port.is_empty() => None,
        None => return None,
    };
    Some((host.to_owned(), port))
}
