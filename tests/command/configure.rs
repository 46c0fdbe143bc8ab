use std::fs;

use crate::support::house::{House, PROJECT, Told, quiet_config};

/// A configuration for Twilio, with all but the token.
fn without_token() -> String {
    quiet_config("127.0.0.1:0").replace(
        "provider = \"log\"\n",
        "provider = \"twilio\"\n[sms.twilio]\naccount_sid = \"AC00000000000000000000000000000000\"\nfrom = \"+447700900456\"\n",
    )
}

/// What was printed is one sentence, after the program's name.
fn sentence(told: &Told) -> &str {
    assert_eq!((told.code, told.out.as_str()), (2, ""), "{told:?}");
    let sentence = told.err.strip_prefix("lamplight: ").unwrap_or_else(|| panic!("{told:?}"));
    assert_eq!(sentence.lines().count(), 1, "{told:?}");
    sentence.trim_end()
}

#[test]
fn a_good_configuration_is_in_order() {
    let house = House::quiet();
    assert_eq!(house.must(&["config", "check"]), "config.toml is in order\n");
    house.write("elsewhere.toml", &quiet_config("127.0.0.1:0"));
    assert_eq!(
        house.must(&["config", "check", "--config", "elsewhere.toml"]),
        "elsewhere.toml is in order\n"
    );
}

#[test]
fn whatever_stops_a_start_is_one_sentence_that_names_it() {
    let good = quiet_config("127.0.0.1:0");
    for (label, config, said) in [
        (
            "an unknown key",
            good.replace("[http]\n", "[http]\ncolour = \"red\"\n"),
            "config.toml:4:1: http.colour is not a known key",
        ),
        ("an unknown section", good.clone() + "[fax]\nnumber = \"1\"\n", "fax"),
        ("a missing key", good.replace("path = \"lamplight.db\"\n", ""), "store.path is missing"),
        ("a missing secret", without_token(), "sms.twilio.auth_token is missing"),
        (
            "an empty secret",
            without_token().replace("from =", "auth_token = \"\"\nfrom ="),
            "sms.twilio.auth_token must not be empty",
        ),
        ("broken TOML", good.replace("[http]", "[http"), "config.toml:3:"),
        ("an unknown provider", good.replace("\"log\"", "\"pigeon\""), "sms.provider is not a provider"),
        (
            "no address",
            good.replace("listen = \"127.0.0.1:0\"", "listen = \"here\""),
            "http.listen must be an address",
        ),
        ("no such folder", good.replace("/alert_rules", "/nowhere"), "clinical.rules: "),
    ] {
        let house = House::new(&config);
        for command in [vec!["config", "check"], vec!["serve"]] {
            // A start finds out about the folder in its own words.
            if label == "no such folder" && command == ["serve"] {
                continue;
            }
            let told = house.run(&command);
            assert!(sentence(&told).contains(said), "{label}, {command:?}: {told:?}");
        }
    }
}

#[test]
fn a_file_that_cannot_be_read_is_named() {
    let house = House::quiet();
    for file in ["nowhere.toml", "."] {
        let told = house.run(&["config", "check", "--config", file]);
        assert!(sentence(&told).starts_with(&format!("{file}: cannot be read")), "{told:?}");
    }
    fs::write(house.path("latin.toml"), b"[store]\npath = \"\xe9.db\"\n").unwrap();
    let told = house.run(&["config", "check", "--config", "latin.toml"]);
    assert!(sentence(&told).starts_with("latin.toml: cannot be read"), "{told:?}");
}

#[test]
fn the_environment_wins_and_secrets_may_come_from_files() {
    let house = House::new(&without_token());
    house.write("token", "5ecc0de5ecc0de5ecc0de5ecc0de5ecc\n");
    let token = "LAMPLIGHT__SMS__TWILIO__AUTH_TOKEN";
    let token_file = "LAMPLIGHT__SMS__TWILIO__AUTH_TOKEN_FILE";
    let check = |environment: &[(&str, &str)]| house.run_with(&["config", "check"], environment);
    for environment in [
        vec![(token, "5ecc0de5ecc0de5ecc0de5ecc0de5ecc")],
        vec![(token_file, "token")],
        vec![(token_file, "token"), ("LAMPLIGHT__SMS__TWILIO__AUTH_TOKEN_PREVIOUS_FILE", "token")],
        vec![("LAMPLIGHT__SMS__PROVIDER", "log"), (token_file, "token")],
    ] {
        let told = check(&environment);
        assert_eq!(
            (told.code, told.out.as_str()),
            (0, "config.toml is in order\n"),
            "{environment:?}: {told:?}"
        );
    }
    for (environment, said) in [
        (
            vec![(token_file, "nowhere")],
            "LAMPLIGHT__SMS__TWILIO__AUTH_TOKEN_FILE: the file nowhere cannot be read",
        ),
        (vec![(token_file, "token"), (token, "x")], "set only one of them"),
        (vec![(token_file, "token"), ("LAMPLIGHT__HTTP__LISTEN", "here")], "http.listen must be an address"),
        (
            vec![(token_file, "token"), ("LAMPLIGHT__HTTP__COLOUR", "red")],
            "LAMPLIGHT__HTTP__COLOUR: is not a known setting",
        ),
    ] {
        let told = check(&environment);
        let sentence = sentence(&told);
        assert!(sentence.contains(said), "{environment:?}: {sentence}");
        assert!(!sentence.contains("5ecc0de"), "{sentence}");
    }
}

#[test]
fn the_configuration_that_is_deployed_is_in_order_once_its_files_are_there() {
    let house = House::new(&fs::read_to_string(format!("{PROJECT}/deploy/config.toml")).unwrap());
    house.write("secret", "5ecc0de5ecc0de5ecc0de5ecc0de5ecc\n");
    let (protocols, rules) = (format!("{PROJECT}/protocols"), format!("{PROJECT}/alert_rules"));
    let ca = format!("{PROJECT}/tests/fixtures/tls/ca.pem");
    // The variables that lamplight.service sets, and the places that only an installed machine has.
    let environment = [
        ("LAMPLIGHT__SMS__TWILIO__AUTH_TOKEN_FILE", "secret"),
        ("LAMPLIGHT__MQTT__PASSWORD_FILE", "secret"),
        ("LAMPLIGHT__STORE__PATH", "lamplight.db"),
        ("LAMPLIGHT__MQTT__CA_FILE", &ca),
        ("LAMPLIGHT__CLINICAL__PROTOCOLS", &protocols),
        ("LAMPLIGHT__CLINICAL__RULES", &rules),
    ];
    let told = house.run_with(&["config", "check"], &environment);
    assert_eq!(told.code, 0, "{told:?}");
    let unit = fs::read_to_string(format!("{PROJECT}/deploy/lamplight.service")).unwrap();
    for variable in [environment[0].0, environment[1].0] {
        assert!(unit.contains(&format!("{variable}=")), "{variable}");
    }
}

#[test]
fn the_schema_is_json_and_knows_the_least_set() {
    let house = House::quiet();
    let schema: serde_json::Value = serde_json::from_str(&house.must(&["config", "schema"])).unwrap();
    for key in [
        "store/properties/path",
        "http/properties/listen",
        "mqtt/properties/broker",
        "sms/properties/twilio",
        "clinical/properties/rules",
    ] {
        assert!(schema.pointer(&format!("/properties/{key}")).is_some(), "{key}");
    }
}

#[tokio::test]
async fn a_check_names_a_protocol_that_patients_are_on_and_that_is_missing() {
    let house = House::quiet();
    house.enrol("patient_id,phone,protocols\np1,07700 900123,bp_stable\n");
    assert_eq!(house.run(&["config", "check"]).code, 0);
    house.change("update enrolment set protocol_id = 'of_old'").await;
    let told = house.run(&["config", "check"]);
    assert_eq!(told.code, 1, "{told:?}");
    assert!(told.err.contains("The protocol 'of_old' is missing"), "{told:?}");
}
