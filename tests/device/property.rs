//! No input panics, none takes long, and whatever becomes a reading is possible.

use std::sync::LazyLock;

use lamplight::catalog;
use lamplight::domain::format::sparkplug::Births;
use lamplight::domain::format::{Characteristic, Format, Heard};
use lamplight::domain::profile::{Book, hear, read_hex, suggest};
use proptest::prelude::*;
use serde_json::{Value, json};

static BOOK: LazyLock<Book> = LazyLock::new(|| catalog::built_in_devices().unwrap());

/// What reads it (nothing: its topic's profile), its topic, its bytes.
type Message = (Option<String>, String, Vec<u8>);

/// Every message that anything here is proved by.
static SAMPLES: LazyLock<Vec<Message>> = LazyLock::new(|| {
    let profiles = BOOK.profiles().iter().flat_map(|profile| {
        let own = |example: &lamplight::domain::profile::Example| {
            (Some(profile.id.clone()), example.topic.clone(), example.payload.clone())
        };
        profile.examples.iter().map(own).collect::<Vec<_>>()
    });
    let rows = [
        include_str!("../fixtures/devices/gatt.jsonl"),
        include_str!("../fixtures/devices/fhir.jsonl"),
        include_str!("../fixtures/devices/omh.jsonl"),
        include_str!("../fixtures/devices/senml.jsonl"),
        include_str!("../fixtures/devices/ble_scale_raw.jsonl"),
        include_str!("../fixtures/devices/sparkplug_lorawan.jsonl"),
    ];
    let rows = rows.into_iter().flat_map(str::lines).map(|row| {
        let row: Value = serde_json::from_str(row).unwrap();
        let payload = row["payload"].as_str().unwrap();
        let bytes = match row["payload_encoding"].as_str() {
            Some("hex") => read_hex(payload).unwrap(),
            _ => payload.as_bytes().to_vec(),
        };
        (
            row["profile"].as_str().map(str::to_owned),
            row["topic"].as_str().unwrap_or_default().to_owned(),
            bytes,
        )
    });
    profiles.chain(rows).collect()
});

/// One blow: where, and a byte that is put there, put in, taken out, or doubled.
type Blow = (prop::sample::Index, u8, u8);

fn damaged(sample: &[u8], blows: &[Blow]) -> Vec<u8> {
    let mut bytes = sample.to_vec();
    for (place, byte, how) in blows {
        if bytes.is_empty() {
            break;
        }
        let at = place.index(bytes.len());
        match how % 5 {
            0 => bytes[at] = *byte,
            1 => bytes.insert(at, *byte),
            2 => drop(bytes.remove(at)),
            3 => bytes[at] ^= 1 << (byte % 8),
            _ => bytes.truncate(at),
        }
    }
    bytes
}

fn formats() -> Vec<Format> {
    let names = [
        "native",
        "fhir",
        "omh",
        "omh:3.0",
        "senml-json",
        "senml-cbor",
        "mi:181d",
        "mi:181b",
        "gatt:2a35:beurer-bm85",
    ];
    let named = names.iter().map(|name| Format::from_name(name).unwrap());
    named.chain(Characteristic::ALL.map(|characteristic| Format::Gatt(characteristic, None))).collect()
}

fn assert_sound(heard: &Heard) {
    let Heard::Readings(sets) = heard else { return };
    assert!(!sets.is_empty());
    for set in sets {
        assert!(!set.measurements.is_empty());
        for measurement in &set.measurements {
            let value = measurement.judged_value();
            let off_scale = measurement.amount().value().is_none();
            assert!(off_scale || measurement.vital().possible().holds(value), "{measurement:?}");
        }
    }
}

/// JSON as devices write it, and as they should not.
fn json_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        (-500.0..500.0).prop_map(Value::from),
        prop::sample::select(vec![
            "nan",
            "38,5",
            "kg",
            "mmHg",
            "8480-6",
            "http://loinc.org",
            "Observation",
            "Bundle",
            "final",
            "Cel",
            "%",
            "person",
            "SCALE",
            "2024-06-15T10:00:00",
            "0x181b",
            "2a35",
        ])
        .prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 40, 6, |inner| {
        let keys = prop::sample::select(vec![
            "resourceType",
            "status",
            "code",
            "coding",
            "system",
            "component",
            "valueQuantity",
            "value",
            "unit",
            "n",
            "v",
            "u",
            "t",
            "bn",
            "bt",
            "header",
            "body",
            "blood_glucose",
            "body_weight",
            "weight",
            "weighing_mode",
            "type",
            "data",
            "measures",
            "entry",
            "resource",
            "effective_time_frame",
            "date_time",
            "servicedata",
            "Time",
        ]);
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::vec((keys, inner), 0..6).prop_map(|entries| entries
                .into_iter()
                .map(|(key, value)| (key.to_owned(), value))
                .collect()),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn no_bytes_panic_and_every_reading_is_possible(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
        for format in formats() {
            if let Ok(heard) = format.decode(&bytes) {
                assert_sound(&heard);
            }
        }
    }

    #[test]
    fn no_json_panics_in_any_format_or_profile(value in json_value(), topic in 0_usize..64) {
        let text = value.to_string();
        for format in formats() {
            if let Ok(heard) = format.decode(text.as_bytes()) {
                assert_sound(&heard);
            }
        }
        let profile = &BOOK.profiles()[topic % BOOK.profiles().len()];
        if let Ok(reported) = profile.decode("a/b/c/d/e", text.as_bytes()) {
            assert_sound(&reported.heard);
        }
    }

    #[test]
    fn no_damage_to_a_real_message_panics_or_makes_a_number_that_cannot_be(
        which in any::<prop::sample::Index>(),
        blows in prop::collection::vec(any::<Blow>(), 1..6),
    ) {
        let (name, topic, sample) = which.get(SAMPLES.as_slice());
        let bytes = damaged(sample, &blows);
        let reader = match name {
            Some(name) => BOOK.reader(name),
            None => BOOK.reader_of(topic, &bytes),
        };
        if let Some(Ok(heard)) = reader.map(|reader| reader.read(topic, &bytes).heard) {
            assert_sound(&heard);
        }
        hear(&BOOK, topic, &bytes, false, jiff::Timestamp::UNIX_EPOCH);
        suggest(topic, &bytes);
    }

    #[test]
    fn no_birth_and_no_alias_panics_or_makes_a_number_that_cannot_be(
        birth in prop::collection::vec(any::<u8>(), 0..60),
        data in prop::collection::vec(any::<u8>(), 0..60),
        blows in prop::collection::vec(any::<Blow>(), 0..6),
    ) {
        let sample = read_hex(super::sparkplug::BIRTH).unwrap();
        for (birth, data) in [(&birth, &data), (&damaged(&sample, &blows), &damaged(&sample, &blows[..blows.len() / 2]))] {
            let mut births = Births::default();
            births.name("spBv1.0/g/DBIRTH/n/d", birth);
            let named = births.name("spBv1.0/g/DDATA/n/d", data);
            if let Ok(heard) = BOOK.reader("sparkplug").unwrap().read("spBv1.0/g/DDATA/n/d", &named).heard {
                assert_sound(&heard);
            }
        }
    }

    #[test]
    fn a_cuff_value_that_is_cut_or_lengthened_is_no_reading(cut in 1_usize..19, more in 1_usize..9) {
        let whole = [0x16, 0x7c, 0, 0x56, 0, 0x61, 0, 0xe8, 7, 6, 0x0f, 0x11, 0x11, 0x1b, 0x33, 0, 0x27, 0];
        let cuff = Format::Gatt(Characteristic::BloodPressure, None);
        prop_assert!(cuff.decode(&whole).is_ok());
        prop_assert!(cuff.decode(&whole[..cut.min(whole.len() - 1)]).is_err());
        let mut longer = whole.to_vec();
        longer.extend(vec![0; more]);
        prop_assert!(cuff.decode(&longer).is_err());
    }
}

#[test]
fn nesting_and_numbers_without_end_are_refused_or_bounded() {
    let deep = format!("{}1{}", "[".repeat(5000), "]".repeat(5000));
    let many = Value::from(vec![json!({"n": "weight", "u": "kg", "v": 80}); 5000]).to_string();
    for format in formats() {
        assert!(
            format.decode(deep.as_bytes()).is_err()
                || !matches!(format.decode(deep.as_bytes()), Ok(Heard::Readings(_)))
        );
        assert!(format.decode(&vec![b' '; 70_000]).is_err());
    }
    assert!(Format::SenmlJson.decode(many.as_bytes()).is_err());
}
