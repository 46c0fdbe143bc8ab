//! What the `[mqtt]` settings may say.

use lamplight::domain::secret::Secret;
use lamplight::mqtt::broker::{BrokerConfig, BrokerSettings};

fn settings(broker: &str) -> BrokerSettings {
    BrokerSettings { broker: broker.to_owned(), ..BrokerSettings::default() }
}

#[test]
fn addresses_of_all_usual_shapes_are_taken() {
    for broker in [
        "mqtt://127.0.0.1:1883",
        "mqtt://localhost",
        "mqtt://broker.example.org:8888/",
        "mqtt://[::1]:1883",
        "mqtt://[::1]",
        "mqtt://mosquitto_1",
    ] {
        assert!(BrokerConfig::load(settings(broker)).is_ok(), "{broker}");
    }
}

#[test]
fn a_wrong_setting_is_named_in_one_sentence() {
    let fixtures = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/tls");
    let key = std::path::PathBuf::from(format!("{fixtures}/server.key"));
    let good = || BrokerSettings {
        ca_file: Some(format!("{fixtures}/ca.pem").into()),
        ..settings("mqtts://broker")
    };
    let table = [
        (settings(""), "mqtt.broker must be mqtt://"),
        (settings("broker:1883"), "mqtt.broker must be mqtt://"),
        (settings("tcp://broker:1883"), "mqtt.broker must be mqtt://"),
        (settings("mqtt://"), "mqtt.broker must be mqtt://"),
        (settings("mqtt://:1883"), "mqtt.broker must be mqtt://"),
        (settings("mqtt://broker:port"), "mqtt.broker must be mqtt://"),
        (settings("mqtt://broker:0"), "mqtt.broker must be mqtt://"),
        (settings("mqtt://broker:70000"), "mqtt.broker must be mqtt://"),
        (settings("mqtt://broker/path"), "mqtt.broker must be mqtt://"),
        (settings("mqtt://user:secret@broker"), "set mqtt.username"),
        (BrokerSettings { password: Some(Secret::new("x".to_owned())), ..good() }, "without mqtt.username"),
        (BrokerSettings { client_id: Some(String::new()), ..good() }, "mqtt.client_id"),
        (BrokerSettings { client_id: Some("a b".to_owned()), ..good() }, "mqtt.client_id"),
        (BrokerSettings { share_group: Some("a/b".to_owned()), ..good() }, "mqtt.share_group"),
        (BrokerSettings { share_group: Some("#".to_owned()), ..good() }, "mqtt.share_group"),
        (BrokerSettings { ca_file: Some("x.pem".into()), ..settings("mqtt://broker") }, "is not mqtts://"),
        (
            BrokerSettings { client_cert_file: Some("x.pem".into()), ..settings("mqtt://broker") },
            "mqtt.client_cert_file is set, but mqtt.broker is not mqtts://",
        ),
        (BrokerSettings { client_key_file: Some(key.clone()), ..good() }, "need each other"),
        (
            BrokerSettings {
                client_cert_file: Some(format!("{fixtures}/other-ca.pem").into()),
                client_key_file: Some(key.clone()),
                ..good()
            },
            "is not the key of the certificate",
        ),
        (
            BrokerSettings {
                client_cert_file: Some(format!("{fixtures}/server.pem").into()),
                client_key_file: Some(format!("{fixtures}/README.md").into()),
                ..good()
            },
            "README.md holds no PEM private key",
        ),
        (
            BrokerSettings { ca_file: Some("/nowhere/ca.pem".into()), ..good() },
            "/nowhere/ca.pem cannot be read",
        ),
        (
            BrokerSettings { ca_file: Some(format!("{fixtures}/README.md").into()), ..good() },
            "holds no PEM certificate",
        ),
    ];
    for (settings, why) in table {
        let error = BrokerConfig::load(settings.clone()).expect_err(why).to_string();
        assert!(error.contains(why) && !error.contains("secret"), "{settings:?}: {error}");
    }
}

#[test]
fn a_password_never_shows_itself() {
    let settings = BrokerSettings {
        username: Some("gateway".to_owned()),
        password: Some(Secret::new("s3cret".to_owned())),
        ..settings("mqtt://broker")
    };
    let shown = format!("{settings:?} {:?}", BrokerConfig::load(settings.clone()).unwrap());
    assert!(!shown.contains("s3cret"), "{shown}");
}
