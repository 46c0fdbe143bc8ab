//! What is missing, and what a provider of texts needs.

use super::Fault;

pub(super) const PROVIDERS: &[Fault] = &[
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
];
