//! Every key there is: what the file, the environment and the schema agree on.

use serde_json::{Map, Value, json};

use super::PREFIX;

/// What a key's value is written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Integer,
    /// True or false.
    Flag,
    /// Text that may also come from a file, and is never shown.
    Secret,
}

#[derive(Debug)]
pub(super) struct Key {
    /// Sections and name, joined by dots.
    pub path: &'static str,
    pub kind: Kind,
    /// For the schema.
    pub about: &'static str,
}

pub(super) const KEYS: &[Key] = &[
    text("store.path", "The database file; a relative path starts at the working directory."),
    text("http.listen", "Address and port to listen on, like 127.0.0.1:8080."),
    text("http.public_url", "How the world reaches us, and what carriers sign."),
    text("mqtt.broker", "mqtt://host:1883, or mqtts://host:8883 for TLS."),
    text("mqtt.username", "The user name at the broker."),
    secret("mqtt.password", "The password at the broker."),
    text("mqtt.client_id", "Names the session that the broker keeps for us; 'lamplight' by default."),
    text("mqtt.share_group", "Shares the subscription with the others of this group."),
    text(
        "mqtt.profiles",
        "Device profiles in use, parted by commas, like 'theengs, tasmota'; none by default.",
    ),
    text("mqtt.ca_file", "A PEM file of certificates to trust, for mqtts."),
    text("mqtt.client_cert_file", "A PEM file of the certificate that we show the broker, for mqtts."),
    text("mqtt.client_key_file", "A PEM file of that certificate's private key."),
    text("sms.provider", "'twilio', 'notify', 'android', 'http', or 'log' to send nothing."),
    text("sms.countries", "Calling codes whose mobile phones are texted, parted by commas; 44 by default."),
    Key {
        path: "sms.segments_per_second",
        kind: Kind::Integer,
        about: "How many parts of texts leave in a second by each provider; 10 by default, 0 for no limit.",
    },
    text("sms.pence_per_segment", "What a part of a text costs, like 2.3; for the figures of costs."),
    Key {
        path: "sms.budget.number",
        kind: Kind::Integer,
        about: "Parts to one number in 24 hours before routine texts wait; 30 by default, 0 for no limit.",
    },
    Key {
        path: "sms.budget.day",
        kind: Kind::Integer,
        about: "Parts in 24 hours before routine texts wait; 30000 by default, 0 for no limit.",
    },
    Key {
        path: "sms.budget.burst",
        kind: Kind::Integer,
        about: "Parts in ten minutes before routine texts wait; 5000 by default, 0 for no limit.",
    },
    Key {
        path: "sms.backfill_minutes",
        kind: Kind::Integer,
        about: "How often the provider's list is searched for texts that did not reach us; 5 by default, 0 for never.",
    },
    text("sms.twilio.account_sid", "The account, AC…"),
    secret("sms.twilio.auth_token", "Signs webhooks and opens the API."),
    secret("sms.twilio.auth_token_previous", "Still accepted under webhooks during rotation."),
    text("sms.twilio.from", "The number texts come from, in E.164 form; or messaging_service_sid."),
    text("sms.twilio.messaging_service_sid", "The messaging service, MG…; or from."),
    text("sms.twilio.api_base", "https://api.twilio.com by default."),
    Key {
        path: "sms.twilio.redact",
        kind: Kind::Flag,
        about: "Whether the words of texts are blanked at Twilio once they are stored here; false by default.",
    },
    Key {
        path: "sms.twilio.consents",
        kind: Kind::Flag,
        about: "Whether Twilio's consent list is told of who has left and who is back; false by default. A pilot of \
                Twilio's, which the account must have.",
    },
    text("sms.twilio.accounts_base", "Where that list is; https://accounts.twilio.com by default."),
    secret("sms.notify.api_key", "A key of GOV.UK Notify, name-<service id>-<secret>."),
    text("sms.notify.template_id", "The template that every text goes through."),
    text("sms.notify.placeholder", "The template's one placeholder; 'message' by default."),
    text("sms.notify.sender_id", "The text message sender, a UUID; the service's usual one by default."),
    text("sms.notify.api_base", "https://api.notifications.service.gov.uk by default."),
    secret("sms.notify.token", "The bearer token of both callbacks."),
    secret("sms.notify.token_previous", "Still accepted during rotation."),
    text("sms.android.api_base", "Where the phone's app listens, like http://192.0.2.7:8080."),
    text("sms.android.username", "The user that the app shows."),
    secret("sms.android.password", "Its password."),
    integer("sms.android.sim", "The SIM card that sends, from 1; the phone's usual one by default."),
    secret("sms.android.signing_key", "The key that the app signs its webhooks with."),
    secret("sms.android.signing_key_previous", "Still accepted while it is being changed."),
    text("sms.http.url", "Where texts are sent; may hold {to}, {to_digits}, {from}, {text} and {id}."),
    text("sms.http.method", "GET, POST or PUT; POST by default."),
    text("sms.http.headers", "Further headers, a line each; like Authorization: Bearer {secret}."),
    secret("sms.http.secret", "What {secret} stands for, in url, headers or body."),
    text("sms.http.body", "The body, with places as in url; none by default."),
    text("sms.http.body_type", "'json' or 'form'; json by default."),
    text("sms.http.from", "What {from} stands for."),
    text("sms.http.accepted_when", "What an answer must say, like /messages/0/status=0; any 2xx by default."),
    text("sms.http.id_at", "Where an answer names the text, like /messages/0/id."),
    secret("sms.http.token", "The token of both webhooks, as a bearer or as ?token=."),
    secret("sms.http.token_previous", "Still accepted during rotation."),
    text(
        "sms.http.inbound_from",
        "The field that names the sender; 'from' by default. A slash begins a JSON pointer.",
    ),
    text("sms.http.inbound_to", "The number texted to; 'to' by default."),
    text("sms.http.inbound_text", "The words; 'text' by default."),
    text(
        "sms.http.inbound_id",
        "The text's name; 'id' by default. Without one, what says the same is the same.",
    ),
    text("sms.http.inbound_received_at", "When the service got it, with offset; 'received_at' by default."),
    text("sms.http.inbound_part_reference", "What parts of one text share; 'part_reference' by default."),
    text("sms.http.inbound_part_number", "A part's number, from 1; 'part_number' by default."),
    text("sms.http.inbound_part_total", "How many parts there are; 'part_total' by default."),
    text("sms.http.status_id", "The service's name of the text; 'id' by default."),
    text("sms.http.status_reference", "Our {id}, if the service gives it back; 'reference' by default."),
    text("sms.http.status_word", "What became of it; 'status' by default."),
    text("sms.http.status_sent", "Words for being on its way, parted by commas; 'sent' by default."),
    text("sms.http.status_delivered", "Words for having arrived; 'delivered' by default."),
    text("sms.http.status_undelivered", "Words for having come back; 'undelivered' by default."),
    text("sms.http.status_failed", "Words for having failed; 'failed' by default."),
    text(
        "email.smtp_url",
        "smtps://user@host:465; smtp://host:587 with STARTTLS; smtp://127.0.0.1:1025 in the clear.",
    ),
    text("email.from", "The mailbox that mails to staff come from."),
    secret("email.password", "The password of the user in smtp_url."),
    text("email.ca_file", "A PEM file of certificates to trust besides the system's, for smtps or STARTTLS."),
    secret("webhook.secret", "Signs the calls of hooks; both ends know it."),
    text("clinical.protocols", "The folder of protocols."),
    text("clinical.rules", "The folder of alert rules."),
    text("clinical.site", "The site's file: teams, chains, rotas and services."),
    text("heartbeat.url", "A dead-man service's address; pinged while the auditor finds that all is well."),
    Key {
        path: "heartbeat.every_seconds",
        kind: Kind::Integer,
        about: "How often the heartbeat beats; 60 by default.",
    },
    text("synthetic.path", "How the synthetic patient's readings come in: text or mqtt."),
    Key {
        path: "synthetic.every_minutes",
        kind: Kind::Integer,
        about: "How often it sends a red reading; 15 by default.",
    },
    Key {
        path: "synthetic.within_seconds",
        kind: Kind::Integer,
        about: "Within which its alert must be there; 60 by default.",
    },
    text("synthetic.patient", "Its id; 'synthetic' by default."),
    text("synthetic.phone", "The number that its texts come from, in E.164 form; nobody else's."),
    text("synthetic.device", "The device that its readings come from; 'synthetic' by default."),
    Key {
        path: "retention.raw_texts_days",
        kind: Kind::Integer,
        about: "After how many days the words of texts are removed, 365 to 36525; by default they are kept for ever. \
                Protocols may ask for longer, and nothing goes that is still at work.",
    },
    Key {
        path: "intake.queue_capacity",
        kind: Kind::Integer,
        about: "How many events may wait to be stored; 65536 by default.",
    },
];

const fn text(path: &'static str, about: &'static str) -> Key {
    Key { path, kind: Kind::Text, about }
}

const fn integer(path: &'static str, about: &'static str) -> Key {
    Key { path, kind: Kind::Integer, about }
}

const fn secret(path: &'static str, about: &'static str) -> Key {
    Key { path, kind: Kind::Secret, about }
}

impl Key {
    pub fn find(path: &str) -> Option<&'static Self> {
        KEYS.iter().find(|key| key.path == path)
    }

    /// `http.listen` is `LAMPLIGHT__HTTP__LISTEN`.
    pub fn variable(&self) -> String {
        format!("{PREFIX}{}", self.path.to_ascii_uppercase().replace('.', "__"))
    }

    /// Names the file that the secret is in.
    pub fn file_variable(&self) -> Option<String> {
        (self.kind == Kind::Secret).then(|| format!("{}_FILE", self.variable()))
    }
}

/// Whether there are keys below this path.
pub(super) fn is_section(path: &str) -> bool {
    KEYS.iter().any(|key| below(key, path).is_some())
}

/// The sentence for a path that is no key: what there is in its section.
pub(super) fn known_beside(path: &str) -> String {
    match path.rsplit_once('.').map(|(section, _)| section).filter(|section| is_section(section)) {
        Some(section) => format!("[{section}] has {}", children(section).join(", ")),
        None => format!("the sections are {}", children("").join(", ")),
    }
}

fn below<'k>(key: &'k Key, section: &str) -> Option<&'k str> {
    if section.is_empty() { Some(key.path) } else { key.path.strip_prefix(section)?.strip_prefix('.') }
}

/// The names directly below a section, in the order of [`KEYS`].
fn children(section: &str) -> Vec<&'static str> {
    let mut names: Vec<_> = KEYS.iter().filter_map(|key| below(key, section)?.split('.').next()).collect();
    names.dedup();
    names
}

/// The JSON Schema of the file. Nothing is required in it: any key may come from the environment instead.
pub fn schema() -> Value {
    let mut schema = section_schema("");
    schema["$schema"] = json!("https://json-schema.org/draft/2020-12/schema");
    schema["title"] = json!("Lamplight's configuration");
    schema
}

fn section_schema(section: &str) -> Value {
    let mut properties = Map::new();
    for name in children(section) {
        let path = if section.is_empty() { name.to_owned() } else { format!("{section}.{name}") };
        properties.insert(
            name.to_owned(),
            match Key::find(&path) {
                Some(key) => json!({
                    "type": match key.kind {
                        Kind::Integer => "integer",
                        Kind::Flag => "boolean",
                        Kind::Text | Kind::Secret => "string",
                    },
                    "description": key.about,
                    "x-environment": key.variable(),
                }),
                None => section_schema(&path),
            },
        );
    }
    json!({ "type": "object", "additionalProperties": false, "properties": properties })
}
