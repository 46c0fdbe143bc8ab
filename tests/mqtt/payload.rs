//! What a native payload means.

use lamplight::domain::payload::{MESSAGE_ID_LIMIT, Payload, decode, decode_status};
use lamplight::domain::reading::{Amount, Measurement, check_together};
use lamplight::domain::vital::Vital;
use proptest::prelude::*;

fn accept(json: &str) -> Payload {
    decode(json.as_bytes()).unwrap_or_else(|refusal| panic!("{json}: {refusal}"))
}

fn one(item: &str) -> Measurement {
    accept(&format!(r#"{{"readings":[{item}]}}"#)).measurements[0]
}

#[test]
fn a_blood_pressure_with_pulse_is_three_numbers_of_one_time() {
    let payload = accept(
        r#"{"id":"a-17","taken_at":"2026-11-22T07:31:00Z","readings":[
            {"vital":"systolic","value":141,"unit":"mm[Hg]"},{"vital":"diastolic","value":80,"unit":"mm[Hg]"},
            {"vital":"pulse","value":72,"unit":"/min"}]}"#,
    );
    assert_eq!(payload.message_id.as_deref(), Some("a-17"));
    assert_eq!(payload.taken_at.unwrap().to_string(), "2026-11-22T07:31:00Z");
    let numbers: Vec<_> = payload.measurements.iter().map(|m| (m.vital(), m.amount())).collect();
    assert_eq!(
        numbers,
        [
            (Vital::Systolic, Amount::Exactly(141.0)),
            (Vital::Diastolic, Amount::Exactly(80.0)),
            (Vital::Pulse, Amount::Exactly(72.0))
        ]
    );
    assert_eq!(payload.note, None);
}

#[test]
fn values_are_in_the_canonical_unit_whatever_was_sent() {
    let table = [
        (r#"{"vital":"weight","value":12.25,"unit":"[stone_av]"}"#, 77.791_091),
        (r#"{"vital":"weight","value":172,"unit":"lb"}"#, 78.017_888),
        (r#"{"vital":"weight","value":78400,"unit":"g"}"#, 78.4),
        (r#"{"vital":"temperature","value":100.4,"unit":"[degF]"}"#, 38.0),
        (r#"{"vital":"glucose","value":126,"unit":"mg/dL"}"#, 6.993_783),
        (r#"{"vital":"systolic","value":18.9,"unit":"kPa"}"#, 141.761_718),
        (r#"{"vital":"spo2","value":97,"unit":"%"}"#, 97.0),
        (r#"{"vital":"peak_flow","value":4.1e2,"unit":"L/min"}"#, 410.0),
        (r#"{"vital":"ketones","value":0,"unit":"mmol/L"}"#, 0.0),
        (r#"{"vital":"respiratory_rate","value":16,"unit":"/min","site":{"left":[true,null]}}"#, 16.0),
    ];
    for (item, value) in table {
        assert_eq!(one(item).amount(), Amount::Exactly(value), "{item}");
    }
}

#[test]
fn a_glucose_meter_beyond_its_scale_is_a_reading() {
    let table = [
        (r#"{"vital":"glucose","value":null,"beyond":"high","unit":"mmol/L"}"#, Amount::OffScaleHigh),
        (r#"{"vital":"glucose","value":null,"beyond":"low","unit":"mg/dL"}"#, Amount::OffScaleLow),
        (r#"{"vital":"glucose","beyond":"low"}"#, Amount::OffScaleLow),
        (r#"{"vital":"glucose","value":1.1,"beyond":"low","unit":"mmol/L"}"#, Amount::Below(1.1)),
        (r#"{"vital":"ketones","value":8,"beyond":"high","unit":"mmol/L"}"#, Amount::Above(8.0)),
        (r#"{"vital":"glucose","value":5.5,"beyond":null,"unit":"mmol/L"}"#, Amount::Exactly(5.5)),
    ];
    for (item, amount) in table {
        assert_eq!(one(item).amount(), amount, "{item}");
    }
}

#[test]
fn several_readings_of_one_vital_are_all_kept() {
    let payload = accept(
        r#"{"readings":[
            {"vital":"systolic","value":150,"unit":"mm[Hg]"},{"vital":"diastolic","value":90,"unit":"mm[Hg]"},
            {"vital":"systolic","value":145,"unit":"mm[Hg]"},{"vital":"diastolic","value":88,"unit":"mm[Hg]"}]}"#,
    );
    let values: Vec<_> = payload.measurements.iter().filter_map(|m| m.amount().value()).collect();
    assert_eq!(values, [150.0, 90.0, 145.0, 88.0]);
}

#[test]
fn a_time_or_id_that_cannot_be_read_never_costs_the_reading() {
    let table = [
        (r#""taken_at":"2026-11-22T07:31:00""#, "'taken_at' is not an RFC 3339 time with an offset"),
        (r#""taken_at":"22/11/2026 07:31""#, "'taken_at' is not an RFC 3339 time with an offset"),
        (r#""taken_at":"2026-02-30T07:31:00Z""#, "'taken_at' is not an RFC 3339 time with an offset"),
        (r#""taken_at":"""#, "'taken_at' is not an RFC 3339 time with an offset"),
        (r#""taken_at":1763796660"#, "'taken_at' is not text"),
        (r#""taken_at":{"iso":"2026-11-22T07:31:00Z"}"#, "'taken_at' is not text"),
        (r#""id":true"#, "'id' is neither text nor a number"),
        (r#""id":["a"]"#, "'id' is neither text nor a number"),
        (r#""id":"""#, "'id' is not 1 to 128 bytes"),
        (r#""id":"a\u0000b""#, "'id' is not 1 to 128 bytes"),
    ];
    for (field, note) in table {
        let payload =
            accept(&format!(r#"{{{field},"readings":[{{"vital":"weight","value":78.4,"unit":"kg"}}]}}"#));
        assert_eq!((payload.message_id, payload.taken_at), (None, None), "{field}");
        let said = payload.note.unwrap();
        assert!(said.starts_with(note), "{field}: {said}");
    }
    let long = "x".repeat(MESSAGE_ID_LIMIT + 1);
    let both = accept(&format!(
        r#"{{"id":"{long}","taken_at":0,"readings":[{{"vital":"weight","value":78.4,"unit":"kg"}}]}}"#
    ));
    assert_eq!(both.note.unwrap().matches("was not used.").count(), 2);
}

#[test]
fn ids_may_be_numbers_and_times_have_any_offset() {
    let item = r#"[{"vital":"weight","value":78.4,"unit":"kg"}]"#;
    for (id, read) in
        [("7", "7"), ("-1", "-1"), ("18446744073709551615", "18446744073709551615"), (r#""x""#, "x")]
    {
        assert_eq!(accept(&format!(r#"{{"id":{id},"readings":{item}}}"#)).message_id.unwrap(), read);
    }
    for (time, read) in [
        ("2026-11-22T08:31:00+01:00", "2026-11-22T07:31:00Z"),
        ("2026-11-22t07:31:00.123456z", "2026-11-22T07:31:00.123Z"),
        ("1970-01-01T00:00:00Z", "1970-01-01T00:00:00Z"),
        ("2099-01-01T00:00:00-05:00", "2099-01-01T05:00:00Z"),
    ] {
        let payload = accept(&format!(r#"{{"taken_at":"{time}","readings":{item}}}"#));
        assert_eq!(payload.taken_at.unwrap().to_string(), read);
    }
}

#[test]
fn a_clock_is_believed_from_ninety_days_back_to_ten_minutes_ahead() {
    let received_at = "2026-11-22T12:00:00Z".parse().unwrap();
    let table = [
        ("2026-11-22T12:10:00Z", true),
        ("2026-11-22T12:10:00.001Z", false),
        ("2026-08-24T12:00:00Z", true),
        ("2026-08-24T11:59:59.999Z", false),
        ("1970-01-01T00:00:00Z", false),
        ("9999-01-01T00:00:00Z", false),
    ];
    for (taken_at, believed) in table {
        let payload = accept(&format!(
            r#"{{"taken_at":"{taken_at}","readings":[{{"vital":"weight","value":78.4,"unit":"kg"}}]}}"#
        ));
        assert_eq!(payload.believed_at(received_at).is_some(), believed, "{taken_at}");
    }
}

#[test]
fn a_status_is_a_word_or_an_object() {
    let table: [(&str, Option<bool>, Option<f64>); 9] = [
        ("online", Some(true), None),
        ("offline", Some(false), None),
        (" Online\n", Some(true), None),
        (r#"{"battery":87}"#, None, Some(87.0)),
        (r#"{"battery":0,"status":"online"}"#, Some(true), Some(0.0)),
        (r#"{"battery":100,"online":false,"firmware":"1.2"}"#, Some(false), Some(100.0)),
        (r#"{"status":"offline","online":false,"battery":null}"#, Some(false), None),
        (r#"{"status":"offline","battery":255}"#, Some(false), None),
        (r#"{"battery":55.5}"#, None, Some(55.5)),
    ];
    for (payload, online, battery) in table {
        let report =
            decode_status(payload.as_bytes()).unwrap_or_else(|refusal| panic!("{payload}: {refusal}"));
        assert_eq!((report.online, report.battery), (online, battery), "{payload}");
    }
}

#[test]
fn a_status_that_says_nothing_or_two_things_is_refused() {
    let table = [
        ("", "is empty"),
        ("asleep", "not valid JSON"),
        ("87", "not a JSON object"),
        ("{}", "neither a status nor a battery level"),
        (r#"{"battery":101}"#, "neither a status nor a battery level"),
        (r#"{"battery":-1}"#, "neither a status nor a battery level"),
        (r#"{"battery":"87"}"#, "'battery' is not a number"),
        (r#"{"status":"asleep"}"#, "'status' is neither"),
        (r#"{"status":true}"#, "'status' is neither"),
        (r#"{"online":"yes"}"#, "'online' is neither true nor false"),
        (r#"{"status":"online","online":false}"#, "contradict each other"),
        (r#"{"battery":1,"battery":2}"#, "'battery' twice"),
    ];
    for (payload, why) in table {
        let refusal = decode_status(payload.as_bytes()).expect_err(payload).to_string();
        assert!(refusal.contains(why), "{payload}: {refusal}");
    }
}

fn any_json() -> impl Strategy<Value = serde_json::Value> {
    let word = prop::sample::select(vec![
        "id",
        "taken_at",
        "readings",
        "vital",
        "value",
        "unit",
        "beyond",
        "systolic",
        "diastolic",
        "pulse",
        "glucose",
        "weight",
        "mm[Hg]",
        "kg",
        "mmol/L",
        "mg/dL",
        "high",
        "low",
        "2026-11-22T07:31:00Z",
    ]);
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<f64>().prop_map(Into::into),
        (0..400_i32).prop_map(Into::into),
        word.clone().prop_map(Into::into),
        ".{0,6}".prop_map(serde_json::Value::from),
    ];
    leaf.prop_recursive(5, 64, 8, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(serde_json::Value::from),
            prop::collection::hash_map(word.clone(), inner, 0..6).prop_map(|map| {
                serde_json::Value::Object(
                    map.into_iter().map(|(key, value)| (key.to_owned(), value)).collect(),
                )
            }),
        ]
    })
}

/// Messages of the right shape with any numbers.
fn any_message() -> impl Strategy<Value = String> {
    let unit = prop::sample::select(vec![
        "mm[Hg]", "kPa", "/min", "%", "Cel", "[degF]", "kg", "g", "lb", "mmol/L", "mg/dL",
    ]);
    let vital = prop::sample::select(Vital::ALL.to_vec());
    let value = prop_oneof![any::<f64>(), -10.0..500.0, (0..400_i32).prop_map(f64::from)];
    let beyond = prop::sample::select(vec!["", r#","beyond":"high""#, r#","beyond":"low""#]);
    let item = (vital, value, unit, beyond).prop_map(|(vital, value, unit, beyond)| {
        let value = serde_json::Value::from(value);
        format!(r#"{{"vital":"{vital}","value":{value},"unit":"{unit}"{beyond}}}"#)
    });
    prop::collection::vec(item, 1..5).prop_map(|items| format!(r#"{{"readings":[{}]}}"#, items.join(",")))
}

fn assert_possible(payload: &Payload) {
    assert!(!payload.measurements.is_empty());
    for measurement in &payload.measurements {
        if let Some(value) = measurement.amount().value() {
            assert!(value.is_finite() && measurement.vital().possible().holds(value));
        }
    }
    assert!(check_together(&payload.measurements).is_ok());
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = decode(&bytes);
        let _ = decode_status(&bytes);
    }

    #[test]
    fn no_json_makes_it_panic_and_what_it_accepts_is_possible(json in any_json()) {
        let text = json.to_string();
        if let Ok(payload) = decode(text.as_bytes()) {
            assert_possible(&payload);
        }
        if let Ok(report) = decode_status(text.as_bytes()) {
            prop_assert!(report.battery.is_none_or(|percent| (0.0..=100.0).contains(&percent)));
        }
    }

    #[test]
    fn every_accepted_value_is_finite_and_possible(message in any_message()) {
        if let Ok(payload) = decode(message.as_bytes()) {
            assert_possible(&payload);
        }
    }

    #[test]
    fn a_possible_value_in_its_own_unit_is_accepted_as_it_is(vital in prop::sample::select(Vital::ALL.to_vec()), part in 0.0..=1.0_f64) {
        let span = vital.possible();
        let value = ((span.low + part * (span.high - span.low)) * 10.0).round() / 10.0;
        let value = value.clamp(span.low, span.high);
        let text = format!(r#"{{"readings":[{{"vital":"{vital}","value":{value},"unit":"{}"}}]}}"#, vital.unit());
        let payload = decode(text.as_bytes()).unwrap();
        prop_assert_eq!(payload.measurements[0].amount(), Amount::Exactly(value));
    }
}
