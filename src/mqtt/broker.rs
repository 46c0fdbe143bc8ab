//! Which broker, as whom, and how patiently: checked once, at the start.

use std::collections::BTreeSet;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use rumqttc::{AckMode, Broker, MqttOptions, Transport};
use serde::Deserialize;
use thiserror::Error;

use super::tls::{BadTls, configure};
use crate::domain::profile::TopicPattern;
use crate::domain::secret::Secret;
use crate::engine::activation::CatalogInForce;
use crate::engine::ignored::Ignored;

/// The client id when none is given. The broker keeps the session under it, so it must not change.
pub const DEFAULT_CLIENT_ID: &str = "lamplight";

/// The largest packet that MQTT can carry. A smaller limit of ours would turn one large publish into an endless loop:
/// refused before it can be acknowledged, and delivered again at every connection.
const PACKET_LIMIT: usize = 268_435_455 + 5;

/// The configuration's `[mqtt]`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BrokerSettings {
    /// `mqtt://host:port` or `mqtts://host:port`.
    pub broker: String,
    pub username: Option<String>,
    pub password: Option<Secret>,
    pub client_id: Option<String>,
    /// Share the messages with the other gateways of this group, each under a client id of its own.
    pub share_group: Option<String>,
    /// PEM file of the authorities to trust, for `mqtts`; otherwise those of the machine.
    pub ca_file: Option<PathBuf>,
    /// PEM file of the certificate that we show the broker, its own first, for `mqtts`.
    pub client_cert_file: Option<PathBuf>,
    /// PEM file of that certificate's private key.
    pub client_key_file: Option<PathBuf>,
}

/// A broker to connect to: every part is possible, and the certificates are read.
#[derive(Clone)]
pub struct BrokerConfig {
    options: MqttOptions,
    address: String,
    pub(super) share_group: Option<String>,
    /// Devices that do not speak our own JSON.
    pub foreign: Option<Foreign>,
    pub pace: Pace,
}

/// The device profiles in use, by id. Their topics, and how they are read, are what is in force.
#[derive(Debug, Clone)]
pub struct Foreign {
    pub profiles: Vec<String>,
    pub catalog: CatalogInForce,
    /// Where what they ignore is counted.
    pub ignored: Ignored,
}

impl Foreign {
    /// What the broker is asked for on behalf of the profiles, each filter once.
    pub(super) async fn topics(&self) -> Vec<String> {
        let catalog = self.catalog.hold().await;
        let used = self.profiles.iter().filter_map(|name| catalog.devices.get(name));
        let filters: BTreeSet<String> =
            used.flat_map(|profile| &profile.topics).map(TopicPattern::filter).collect();
        filters.into_iter().collect()
    }
}

/// How patient a session is. The default is for real use; tests hurry.
#[derive(Debug, Clone)]
pub struct Pace {
    /// Silence after which the broker is pinged. The broker gives us up after one and a half of it.
    pub keep_alive_s: u16,
    /// The first and the longest wait between attempts to connect.
    pub retry_first: Duration,
    pub retry_ceiling: Duration,
    /// Events that may wait for their answers before the socket is left unread; keep the intake larger than this.
    pub high_water: usize,
    /// The longest that the socket is left unread, far below the keep-alive.
    pub unread: Duration,
    /// The longest that a closing session waits for answers.
    pub grace: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            keep_alive_s: 30,
            retry_first: Duration::from_secs(1),
            retry_ceiling: Duration::from_secs(30),
            high_water: 8192,
            unread: Duration::from_secs(5),
            grace: Duration::from_secs(5),
        }
    }
}

/// What is wrong with the settings: a sentence that names the key.
#[derive(Debug, Error)]
pub enum BadBroker {
    #[error("mqtt.broker must be mqtt://host:port or mqtts://host:port")]
    Address,
    #[error("mqtt.broker must not hold a user name: set mqtt.username and mqtt.password")]
    UserInAddress,
    #[error("mqtt.password is set without mqtt.username")]
    PasswordAlone,
    #[error("mqtt.client_id must be 1 to 64 letters, digits, '.', '_' or '-'")]
    ClientId,
    #[error("mqtt.share_group must be a name without '/', '+' or '#'")]
    ShareGroup,
    #[error("{0} is set, but mqtt.broker is not mqtts://")]
    WithoutTls(&'static str),
    #[error(transparent)]
    Tls(#[from] BadTls),
}

impl BrokerConfig {
    /// Checks the settings and reads the certificates.
    pub fn load(settings: BrokerSettings) -> Result<Self, BadBroker> {
        let (tls, host, port) = split_address(&settings.broker)?;
        let client_id = settings.client_id.as_deref().unwrap_or(DEFAULT_CLIENT_ID);
        if !is_name(client_id) {
            return Err(BadBroker::ClientId);
        }
        if settings.share_group.as_deref().is_some_and(|group| !is_name(group)) {
            return Err(BadBroker::ShareGroup);
        }

        let mut options = MqttOptions::new(client_id, Broker::tcp(host, port));
        options.set_clean_session(false).set_ack_mode(AckMode::Manual);
        options.set_max_packet_size(PACKET_LIMIT, PACKET_LIMIT).set_read_batch_size(128);
        match (settings.username, settings.password) {
            (Some(user), Some(password)) => {
                options.set_credentials(user, password.expose().to_owned().into_bytes());
            }
            (Some(user), None) => drop(options.set_username(user)),
            (None, Some(_)) => return Err(BadBroker::PasswordAlone),
            (None, None) => {}
        }
        let files = [
            ("mqtt.ca_file", &settings.ca_file),
            ("mqtt.client_cert_file", &settings.client_cert_file),
            ("mqtt.client_key_file", &settings.client_key_file),
        ];
        match files.iter().find(|(_, file)| file.is_some()) {
            Some((key, _)) if !tls => return Err(BadBroker::WithoutTls(key)),
            _ if tls => {
                let [ca, cert, key] = files.map(|(_, file)| file.as_deref());
                options.set_transport(Transport::Tls(configure(ca, cert, key)?));
            }
            _ => {}
        }
        let address = settings.broker;
        Ok(Self { options, address, share_group: settings.share_group, foreign: None, pace: Pace::default() })
    }

    pub(super) fn options(&self) -> MqttOptions {
        let mut options = self.options.clone();
        options.set_keep_alive(self.pace.keep_alive_s);
        options
    }
}

impl fmt::Debug for BrokerConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BrokerConfig").field("address", &self.address).finish_non_exhaustive()
    }
}

/// Whether TLS is wanted, the host and the port.
fn split_address(address: &str) -> Result<(bool, &str, u16), BadBroker> {
    let (tls, rest) = match address.split_once("://") {
        Some(("mqtt", rest)) => (false, rest),
        Some(("mqtts", rest)) => (true, rest),
        _ => return Err(BadBroker::Address),
    };
    if rest.contains('@') {
        return Err(BadBroker::UserInAddress);
    }
    let rest = rest.strip_suffix('/').unwrap_or(rest);
    let usual = if tls { 8883 } else { 1883 };
    let (host, port) = match rest.rsplit_once(':') {
        // The colons of a bare IPv6 address stand inside its brackets.
        Some((host, port)) if !port.ends_with(']') => (host, port.parse().map_err(|_| BadBroker::Address)?),
        _ => (rest, usual),
    };
    let bracketed = host.starts_with('[') && host.ends_with(']');
    let plain = !host.is_empty()
        && host.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_'));
    if port == 0 || !(plain || bracketed) {
        return Err(BadBroker::Address);
    }
    Ok((tls, host, port))
}

fn is_name(name: &str) -> bool {
    (1..=64).contains(&name.len())
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'))
}
