//! The README tells the truth: what stands there as an example is what happens.

use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::broker::free_port;
use crate::support::house::{House, PROJECT};

const README: &str = include_str!("../../README.md");
const PROTOCOL: &str = include_str!("../../protocols/clinical/heart_failure/protocol.toml");
const CONVERSATION: &str = include_str!("../../protocols/clinical/heart_failure/course_test.toml");
const SPO2_LOW: &str = include_str!("../../alert_rules/oxygen/spo2_low.toml");

/// What is fenced as `language`, in order; in a list the fence is indented.
fn fenced(language: &str) -> Vec<&'static str> {
    let fence = format!("```{language}\n");
    README.split(&*fence).skip(1).filter_map(|rest| rest.split("```").next()).collect()
}

/// The configuration of the README, with the clinical files where they are.
fn config() -> String {
    let from_here = |name: &str| (format!("\"{name}\""), format!("\"{PROJECT}/{name}\""));
    let (protocols, rules) = (from_here("protocols"), from_here("alert_rules"));
    fenced("toml")[0].replace(&protocols.0, &protocols.1).replace(&rules.0, &rules.1)
}

/// Text, outcome, beginning of the answer.
fn texts() -> Vec<[&'static str; 3]> {
    let rows = README.lines().filter_map(|line| line.strip_prefix("| `")?.strip_suffix('|'));
    let rows = rows.filter_map(|row| row.split_once("` | "));
    rows.filter_map(|(text, rest)| {
        rest.split_once('|').map(|(outcome, reply)| [text, outcome.trim(), reply.trim()])
    })
    .collect()
}

#[test]
fn every_text_is_understood_and_answered_as_the_table_says() {
    let house = House::quiet();
    let lines: Vec<String> = texts().iter().map(|[text, ..]| json!({"text": text}).to_string()).collect();
    assert!(lines.len() > 12, "{lines:?}");
    house.write("texts.jsonl", &lines.join("\n"));
    let told = house.run(&["parse", "--file", "texts.jsonl"]);
    assert_eq!(told.out.lines().count(), lines.len(), "{told:?}");
    for ([text, outcome, reply], line) in texts().into_iter().zip(told.out.lines()) {
        let understood: Value = serde_json::from_str(line).unwrap();
        assert_eq!(understood["outcome"], outcome, "{text}: {line}");
        match understood["reply"].as_str() {
            Some(said) => assert!(!reply.is_empty() && said.starts_with(reply), "{text}: {said}"),
            None => assert_eq!(reply, "", "{text}"),
        }
    }
}

#[test]
fn every_payload_is_decoded() {
    let payloads: Vec<&str> = fenced("sh")
        .into_iter()
        .flat_map(|block| block.split('\''))
        .filter(|part| part.starts_with("{\"readings\""))
        .collect();
    assert_eq!(payloads.len(), 2);
    for payload in payloads {
        let told = House::quiet()
            .run_fed(&["decode", "--topic", "lamplight/v1/cuff-01/reading"], payload.as_bytes());
        let decoded: Value = serde_json::from_str(&told.out).unwrap();
        assert_eq!(decoded["outcome"], "accepted", "{told:?}");
    }
}

#[test]
fn the_configuration_the_list_and_the_commands_work() {
    let house = House::new(&config());
    house.write("patients.csv", fenced("csv")[0]);
    for line in fenced("sh").into_iter().flat_map(str::lines) {
        let Some(command) = line.strip_prefix("lamplight ").filter(|command| *command != "serve") else {
            continue;
        };
        // One pair of quotes, around what holds a space.
        let words = command.split('"').enumerate();
        let words =
            words.flat_map(|(n, part)| if n % 2 == 1 { vec![part] } else { part.split(' ').collect() });
        let words = words.take_while(|word| *word != "#").filter(|word| !word.is_empty());
        // Files of the project are named from its folder.
        let ours = |word: &str| word.replace("tests/fixtures", &format!("{PROJECT}/tests/fixtures"));
        let words: Vec<String> = words.map(ours).collect();
        let told = house.run(&words.iter().map(String::as_str).collect::<Vec<_>>());
        assert_eq!(told.code, 0, "{line}: {told:?}");
    }
}

#[tokio::test]
async fn it_runs_with_neither_provider_nor_broker() {
    let port = free_port();
    let without = |text: &str, from: &str, to: &str| {
        let (before, rest) = text.split_once(from).unwrap();
        let (_, after) = rest.split_once(to).unwrap();
        format!("{before}{to}{after}")
    };
    let quiet = without(&without(&config(), "[mqtt]", "[sms]"), "[sms.twilio]", "[clinical]");
    let quiet = quiet.replace("\"twilio\"", "\"log\"").replace(":8080", &format!(":{port}"));
    let house = House::new(&quiet);
    let mut daemon =
        house.command(&["serve"]).stdout(Stdio::null()).stderr(house.log_file()).spawn().unwrap();
    let _ = rustls::crypto::ring::default_provider().install_default();
    let deadline = Instant::now() + Duration::from_secs(120);
    let ready = loop {
        let answer = reqwest::get(format!("http://127.0.0.1:{port}/readyz")).await;
        if answer.is_ok_and(|answer| answer.status().is_success()) {
            break true;
        }
        if Instant::now() > deadline || daemon.try_wait().unwrap().is_some() {
            break false;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    let _ = daemon.kill();
    daemon.wait().unwrap();
    assert!(ready, "{quiet}");
}

#[test]
fn the_rule_is_the_one_that_is_shipped() {
    assert!(SPO2_LOW.contains(fenced("toml")[1]));
}

#[test]
fn the_protocol_and_the_conversation_are_those_that_are_shipped() {
    assert!(PROTOCOL.contains(fenced("toml")[2]));
    assert!(CONVERSATION.contains(fenced("toml")[3]));
}

#[test]
fn every_protocol_that_ships_is_in_the_list_and_no_other() {
    let (_, list) = README.split_once("| protocol | |\n|---|---|\n").unwrap();
    let listed: Vec<&str> = list.lines().take_while(|line| line.starts_with('|')).collect();
    let catalog = lamplight::catalog::built_in().unwrap();
    let shipped: Vec<String> = catalog
        .protocols
        .values()
        .map(|protocol| {
            let keyword = protocol.keyword.as_ref().map(|word| format!(" (keyword {word})"));
            format!("| `{}` | {}{} |", protocol.id, protocol.title, keyword.unwrap_or_default())
        })
        .collect();
    assert_eq!(listed, shipped);
    let translated = |protocol: &lamplight::domain::protocol::Protocol| {
        ["cy", "pl", "ur"]
            .iter()
            .all(|language| protocol.messages.get(*language).is_some_and(|m| !m.signed_off))
    };
    assert_eq!(
        catalog.protocols.values().filter(|protocol| translated(protocol)).count(),
        6,
        "six have translations"
    );
}

#[test]
fn every_bare_answer_is_understood_as_the_table_says() {
    let (_, table) = README
        .split_once("| asked for | text | outcome | what is understood |\n|---|---|---|---|\n")
        .unwrap();
    let rows = table.lines().take_while(|line| line.starts_with('|'));
    let rows: Vec<Vec<&str>> = rows.map(|row| row.split('|').skip(1).map(str::trim).collect()).collect();
    assert!(rows.len() >= 8, "{rows:?}");
    let house = House::quiet();
    let line = |row: &Vec<&str>| json!({"asked": row[0], "text": row[1].trim_matches('`')}).to_string();
    house.write("texts.jsonl", &rows.iter().map(line).collect::<Vec<_>>().join("\n"));
    let told = house.run(&["parse", "--file", "texts.jsonl"]);
    assert_eq!(told.out.lines().count(), rows.len(), "{told:?}");
    for (row, line) in rows.iter().zip(told.out.lines()) {
        let understood: Value = serde_json::from_str(line).unwrap();
        assert_eq!(understood["outcome"], row[2], "{row:?}: {line}");
        let readings = understood["readings"].as_array().unwrap().iter();
        let readings = readings.map(|reading| {
            let value = (reading["value"].as_f64().unwrap() * 10.0).round() / 10.0;
            format!("{} {value}", reading["vital"].as_str().unwrap())
        });
        let answers = understood["answers"].as_array().unwrap().iter().map(|answer| match &answer["value"] {
            Value::Bool(yes) => if *yes { "yes" } else { "no" }.to_owned(),
            value => value.to_string(),
        });
        assert_eq!(readings.chain(answers).collect::<Vec<_>>().join(", "), row[3], "{line}");
    }
}

#[test]
fn the_backtest_says_what_is_quoted_of_it() {
    let house = House::quiet();
    let path = |name: &str| format!("{PROJECT}/tests/fixtures/backtest/{name}");
    let (readings, limits) = (path("readings.jsonl"), path("limits.toml"));
    let usual = ["backtest", "--readings", &readings, "--protocol", "heart_failure"];
    let told = house.run(&usual);
    assert!(told.out.contains(fenced("json")[0]), "{told:?}");
    let opened = |out: &str| out.lines().filter(|line| line.contains("\"state\":\"opened\"")).count();
    assert_eq!(opened(&told.out), 2, "{told:?}");
    let own = house.run(&[&usual[..], &["--thresholds", &limits]].concat());
    assert!(own.code == 0 && !own.out.contains("weight_gain"), "{own:?}");
}

#[test]
fn every_address_of_the_api_exists() {
    let described: Value = serde_json::from_str(&House::quiet().run(&["openapi"]).out).unwrap();
    let paths: Vec<String> =
        described["paths"].as_object().unwrap().keys().map(|path| path.replace("{id}", "ID")).collect();
    let shaped = |path: &str| path.replace("/p01/", "/ID/").replace("/heart_failure/", "/{protocol}/");
    let named: Vec<&str> =
        README.split("/api/v1").skip(1).filter_map(|rest| rest.split(['?', '\'']).next()).collect();
    assert_eq!(named.len(), 10);
    for path in named {
        assert!(path == "/openapi.json" || paths.contains(&shaped(path)), "{path}: {paths:?}");
    }
}

#[test]
fn every_command_is_in_the_table() {
    let help = House::quiet().run(&["--help"]).out;
    let commands =
        help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    let commands: Vec<&str> = commands.filter_map(|line| line.split_whitespace().next()).collect();
    assert!(commands.len() > 10, "{help}");
    for command in commands.into_iter().filter(|command| *command != "help") {
        assert!(README.contains(&format!("`lamplight {command}`")), "{command}");
    }
}
