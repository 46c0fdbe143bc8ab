//! What a good file gives.

use super::{LEAST, load};
use lamplight::config::{BrokerUrl, Sender, schema};
use lamplight::domain::cost::Pence;
use lamplight::domain::dispatch::Budget;
use lamplight::domain::line::Countries;
use lamplight::domain::provider::Provider;

#[test]
fn the_least_set_means_what_it_says() {
    let config = load(LEAST, &[]).unwrap();
    assert_eq!(config.store.path.as_os_str(), "lamplight.db");
    assert_eq!(config.http.listen.to_string(), "127.0.0.1:8080");
    assert_eq!(config.http.public_url, "https://lamplight.example.org");
    let mqtt = config.mqtt.unwrap();
    assert_eq!(mqtt.broker, BrokerUrl { tls: false, host: "127.0.0.1".to_owned(), port: 1883 });
    assert_eq!((mqtt.client_id.as_str(), mqtt.share_group), ("lamplight", None));
    assert_eq!(config.sms.providers, [Provider::Twilio]);
    let traffic = &config.sms.traffic;
    assert_eq!((traffic.countries.clone(), traffic.segments_per_second), (Countries::default(), 10));
    let usual = Budget { number: Some(30), day: Some(30_000), burst: Some(5000) };
    assert_eq!((traffic.budget, traffic.pence_per_segment), (usual, None));
    let text = LEAST.replace("[clinical]", "[sms.budget]\nnumber = 0\nburst = 9\n[clinical]");
    let text = text.replace("[sms]\n", "[sms]\ncountries = \"44, 353\"\npence_per_segment = \"2.3\"\n");
    let traffic = load(&text, &[("LAMPLIGHT__SMS__SEGMENTS_PER_SECOND", "0")]).unwrap().sms.traffic;
    assert_eq!((traffic.countries, traffic.segments_per_second), (Countries::parse("44,353").unwrap(), 0));
    assert_eq!(traffic.budget, Budget { number: None, burst: Some(9), ..usual });
    assert_eq!(traffic.pence_per_segment, Pence::parse("2.3"));
    let twilio = config.sms.twilio.unwrap();
    assert_eq!(twilio.auth_token.expose(), "t0ken-in-the-file");
    assert!(matches!(twilio.sender, Sender::From(from) if from.as_str() == "+447700900456"));
    assert_eq!(twilio.api_base, "https://api.twilio.com");
    assert_eq!(config.clinical.rules.as_os_str(), "alert_rules");
    assert_eq!(config.intake.queue_capacity, 65_536);
}

#[test]
fn a_house_without_broker_and_carrier_starts() {
    let quiet = LEAST
        .replace("[mqtt]\nbroker = \"mqtt://127.0.0.1:1883\"\n", "")
        .replace("\"twilio\"", "\"log\"")
        .split("[sms.twilio]")
        .next()
        .unwrap()
        .to_owned()
        + "[clinical]\nprotocols = \"p\"\nrules = \"r\"\n";
    let config = load(&quiet, &[]).unwrap();
    assert!(config.mqtt.is_none() && config.sms.twilio.is_none());
    assert_eq!(config.sms.providers, [Provider::Log]);
}

#[test]
fn addresses_come_in_every_usual_shape() {
    for (written, read) in [
        ("mqtt://broker", "mqtt://broker:1883"),
        ("mqtts://broker.example.org", "mqtts://broker.example.org:8883"),
        ("mqtts://10.0.0.1:8884/", "mqtts://10.0.0.1:8884"),
        ("mqtt://[::1]", "mqtt://[::1]:1883"),
        ("mqtt://[fd00::2]:1884", "mqtt://[fd00::2]:1884"),
    ] {
        assert_eq!(BrokerUrl::parse(written).unwrap().to_string(), read, "{written}");
    }
    for (written, read) in [
        ("https://l.example.org/", "https://l.example.org"),
        ("https://l.example.org/gateway/", "https://l.example.org/gateway"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("http://[::1]:8080", "http://[::1]:8080"),
    ] {
        let config = load(&LEAST.replace("https://lamplight.example.org", written), &[]).unwrap();
        assert_eq!(config.http.public_url, read);
    }
}

#[test]
fn the_file_may_come_from_a_windows_editor() {
    load(&format!("\u{feff}{}", LEAST.replace('\n', "\r\n")), &[]).unwrap();
}

#[test]
fn no_way_of_printing_shows_a_secret() {
    let text = LEAST
        .replace("from =", "auth_token_previous = \"t0ken-before\"\nfrom =")
        .replace("[sms]\n", "username = \"us\"\npassword = \"t0ken-mqtt\"\n[sms]\n");
    let config = load(&text, &[]).unwrap();
    let secret = &config.sms.twilio.as_ref().unwrap().auth_token;
    let printed = format!("{config:?} {config:#?} {secret:?} {secret:#?}");
    assert!(!printed.contains("t0ken"), "{printed}");
    assert!(printed.contains("***"));
}

#[test]
fn the_schema_names_every_key_of_the_least_set() {
    let schema = schema();
    let mut section = String::new();
    for line in LEAST.lines() {
        if let Some(name) = line.strip_prefix('[') {
            section = name.trim_end_matches(']').replace('.', "/properties/");
        } else if let Some((key, _)) = line.split_once(" = ") {
            let at = format!("/properties/{section}/properties/{key}");
            assert_eq!(schema.pointer(&format!("{at}/type")).unwrap(), "string", "{at}");
        }
    }
    assert_eq!(schema.pointer("/properties/sms/properties/twilio/additionalProperties").unwrap(), false);
    assert_eq!(schema.pointer("/properties/intake/properties/queue_capacity/type").unwrap(), "integer");
}

#[test]
fn the_mail_server_says_by_its_address_how_private_the_way_is() {
    use lamplight::config::SmtpPrivacy::{Plain, StartTls, Tls};
    for (url, privacy, user, host, port) in [
        ("smtps://mail.example.org", Tls, None, "mail.example.org", 465),
        ("smtps://lamp@mail.example.org:2465", Tls, Some("lamp"), "mail.example.org", 2465),
        (
            "smtps://lamp%40example.org@mail.example.org",
            Tls,
            Some("lamp@example.org"),
            "mail.example.org",
            465,
        ),
        ("smtp://mail.example.org", StartTls, None, "mail.example.org", 587),
        ("smtp://127.0.0.1:1025", Plain, None, "127.0.0.1", 1025),
        ("smtp://localhost", Plain, None, "localhost", 25),
        ("smtp://[::1]:1025", Plain, None, "::1", 1025),
        ("smtp://192.0.2.7", StartTls, None, "192.0.2.7", 587),
    ] {
        let text = format!("{LEAST}[email]\nsmtp_url = {url:?}\nfrom = \"lamplight@example.org\"\n");
        let password: &[(&str, &str)] =
            if user.is_some() { &[("LAMPLIGHT__EMAIL__PASSWORD", "t0ken")] } else { &[] };
        let read = load(&text, password).unwrap().email.unwrap().smtp_url;
        assert_eq!(
            (read.privacy, read.user.as_deref(), read.host.as_str(), read.port),
            (privacy, user, host, port)
        );
    }
}

#[test]
fn every_provider_has_a_section_and_takes_texts_in_whoever_carries_ours() {
    let sections = r#"[sms.notify]
api_key = "lamplight-26785a09-ab16-4eb0-8407-a37497a57506-3d844edf-8d35-48ac-975b-e847b4f122b0"
template_id = "f33517ff-2a88-4f6e-b855-c550268ce08a"
token = "a token of 16 or more"
[sms.android]
api_base = "http://192.0.2.7:8080/"
username = "sms"
password = "p"
signing_key = "8 or more"
sim = 2
[sms.http]
url = "https://sms.example.org/send?ref={id}"
headers = """
X-Ref: {id}
Accept: application/json
"""
body = "to={to_digits}&text={text}"
body_type = "form"
token = "a token of 16 or more"
status_delivered = "DELIVRD, Delivered"
[clinical]"#;
    let config = load(&LEAST.replace("[clinical]", sections), &[]).unwrap();
    assert_eq!(config.sms.providers, [Provider::Twilio]);
    let (notify, android, http) =
        (config.sms.notify.unwrap(), config.sms.android.unwrap(), config.sms.http.unwrap());
    assert_eq!(notify.account.placeholder, "message");
    assert_eq!(notify.account.api_base, "https://api.notifications.service.gov.uk");
    assert_eq!((android.account.api_base.as_str(), android.account.sim), ("http://192.0.2.7:8080", Some(2)));
    assert_eq!(http.account.headers.len(), 2);
    assert!(matches!(http.account.body, Some(lamplight::sms::http::Body::Form(_))));
    assert_eq!(http.inbound.from, "from");
    assert!(http.status.words.iter().any(|(word, _)| word == "delivrd"));
    let providers =
        LEAST.replace("[clinical]", sections).replace("\"twilio\"", "\"notify, android, http, log\"");
    assert_eq!(load(&providers, &[]).unwrap().sms.providers.len(), 4);
}
