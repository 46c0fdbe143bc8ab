//! Certificates on both sides, made with openssl for the day: who gets in, for whom they may speak, and whom we refuse.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::broker::{Broker, password, run};
use super::{READING, words};
use crate::support::joined::Joined;

const WARD: &str = "patient_id,devices\np1,scale-1\n";

/// The section of a gateway that trusts the authority in `ca`.
fn section(broker: &Broker, host: &str, ca: &Path, lines: &str) -> String {
    format!("broker = \"mqtts://{host}:{}\"\nca_file = {ca:?}\n{lines}", broker.port())
}

fn certificates(broker: &Broker, client: &str) -> String {
    let at = |end: &str| broker.at(&format!("certs/{client}.{end}"));
    format!("client_cert_file = {:?}\nclient_key_file = {:?}", at("crt"), at("key"))
}

fn by_password() -> String {
    format!("username = \"lamplight\"\npassword = {:?}", password("lamplight"))
}

/// Puts a certificate in place of the broker's: for this name, and valid from 2020 until `end`.
fn replace_certificate(broker: &Broker, name: &str, end: &str) {
    let certs = broker.at("certs");
    let ca = "[ca]\ndefault_ca = d\n[d]\ndatabase = index.txt\nnew_certs_dir = .\nserial = serial\npolicy = p\n\
              default_md = sha256\n[p]\ncommonName = supplied\n";
    fs::write(certs.join("ca.cnf"), ca).unwrap();
    fs::write(certs.join("ext"), format!("subjectAltName = DNS:{name}\nextendedKeyUsage = serverAuth\n"))
        .unwrap();
    fs::write(certs.join("index.txt"), "").unwrap();
    fs::write(certs.join("serial"), "1000\n").unwrap();
    let openssl = |args: &[&str]| run(Command::new("openssl").args(args).current_dir(&certs));
    openssl(&["req", "-new", "-key", "server.key", "-subj", &format!("/CN={name}"), "-out", "server.csr"]);
    openssl(&[
        "ca",
        "-batch",
        "-notext",
        "-config",
        "ca.cnf",
        "-cert",
        "ca.crt",
        "-keyfile",
        "ca.key",
        "-in",
        "server.csr",
        "-extfile",
        "ext",
        "-startdate",
        "20200101000000Z",
        "-enddate",
        end,
        "-out",
        "server.crt",
    ]);
    broker.reload();
}

#[test]
fn with_certificates_for_names_a_device_still_reports_for_nobody_else() {
    let broker = Broker::start_with_certificates(&["scale-1", "scale-2", "lamplight"]);
    let forged = broker.publish_certified("scale-1", "lamplight/v1/scale-2/reading", READING);
    assert!(words(&forged).contains("Publish 1 failed: Not authorized"), "forged: {}", words(&forged));
    let own = broker.publish_certified("scale-1", "lamplight/v1/scale-1/reading", READING);
    assert!(own.status.success() && words(&own).is_empty(), "own: {}", words(&own));
    // A name in the clear counts for nothing: the certificate's does.
    let bare = broker.publish("scale-2", "lamplight/v1/scale-2/reading", READING);
    assert!(!bare.status.success(), "without a certificate: {}", words(&bare));
    let stranger = Broker::start_with_certificates(&["scale-1"]);
    for end in ["crt", "key"] {
        let name = format!("certs/scale-1.{end}");
        fs::copy(stranger.at(&name), broker.at(&name)).unwrap();
    }
    let foreign = broker.publish_certified("scale-1", "lamplight/v1/scale-1/reading", READING);
    assert!(!foreign.status.success(), "another authority's: {}", words(&foreign));
}

#[tokio::test]
async fn the_gateway_joins_over_tls_with_a_password_and_hears_a_device() {
    let broker = Broker::start(&["scale-1", "lamplight"]);
    let mqtt = section(&broker, "localhost", &broker.at("certs/ca.crt"), &by_password());
    let mut gateway = Joined::start(&mqtt, WARD);
    gateway.until_subscribed();
    let sent = broker.publish("scale-1", "lamplight/v1/scale-1/reading", READING);
    assert!(sent.status.success(), "{}", words(&sent));
    gateway.until_seen("select patient_id, value from v_reading", &["p1|78.4"]).await;
}

#[tokio::test]
async fn the_gateway_joins_with_a_certificate_and_hears_a_device_with_another() {
    let broker = Broker::start_with_certificates(&["scale-1", "lamplight"]);
    let own = certificates(&broker, "lamplight");
    let mqtt = section(&broker, "localhost", &broker.at("certs/ca.crt"), &own);
    let mut gateway = Joined::start(&mqtt, WARD);
    gateway.until_subscribed();
    let sent = broker.publish_certified("scale-1", "lamplight/v1/scale-1/reading", READING);
    assert!(sent.status.success(), "{}", words(&sent));
    gateway.until_seen("select patient_id, value from v_reading", &["p1|78.4"]).await;
}

#[test]
fn a_broker_that_proves_nothing_is_refused_with_a_sentence_and_tried_again() {
    let broker = Broker::start(&["lamplight"]);
    let other = Broker::start(&[]);
    let stranger = section(&broker, "localhost", &other.at("certs/ca.crt"), &by_password());
    let mut gateway = Joined::start(&stranger, WARD);
    gateway.until_logged("of no authority that we trust: check mqtt.ca_file", 2);

    let known = broker.at("certs/ca.crt");
    replace_certificate(&broker, "broker.example.org", "20991231235959Z");
    let mut gateway = Joined::start(&section(&broker, "localhost", &known, &by_password()), WARD);
    gateway.until_logged("for another host name than that in mqtt.broker", 2);

    // The same gateway joins as soon as the broker is put right.
    replace_certificate(&broker, "localhost", "20210101000000Z");
    gateway.until_logged("certificate has expired, or our clock is wrong", 2);
    assert!(!gateway.has_subscribed(), "{}", gateway.log());
    replace_certificate(&broker, "localhost", "20991231235959Z");
    gateway.until_subscribed();
}

#[test]
fn a_gateway_that_proves_nothing_is_told_what_is_missing() {
    let broker = Broker::start_with_certificates(&["lamplight"]);
    let ca = broker.at("certs/ca.crt");
    let mut gateway = Joined::start(&section(&broker, "localhost", &ca, &by_password()), WARD);
    gateway.until_logged("the broker wants a certificate of us: set mqtt.client_cert_file", 2);

    let other = Broker::start_with_certificates(&["lamplight"]);
    let foreign = certificates(&other, "lamplight");
    let mut gateway = Joined::start(&section(&broker, "localhost", &ca, &foreign), WARD);
    gateway.until_logged("the broker does not accept the certificate in mqtt.client_cert_file", 2);

    let broker = Broker::start(&[]);
    let ca = broker.at("certs/ca.crt");
    let mut gateway = Joined::start(&section(&broker, "localhost", &ca, &by_password()), WARD);
    gateway.until_logged("the broker does not let us in: check mqtt.username and mqtt.password", 2);
    assert!(!gateway.log().contains(&password("lamplight")));
}
