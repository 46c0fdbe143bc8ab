use serde_json::{Value, json};

use crate::support::house::House;

const KEYS: [&str; 7] = ["answers", "command", "outcome", "readings", "reply", "why", "worst_plausible"];

fn parse(house: &House, args: &[&str]) -> Value {
    let told = house.run(&[&["parse"], args].concat());
    assert_eq!((told.code, told.err.as_str()), (0, ""), "{args:?}: {told:?}");
    let [line] = told.json().try_into().unwrap_or_else(|lines| panic!("{args:?}: {lines:?}"));
    line
}

fn keys(line: &Value) -> Vec<&str> {
    let mut keys: Vec<_> = line.as_object().unwrap().keys().map(String::as_str).collect();
    keys.sort_unstable();
    keys
}

#[test]
fn every_outcome_is_one_line_with_every_key() {
    let house = House::quiet();
    for (text, outcome, command) in [
        ("BP 141/80", "accepted", Value::Null),
        ("thanks nurse", "ignored", Value::Null),
        ("hello can you ring me about the car park", "unclear", Value::Null),
        ("sugar 44", "confirm", Value::Null),
        ("I have chest pain", "urgent", Value::Null),
        ("STOP", "command", json!("STOP")),
        (" start ", "command", json!("START")),
        ("yes", "command", json!("YES")),
        ("No", "command", json!("NO")),
        ("", "unclear", Value::Null),
    ] {
        let line = parse(&house, &[text]);
        assert_eq!(keys(&line), KEYS, "{text:?}");
        assert_eq!((&line["outcome"], &line["command"]), (&json!(outcome), &command), "{text:?}: {line}");
        assert!(line["why"].as_str().is_some_and(|why| why.ends_with('.')), "{text:?}: {line}");
        for list in ["answers", "readings", "worst_plausible"] {
            assert!(line[list].is_array(), "{text:?}: {line}");
        }
    }
}

#[test]
fn readings_come_in_the_unit_of_their_vital() {
    let house = House::quiet();
    for (text, readings) in [
        ("BP 185 121", vec![("systolic", 185.0, "mm[Hg]"), ("diastolic", 121.0, "mm[Hg]")]),
        ("sats 93 pulse 96", vec![("spo2", 93.0, "%"), ("pulse", 96.0, "/min")]),
        ("temp 100.4F", vec![("temperature", 38.0, "Cel")]),
        ("weight 12st 4lb", vec![("weight", 78.017_888, "kg")]),
        ("sugar 180 mg/dl", vec![("glucose", 9.99, "mmol/L")]),
        ("peak flow 420", vec![("peak_flow", 420.0, "L/min")]),
    ] {
        let line = parse(&house, &[text]);
        let shown = line["readings"].as_array().unwrap();
        assert_eq!(shown.len(), readings.len(), "{text}: {line}");
        for (shown, (vital, value, unit)) in shown.iter().zip(readings) {
            assert_eq!((&shown["vital"], &shown["unit"]), (&json!(vital), &json!(unit)), "{text}");
            assert!((shown["value"].as_f64().unwrap() - value).abs() < 0.01, "{text}: {line}");
        }
    }
    let reply = parse(&house, &["BP 185 121"])["reply"].as_str().unwrap().to_owned();
    assert!(reply.contains("185/121") && reply.contains("999"), "{reply}");
}

#[test]
fn an_example_fits_what_was_asked() {
    let house = House::quiet();
    for (asked, text, example) in [
        ("scale_1_5", "7", "like this: 4."),
        ("weight", "gibberish", "like this: 78.4."),
        ("blood_pressure", "gibberish", "like this: BP 128 76."),
    ] {
        let line = parse(&house, &["--asked", asked, text]);
        let reply = line["reply"].as_str().unwrap();
        assert!(reply.contains(example) && line["outcome"] == "unclear", "{asked}: {line}");
    }
}

#[test]
fn what_was_asked_decides_what_a_bare_answer_means() {
    let house = House::quiet();
    for (asked, text, readings, answers) in [
        ("blood_pressure", "141 80", vec!["systolic", "diastolic"], 0),
        ("pulse", "72", vec!["pulse"], 0),
        ("spo2", "97", vec!["spo2"], 0),
        ("respiratory_rate", "16", vec!["respiratory_rate"], 0),
        ("temperature", "37.2", vec!["temperature"], 0),
        ("weight", "81.2", vec!["weight"], 0),
        ("glucose", "7.2", vec!["glucose"], 0),
        ("peak_flow", "420", vec!["peak_flow"], 0),
        ("ketones", "0.4", vec!["ketones"], 0),
        ("number", "42", vec![], 1),
        ("yes_no", "yes", vec![], 1),
        ("scale_1_5", "4", vec![], 1),
    ] {
        let line = parse(&house, &["--asked", asked, text]);
        let vitals: Vec<_> =
            line["readings"].as_array().unwrap().iter().map(|r| r["vital"].as_str().unwrap()).collect();
        assert_eq!(
            (vitals, line["answers"].as_array().unwrap().len()),
            (readings, answers),
            "{asked}: {line}"
        );
        let outcome = if answers == 1 { "answer" } else { "accepted" };
        assert_eq!(line["outcome"], outcome, "{asked}: {line}");
    }
    let beyond = parse(&house, &["--asked", "glucose", "HI"]);
    assert_eq!(beyond["outcome"], "urgent");
    assert_eq!(
        (&beyond["readings"][0]["value"], &beyond["readings"][0]["beyond"]),
        (&Value::Null, &json!("high"))
    );
}

#[test]
fn a_file_of_texts_is_one_line_each_and_a_faulty_one_is_named() {
    let house = House::quiet();
    house.write(
        "good.jsonl",
        "{\"text\":\"BP 141/80\"}\n\n{\"text\":\"72\",\"asked\":\"pulse\",\"label\":7}\n",
    );
    let told = house.run(&["parse", "--file", "good.jsonl"]);
    assert_eq!(told.code, 0, "{told:?}");
    let outcomes: Vec<_> = told.json().iter().map(|line| line["outcome"].clone()).collect();
    assert_eq!(outcomes, ["accepted", "accepted"]);

    for (bad, said) in [
        ("{\"text\":\"BP 141/80\"}\nnot json\n", "line 2 of the file"),
        ("{\"asked\":\"pulse\"}\n", "line 1 of the file: missing field `text`"),
        ("\n\n{\"text\":7}\n", "line 3 of the file"),
    ] {
        house.write("bad.jsonl", bad);
        let told = house.run(&["parse", "--file", "bad.jsonl"]);
        assert_eq!((told.code, told.out.as_str()), (2, ""), "{bad:?}");
        assert!(told.err.contains(said) && told.err.lines().count() == 1, "{bad:?}: {}", told.err);
    }
}

#[test]
fn a_patients_own_limits_and_record_give_the_context() {
    let house = House::quiet();
    house.enrol(
        "patient_id,phone,consent,thresholds\np1,07700900123,given,blood_pressure_high.systolic_advice=150\n",
    );
    let anybody = parse(&house, &["BP 141/80"]);
    let patient = parse(&house, &["--patient", "p1", "BP 141/80"]);
    assert!(anybody["reply"].as_str().unwrap().contains("a little high"), "{anybody}");
    assert!(patient["reply"].as_str().unwrap().contains("within your limits"), "{patient}");
}

#[test]
fn what_cannot_be_parsed_says_what_to_do() {
    let house = House::quiet();
    for (args, code, said) in [
        (vec!["--asked", "shoe_size", "42"], 2, "unknown question \"shoe_size\": use blood_pressure"),
        (vec!["--file", "nowhere.jsonl"], 2, "nowhere.jsonl cannot be read"),
        (vec!["--patient", "p404", "BP 1/2"], 1, "there is no patient p404"),
        (vec!["--patient", "a/b", "BP 1/2"], 2, "'a/b' is not a valid id"),
        (vec![], 2, "required arguments were not provided"),
        (vec!["--file", "f", "text"], 2, "cannot be used with"),
    ] {
        let told = house.run(&[&["parse"], args.as_slice()].concat());
        assert_eq!((told.code, told.out.as_str()), (code, ""), "{args:?}: {told:?}");
        assert!(told.err.contains(said), "{args:?}: {}", told.err);
    }
}
