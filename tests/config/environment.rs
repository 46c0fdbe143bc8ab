//! Variables over the file, and secrets in files of their own.

use super::{LEAST, fault, load};

#[test]
fn a_variable_wins_over_the_file() {
    let config = load(
        LEAST,
        &[
            ("LAMPLIGHT__HTTP__LISTEN", "0.0.0.0:9090"),
            ("LAMPLIGHT__SMS__TWILIO__AUTH_TOKEN", "from the environment"),
            ("LAMPLIGHT__INTAKE__QUEUE_CAPACITY", "7"),
            ("LAMPLIGHT__MQTT__CLIENT_ID", "ward-9"),
            ("LAMPLIGHT_LOG", "not ours"),
            ("PATH", "/bin"),
        ],
    )
    .unwrap();
    assert_eq!(config.http.listen.to_string(), "0.0.0.0:9090");
    assert_eq!(config.sms.twilio.unwrap().auth_token.expose(), "from the environment");
    assert_eq!(config.intake.queue_capacity, 7);
    assert_eq!(config.mqtt.unwrap().client_id, "ward-9");
}

#[test]
fn the_environment_alone_can_be_a_configuration() {
    let config = load(
        "",
        &[
            ("LAMPLIGHT__STORE__PATH", "/var/lib/lamplight/lamplight.db"),
            ("LAMPLIGHT__HTTP__LISTEN", "[::]:80"),
            ("LAMPLIGHT__HTTP__PUBLIC_URL", "https://l.example.org"),
            ("LAMPLIGHT__SMS__PROVIDER", "log"),
            ("LAMPLIGHT__CLINICAL__PROTOCOLS", "p"),
            ("LAMPLIGHT__CLINICAL__RULES", "r"),
            ("LAMPLIGHT__MQTT__BROKER", "mqtts://b"),
            ("LAMPLIGHT__MQTT__CA_FILE", "ca.pem"),
        ],
    )
    .unwrap();
    assert_eq!(config.mqtt.unwrap().ca_file.unwrap().as_os_str(), "ca.pem");
}

#[test]
fn a_secret_comes_from_its_file_without_the_last_line_break() {
    let file = std::env::temp_dir().join(format!("lamplight-secret-{}", std::process::id()));
    for (content, secret) in
        [("s3cret", "s3cret"), ("s3cret\n", "s3cret"), ("s3cret\r\n", "s3cret"), (" s3cret \n", " s3cret ")]
    {
        std::fs::write(&file, content).unwrap();
        let env = [("LAMPLIGHT__SMS__TWILIO__AUTH_TOKEN_FILE", file.to_str().unwrap())];
        let twilio = load(LEAST, &env).unwrap().sms.twilio.unwrap();
        assert_eq!(twilio.auth_token.expose(), secret, "{content:?}");
    }
    for (content, expected) in [("\n", "is empty"), ("s3cret\n\n", "must be one line")] {
        std::fs::write(&file, content).unwrap();
        let sentence = fault(LEAST, &[("LAMPLIGHT__SMS__TWILIO__AUTH_TOKEN_FILE", file.to_str().unwrap())]);
        assert!(sentence.contains(expected) && !sentence.contains("s3cret"), "{sentence}");
        assert!(sentence.starts_with("LAMPLIGHT__SMS__TWILIO__AUTH_TOKEN_FILE: "), "{sentence}");
    }
    std::fs::remove_file(&file).unwrap();
}
