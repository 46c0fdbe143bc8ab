//! Payloads of public sources with what they mean, restated: each row names where it is from.

use lamplight::catalog;
use lamplight::domain::format::medical_float::{float, sfloat};
use lamplight::domain::format::sparkplug::Births;
use lamplight::domain::format::{Format, Heard};
use lamplight::domain::profile::{Reader, Spoken, read_hex};
use serde_json::Value;

/// A file of rows, and how many of them are readings.
const FILES: [(&str, &str, usize); 9] = [
    ("gatt", include_str!("../fixtures/devices/gatt.jsonl"), 16),
    ("fhir", include_str!("../fixtures/devices/fhir.jsonl"), 10),
    ("omh", include_str!("../fixtures/devices/omh.jsonl"), 25),
    ("senml", include_str!("../fixtures/devices/senml.jsonl"), 3),
    ("mqtt_bridges", include_str!("../fixtures/devices/mqtt_bridges.jsonl"), 22),
    ("theengs", include_str!("../fixtures/devices/theengs.jsonl"), 10),
    ("sparkplug_lorawan", include_str!("../fixtures/devices/sparkplug_lorawan.jsonl"), 3),
    ("ble_scale_raw", include_str!("../fixtures/devices/ble_scale_raw.jsonl"), 6),
    ("known_wrong", include_str!("../fixtures/devices/known_wrong_public_vectors.jsonl"), 0),
];

/// Sources round to a tenth.
const TOLERANCE: f64 = 0.05;

/// Rows that we read otherwise, and why that is right or safe.
const OTHERWISE: [(&str, &str); 3] = [
    (
        "ble_scale_raw-011",
        "the scale itself says that these 12.98 kg have not settled: the frame's highest bit is clear, and the source's decoder does not look at it",
    ),
    (
        "ble_scale_raw-012",
        "no checksum; that it has settled, and that it is in kilograms, is the guess of its only decoder, from the frames of one scale",
    ),
    (
        "ble_scale_raw-013",
        "no checksum, and the band sends its pulse only during a workout: nothing in the frame tells it from a pulse at rest",
    ),
];

#[test]
fn readings_of_public_sources_come_out_right_and_nothing_else_comes_out() {
    let book = catalog::built_in_devices().unwrap();
    let mut wrong = Vec::new();
    let mut births = Births::default();
    for (file, rows, least) in FILES {
        let mut read = 0;
        for row in rows.lines() {
            let row: Value = serde_json::from_str(row).unwrap();
            let id = row["id"].as_str().unwrap();
            let payload = bytes(&row);
            let topic = row["topic"].as_str().unwrap_or_default();
            let payload = births.name(topic, &payload);
            let reader = match row["profile"].as_str() {
                Some(name) => book.reader(name),
                None => book.reader_of(topic, &payload),
            };
            let got = reader.map(|reader| reader.read(topic, &payload));
            if let Some((_, why)) = OTHERWISE.iter().find(|(known, _)| *known == id) {
                assert!(differs(&row, got.as_ref()).is_some(), "{id} is read after all, though: {why}");
            } else if let Some(why) = differs(&row, got.as_ref()) {
                wrong.push(format!("{file} {id}: {why}"));
            }
            read += usize::from(!row["readings"].as_array().unwrap().is_empty());
        }
        if read < least {
            wrong.push(format!("{file} has only {read} readings"));
        }
    }
    assert!(wrong.is_empty(), "{} rows differ:\n{}", wrong.len(), wrong.join("\n"));
}

fn differs(row: &Value, got: Option<&Spoken>) -> Option<String> {
    let wanted = row["readings"].as_array().unwrap();
    let sets = match got.map(|spoken| &spoken.heard) {
        Some(Ok(Heard::Readings(sets))) => sets.as_slice(),
        _ if wanted.is_empty() => return None,
        other => return Some(format!("no reading: {other:?}")),
    };
    let got: Vec<(String, f64)> = sets
        .iter()
        .flat_map(|set| &set.measurements)
        .map(|m| (m.vital().name().to_owned(), m.judged_value()))
        .collect();
    let fits = got.len() == wanted.len()
        && wanted.iter().all(|want| {
            let value = want["value"].as_f64().unwrap();
            got.iter().any(|(vital, number)| {
                *vital == want["vital"].as_str().unwrap() && (number - value).abs() <= TOLERANCE
            })
        });
    (!fits).then(|| format!("got {got:?}, wanted {wanted:?}"))
}

fn bytes(row: &Value) -> Vec<u8> {
    let payload = row["payload"].as_str().unwrap();
    match row["payload_encoding"].as_str().unwrap() {
        "hex" => read_hex(payload).unwrap(),
        "base64" => {
            use base64::Engine as _;
            base64::engine::general_purpose::STANDARD.decode(payload).unwrap()
        }
        _ => payload.as_bytes().to_vec(),
    }
}

#[test]
fn medical_floats_are_twos_complement_and_their_specials_are_no_numbers() {
    for row in include_str!("../fixtures/devices/medical_floats.jsonl").lines() {
        let row: Value = serde_json::from_str(row).unwrap();
        let bytes = read_hex(row["bytes"].as_str().unwrap()).unwrap();
        let got = match bytes.as_slice() {
            [a, b] => sfloat([*a, *b]),
            [a, b, c, d] => float([*a, *b, *c, *d]),
            _ => panic!("{row} is neither"),
        };
        match row["wrong"].as_f64() {
            Some(wrong) => assert_ne!(got, Some(wrong), "{row}"),
            None => assert_eq!(got, row["value"].as_f64(), "{row}"),
        }
    }
}

#[test]
fn a_format_is_known_by_its_own_name() {
    for name in
        ["native", "gatt:2a35", "gatt:2a35:beurer-bm85", "fhir", "omh", "senml-json", "senml-cbor", "mi:181b"]
    {
        assert_eq!(Format::from_name(name).map(|format| format.name()), Some(name.to_owned()));
    }
    assert_eq!(Format::from_name("gatt:2a99"), None);
    let book = catalog::built_in_devices().unwrap();
    assert!(matches!(book.reader("tasmota"), Some(Reader::Profile(_))));
}
