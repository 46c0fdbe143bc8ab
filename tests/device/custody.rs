//! Whose a message is: the hub that the topic names and the address that the hub gives, and never two devices under one id.

use std::collections::BTreeMap;

use lamplight::catalog;
use lamplight::domain::id::DeviceId;
use lamplight::domain::profile::hear;
use proptest::prelude::*;

/// Under which id a weight from this hub and address is taken in.
fn id(hub: &str, address: &str) -> String {
    let book = catalog::built_in_devices().unwrap();
    let scale = r#"{"type":"SCALE","weighing_mode":"person","unit":"kg","weight":78.4}"#;
    let topic = format!("home/{hub}/BTtoMQTT/{address}");
    let now = "2026-11-22T09:00:00Z".parse().unwrap();
    let said = hear(&book, &topic, scale.as_bytes(), false, now).unwrap().pop().unwrap();
    let lamplight::domain::event::Origin::Reading(reading) = said.origin else { panic!("a reading") };
    reading.device.as_str().to_owned()
}

#[test]
fn an_address_has_one_spelling_and_a_plain_name_stays_as_it_is() {
    assert_eq!(id("attic", "AA:BB:CC:DD:EE:FF"), "attic:AABBCCDDEEFF");
    assert_eq!(id("attic", "aabbccddeeff"), "attic:AABBCCDDEEFF");
    assert_eq!(id("attic", "scale-1"), "attic:scale-1");
}

#[test]
fn names_that_would_look_alike_are_told_apart() {
    let long = "x".repeat(70);
    let names = [("a", "john@x"), ("a", "john_x"), ("a b", "s"), ("a_b", "s"), (&long, "s1"), (&long, "s2")];
    let mut ids = BTreeMap::new();
    for (hub, address) in names {
        let id = id(hub, address);
        assert!(DeviceId::parse(&id).is_ok(), "{id}");
        assert_eq!(ids.insert(id, (hub, address)), None, "{hub} {address}");
    }
}

#[test]
fn what_cannot_be_read_is_still_of_the_device_that_its_topic_names() {
    let book = catalog::built_in_devices().unwrap();
    let now = "2026-11-22T09:00:00Z".parse().unwrap();
    let topic = "home/attic/BTtoMQTT/AABBCCDDEEFF";
    let said = hear(&book, topic, b"no JSON", false, now).unwrap().pop().unwrap();
    let lamplight::domain::event::Origin::Reading(reading) = said.origin else { panic!("a reading") };
    assert_eq!((reading.device.as_str(), reading.payload.is_err()), ("attic:AABBCCDDEEFF", true));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn two_hubs_or_names_never_share_an_id(one in "[a-z@ ]{1,80}", other in "[a-z@ ]{1,80}") {
        prop_assert!(DeviceId::parse(&id(&one, "scale")).is_ok());
        prop_assert_eq!(one == other, id(&one, "scale") == id(&other, "scale"));
        prop_assert_eq!(one == other, id("attic", &one) == id("attic", &other));
    }
}
