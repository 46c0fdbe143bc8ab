//! The README tells the truth: what stands there as an example is what happens.

use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::broker::free_port;
use crate::support::house::{House, PROJECT};

const README: &str = include_str!("../../README.md");
const SPO2_LOW: &str = include_str!("../../alert_rules/oxygen/spo2_low.toml");

/// What is fenced as `language`, in order.
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
        .filter(|part| part.starts_with('{'))
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
        let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
        let told = house.run(&words);
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
    let mut daemon = house.command(&["serve"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let _ = rustls::crypto::ring::default_provider().install_default();
    let deadline = Instant::now() + Duration::from_secs(20);
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
fn every_address_of_the_api_exists() {
    let described: Value = serde_json::from_str(&House::quiet().run(&["openapi"]).out).unwrap();
    let paths: Vec<String> =
        described["paths"].as_object().unwrap().keys().map(|path| path.replace("{id}", "ID")).collect();
    let named: Vec<&str> =
        README.split("/api/v1").skip(1).filter_map(|rest| rest.split(['?', '\'']).next()).collect();
    assert_eq!(named.len(), 4);
    for path in named {
        assert!(path == "/openapi.json" || paths.iter().any(|known| known == path), "{path}: {paths:?}");
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
