//! The broker: where it is, as whom we join, and which devices we listen for.

use std::path::PathBuf;

use super::draft::Draft;
use super::url::BrokerUrl;
use super::{ConfigError, path_of, secret, word};
use crate::domain::secret::Secret;

#[derive(Debug, Clone)]
pub struct MqttConfig {
    pub broker: BrokerUrl,
    pub username: Option<String>,
    pub password: Option<Secret>,
    /// Names the session that the broker keeps for us.
    pub client_id: String,
    /// Shares the subscription with the others of this group.
    pub share_group: Option<String>,
    /// Trusted besides the system's certificates; only with `mqtts`.
    pub ca_file: Option<PathBuf>,
    /// The certificate that we show the broker, and its key: both or neither, and only with `mqtts`.
    pub client_cert_file: Option<PathBuf>,
    pub client_key_file: Option<PathBuf>,
    /// Device profiles in use, by id.
    pub profiles: Vec<String>,
}

impl MqttConfig {
    pub(super) fn read(draft: &Draft) -> Result<Self, ConfigError> {
        let mqtt = Self {
            broker: draft.need("mqtt.broker", BrokerUrl::parse)?,
            username: draft.read("mqtt.username", word)?,
            password: draft.read("mqtt.password", secret::parse)?,
            client_id: draft.read("mqtt.client_id", word)?.unwrap_or_else(|| "lamplight".to_owned()),
            share_group: draft.read("mqtt.share_group", share_group)?,
            ca_file: draft.read("mqtt.ca_file", path_of)?,
            client_cert_file: draft.read("mqtt.client_cert_file", path_of)?,
            client_key_file: draft.read("mqtt.client_key_file", path_of)?,
            profiles: draft.read("mqtt.profiles", names)?.unwrap_or_default(),
        };
        if mqtt.password.is_some() && mqtt.username.is_none() {
            return Err(draft.fault("mqtt.password", "needs mqtt.username beside it"));
        }
        for (key, file) in [
            ("mqtt.ca_file", &mqtt.ca_file),
            ("mqtt.client_cert_file", &mqtt.client_cert_file),
            ("mqtt.client_key_file", &mqtt.client_key_file),
        ] {
            if file.is_some() && !mqtt.broker.tls {
                return Err(draft.fault(key, "needs a broker that begins with mqtts://"));
            }
        }
        match (&mqtt.client_cert_file, &mqtt.client_key_file) {
            (Some(_), None) => {
                Err(draft.fault("mqtt.client_cert_file", "needs mqtt.client_key_file beside it"))
            }
            (None, Some(_)) => {
                Err(draft.fault("mqtt.client_key_file", "needs mqtt.client_cert_file beside it"))
            }
            _ => Ok(mqtt),
        }
    }
}

fn share_group(text: &str) -> Result<String, String> {
    if text.contains(['/', '+', '#']) {
        return Err("must not hold '/', '+' or '#'".to_owned());
    }
    word(text)
}

/// Names parted by commas.
fn names(text: &str) -> Result<Vec<String>, String> {
    text.split(',').map(|name| word(name.trim())).collect()
}
