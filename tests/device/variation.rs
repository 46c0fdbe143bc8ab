//! Made-up devices: what they say is what real ones may, as their make says it; and what is wrong is wrong as told.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use lamplight::catalog;
use lamplight::domain::event::Origin;
use lamplight::domain::payload::{decode, is_believed};
use lamplight::domain::profile::{DeviceProfile, Read, hear};
use lamplight::mqtt::simulator::{Fault, Faults, Fleet, Message, Script};

fn now() -> Timestamp {
    "2026-11-22T09:00:00Z".parse().unwrap()
}

fn all(share: f64) -> Faults {
    Faults { kinds: Fault::ALL.to_vec(), share }
}

fn said(seed: u64, fleet: Fleet, faults: Faults, count: usize) -> Vec<Message> {
    let mut script = Script::new(seed, fleet, faults);
    (0..count).map(|_| script.next(now()).unwrap()).collect()
}

/// Whether a message of a native device becomes a reading, and one whose time is believed.
fn native(message: &Message) -> Option<bool> {
    let payload = decode(&message.payload).ok()?;
    Some(payload.believed_at(now()).is_some())
}

#[test]
fn the_same_seed_says_the_same_and_another_does_not() {
    let one = said(7, Fleet::native(20), all(0.3), 300);
    assert_eq!(one, said(7, Fleet::native(20), all(0.3), 300));
    assert_ne!(one, said(8, Fleet::native(20), all(0.3), 300));
}

#[test]
fn each_fault_of_a_native_device_is_what_it_is_called() {
    let said = said(1, Fleet::native(20), all(0.3), 2_000);
    let mut count: BTreeMap<Option<Fault>, usize> = BTreeMap::new();
    for (n, message) in said.iter().enumerate() {
        *count.entry(message.fault).or_default() += 1;
        match message.fault {
            None | Some(Fault::Burst) => assert_eq!(native(message), Some(true), "{message:?}"),
            Some(Fault::Clock) => assert_eq!(native(message), Some(false), "{message:?}"),
            Some(Fault::Unit) => assert_eq!(native(message), None, "{message:?}"),
            Some(Fault::Duplicate) => {
                assert_eq!((&message.topic, &message.payload), (&said[n - 1].topic, &said[n - 1].payload));
            }
        }
    }
    assert_eq!(count.len(), 5, "{count:?}");
    assert!(count[&None] > 800 && count[&Some(Fault::Burst)] % 10 != 1, "{count:?}");
    let devices: BTreeSet<&str> = said.iter().map(|message| message.topic.as_str()).collect();
    assert_eq!(devices.len(), 20);
}

#[test]
fn every_make_with_a_reading_among_its_samples_can_be_simulated() {
    let book = catalog::built_in_devices().unwrap();
    let mut makes = 0;
    for profile in book.profiles() {
        let Some(fleet) = Fleet::of_make(profile, 5) else { continue };
        makes += 1;
        let good = said(1, fleet.clone(), Faults { kinds: Vec::new(), share: 0.0 }, 40);
        for message in &good {
            let read = profile.decode(&message.topic, &message.payload);
            let is_reading = matches!(&read, Ok(reported) if matches!(&reported.heard, lamplight::domain::format::Heard::Readings(_)));
            assert!(is_reading, "{}: {} {:?}", profile.id, String::from_utf8_lossy(&message.payload), read);
            assert!(
                profile.topics.is_empty() || profile.matches(&message.topic, &message.payload),
                "{}",
                profile.id
            );
        }
        if varies(profile) {
            let payloads: BTreeSet<&[u8]> = good.iter().map(|message| message.payload.as_slice()).collect();
            assert!(payloads.len() > 2, "{} always says the same", profile.id);
        }
        for message in said(1, fleet, Faults { kinds: vec![Fault::Unit], share: 1.0 }, 10) {
            let read = profile.decode(&message.topic, &message.payload);
            let is_reading = matches!(&read, Ok(reported) if matches!(&reported.heard, lamplight::domain::format::Heard::Readings(_)));
            assert!(!varies(profile) || !is_reading, "{}: {read:?}", profile.id);
        }
    }
    assert!(makes >= 20, "only {makes} makes");
}

/// A standard's bytes inside stay as they are.
fn varies(profile: &DeviceProfile) -> bool {
    !matches!(profile.read, Read::Format { .. } | Read::Sparkplug)
}

#[test]
fn devices_of_a_make_are_told_apart_and_their_time_is_that_of_the_day() {
    let book = catalog::built_in_devices().unwrap();
    for name in ["theengs", "tasmota", "myfirstcare-ava4", "kati-watch", "chirpstack-v4"] {
        let fleet = Fleet::of_make(book.get(name).unwrap(), 8).unwrap();
        let mut devices = BTreeSet::new();
        for message in said(3, fleet, Faults { kinds: Vec::new(), share: 0.0 }, 100) {
            for said in hear(&book, &message.topic, &message.payload, false, now()).unwrap() {
                let Origin::Reading(reading) = said.origin else { continue };
                let payload = reading.payload.unwrap();
                if let Some(at) = payload.claimed_at(|| jiff::tz::TimeZone::UTC) {
                    assert!(is_believed(at, now()), "{name}: {at}");
                }
                devices.insert(reading.device.to_string());
            }
        }
        assert_eq!(devices.len(), 8, "{name}: {devices:?}");
    }
}
