//! What may be fetched on a stranger's word. An attachment's address comes with a text, and leads wherever its sender likes:
//! to our own machine, to the cloud's metadata service, to somebody who collects credentials.
//!
//! Lamplight refuses attachments: the patient is asked for the numbers. Whoever fetches one day asks here before every
//! request, each redirect anew, and connects to the very address that was allowed.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// How a request may be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Twilio's own host: with the account's credentials.
    WithCredentials,
    /// Where Twilio's files lie, reached by a redirect: without.
    Bare,
}

/// Whether `url`, whose host resolved to `address`, may be asked, and how. The `first` request is Twilio's own.
pub fn may_fetch(url: &str, address: IpAddr, first: bool) -> Option<Access> {
    let rest = url.strip_prefix("https://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    // No user, no port but the usual one, no backslash that some readers take for a slash.
    let is_plain =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'.' | b'-');
    let host = authority.strip_suffix(":443").unwrap_or(authority);
    if !host.bytes().all(is_plain) || !is_public(address) {
        return None;
    }
    let is_below =
        |domain: &str| host.strip_suffix(domain).is_some_and(|sub| sub.len() > 1 && sub.ends_with('.'));
    if is_below("twilio.com") {
        Some(Access::WithCredentials)
    } else if is_below("twiliocdn.com") && !first {
        Some(Access::Bare)
    } else {
        None
    }
}

/// Whether an address is one of the open internet: not ours, not the neighbour's, not the cloud's.
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => match inner(address) {
            Some(mapped) => is_public_v4(mapped),
            None => is_public_v6(address),
        },
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let is_shared = a == 100 && (64..128).contains(&b);
    let is_special = a == 0 || a >= 224 || (a, b, c) == (192, 0, 0) || a == 198 && matches!(b, 18 | 19);
    !(address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_documentation()
        || is_shared
        || is_special)
}

/// The IPv4 address inside: mapped, compatible, or translated (NAT64, 6to4).
fn inner(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let [a, b, c, d, e, f, g, h] = address.segments();
    let join = |high: u16, low: u16| Ipv4Addr::from(u32::from(high) << 16 | u32::from(low));
    match [a, b, c, d, e, f] {
        [0, 0, 0, 0, 0, 0 | 0xffff] | [0x64, 0xff9b, 0, 0, 0, 0] => Some(join(g, h)),
        [0x2002, high, low, ..] => Some(join(high, low)),
        _ => None,
    }
}

/// Of IPv6 only what is given out for the open internet (2000::/3), without what is for documents and tunnels.
fn is_public_v6(address: Ipv6Addr) -> bool {
    let [a, b, ..] = address.segments();
    let is_special = a == 0x2001 && (b == 0x0db8 || b < 0x0200);
    (0x2000..0x4000).contains(&a) && !is_special
}
