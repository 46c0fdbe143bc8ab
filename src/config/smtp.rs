//! Where the mail server is, and how the way to it is kept private.

use std::net::IpAddr;

use crate::domain::organisation::{Address, Channel};

use super::url::parse_authority;

/// A mail server's address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SmtpUrl {
    pub privacy: SmtpPrivacy,
    pub user: Option<String>,
    /// A name or an address; an IPv6 address without its brackets.
    pub host: String,
    pub port: u16,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SmtpPrivacy {
    /// `smtps://`.
    Tls,
    /// `smtp://` to anywhere else.
    StartTls,
    /// `smtp://` to this machine.
    Plain,
}

impl SmtpUrl {
    /// `smtps://[user@]host[:465]` or `smtp://[user@]host[:587]`. A user's `@` is written `%40`.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let (tls, rest) = match text.split_once("://") {
            Some(("smtps", rest)) => (true, rest),
            Some(("smtp", rest)) => (false, rest),
            _ => return Err("must begin with smtps:// or smtp://".to_owned()),
        };
        let (user, rest) = match rest.split_once('@') {
            Some((user, _)) if user.contains(':') => {
                return Err("must not hold a password; give email.password".to_owned());
            }
            Some((user, rest)) => (Some(user.replace("%40", "@")).filter(|user| !user.is_empty()), rest),
            None => (None, rest),
        };
        let (host, port) = parse_authority(rest.strip_suffix('/').unwrap_or(rest))
            .ok_or("must be like smtps://user@mail.example.org:465")?;
        let here = host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
        let (privacy, usual) = match (tls, here) {
            (true, _) => (SmtpPrivacy::Tls, 465),
            (false, false) => (SmtpPrivacy::StartTls, 587),
            (false, true) => (SmtpPrivacy::Plain, 25),
        };
        Ok(Self { privacy, user, host, port: port.unwrap_or(usual) })
    }
}

pub(super) fn mailbox(text: &str) -> Result<String, String> {
    let address =
        Address::parse(Channel::Email, text).map_err(|_| "must be a mailbox like lamplight@example.org")?;
    Ok(address.as_str().to_owned())
}
