//! What `deploy/` promises, held against the real mosquitto with the shipped files: only paths and the port differ.

mod account;
mod broker;
mod certificate;
mod other;

use std::process::Output;

use broker::Broker;

const READING: &str = r#"{"readings":[{"vital":"weight","value":78.4,"unit":"kg"}]}"#;

fn words(output: &Output) -> String {
    [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes)).concat()
}

#[test]
fn a_device_reports_for_itself_and_for_nobody_else() {
    let broker = Broker::start(&["scale-1", "scale-2", "lamplight"]);
    // The session is kept from here on, so nothing that is published below can slip past it.
    broker.open_session("lamplight", "lamplight/v1/+/+");

    let forged = broker.publish("scale-1", "lamplight/v1/scale-2/reading", READING);
    assert!(words(&forged).contains("Publish 1 failed: Not authorized"), "forged: {}", words(&forged));
    let elsewhere = broker.publish("scale-1", "lamplight/v1/scale-1/command", READING);
    assert!(
        words(&elsewhere).contains("Publish 1 failed: Not authorized"),
        "elsewhere: {}",
        words(&elsewhere)
    );
    for (device, kind, payload) in [("scale-1", "reading", READING), ("scale-2", "status", "online")] {
        let own = broker.publish(device, &format!("lamplight/v1/{device}/{kind}"), payload);
        assert!(own.status.success() && words(&own).is_empty(), "own: {}", words(&own));
    }

    let heard = broker.take("lamplight", "lamplight/v1/+/+", 2);
    assert_eq!(
        heard,
        [format!("lamplight/v1/scale-1/reading {READING}"), "lamplight/v1/scale-2/status online".into()]
    );
}

#[test]
fn a_device_hears_nobody() {
    let broker = Broker::start(&["scale-1", "scale-2", "lamplight"]);
    for account in ["scale-1", "lamplight"] {
        broker.open_session(account, "#");
    }
    let own = broker.publish("scale-2", "lamplight/v1/scale-2/reading", READING);
    assert!(own.status.success(), "{}", words(&own));
    assert_eq!(broker.waiting("scale-1", "#"), [""; 0]);
    assert_eq!(broker.waiting("lamplight", "#"), [format!("lamplight/v1/scale-2/reading {READING}")]);
}

#[test]
fn nobody_gets_in_without_tls_and_the_right_password() {
    let broker = Broker::start(&["scale-1"]);
    let topic = "lamplight/v1/scale-1/reading";

    let stranger = broker.publish("scale-2", topic, READING);
    assert!(
        words(&stranger).contains("Connection error: Not authorized"),
        "unknown account: {}",
        words(&stranger)
    );
    let guessed = broker.publish_with_password("scale-1", "a guess", topic, READING);
    assert!(
        words(&guessed).contains("Connection error: Not authorized"),
        "wrong password: {}",
        words(&guessed)
    );
    let anonymous = broker.publish_anonymously(topic, READING);
    assert!(
        words(&anonymous).contains("Connection error: Not authorized"),
        "no account: {}",
        words(&anonymous)
    );
    let plain = broker.publish_in_the_clear("scale-1", topic, READING);
    assert!(!plain.status.success(), "no TLS: {}", words(&plain));

    let rightful = broker.publish("scale-1", topic, READING);
    assert!(rightful.status.success(), "rightful: {}", words(&rightful));
}

#[test]
fn another_authoritys_broker_is_not_trusted() {
    let broker = Broker::start(&["scale-1"]);
    let impostor = Broker::start(&["scale-1"]);
    let fooled = broker.publish_to(&impostor, "scale-1", "lamplight/v1/scale-1/reading", READING);
    assert!(!fooled.status.success(), "{}", words(&fooled));
    assert!(words(&fooled).contains("TLS error"), "{}", words(&fooled));
}

#[test]
fn five_thousand_readings_wait_for_a_gateway_that_is_away() {
    let broker = Broker::start(&["scale-1", "lamplight"]);
    broker.open_session("lamplight", "lamplight/v1/+/reading");
    let lines: Vec<String> = (0..5_000).map(|n| n.to_string()).collect();
    broker.publish_lines("scale-1", "lamplight/v1/scale-1/reading", &lines);
    let heard = broker.take("lamplight", "lamplight/v1/+/reading", lines.len());
    let wanted: Vec<String> = lines.iter().map(|n| format!("lamplight/v1/scale-1/reading {n}")).collect();
    assert!(heard == wanted, "{} of {} came back, or in another order", heard.len(), wanted.len());
}
