//! Holds the house's plan: who may use whom, which crate lives in which room, and what the pure core never touches.
//!
//! The plan is [`MAP`], word for word the line that stands in `src/lib.rs` and `ARCHITECTURE.md`. Test code inside
//! `src/` keeps the directions, but may bring what it needs to run; so it is free of the other rules.

mod source;

use std::fmt::{self, Display};
use std::fs;
use std::path::{Path, PathBuf};

use source::{Named, Source};

/// An arrow means "may use", and so does every chain of arrows. Rooms of one step never use each other, but for the
/// command line, which starts the daemon.
const MAP: &str = "cli, daemon -> {sms, notify, mqtt, web} -> outbox -> engine -> {store, catalog} -> domain";

/// Rooms of one file beside the map. The clock, telemetry and crash points are open to all but the domain, and use its types alone.
const BESIDE: [&str; 4] = ["clock", "config", "crash", "telemetry"];
/// Only these read the configuration; it gathers the settings that the rooms below them declare.
const CONFIG_READERS: [&str; 3] = ["main", "cli", "daemon"];

/// A crate, and the only rooms that may name it.
const HOMES: [(&str, &[&str]); 8] = [
    ("anyhow", &["main", "cli"]),
    ("axum", &["web", "sms"]),
    ("lettre", &["notify"]),
    ("mqtt5", &["daemon"]),
    ("reqwest", &["sms", "notify"]),
    ("rumqttc", &["mqtt"]),
    ("sqlx", &["store"]),
    ("tokio_cron_scheduler", &["daemon"]),
];

/// Paths and words that would let time, chance, the network, files or a log into the pure core.
const IMPURE: [&str; 19] = [
    "async",
    "await",
    "getrandom",
    "rand",
    "rustls",
    "tokio",
    "tokio_util",
    "tracing",
    "Instant",
    "Mutex",
    "RwLock",
    "SystemTime",
    "TimeZone::system",
    "std::env",
    "std::fs",
    "std::io",
    "std::net",
    "std::process",
    "std::thread",
];

/// Reading the system clock, which only `src/clock.rs` does.
const NOW: [&str; 3] = ["SystemTime::now", "Timestamp::now", "Zoned::now"];

/// Non-test lines; past it there is a second room to be found.
const LONGEST_FILE: usize = 400;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rule {
    Plan,
    Direction,
    Config,
    Home,
    Purity,
    Clock,
    Size,
}

#[derive(Debug)]
struct Fault {
    rule: Rule,
    place: String,
    why: String,
}

impl Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.why)
    }
}

/// Everything in one file that is against the plan.
fn judge(source: &Source) -> Vec<Fault> {
    let mut faults = Vec::new();
    let mut fault = |rule, line: usize, why: String| {
        faults.push(Fault { rule, place: format!("{}:{line}", source.path), why });
    };
    let room = source.room.as_str();
    if !room.is_empty() && step(room).is_none() && !BESIDE.contains(&room) {
        fault(Rule::Plan, 1, format!("`{room}` is no room of the plan: give it a place in MAP"));
    }
    if source.lines > LONGEST_FILE {
        fault(Rule::Size, source.lines, format!("{} lines: find the second room", source.lines));
    }
    for named in &source.named {
        let path = named.segments.join("::");
        if let Some(why) = misdirected(room, named) {
            let rule = if named.segments[1] == "config" { Rule::Config } else { Rule::Direction };
            fault(rule, named.line, why);
        }
        if named.in_test {
            continue;
        }
        for (name, rooms) in HOMES {
            if holds(named, name) && (named.imported || named.segments.len() > 1) && !rooms.contains(&room) {
                fault(Rule::Home, named.line, format!("`{path}`: {name} is only for {}", rooms.join(", ")));
            }
        }
        if room == "domain" && (IMPURE.iter().any(|i| holds(named, i)) || holds(named, "ring::rand")) {
            fault(Rule::Purity, named.line, format!("`{path}`: the domain is pure"));
        }
        if room != "clock" && NOW.iter().any(|now| holds(named, now)) {
            fault(Rule::Clock, named.line, format!("`{path}`: the clock is a dependency, take a Clock"));
        }
    }
    faults
}

/// Why `room` may not name this path of our own crate.
fn misdirected(room: &str, named: &Named) -> Option<String> {
    let [root, used, ..] = named.segments.as_slice() else { return None };
    // The root declares the rooms; main's own items are no room.
    if root != "crate" || room.is_empty() || used == room {
        return None;
    }
    if used == "*" {
        return Some("`crate::*` hides which room is used: name it".to_owned());
    }
    let allowed = match (step(room), step(used)) {
        _ if used == "config" => CONFIG_READERS.contains(&room),
        _ if BESIDE.contains(&used.as_str()) => room != "domain",
        (Some(user), Some(used_step)) => user < used_step || (room, used.as_str()) == ("cli", "daemon"),
        (None, used_step) if room == "config" => used_step > step("daemon"),
        (None, Some(_)) => used == "domain",
        (_, None) => false,
    };
    (!allowed).then(|| format!("{room} may not use {used}"))
}

/// Where a room stands on the map, the outermost first.
fn step(room: &str) -> Option<usize> {
    if room == "main" {
        return Some(0);
    }
    let holds = |rooms: &str| rooms.trim_matches(['{', '}']).split(", ").any(|r| r == room);
    MAP.split(" -> ").position(holds).map(|at| at + 1)
}

/// Whether `wanted` stands anywhere in the path, segment by segment.
fn holds(named: &Named, wanted: &str) -> bool {
    let wanted: Vec<&str> = wanted.split("::").collect();
    named.segments.windows(wanted.len()).any(|window| window == wanted)
}

fn project() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read_sources() -> Vec<Source> {
    let mut folders = vec![PathBuf::from("src")];
    let mut sources = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(project().join(&folder)).unwrap() {
            let entry = entry.unwrap();
            let path = folder.join(entry.file_name());
            if entry.file_type().unwrap().is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "rs") {
                let text = fs::read_to_string(project().join(&path)).unwrap();
                sources.push(Source::read(&path.to_string_lossy().replace('\\', "/"), &text));
            }
        }
    }
    sources
}

#[test]
fn the_house_keeps_its_plan() {
    let sources = read_sources();
    for room in MAP.split([' ', ',', '{', '}']).filter(|word| !word.is_empty() && *word != "->").chain(BESIDE)
    {
        assert!(sources.iter().any(|s| s.room == room), "the plan names `{room}`, which is not in src/");
    }
    let faults: Vec<_> = sources.iter().flat_map(judge).map(|fault| fault.to_string()).collect();
    assert!(faults.is_empty(), "against the plan:\n{}", faults.join("\n"));
}

#[test]
fn the_plan_is_written_where_people_read() {
    for page in ["src/lib.rs", "ARCHITECTURE.md"] {
        let text = fs::read_to_string(project().join(page)).unwrap();
        assert!(text.contains(MAP), "{page} draws another plan than tests/architecture.rs holds: {MAP}");
    }
}

#[test]
fn every_crate_with_a_home_is_a_dependency() {
    let manifest: toml::Table = fs::read_to_string(project().join("Cargo.toml")).unwrap().parse().unwrap();
    for (name, _) in HOMES {
        let listed =
            manifest["dependencies"].as_table().unwrap().keys().any(|key| key.replace('-', "_") == name);
        assert!(listed, "{name} has a home but is no dependency: the rule would hold nothing");
    }
}

#[test]
fn each_rule_refuses_what_it_is_for() {
    let long = "fn f() {}\n".repeat(LONGEST_FILE + 1);
    let planted = [
        (Rule::Plan, "src/utils.rs", "pub fn help() {}"),
        (Rule::Plan, "src/manager/mod.rs", ""),
        (Rule::Direction, "src/domain/rule.rs", "use crate::store::Tx;"),
        (Rule::Direction, "src/domain/rule.rs", "use crate::clock::Clock;"),
        (Rule::Direction, "src/domain/rule.rs", "use crate::telemetry::Telemetry;"),
        (Rule::Direction, "src/store/alert.rs", "use crate::catalog;"),
        (Rule::Direction, "src/catalog/mod.rs", "use crate::store::Store;"),
        (Rule::Direction, "src/engine/intake.rs", "fn f(o: &crate::outbox::carrier::OutText) {}"),
        (Rule::Direction, "src/outbox/mod.rs", "use crate::{domain::id::MessageId, sms::{Twilio}};"),
        (Rule::Direction, "src/sms/webhook.rs", "use crate::web::page;"),
        (Rule::Direction, "src/web/mod.rs", "pub use super::mqtt::session as broker;"),
        (Rule::Direction, "src/mqtt/session.rs", "use super::super::sms;"),
        (Rule::Direction, "src/notify/webhook.rs", "use crate::sms::twilio;"),
        (Rule::Direction, "src/outbox/carriers.rs", "use crate::notify::email::EmailCarrier;"),
        (Rule::Direction, "src/mqtt/session.rs", "mod inner { use super::super::super::sms::Twilio; }"),
        (Rule::Direction, "src/daemon/mod.rs", "use crate::cli;"),
        (Rule::Direction, "src/telemetry.rs", "use crate::engine::intake::Settled;"),
        (Rule::Direction, "src/clock.rs", "use crate::store::Store;"),
        (Rule::Direction, "src/config.rs", "use crate::daemon::Daemon;"),
        (Rule::Direction, "src/web/mod.rs", "use crate::*;"),
        (Rule::Direction, "src/store/mod.rs", "macro_rules! m { () => { $crate::engine::id::make() } }"),
        (
            Rule::Direction,
            "src/domain/rule.rs",
            "#[cfg(test)]\nmod tests { use crate::engine::id::IdSource; }",
        ),
        (Rule::Config, "src/sms/mod.rs", "use crate::config::Config;"),
        (Rule::Config, "src/domain/rule.rs", "fn f(c: crate::config::Config) {}"),
        (Rule::Home, "src/engine/intake.rs", "use sqlx::Row;"),
        (Rule::Home, "src/engine/intake.rs", "fn f() { sqlx::query(\"\"); }"),
        (Rule::Home, "src/web/mod.rs", "use crate::store::sqlx::Row;"),
        (Rule::Home, "src/daemon/mod.rs", "async fn f() { axum::serve(listener, router).await; }"),
        (Rule::Home, "src/daemon/mod.rs", "use rumqttc;"),
        (Rule::Home, "src/cli/mod.rs", "use mqtt5::broker::MqttBroker;"),
        (Rule::Home, "src/mqtt/mod.rs", "extern crate reqwest;"),
        (Rule::Home, "src/outbox/mod.rs", "use lettre::Message;"),
        (Rule::Home, "src/outbox/mod.rs", "use {std::sync::Arc, tokio_cron_scheduler::JobScheduler};"),
        (Rule::Home, "src/store/error.rs", "fn f() -> anyhow::Result<()> { Ok(()) }"),
        (Rule::Purity, "src/domain/rule.rs", "pub async fn f() {}"),
        (Rule::Purity, "src/domain/rule.rs", "use std::{collections::BTreeMap, fs};"),
        (Rule::Purity, "src/domain/rule.rs", "use std::time::{Duration, SystemTime};"),
        (Rule::Purity, "src/domain/rule.rs", "use ring::rand::SystemRandom;"),
        (Rule::Purity, "src/domain/rule.rs", "fn f() { tracing::info!(\"judged\"); }"),
        (Rule::Purity, "src/domain/rule.rs", "fn f() { let zone = TimeZone::system(); }"),
        (Rule::Clock, "src/engine/intake.rs", "fn f() { let now = jiff::Timestamp::now(); }"),
        (Rule::Clock, "src/store/mod.rs", "fn f() { let now = std::time::SystemTime::now(); }"),
        (Rule::Clock, "src/cli/mod.rs", "fn f() { let now = Zoned::now(); }"),
        (Rule::Size, "src/web/page.rs", long.as_str()),
    ];
    for (rule, path, text) in planted {
        let faults: Vec<_> = judge(&Source::read(path, text)).iter().map(|fault| fault.rule).collect();
        assert_eq!(faults, [rule], "in {path}: {}", text.lines().next().unwrap_or_default());
    }
}

#[test]
fn what_only_looks_like_a_fault_is_let_be() {
    let tests =
        format!("fn f() {{}}\n#[cfg(test)]\nmod tests {{\n{}}}\n", "fn f() {}\n".repeat(LONGEST_FILE));
    let fine = [
        ("src/cli/serve.rs", "use crate::{config::Config, daemon, store::Store}; use anyhow::Context;"),
        ("src/main.rs", "use lamplight::cli; fn main() -> anyhow::Result<()> { cli::run() }"),
        ("src/lib.rs", "pub mod domain; pub mod store; pub use store::Store;"),
        ("src/web/mod.rs", "use crate::store::Reader; use crate::domain::id::PatientId; use axum::Router;"),
        ("src/store/error.rs", "use super::migration; pub(crate) use self::inner::x; use sqlx::Error;"),
        ("src/config.rs", "use crate::domain::phone::Phone; use crate::mqtt::BrokerSettings;"),
        ("src/domain/rule.rs", "// use crate::store;\n/* a /* nested */ use sqlx; */ fn f() {}"),
        (
            "src/domain/rule.rs",
            r####"const S: &str = "use crate::store;"; const R: &str = r#"std::fs "x""#;"####,
        ),
        ("src/domain/rule.rs", r"fn f<'a>(q: &'a str) -> [char; 3] { ['\'', '\u{27}', '\\'] } // crate::web"),
        ("src/domain/rule.rs", "use ring::digest; use std::time::Duration; use super::vital::Vital;"),
        ("src/domain/rule.rs", "#[cfg(test)]\nmod tests { use super::*; use std::fs; }"),
        ("src/domain/rule.rs", "#[cfg(test)]\nuse std::fs;"),
        ("src/domain/reply/tests.rs", "use std::fs; use super::super::vital;"),
        ("src/engine/intake.rs", "fn f(axum: u8, sqlx: u8) -> u8 { axum + sqlx }"),
        ("src/web/page.rs", tests.as_str()),
    ];
    for (path, text) in fine {
        let faults: Vec<_> = judge(&Source::read(path, text)).iter().map(ToString::to_string).collect();
        assert!(faults.is_empty(), "in {path}: {faults:?}");
    }
}

#[test]
fn code_after_a_test_item_is_judged_again() {
    let text = "#[cfg(test)]\nfn t(x: [u8; 2]) { std::fs::read(\"\"); }\nfn f() { std::fs::read(\"\"); }";
    let faults: Vec<_> =
        judge(&Source::read("src/domain/rule.rs", text)).iter().map(|f| f.place.clone()).collect();
    assert_eq!(faults, ["src/domain/rule.rs:3"]);
}
