//! What is no TOML, no key, or of another kind than its key.

use super::Fault;

pub(super) const SHAPES: &[Fault] = &[
    ("not TOML", "[store]", "[store", "config.toml:1:7: is not TOML here"),
    ("text never closed", "\"lamplight.db\"", "\"lamplight.db", "config.toml:2:21: is not TOML here"),
    ("text without quotation marks", "\"lamplight.db\"", "lamplight.db", "config.toml:2:8: is not TOML here"),
    (
        "key twice",
        "path = \"lamplight.db\"",
        "path = \"a\"\npath = \"b\"",
        "config.toml:3:1: is not TOML here",
    ),
    ("section twice", "[clinical]", "[http]\n[clinical]", "config.toml:15:2: is not TOML here"),
    (
        "unknown section",
        "[store]",
        "[stores]",
        "config.toml:1:2: stores is not a known key; the sections are store, http, mqtt, sms, email, webhook, clinical, heartbeat, synthetic, intake",
    ),
    (
        "unknown key",
        "listen =",
        "listem =",
        "config.toml:4:1: http.listem is not a known key; [http] has listen, public_url",
    ),
    (
        "unknown nested key",
        "auth_token =",
        "token =",
        "config.toml:12:1: sms.twilio.token is not a known key; [sms.twilio] has account_sid, auth_token",
    ),
    (
        "unknown section in a section",
        "[sms.twilio]",
        "[sms.vonage]",
        "sms.vonage is not a known key; [sms] has provider, countries",
    ),
    (
        "key outside its section",
        "[store]",
        "listen = \"1\"\n[store]",
        "config.toml:1:1: listen is not a known key",
    ),
    ("name with a line break", "[store]", "\"a\\nb\" = 1\n[store]", "a\\nb is not a known key"),
    (
        "section as a value",
        "[store]\npath = \"lamplight.db\"",
        "store = \"lamplight.db\"",
        "config.toml:1:1: store must be a section: write [store]",
    ),
    (
        "value as a section",
        "listen = \"127.0.0.1:8080\"",
        "listen.port = 8080",
        "http.listen must be text in quotation marks, not a section",
    ),
    ("list of sections", "[store]", "[[store]]", "config.toml:1:3: store must be a section"),
    (
        "number for text",
        "\"127.0.0.1:8080\"",
        "8080",
        "config.toml:4:10: http.listen must be text in quotation marks, not a number",
    ),
    (
        "truth for text",
        "\"lamplight.db\"",
        "true",
        "config.toml:2:8: store.path must be text in quotation marks, not true or false",
    ),
    (
        "list for text",
        "\"alert_rules\"",
        "[\"alert_rules\"]",
        "clinical.rules must be text in quotation marks, not a list",
    ),
    (
        "number for a secret",
        "\"t0ken-in-the-file\"",
        "12345",
        "sms.twilio.auth_token must be text in quotation marks, not a number",
    ),
    (
        "text for a number",
        "[clinical]",
        "[intake]\nqueue_capacity = \"9\"\n[clinical]",
        "intake.queue_capacity must be a whole number, not text",
    ),
];
