//! Rules tried over a database that the gateway itself has filled.

use jiff::SignedDuration;

use crate::engine::house::{ADA, BOB, House as Gateway, Left};
use crate::support::house::{House, PROJECT, Told};

/// A gateway whose alerts of two days are known, one of them acted on.
async fn past() -> Gateway {
    let gateway = Gateway::new().await;
    gateway.accepts(gateway.text(ADA, "BP 190 99")).await;
    gateway.acknowledge(&gateway.see("select id from alert").await[0]).await;
    gateway.accepts(gateway.text(BOB, "sugar 3.4")).await;
    gateway.accepts(gateway.text(BOB, "I have chest pain")).await;
    gateway.wait(SignedDuration::from_hours(24));
    gateway.accepts(gateway.text(ADA, "weight 82 kg")).await;
    gateway
}

fn tried(house: &House, gateway: &Gateway, since: &str, more: &[&str]) -> Told {
    let database = gateway.path().to_str().unwrap().to_owned();
    house.run(&[&["backtest", "--database", &database, "--since", since][..], more].concat())
}

fn told(told: &Told) -> Vec<String> {
    let line = |line: serde_json::Value| format!("{} {} {}", line["patient"], line["rule"], line["severity"]);
    told.json().into_iter().map(|value| line(value).replace('"', "")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_raised_is_raised_again_and_nothing_else() {
    let (house, gateway) = (House::quiet(), past().await);
    let same = tried(&house, &gateway, "36500d", &[]);
    assert_eq!(same.code, 0, "{same:?}");
    assert_eq!(told(&same), ["ada blood_pressure_high red", "bob glucose_low amber"], "{same:?}");
    assert!(same.err.contains("0 alerts appear, 0 vanish, 0 of them had been acted on"), "{}", same.err);
    gateway.leaves(Left::texts(4)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_other_rules_would_leave_out_is_named_with_who_acted_on_it() {
    let (house, gateway) = (House::quiet(), past().await);
    for part in ["pulse_high.toml", "pulse_high_test.toml"] {
        let rule = std::fs::read_to_string(format!("{PROJECT}/alert_rules/pulse/{part}")).unwrap();
        house.write(&format!("few/pulse/{part}"), &rule);
    }
    let messages = std::fs::read_to_string(format!("{PROJECT}/protocols/clinical/messages.en.toml")).unwrap();
    house.write("words/clinical/messages.en.toml", &messages);
    let few = tried(&house, &gateway, "36500d", &["--rules", "few", "--protocols", "words"]);
    assert_eq!((few.code, told(&few).len()), (0, 0), "{few:?}");
    assert!(few.err.contains("0 alerts appear, 2 vanish, 1 of them had been acted on"), "{}", few.err);
    assert!(few.err.contains("vanishes: ada blood_pressure_high red"), "{}", few.err);
    gateway.leaves(Left::texts(4)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_protocol_has_its_own_rules_on_trial() {
    let (house, gateway) = (House::quiet(), past().await);
    let own = tried(&house, &gateway, "36500d", &["--protocol", "bp_poor_control"]);
    assert_eq!(own.code, 0, "{own:?}");
    assert!(
        !told(&own).contains(&"ada blood_pressure_high red".to_owned()),
        "it replaces that rule: {own:?}"
    );
    assert!(told(&own).iter().any(|line| line.starts_with("ada ")), "and has others: {own:?}");
    let unknown = tried(&house, &gateway, "1d", &["--protocol", "tea"]);
    assert!(unknown.code == 2 && unknown.err.contains("there is no protocol 'tea'"), "{unknown:?}");
    let nowhere = house.run(&["backtest", "--database", "nowhere.db"]);
    assert_eq!((nowhere.code, nowhere.err.contains("there is no database nowhere.db")), (2, true));
    gateway.leaves(Left::texts(4)).await;
}
