//! The configuration: one TOML file, every key overridable from the environment.
//!
//! `http.listen` becomes `LAMPLIGHT__HTTP__LISTEN`; a secret can also come from a file, named by the same variable
//! with `_FILE` at its end. The environment wins over the file. Whatever cannot be meant as it stands, an unknown
//! key above all, stops the start with one sentence that names it. Relative paths start at the working directory.

mod backfill;
mod draft;
mod key;
mod mqtt;
mod presence;
mod secret;
mod smtp;
mod text;
mod traffic;
mod twilio;
mod url;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use thiserror::Error;

use self::draft::Draft;
pub use self::key::schema;
pub use self::mqtt::MqttConfig;
pub use self::presence::{HeartbeatConfig, SyntheticConfig, SyntheticPath};
pub use self::smtp::{SmtpPrivacy, SmtpUrl};
pub use self::text::{AndroidConfig, HookSecret, HttpSmsConfig, NotifyConfig};
pub use self::traffic::TrafficConfig;
pub use self::url::BrokerUrl;
use crate::domain::phone::Phone;
use crate::domain::provider::Provider;
use crate::domain::retention::RawTexts;
use crate::domain::secret::Secret;

/// What every variable that is meant for the configuration begins with.
pub const PREFIX: &str = "LAMPLIGHT__";

const QUEUE_CAPACITY: usize = 65_536;
const QUEUE_LIMIT: usize = 16_777_216;

#[derive(Debug, Clone)]
pub struct Config {
    pub store: StoreConfig,
    pub http: HttpConfig,
    /// Without it no broker is joined: readings come by text alone.
    pub mqtt: Option<MqttConfig>,
    pub sms: SmsConfig,
    /// Without it no mail leaves.
    pub email: Option<EmailConfig>,
    /// Without it no hook is called.
    pub webhook: Option<WebhookConfig>,
    pub clinical: ClinicalConfig,
    /// How long the words of texts are kept; nothing: for ever.
    pub raw_texts: Option<RawTexts>,
    pub intake: IntakeConfig,
    /// Without it nobody outside hears of it when we fall silent.
    pub heartbeat: Option<HeartbeatConfig>,
    /// Without it nobody tries the way in but patients.
    pub synthetic: Option<SyntheticConfig>,
}

/// What a command needs that looks after the house while the daemon may be running: no secret is asked for.
#[derive(Debug, Clone)]
pub struct Housekeeping {
    pub store: StoreConfig,
    pub clinical: ClinicalConfig,
}

#[derive(Debug, Clone)]
pub struct StoreConfig {
    /// The database file.
    pub path: PathBuf,
}

#[derive(Debug, Clone)]
pub struct HttpConfig {
    pub listen: SocketAddr,
    /// How the world reaches us, and what carriers sign. No slash at its end.
    pub public_url: String,
}

#[derive(Debug, Clone)]
pub struct SmsConfig {
    /// Who carries our texts, the first for choice; the others while it cannot. Never empty.
    pub providers: Vec<Provider>,
    /// How often providers' lists are searched for texts that did not reach us; nothing: never.
    pub backfill_every: Option<Duration>,
    /// Each is there whenever it is among the providers. One that is there and not among them only takes texts in.
    pub twilio: Option<TwilioConfig>,
    pub notify: Option<NotifyConfig>,
    pub android: Option<AndroidConfig>,
    pub http: Option<HttpSmsConfig>,
    pub traffic: TrafficConfig,
}

#[derive(Debug, Clone)]
pub struct TwilioConfig {
    pub account_sid: String,
    pub auth_token: Secret,
    /// Still accepted under webhooks while the token is being rotated.
    pub auth_token_previous: Option<Secret>,
    pub sender: Sender,
    /// No slash at its end.
    pub api_base: String,
    /// Whether words are blanked there once they are stored here.
    pub redact: bool,
    /// Where Twilio is told of who has left, without a slash at its end; nothing: it is not told.
    pub consents: Option<String>,
}

/// What texts are sent from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sender {
    From(Phone),
    MessagingService(String),
}

/// Who sends mails to staff.
#[derive(Debug, Clone)]
pub struct EmailConfig {
    pub smtp_url: SmtpUrl,
    /// One mailbox, `name@host`.
    pub from: String,
    /// There whenever the address names a user.
    pub password: Option<Secret>,
    /// Trusted besides the system's certificates; only where the way is private.
    pub ca_file: Option<PathBuf>,
}

#[derive(Debug, Clone)]
pub struct WebhookConfig {
    pub secret: Secret,
}

impl Sender {
    pub fn shown(&self) -> &str {
        match self {
            Self::From(phone) => phone.as_str(),
            Self::MessagingService(sid) => sid,
        }
    }
}

#[derive(Debug, Clone)]
pub struct ClinicalConfig {
    pub protocols: PathBuf,
    pub rules: PathBuf,
    /// The site's file: teams, chains and rotas. Without it there is one team, whose queue is all there is.
    pub site: Option<PathBuf>,
}

#[derive(Debug, Clone)]
pub struct IntakeConfig {
    /// How many events may wait to be stored before edges are told that we are full.
    pub queue_capacity: usize,
}

/// Why there is no configuration. Each is one sentence that names the place and never a secret's value.
#[derive(Debug, Error)]
pub enum ConfigError {
    #[error("{path}: cannot be read: {source}")]
    Unreadable { path: String, source: std::io::Error },
    /// `place` is `file:line:column`, the file alone, or a variable.
    #[error("{place}: {why}")]
    Fault { place: String, why: String },
}

impl Config {
    /// Reads the file at `path` and the variables that begin with [`PREFIX`].
    pub fn open(path: &Path, env: impl IntoIterator<Item = (String, String)>) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| ConfigError::Unreadable { path: path.display().to_string(), source })?;
        Self::load(&text, path, env)
    }

    /// Reads of the file at `path` and of the environment only what housekeeping needs. A file that is not there is no
    /// fault if the environment names the database.
    pub fn open_housekeeping(
        path: &Path,
        env: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Housekeeping, ConfigError> {
        let env: Vec<_> = env
            .into_iter()
            .filter(|(name, _)| ["STORE__", "CLINICAL__"].iter().any(|s| name[PREFIX.len()..].starts_with(s)))
            .collect();
        let text = match std::fs::read_to_string(path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound && !env.is_empty() => String::new(),
            read => {
                read.map_err(|source| ConfigError::Unreadable { path: path.display().to_string(), source })?
            }
        };
        let draft = Draft::gather(&text, path, env)?;
        let folder = |key, usual: &str| Ok(draft.read(key, path_of)?.unwrap_or_else(|| PathBuf::from(usual)));
        Ok(Housekeeping {
            store: StoreConfig { path: draft.need("store.path", path_of)? },
            clinical: ClinicalConfig {
                protocols: folder("clinical.protocols", "protocols")?,
                rules: folder("clinical.rules", "alert_rules")?,
                site: draft.read("clinical.site", path_of)?,
            },
        })
    }

    /// Reads a configuration from `text`, which came from `path`. Opens no file but those that `..._FILE` names.
    pub fn load(
        text: &str,
        path: &Path,
        env: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, ConfigError> {
        let draft = Draft::gather(text, path, env)?;
        Ok(Self {
            store: StoreConfig { path: draft.need("store.path", path_of)? },
            http: HttpConfig {
                listen: draft.need("http.listen", |text| {
                    text.parse().map_err(|_| "must be an address and port like 127.0.0.1:8080".to_owned())
                })?,
                public_url: draft.need("http.public_url", url::parse_web)?,
            },
            mqtt: if draft.has_section("mqtt") { Some(MqttConfig::read(&draft)?) } else { None },
            sms: SmsConfig::read(&draft)?,
            email: if draft.has_section("email") { Some(EmailConfig::read(&draft)?) } else { None },
            webhook: if draft.has_section("webhook") { Some(WebhookConfig::read(&draft)?) } else { None },
            clinical: ClinicalConfig {
                protocols: draft.need("clinical.protocols", path_of)?,
                rules: draft.need("clinical.rules", path_of)?,
                site: draft.read("clinical.site", path_of)?,
            },
            raw_texts: draft.read("retention.raw_texts_days", raw_texts)?,
            intake: IntakeConfig {
                queue_capacity: draft.read("intake.queue_capacity", capacity)?.unwrap_or(QUEUE_CAPACITY),
            },
            synthetic: if draft.has_section("synthetic") {
                Some(SyntheticConfig::read(&draft)?)
            } else {
                None
            },
            heartbeat: if draft.has_section("heartbeat") {
                Some(HeartbeatConfig::read(&draft)?)
            } else {
                None
            },
        })
    }
}

impl SmsConfig {
    fn read(draft: &Draft) -> Result<Self, ConfigError> {
        let providers = draft.need("sms.provider", providers)?;
        let backfill_every =
            draft.read("sms.backfill_minutes", backfill::parse)?.unwrap_or(Some(backfill::USUAL));
        let wanted = |provider: Provider| {
            providers.contains(&provider) || draft.has_section(&format!("sms.{}", provider.name()))
        };
        Ok(Self {
            backfill_every,
            twilio: wanted(Provider::Twilio).then(|| TwilioConfig::read(draft)).transpose()?,
            notify: wanted(Provider::Notify).then(|| NotifyConfig::read(draft)).transpose()?,
            android: wanted(Provider::Android).then(|| AndroidConfig::read(draft)).transpose()?,
            http: wanted(Provider::Http).then(|| HttpSmsConfig::read(draft)).transpose()?,
            traffic: TrafficConfig::read(draft)?,
            providers,
        })
    }
}

impl EmailConfig {
    fn read(draft: &Draft) -> Result<Self, ConfigError> {
        let email = Self {
            smtp_url: draft.need("email.smtp_url", SmtpUrl::parse)?,
            from: draft.need("email.from", smtp::mailbox)?,
            password: draft.read("email.password", secret::parse)?,
            ca_file: draft.read("email.ca_file", path_of)?,
        };
        if email.ca_file.is_some() && email.smtp_url.privacy == SmtpPrivacy::Plain {
            return Err(draft.fault(
                "email.ca_file",
                "needs a mail server that is spoken to over TLS, like smtps://host",
            ));
        }
        match (&email.smtp_url.user, &email.password) {
            (Some(_), None) => draft.need("email.password", secret::parse).map(|_| email),
            (None, Some(_)) => {
                Err(draft.fault("email.password", "needs a user in email.smtp_url, like smtps://user@host"))
            }
            _ => Ok(email),
        }
    }
}

impl WebhookConfig {
    fn read(draft: &Draft) -> Result<Self, ConfigError> {
        let long_enough = |text: &str| match text.len() {
            0..16 => Err("is too short to sign with: give at least 16 characters".to_owned()),
            _ => secret::parse(text),
        };
        Ok(Self { secret: draft.need("webhook.secret", long_enough)? })
    }
}

fn path_of(text: &str) -> Result<PathBuf, String> {
    if text.contains('\0') { Err("is not a path".to_owned()) } else { Ok(PathBuf::from(text)) }
}

fn word(text: &str) -> Result<String, String> {
    if text.chars().any(|c| c.is_control() || c.is_whitespace()) {
        return Err("must not hold spaces or control characters".to_owned());
    }
    Ok(text.to_owned())
}

/// Providers parted by commas, each once.
fn providers(text: &str) -> Result<Vec<Provider>, String> {
    let mut providers = Vec::new();
    for name in text.split(',') {
        match Provider::from_name(name.trim()) {
            Some(provider) if !providers.contains(&provider) => providers.push(provider),
            Some(_) => return Err("names a provider twice".to_owned()),
            None => {
                return Err(
                    "is not a provider; the providers are twilio, notify, android, http and log".to_owned()
                );
            }
        }
    }
    Ok(providers)
}

fn flag(text: &str) -> Result<bool, String> {
    text.parse().map_err(|_| "must be true or false".to_owned())
}

/// A slip of the keyboard must not remove this year's texts.
fn raw_texts(text: &str) -> Result<RawTexts, String> {
    let fits = |days: &u32| (365..=36_525).contains(days);
    let days = text.parse().ok().filter(fits);
    days.map(|days| RawTexts { days }).ok_or_else(|| {
        "must be a whole number of days from 365 to 36525, like 2922 for eight years".to_owned()
    })
}

fn capacity(text: &str) -> Result<usize, String> {
    let fits = |capacity: &usize| (1..=QUEUE_LIMIT).contains(capacity);
    text.parse().ok().filter(fits).ok_or_else(|| format!("must be a whole number from 1 to {QUEUE_LIMIT}"))
}
