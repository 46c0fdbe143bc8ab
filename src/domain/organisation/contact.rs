//! How somebody is reached.

use jiff::{SignedDuration, Timestamp};
use ring::digest::{SHA256, digest};
use serde::{Deserialize, Serialize};

use crate::domain::id::{ContactId, UserName};
use crate::domain::phone::Phone;

/// By what way a notification goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    Sms,
    Email,
    Webhook,
}

/// Where a message goes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "channel", content = "address")]
pub enum Address {
    Sms(Phone),
    /// One mailbox, `name@host`.
    Email(String),
    /// An `https` address, or `http` on this machine.
    Webhook(String),
}

/// One way to reach one person, and when it was last proved.
#[derive(Debug, Clone, PartialEq)]
pub struct Contact {
    pub id: ContactId,
    pub person: UserName,
    pub address: Address,
    /// When a code that was sent there came back.
    pub verified_at: Option<Timestamp>,
    /// When something sent there was lost, after it was last verified.
    pub failed_at: Option<Timestamp>,
}

impl Channel {
    pub const ALL: [Self; 3] = [Self::Sms, Self::Email, Self::Webhook];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Sms => "sms",
            Self::Email => "email",
            Self::Webhook => "webhook",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|channel| channel.name() == name)
    }

    /// In a sentence: told by text.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Sms => "text",
            Self::Email => "e-mail",
            Self::Webhook => "webhook",
        }
    }
}

impl Address {
    pub const fn channel(&self) -> Channel {
        match self {
            Self::Sms(_) => Channel::Sms,
            Self::Email(_) => Channel::Email,
            Self::Webhook(_) => Channel::Webhook,
        }
    }

    /// As it is stored and shown to those who may see it.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Sms(phone) => phone.as_str(),
            Self::Email(address) | Self::Webhook(address) => address,
        }
    }

    /// An address that came from outside, checked; or one sentence why it is none.
    pub fn parse(channel: Channel, text: &str) -> Result<Self, String> {
        let text = text.trim();
        match channel {
            Channel::Sms => Phone::from_carrier(text)
                .map(Self::Sms)
                .ok_or_else(|| "a phone is written like +447700900123".to_owned()),
            Channel::Email => match text.split_once('@') {
                Some((name, host))
                    if fits(name) && fits(host) && host.contains('.') && !host.contains('@') =>
                {
                    Ok(Self::Email(text.to_owned()))
                }
                _ => Err("a mailbox is written like name@example.org".to_owned()),
            },
            Channel::Webhook => {
                let local = ["http://127.0.0.1:", "http://localhost:", "http://[::1]:"];
                let safe = text.strip_prefix("https://").is_some_and(fits)
                    || local.iter().any(|start| text.strip_prefix(start).is_some_and(fits));
                if safe {
                    Ok(Self::Webhook(text.to_owned()))
                } else {
                    Err("a webhook's address begins with https://".to_owned())
                }
            }
        }
    }

    /// An address that Lamplight has stored.
    pub fn stored(channel: Channel, text: &str) -> Option<Self> {
        match channel {
            Channel::Sms => Phone::from_carrier(text).map(Self::Sms),
            Channel::Email => Some(Self::Email(text.to_owned())),
            Channel::Webhook => Some(Self::Webhook(text.to_owned())),
        }
    }
}

impl Contact {
    /// How the code that proves a contact is kept: whoever reads the table must guess, and has a day.
    pub fn code_hash(id: &ContactId, digits: &str) -> String {
        let hash = digest(&SHA256, format!("{id}:{digits}").as_bytes());
        hash.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// Whether it counts at `at`: verified no longer ago than the site allows, and nothing lost since.
    pub fn is_proved(&self, at: Timestamp, days: u16) -> bool {
        self.proved_until(days).is_some_and(|end| at < end)
    }

    /// When it stops to count, unless it is verified again; nothing when it does not count at all.
    pub fn proved_until(&self, days: u16) -> Option<Timestamp> {
        let allowed = SignedDuration::from_hours(24 * i64::from(days));
        let verified = self.verified_at.filter(|_| self.failed_at.is_none())?;
        verified.saturating_add(allowed).ok()
    }
}

/// Printable, without spaces.
fn fits(part: &str) -> bool {
    !part.is_empty() && part.chars().all(|c| c.is_ascii_graphic())
}
