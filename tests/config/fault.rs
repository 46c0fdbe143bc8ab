//! Everything a configuration can get wrong, each named in one sentence.

use super::{LEAST, fault, load};
use lamplight::config::Config;

/// Label, what to replace in the least set, with what, and what the sentence holds.
const FILES: &[(&str, &str, &str, &str)] = &[
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
        "config.toml:1:2: stores is not a known key; the sections are store, http, mqtt, sms, email, webhook, clinical, heartbeat, synthetic, retention, intake",
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
    (
        "no room at all",
        "[clinical]",
        "[intake]\nqueue_capacity = 0\n[clinical]",
        "intake.queue_capacity must be a whole number from 1 to",
    ),
    (
        "this year's texts removed",
        "[clinical]",
        "[retention]\nraw_texts_days = 30\n[clinical]",
        "retention.raw_texts_days must be a whole number of days from 365 to 36525",
    ),
    (
        "country by its name",
        "[sms]\n",
        "[sms]\ncountries = \"GB\"\n",
        "sms.countries must be calling codes parted by commas, like 44, 353",
    ),
    (
        "price with a pound sign",
        "[sms]\n",
        "[sms]\npence_per_segment = \"£0.02\"\n",
        "sms.pence_per_segment must be pence like 2.3",
    ),
    (
        "pace below nothing",
        "[sms]\n",
        "[sms]\nsegments_per_second = -1\n",
        "sms.segments_per_second must be a whole number up to",
    ),
    (
        "budget in words",
        "[clinical]",
        "[sms.budget]\nday = \"lots\"\n[clinical]",
        "sms.budget.day must be a whole number, not text",
    ),
    (
        "negative room",
        "[clinical]",
        "[intake]\nqueue_capacity = -1\n[clinical]",
        "intake.queue_capacity must be a whole number from 1 to",
    ),
    (
        "too much room",
        "[clinical]",
        "[intake]\nqueue_capacity = 99999999999999999999\n[clinical]",
        "intake.queue_capacity must be",
    ),
    (
        "a look every eternity",
        "[sms]",
        "[sms]\nbackfill_minutes = 100000",
        "sms.backfill_minutes must be a whole number of minutes from 0 (never) to 1440",
    ),
    (
        "a flag in words",
        "[sms.twilio]",
        "[sms.twilio]\nredact = \"yes\"",
        "sms.twilio.redact must be true or false, not text",
    ),
    (
        "mail server without a scheme",
        "[clinical]",
        "[email]\nsmtp_url = \"mail.example.org\"\nfrom = \"a@example.org\"\n[clinical]",
        "email.smtp_url must begin with smtps:// or smtp://",
    ),
    (
        "password in the mail server's address",
        "[clinical]",
        "[email]\nsmtp_url = \"smtps://a:b@mail.example.org\"\nfrom = \"a@example.org\"\n[clinical]",
        "email.smtp_url must not hold a password; give email.password",
    ),
    (
        "mail user without a password",
        "[clinical]",
        "[email]\nsmtp_url = \"smtps://a@mail.example.org\"\nfrom = \"a@example.org\"\n[clinical]",
        "email.password is missing; set it in the file or as LAMPLIGHT__EMAIL__PASSWORD",
    ),
    (
        "mail password without a user",
        "[clinical]",
        "[email]\nsmtp_url = \"smtps://mail.example.org\"\nfrom = \"a@example.org\"\npassword = \"t0ken\"\n[clinical]",
        "email.password needs a user in email.smtp_url",
    ),
    (
        "mails from nobody",
        "[clinical]",
        "[email]\nsmtp_url = \"smtps://mail.example.org\"\nfrom = \"Lamplight\"\n[clinical]",
        "email.from must be a mailbox like lamplight@example.org",
    ),
    (
        "a secret that anybody guesses",
        "[clinical]",
        "[webhook]\nsecret = \"t0ken\"\n[clinical]",
        "webhook.secret is too short to sign with",
    ),
    ("empty path", "\"lamplight.db\"", "\"\"", "config.toml:2:8: store.path must not be empty"),
    (
        "empty secret",
        "\"t0ken-in-the-file\"",
        "\"\"",
        "config.toml:12:14: sms.twilio.auth_token must not be empty",
    ),
    (
        "path missing",
        "path = \"lamplight.db\"",
        "",
        "config.toml: store.path is missing; set it in the file or as LAMPLIGHT__STORE__PATH",
    ),
    ("address missing", "listen = \"127.0.0.1:8080\"", "", "config.toml: http.listen is missing"),
    (
        "public address missing",
        "public_url = \"https://lamplight.example.org\"",
        "",
        "config.toml: http.public_url is missing",
    ),
    ("rules missing", "rules = \"alert_rules\"", "", "config.toml: clinical.rules is missing"),
    ("provider missing", "provider = \"twilio\"", "", "config.toml: sms.provider is missing"),
    (
        "secret missing",
        "auth_token = \"t0ken-in-the-file\"",
        "",
        "config.toml: sms.twilio.auth_token is missing; set it in the file or as LAMPLIGHT__SMS__TWILIO__AUTH_TOKEN, or name its file as LAMPLIGHT__SMS__TWILIO__AUTH_TOKEN_FILE",
    ),
    (
        "account missing",
        "account_sid = \"AC0123456789abcdef0123456789abcdef\"",
        "",
        "config.toml: sms.twilio.account_sid is missing",
    ),
    ("broker missing", "broker = \"mqtt://127.0.0.1:1883\"", "", "config.toml: mqtt.broker is missing"),
    (
        "sender missing",
        "from = \"+447700900456\"",
        "",
        "config.toml: sms.twilio.from is missing; give it or messaging_service_sid",
    ),
    (
        "two senders",
        "from =",
        "messaging_service_sid = \"MG1\"\nfrom =",
        "config.toml:13:25: sms.twilio.messaging_service_sid stands beside sms.twilio.from",
    ),
    (
        "unknown provider",
        "\"twilio\"",
        "\"vonage\"",
        "config.toml:9:12: sms.provider is not a provider; the providers are twilio, notify, android, http and log",
    ),
    (
        "Notify without its key",
        "[clinical]",
        "[sms.notify]\ntemplate_id = \"t\"\n[clinical]",
        "sms.notify.api_key is missing; set it in the file or as LAMPLIGHT__SMS__NOTIFY__API_KEY, or name its file",
    ),
    (
        "a key that is not Notify's",
        "[clinical]",
        "[sms.notify]\napi_key = \"t0ken\"\n[clinical]",
        "sms.notify.api_key is not a key of GOV.UK Notify",
    ),
    (
        "a provider without its section",
        "provider = \"twilio\"",
        "provider = \"twilio, android\"",
        "config.toml: sms.android.api_base is missing",
    ),
    (
        "a slot that no phone has",
        "[clinical]",
        "[sms.android]\napi_base = \"http://192.0.2.7:8080\"\nusername = \"u\"\npassword = \"t0ken\"\nsim = 0\n[clinical]",
        "sms.android.sim must be 1 for the first SIM card, or 2",
    ),
    (
        "a signing key that anybody guesses",
        "[clinical]",
        "[sms.android]\napi_base = \"http://192.0.2.7:8080\"\nusername = \"u\"\npassword = \"t0ken\"\nsigning_key = \"t0ken\"\n[clinical]",
        "sms.android.signing_key is too short to keep anybody out: give at least 8 characters",
    ),
    (
        "a service that is sent no words",
        "[clinical]",
        "[sms.http]\nurl = \"https://sms.example.org/send?to={to}\"\n[clinical]",
        "sms.http.body must hold {text}, or the url must",
    ),
    (
        "a service that is told no number",
        "[clinical]",
        "[sms.http]\nurl = \"https://sms.example.org/send?t={text}\"\n[clinical]",
        "sms.http.body must hold {to} or {to_digits}",
    ),
    (
        "a body that is no JSON once it is filled",
        "[clinical]",
        "[sms.http]\nurl = \"https://sms.example.org/send\"\nbody = '{\"to\": {to}, \"text\": \"{text}\"}'\n[clinical]",
        "sms.http.body is not JSON; write each place in quotation marks",
    ),
    (
        "a secret among the headers",
        "[clinical]",
        "[sms.http]\nurl = \"https://sms.example.org/send?to={to}&t={text}\"\nheaders = \"Authorization: Bearer x\"\n[clinical]",
        "sms.http.headers must not hold a secret; write {secret} and give sms.http.secret",
    ),
    (
        "a place for a secret that is not given",
        "[clinical]",
        "[sms.http]\nurl = \"https://sms.example.org/send?to={to}&t={text}&key={secret}\"\n[clinical]",
        "sms.http.secret is missing, and {secret} stands for it",
    ),
    (
        "faulty Twilio beside log",
        "provider = \"twilio\"\n[sms.twilio]\naccount_sid = \"AC",
        "provider = \"log\"\n[sms.twilio]\naccount_sid = \"XX",
        "sms.twilio.account_sid must be",
    ),
    (
        "address without a port",
        "\"127.0.0.1:8080\"",
        "\"127.0.0.1\"",
        "config.toml:4:10: http.listen must be an address and port like 127.0.0.1:8080",
    ),
    (
        "address by name",
        "\"127.0.0.1:8080\"",
        "\"localhost:8080\"",
        "http.listen must be an address and port",
    ),
    (
        "public address without a scheme",
        "https://lamplight",
        "lamplight",
        "config.toml:5:14: http.public_url must begin with http:// or https://",
    ),
    (
        "public address with a question",
        "example.org\"",
        "example.org/?a\"",
        "http.public_url must not hold spaces, '?' or '#'",
    ),
    (
        "public address with a password",
        "https://lamplight",
        "https://me:pw@lamplight",
        "http.public_url must not hold a user or password",
    ),
    (
        "public address without a host",
        "https://lamplight.example.org",
        "https:///x",
        "http.public_url must be like https://",
    ),
    (
        "public address with a wild port",
        "example.org\"",
        "example.org:99999\"",
        "http.public_url must be like https://",
    ),
    (
        "broker by web",
        "mqtt://127",
        "http://127",
        "config.toml:7:10: mqtt.broker must begin with mqtt:// or mqtts://",
    ),
    (
        "broker with a password",
        "mqtt://127",
        "mqtt://me:pw@127",
        "mqtt.broker must not hold a user; give mqtt.username and mqtt.password",
    ),
    ("broker with port 0", ":1883", ":0", "mqtt.broker must be like mqtt://127.0.0.1:1883"),
    ("broker with a topic", ":1883", ":1883/readings", "mqtt.broker must be like"),
    (
        "password without a user",
        "[sms]",
        "password = \"pw\"\n[sms]",
        "config.toml:8:12: mqtt.password needs mqtt.username beside it",
    ),
    (
        "certificates without TLS",
        "[sms]",
        "ca_file = \"ca.pem\"\n[sms]",
        "config.toml:8:11: mqtt.ca_file needs a broker that begins with mqtts://",
    ),
    (
        "our certificate without TLS",
        "[sms]",
        "client_cert_file = \"us.pem\"\nclient_key_file = \"us.key\"\n[sms]",
        "config.toml:8:20: mqtt.client_cert_file needs a broker that begins with mqtts://",
    ),
    (
        "our certificate without its key",
        "mqtt://127.0.0.1:1883\"",
        "mqtts://127.0.0.1:1883\"\nclient_cert_file = \"us.pem\"",
        "mqtt.client_cert_file needs mqtt.client_key_file beside it",
    ),
    (
        "group with a slash",
        "[sms]",
        "share_group = \"a/b\"\n[sms]",
        "mqtt.share_group must not hold '/', '+' or '#'",
    ),
    ("client with a space", "[sms]", "client_id = \"a b\"\n[sms]", "mqtt.client_id must not hold spaces"),
    (
        "account of another kind",
        "\"AC",
        "\"SK",
        "config.toml:11:15: sms.twilio.account_sid must be letters and digits that begin with AC",
    ),
    ("account with a path", "\"AC01", "\"AC/1", "sms.twilio.account_sid must be letters and digits"),
    (
        "sender by name",
        "+447700900456",
        "Lamplight",
        "config.toml:13:8: sms.twilio.from must be a number in E.164 form like +447700900456",
    ),
    ("token of two lines", "t0ken-in", "t0ken\\nin", "sms.twilio.auth_token must be one line"),
];

type Env = &'static [(&'static str, &'static str)];

/// Label, variables beside the least set, and what the sentence holds.
const VARIABLES: &[(&str, Env, &str)] = &[
    (
        "unknown section",
        &[("LAMPLIGHT__HTPP__LISTEN", "x")],
        "LAMPLIGHT__HTPP__LISTEN: is not a known setting; the sections are store,",
    ),
    (
        "unknown key",
        &[("LAMPLIGHT__HTTP__PORT", "80")],
        "LAMPLIGHT__HTTP__PORT: is not a known setting; [http] has listen, public_url",
    ),
    (
        "small letters",
        &[("LAMPLIGHT__http__listen", "127.0.0.1:1")],
        "LAMPLIGHT__http__listen: is not a known setting",
    ),
    ("section alone", &[("LAMPLIGHT__HTTP", "x")], "LAMPLIGHT__HTTP: is not a known setting"),
    (
        "file for no secret",
        &[("LAMPLIGHT__STORE__PATH_FILE", "x")],
        "LAMPLIGHT__STORE__PATH_FILE: is not a known setting; [store] has path",
    ),
    ("empty", &[("LAMPLIGHT__STORE__PATH", "")], "LAMPLIGHT__STORE__PATH: store.path must not be empty"),
    (
        "wrong address",
        &[("LAMPLIGHT__HTTP__LISTEN", "8080")],
        "LAMPLIGHT__HTTP__LISTEN: http.listen must be an address and port",
    ),
    (
        "wrong number",
        &[("LAMPLIGHT__INTAKE__QUEUE_CAPACITY", "many")],
        "LAMPLIGHT__INTAKE__QUEUE_CAPACITY: intake.queue_capacity must be a whole number",
    ),
    (
        "secret file that is not there",
        &[("LAMPLIGHT__SMS__TWILIO__AUTH_TOKEN_FILE", "/nowhere/token")],
        "LAMPLIGHT__SMS__TWILIO__AUTH_TOKEN_FILE: the file /nowhere/token cannot be read",
    ),
    (
        "secret file that is a folder",
        &[("LAMPLIGHT__SMS__TWILIO__AUTH_TOKEN_FILE", "/")],
        "the file / cannot be read",
    ),
    (
        "secret file that is empty",
        &[("LAMPLIGHT__SMS__TWILIO__AUTH_TOKEN_FILE", "/dev/null")],
        "the file /dev/null is empty",
    ),
    (
        "secret file that never ends",
        &[("LAMPLIGHT__SMS__TWILIO__AUTH_TOKEN_FILE", "/dev/zero")],
        "the file /dev/zero is too long for a secret",
    ),
    (
        "secret twice",
        &[("LAMPLIGHT__MQTT__PASSWORD", "a"), ("LAMPLIGHT__MQTT__PASSWORD_FILE", "/b")],
        "LAMPLIGHT__MQTT__PASSWORD_FILE: stands beside LAMPLIGHT__MQTT__PASSWORD; set only one",
    ),
];

#[test]
fn every_malformed_file_is_one_sentence_that_names_the_place() {
    for (label, from, to, expected) in FILES {
        assert!(LEAST.contains(from), "{label}");
        let sentence = fault(&LEAST.replacen(from, to, 1), &[]);
        assert!(sentence.contains(expected), "{label}:\n found {sentence}\n expected {expected}");
        assert!(!sentence.contains("t0ken"), "{label}: {sentence}");
    }
    assert!(FILES.len() >= 30);
}

#[test]
fn every_malformed_variable_is_one_sentence_that_names_it() {
    for (label, env, expected) in VARIABLES {
        let sentence = fault(LEAST, env);
        assert!(sentence.contains(expected), "{label}:\n found {sentence}\n expected {expected}");
    }
}

#[test]
fn a_file_that_cannot_be_read_is_named() {
    for (path, why) in [("/nowhere/config.toml", "No such file"), ("/", "is a directory")] {
        let sentence = Config::open(path.as_ref(), []).unwrap_err().to_string();
        assert!(sentence.starts_with(path) && sentence.contains("cannot be read"), "{sentence}");
        assert!(sentence.to_lowercase().contains(&why.to_lowercase()), "{sentence}");
    }
    let latin = std::env::temp_dir().join(format!("lamplight-latin-{}.toml", std::process::id()));
    std::fs::write(&latin, b"[store]\npath = \"\xe4\"\n").unwrap();
    let sentence = Config::open(&latin, []).unwrap_err().to_string();
    std::fs::remove_file(&latin).unwrap();
    assert!(sentence.contains("UTF-8"), "{sentence}");
}

#[test]
fn the_least_set_starts() {
    assert!(load(LEAST, &[]).is_ok());
}
