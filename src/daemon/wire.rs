//! From the configuration's words to each room's own.

use std::collections::BTreeSet;

use crate::config::{Config, Sender as ConfiguredSender, SmtpPrivacy, TwilioConfig};
use crate::domain::phone::Phone;
use crate::domain::profile::{Book, TopicPattern};
use crate::domain::provider::Provider;
use crate::engine::activation::CatalogInForce;
use crate::mqtt::broker::{BrokerConfig, BrokerSettings, Foreign};
use crate::notify::email::{self, EmailCarrier, MailServer, Privacy};
use crate::notify::webhook::{self, WebhookCarrier};
use crate::outbox::Carriers;
use crate::sms::carrier::TextCarrier;
use crate::sms::log::LogCarrier;
use crate::sms::signature::Verifier;
use crate::sms::twilio::{Sender, Timeouts, TwilioAccount, TwilioCarrier};

use super::{Account, DaemonError, Ground};

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
    };
    let mut broker =
        BrokerConfig::load(settings).map_err(|error| DaemonError::Settings(error.to_string()))?;
    if !mqtt.profiles.is_empty() {
        let topics = topics(&mqtt.profiles, &catalog.hold().await.devices)?;
        broker.foreign = Some(Foreign { topics, catalog: catalog.clone() });
    }
    // Devices leave room for texts, and the socket is left unread before the queue is full.
    broker.pace.high_water = broker.pace.high_water.min(config.intake.queue_capacity / 2).max(1);
    Ok(Some(broker))
}

/// What the broker is asked for on behalf of the profiles in use.
fn topics(names: &[String], devices: &Book) -> Result<Vec<String>, DaemonError> {
    let mut topics = BTreeSet::new();
    for name in names {
        let profile = devices.get(name).ok_or_else(|| {
            DaemonError::Settings(format!(
                "mqtt.profiles names '{name}', and there is no such file in the folder of device profiles"
            ))
        })?;
        topics.extend(profile.topics.iter().map(TopicPattern::filter));
    }
    Ok(topics.into_iter().collect())
}

/// Whose webhooks are believed: any configured account's, whoever carries our own texts.
pub(super) fn account(config: &Config) -> Result<Option<Account>, DaemonError> {
    let Some(twilio) = &config.sms.twilio else { return Ok(None) };
    let previous = twilio.auth_token_previous.as_ref().map(|token| token.expose());
    let verifier = Verifier::new(twilio.auth_token.expose(), previous)
        .map_err(|error| DaemonError::Settings(error.to_string()))?;
    Ok(Some(Account { verifier, account_sid: twilio.account_sid.clone() }))
}

/// The numbers that our own texts come from, as far as they are configured: a service picks its own.
pub(super) fn own_numbers(config: &Config) -> Vec<Phone> {
    let sender = config.sms.twilio.as_ref().map(|twilio| &twilio.sender);
    match sender {
        Some(ConfiguredSender::From(phone)) => vec![phone.clone()],
        Some(ConfiguredSender::MessagingService(_)) | None => Vec::new(),
    }
}

/// Who carries texts: the provider of first choice.
pub(super) fn texts(config: &Config) -> Result<TextCarrier, DaemonError> {
    match config.sms.providers.first() {
        Some(Provider::Twilio) => twilio(config).map(TextCarrier::Twilio),
        Some(Provider::Log) => Ok(TextCarrier::Log(LogCarrier)),
        other => Err(DaemonError::Settings(format!(
            "sms.provider is {}, which carries nothing yet",
            other.map_or("empty", |provider| provider.name())
        ))),
    }
}

fn twilio(config: &Config) -> Result<TwilioCarrier, DaemonError> {
    let Some(twilio) = &config.sms.twilio else {
        return Err(DaemonError::Settings("sms.provider is twilio, but [sms.twilio] is missing".to_owned()));
    };
    let account = TwilioAccount {
        account_sid: twilio.account_sid.clone(),
        auth_token: twilio.auth_token.clone(),
        sender: sender(twilio),
        api_base: twilio.api_base.clone(),
        public_url: config.http.public_url.clone(),
    };
    TwilioCarrier::new(account, Timeouts::default()).map_err(|error| DaemonError::Settings(error.to_string()))
}

/// Beside texts, whatever else is configured to reach staff.
pub(super) fn carriers<S>(
    sms: S,
    config: &Config,
    ground: &Ground,
) -> Result<Carriers<S, EmailCarrier, WebhookCarrier>, DaemonError> {
    Ok(Carriers { sms, email: email(config, ground)?, webhook: webhook(config, ground)? })
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

fn sender(twilio: &TwilioConfig) -> Sender {
    match &twilio.sender {
        ConfiguredSender::From(phone) => Sender::From(phone.clone()),
        ConfiguredSender::MessagingService(sid) => Sender::Service(sid.clone()),
    }
}
