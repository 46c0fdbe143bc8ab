//! Addresses, the broker and the account.

use super::Fault;

pub(super) const ADDRESSES: &[Fault] = &[
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
