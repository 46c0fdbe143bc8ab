//! Labelled texts: those of public sources, and ours.

use lamplight::domain::reading::Measurement;
use lamplight::domain::reply::{Answer, Asked, Context, Outcome, Understanding, understand};
use serde::Deserialize;

/// One labelled text. `readings` are `vital value` in the canonical unit, `vital < value` for a bound and
/// `vital low` or `vital high` beyond the scale.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    #[serde(default)]
    id: Option<String>,
    text: String,
    asked: Option<String>,
    example: Option<String>,
    last_weight_kg: Option<f64>,
    #[serde(default)]
    awaits_confirmation: bool,
    outcome: String,
    readings: Option<Vec<String>>,
    worst: Option<Vec<String>>,
    answer: Option<String>,
    command: Option<String>,
    source: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Table {
    text: Vec<Row>,
}

/// Public rows that are read back although their source takes them at once, and why.
const ASKED_INSTEAD: &[(&str, &str)] = &[(
    "sms-096",
    "one of three numbered fields of a form: the gateway asks for one number and takes no field by its name",
)];

fn rows(file: &str) -> Vec<Row> {
    toml::from_str::<Table>(file).expect("the fixture is valid").text
}

fn read(row: &Row) -> Understanding {
    let context = Context {
        asked: row.asked.as_deref().map(|name| Asked::from_name(name).expect("a known question")),
        example: row.example.as_deref(),
        last_weight_kg: row.last_weight_kg,
        awaits_confirmation: row.awaits_confirmation,
        language: "",
    };
    understand(&row.text, &context)
}

fn name(outcome: Outcome) -> String {
    serde_json::to_value(outcome).unwrap().as_str().unwrap().to_owned()
}

fn same(wanted: &[String], found: &[Measurement]) -> bool {
    let shown: Vec<serde_json::Value> = found.iter().map(|m| serde_json::to_value(m).unwrap()).collect();
    wanted.len() == shown.len()
        && wanted.iter().zip(&shown).all(|(wanted, shown)| {
            let parts: Vec<&str> = wanted.split(' ').collect();
            let side = match parts[1] {
                "<" | "low" => serde_json::json!("low"),
                ">" | "high" => serde_json::json!("high"),
                _ => serde_json::Value::Null,
            };
            let value = parts.last().and_then(|text| text.parse::<f64>().ok());
            let close = match (value, shown["value"].as_f64()) {
                (Some(a), Some(b)) => (a - b).abs() < 0.006,
                (a, b) => a.is_none() && b.is_none(),
            };
            shown["vital"] == parts[0] && close && shown.get("beyond").cloned().unwrap_or_default() == side
        })
}

fn answer(answers: &[Answer]) -> String {
    match answers {
        [Answer::YesNo(yes)] => format!("yes_no {yes}"),
        [Answer::Scale(choice)] => format!("scale {choice}"),
        [Answer::Number(number)] => format!("number {number}"),
        other => format!("{other:?}"),
    }
}

fn faults(row: &Row, strict: bool) -> Vec<String> {
    let found = read(row);
    let mut faults = Vec::new();
    let outcome = name(found.outcome);
    if outcome != row.outcome && (strict || !(row.outcome == "accepted" && outcome == "confirm")) {
        faults.push(format!("outcome {outcome}, wanted {}", row.outcome));
    }
    if row.readings.as_ref().is_some_and(|wanted| !same(wanted, &found.readings)) {
        faults.push(format!("readings {:?}, wanted {:?}", found.readings, row.readings));
    }
    if row.worst.as_ref().is_some_and(|wanted| !same(wanted, &found.worst_plausible)) {
        faults.push(format!("worst {:?}, wanted {:?}", found.worst_plausible, row.worst));
    }
    if row.answer.as_ref().is_some_and(|wanted| *wanted != answer(&found.answers)) {
        faults.push(format!("answers {:?}, wanted {:?}", found.answers, row.answer));
    }
    let command = serde_json::to_value(found.command).unwrap();
    if command.as_str() != row.command.as_deref() && (strict || row.command.is_some()) {
        faults.push(format!("command {command}, wanted {:?}", row.command));
    }
    if found.why.is_empty() || found.why.len() > 160 {
        faults.push(format!("why: {:?}", found.why));
    }
    let id = row.id.as_deref().unwrap_or("");
    faults
        .iter()
        .map(|fault| format!("{id} {:?} ({:?}): {fault} [{}]", row.text, row.asked, found.why))
        .collect()
}

#[test]
fn public_texts_are_read_as_their_sources_say() {
    let rows = rows(include_str!("../fixtures/texts.toml"));
    assert!(rows.len() >= 151 && rows.iter().all(|row| row.source.is_some()));
    let excepted = |row: &&Row| !ASKED_INSTEAD.iter().any(|(id, _)| row.id.as_deref() == Some(id));
    let faults: Vec<String> = rows.iter().filter(excepted).flat_map(|row| faults(row, false)).collect();
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
}

#[test]
fn accept_rows_are_accepted_and_not_only_read_back() {
    let rows = rows(include_str!("../fixtures/texts.toml"));
    let asked: Vec<&str> = rows
        .iter()
        .filter(|row| row.outcome == "accepted" && read(row).outcome != Outcome::Accepted)
        .filter_map(|row| row.id.as_deref())
        .collect();
    let listed: Vec<&str> = ASKED_INSTEAD.iter().map(|(id, _)| *id).collect();
    assert!(asked.iter().all(|id| listed.contains(id)), "{asked:?}");
}

#[test]
fn our_own_texts_are_read_as_labelled() {
    let rows = rows(include_str!("../fixtures/own_texts.toml"));
    assert!(rows.len() >= 150);
    let faults: Vec<String> = rows.iter().flat_map(|row| faults(row, true)).collect();
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
}

#[test]
fn nothing_that_must_not_be_taken_is_ever_accepted() {
    let public = rows(include_str!("../fixtures/texts.toml"));
    for row in public.iter().filter(|row| matches!(row.outcome.as_str(), "unclear" | "ignored" | "command")) {
        let found = read(row);
        assert_ne!(found.outcome, Outcome::Accepted, "{:?}", row.text);
        assert!(found.readings.is_empty(), "{:?}", row.text);
    }
}

#[test]
fn what_is_only_read_back_is_judged_by_its_worst_meaning() {
    for file in [include_str!("../fixtures/texts.toml"), include_str!("../fixtures/own_texts.toml")] {
        for row in rows(file) {
            let found = read(&row);
            let waits = found.outcome == Outcome::Confirm && !found.readings.is_empty();
            assert_eq!(found.urgency.is_some(), found.outcome == Outcome::Urgent, "{:?}", row.text);
            assert!(!waits || !found.worst_plausible.is_empty(), "{:?} would wait unjudged", row.text);
            assert!(found.outcome != Outcome::Accepted || found.worst_plausible.is_empty(), "{:?}", row.text);
        }
    }
}

#[test]
fn the_reason_never_quotes_the_patient() {
    let context = Context { asked: Some(Asked::BloodPressure), ..Context::default() };
    for secret in ["Zebedee", "Willoughby Close", "07700900123"] {
        for text in ["is poorly", "141/80", "chest pain", "12378 80", "stop texting"] {
            let why = understand(&format!("{secret} {text} {secret}"), &context).why;
            assert!(!why.to_lowercase().contains(&secret.to_lowercase()), "{why}");
        }
    }
}
