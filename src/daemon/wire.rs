//! From the configuration's words to each room's own.

use std::path::Path;

use crate::config::{Config, Sender, SmtpPrivacy};
use crate::domain::phone::Phone;
use crate::domain::profile::Book;
use crate::engine::activation::CatalogInForce;
use crate::engine::ignored::Ignored;
use crate::mqtt::broker::{BrokerConfig, BrokerSettings, Foreign};
use crate::notify::email::{self, EmailCarrier, MailServer, Privacy};
use crate::notify::webhook::{self, WebhookCarrier};
use crate::outbox::routes::Rules;
use crate::outbox::{Carriers, Routes};
use crate::sms::carrier::TextCarrier;

use super::{DaemonError, Ground, provider};

/// What every certificate of a PEM file begins with.
const PEM: &[u8] = b"-----BEGIN CERTIFICATE-----";

pub(super) async fn broker(
    config: &Config,
    catalog: &CatalogInForce,
) -> Result<Option<BrokerConfig>, DaemonError> {
    let Some(mqtt) = &config.mqtt else { return Ok(None) };
    let settings = BrokerSettings {
        broker: mqtt.broker.to_string(),
        username: mqtt.username.clone(),
        password: mqtt.password.clone(),
        client_id: Some(mqtt.client_id.clone()),
        share_group: mqtt.share_group.clone(),
        ca_file: mqtt.ca_file.clone(),
        client_cert_file: mqtt.client_cert_file.clone(),
        client_key_file: mqtt.client_key_file.clone(),
    };
    let mut broker =
        BrokerConfig::load(settings).map_err(|error| DaemonError::Settings(error.to_string()))?;
    if !mqtt.profiles.is_empty() {
        if let Some(why) = missing_profiles(&mqtt.profiles, &catalog.hold().await.devices).pop() {
            return Err(DaemonError::Settings(why));
        }
        broker.foreign = Some(Foreign {
            profiles: mqtt.profiles.clone(),
            catalog: catalog.clone(),
            ignored: Ignored::default(),
        });
    }
    // Devices leave room for texts, and the socket is left unread before the queue is full.
    broker.pace.high_water = broker.pace.high_water.min(config.intake.queue_capacity / 2).max(1);
    Ok(Some(broker))
}

/// A sentence for each profile in use that is not there: its devices would be heard no more.
pub(super) fn missing_profiles(names: &[String], devices: &Book) -> Vec<String> {
    let missing = names.iter().filter(|name| devices.get(name).is_none());
    missing
        .map(|name| {
            format!(
                "mqtt.profiles names '{name}', and there is no such file in the folder of device profiles"
            )
        })
        .collect()
}

/// The numbers that our own texts come from, as far as they are configured: a service picks its own.
pub(super) fn own_numbers(config: &Config) -> Vec<Phone> {
    let twilio = config.sms.twilio.as_ref().and_then(|twilio| match &twilio.sender {
        Sender::From(phone) => Some(phone.clone()),
        Sender::MessagingService(_) => None,
    });
    let http = config.sms.http.as_ref().and_then(|http| Phone::from_carrier(&http.account.from));
    twilio.into_iter().chain(http).collect()
}

/// Who carries texts: every provider that is named, in that order.
pub(super) fn texts(config: &Config, ground: &Ground) -> Result<Routes<TextCarrier>, DaemonError> {
    let sms = &config.sms;
    let routes = sms
        .providers
        .iter()
        .map(|provider| Ok((*provider, provider::carrier(*provider, config, &ground.clock)?)))
        .collect::<Result<Vec<_>, DaemonError>>()?;
    let rules = Rules {
        countries: sms.traffic.countries.clone(),
        segments_per_second: sms.traffic.segments_per_second,
        budget: sms.traffic.budget,
    };
    Ok(Routes::new(routes, rules, ground.clock.clone(), ground.telemetry.clone()))
}

/// Beside texts, whatever else is configured to reach staff.
pub(super) fn carriers<S>(
    sms: S,
    config: &Config,
    ground: &Ground,
) -> Result<Carriers<S, EmailCarrier, WebhookCarrier>, DaemonError> {
    Ok(Carriers { sms, email: email(config, ground)?, webhook: webhook(config, ground)? })
}

/// The certificates of a PEM file.
fn authorities(path: &Path) -> Result<Vec<u8>, DaemonError> {
    let wrong = |why: String| DaemonError::Settings(format!("email.ca_file {} {why}", path.display()));
    let pem = std::fs::read(path).map_err(|error| wrong(format!("cannot be read: {error}")))?;
    match pem.windows(PEM.len()).any(|part| part == PEM) {
        true => Ok(pem),
        false => Err(wrong("holds no PEM certificate that can be trusted".to_owned())),
    }
}

fn email(config: &Config, ground: &Ground) -> Result<Option<EmailCarrier>, DaemonError> {
    let Some(email) = &config.email else { return Ok(None) };
    let url = &email.smtp_url;
    let server = MailServer {
        host: url.host.clone(),
        port: url.port,
        privacy: match url.privacy {
            SmtpPrivacy::Tls => Privacy::Tls,
            SmtpPrivacy::StartTls => Privacy::StartTls,
            SmtpPrivacy::Plain => Privacy::Plain,
        },
        login: url.user.clone().zip(email.password.clone()),
        from: email.from.clone(),
        authorities: email.ca_file.as_deref().map(authorities).transpose()?,
    };
    EmailCarrier::new(server, ground.clock.clone(), email::Timeouts::default())
        .map(Some)
        .map_err(|error| DaemonError::Settings(error.to_string()))
}

fn webhook(config: &Config, ground: &Ground) -> Result<Option<WebhookCarrier>, DaemonError> {
    let Some(hook) = &config.webhook else { return Ok(None) };
    WebhookCarrier::new(
        hook.secret.clone(),
        ground.catalog.clone(),
        ground.clock.clone(),
        webhook::Timeouts::default(),
    )
    .map(Some)
    .map_err(|error| DaemonError::Settings(error.to_string()))
}
