//! The commands, as far as the terminal sees them.

use std::path::PathBuf;

use super::house::{House, catalog, noon};
use lamplight::cli::config::{ConfigCommand, ConfigFile};
use lamplight::cli::device::DeviceCommand;
use lamplight::cli::failure::Failure;
use lamplight::cli::patient::PatientCommand;
use lamplight::cli::{config, device, migrate, patient};
use lamplight::engine::enrol::Bound;

async fn import(house: &House, csv: &str) -> (Result<Bound, Failure>, String) {
    let file = house.folder().join("list.csv");
    std::fs::write(&file, csv).unwrap();
    patient_command(house, PatientCommand::Import { file }).await
}

async fn patient_command(house: &House, command: PatientCommand) -> (Result<Bound, Failure>, String) {
    let mut out = Vec::new();
    let result = patient::run(&command, &house.store, catalog(), noon(), "sister", &mut out).await;
    (result, String::from_utf8(out).unwrap())
}

async fn device_command(house: &House, command: DeviceCommand) -> (Result<Bound, Failure>, String) {
    let mut out = Vec::new();
    let result = device::run(&command, &house.store, noon(), "sister", &mut out).await;
    (result, String::from_utf8(out).unwrap())
}

fn add(id: &str, patient: Option<&str>) -> DeviceCommand {
    DeviceCommand::Add { id: id.to_owned(), patient: patient.map(str::to_owned), mosquitto: None }
}

#[tokio::test]
async fn an_import_says_what_it_did_and_what_may_be_replayed() {
    let house = House::new().await;
    let (result, out) = import(&house, "patient_id,phone,devices\np1,07700900123,d1\np2,,\n").await;
    assert_eq!(out, "2 enrolled, 0 updated, 0 unchanged, 1 devices newly bound, 0 enrolments begun\n");
    let bound = result.unwrap();
    assert_eq!((bound.devices.len(), bound.phones.len()), (1, 1));
}

#[tokio::test]
async fn a_faulty_import_names_every_line_and_exits_with_1() {
    let house = House::new().await;
    let (result, out) = import(&house, "patient_id,consent\np1,no\np2,given\np 3,\n").await;
    let failure = result.unwrap_err();
    let said = failure.to_string();
    let said: Vec<_> = said.lines().collect();
    assert_eq!((failure.exit_code(), out.as_str(), said.len()), (1, "", 3));
    assert!(said[0].ends_with("list.csv: line 2: consent must be opt_in, opt_out or given"), "{said:?}");
    assert!(said[1].contains("list.csv: line 4: patient_id must be"), "{said:?}");
    assert!(said[2].starts_with("nothing was imported: 2 faults in "), "{said:?}");
    assert_eq!(house.counts().await, [0; 5]);
}

#[tokio::test]
async fn a_list_that_is_not_there_is_named_and_exits_with_2() {
    let house = House::new().await;
    let command = PatientCommand::Import { file: PathBuf::from("/nowhere/list.csv") };
    let failure = patient_command(&house, command).await.0.unwrap_err();
    assert_eq!(failure.exit_code(), 2);
    assert!(failure.to_string().starts_with("/nowhere/list.csv cannot be read: "), "{failure}");
}

#[tokio::test]
async fn an_export_holds_every_table_that_knows_the_patient() {
    let house = House::new().await;
    let list = "patient_id,name,devices,protocols,thresholds\np1,Ann,d1,bp,bp_high.red=150\np2,Bob,d2,bp,\n";
    import(&house, list).await.0.unwrap();
    let (result, out) = patient_command(&house, PatientCommand::Export { id: "p1".to_owned() }).await;
    result.unwrap();
    let held: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(held["patient"]["name"], "Ann");
    assert_eq!(held["patient"]["created_at"], "2026-11-22T12:00:00Z");
    assert_eq!(held["device"][0]["id"], "d1");
    assert_eq!(held["threshold"][0]["value"], 150.0);
    assert_eq!(held["enrolment"].as_array().unwrap().len(), 1);
    assert!(!out.contains("Bob") && !out.contains("d2"));

    let tables = "select group_concat(m.name) from sqlite_master m join pragma_table_info(m.name) c
                  where m.type = 'table' and c.name = 'patient_id'";
    let known = house.text(tables.to_owned()).await;
    assert!(known.split(',').count() >= 8, "{known}");
    // Sets of readings are given number by number.
    for table in known.split(',').map(|table| if table == "reading_set" { "reading" } else { table }) {
        assert!(held[table].is_array(), "the export leaves out {table}");
    }

    let missing = patient_command(&house, PatientCommand::Export { id: "p404".to_owned() }).await.0;
    assert_eq!(missing.unwrap_err().to_string(), "there is no patient p404");
}

#[tokio::test]
async fn a_device_is_added_listed_and_revoked() {
    let house = House::new().await;
    import(&house, "patient_id\np1\n").await.0.unwrap();
    let (bound, out) = device_command(&house, add("d1", Some("p1"))).await;
    assert_eq!(bound.unwrap().devices.len(), 1);
    assert!(out.starts_with("device d1 is registered\nuser name: d1\npassword:  "), "{out}");
    let (bound, out) = device_command(&house, add("00:1a:2b", None)).await;
    assert!(bound.unwrap().devices.is_empty());
    assert!(out.contains("it gets no log-in of its own"), "{out}");

    device_command(&house, DeviceCommand::Revoke { id: "d1".to_owned(), mosquitto: None }).await.0.unwrap();
    let (_, out) = device_command(&house, DeviceCommand::List).await;
    assert_eq!(out, "00:1a:2b\t-\tin use\nd1\tp1\trevoked\n");

    for (command, code, why) in [
        (add("d1", None), 1, "device d1 was revoked"),
        (add("d2", Some("p404")), 1, "there is no patient p404"),
        (add("a/b", None), 2, "'a/b' is not a valid id"),
        (DeviceCommand::Revoke { id: "d9".to_owned(), mosquitto: None }, 1, "there is no device d9"),
    ] {
        let failure = device_command(&house, command).await.0.unwrap_err();
        assert_eq!(failure.exit_code(), code, "{failure}");
        assert!(failure.to_string().contains(why), "{failure}");
    }
}

#[tokio::test]
async fn a_configuration_is_checked_with_what_it_names() {
    let house = House::new().await;
    let folder = house.folder().display();
    let file = ConfigFile { config: house.folder().join("config.toml") };
    let text = format!(
        "[store]\npath = \"{folder}/new.db\"\n[http]\nlisten = \"127.0.0.1:0\"\npublic_url = \"http://l\"\n\
         [sms]\nprovider = \"log\"\n[clinical]\nprotocols = \"{folder}\"\nrules = \"{folder}/rules\"\n"
    );
    std::fs::write(&file.config, &text).unwrap();
    let mut out = Vec::new();
    let failure = config::run(&ConfigCommand::Check, &file, &mut out).await.unwrap_err();
    assert_eq!(failure.exit_code(), 2);
    assert!(failure.to_string().starts_with("clinical.rules: "), "{failure}");

    std::fs::create_dir(house.folder().join("rules")).unwrap();
    let failure = config::run(&ConfigCommand::Check, &file, &mut out).await.unwrap_err();
    assert!(failure.to_string().starts_with("the clinical files do not hold"), "{failure}");

    let project = env!("CARGO_MANIFEST_DIR");
    let (words, rules) = (format!("{project}/protocols"), format!("{project}/alert_rules"));
    std::fs::write(
        &file.config,
        text.replace(&format!("{folder}/rules"), &rules)
            .replace(&format!("protocols = \"{folder}"), &format!("protocols = \"{words}")),
    )
    .unwrap();
    config::run(&ConfigCommand::Check, &file, &mut out).await.unwrap();
    migrate::run(&file, &mut out).await.unwrap();
    let out = String::from_utf8(out).unwrap();
    assert!(out.contains("config.toml is in order\n"), "{out}");
    assert!(out.contains("new.db has schema version "), "{out}");
    assert!(house.folder().join("new.db").exists());
}

#[tokio::test]
async fn a_database_that_cannot_be_opened_exits_with_3() {
    let house = House::new().await;
    let file = ConfigFile { config: house.folder().join("config.toml") };
    let text = "[store]\npath = \"/nowhere/l.db\"\n[http]\nlisten = \"127.0.0.1:0\"\npublic_url = \"http://l\"\n\
                [sms]\nprovider = \"log\"\n[clinical]\nprotocols = \"p\"\nrules = \"r\"\n";
    std::fs::write(&file.config, text).unwrap();
    let failure = migrate::run(&file, &mut Vec::new()).await.unwrap_err();
    assert_eq!(failure.exit_code(), 3);
    assert!(failure.to_string().starts_with("/nowhere/l.db: the database cannot be"), "{failure}");
}

#[test]
fn the_configuration_may_be_named_before_or_after_a_command() {
    #[derive(clap::Parser)]
    struct Line {
        #[command(flatten)]
        file: ConfigFile,
        #[command(subcommand)]
        command: Command,
    }
    #[derive(clap::Subcommand)]
    enum Command {
        #[command(subcommand)]
        Config(ConfigCommand),
    }
    let read = |line: &str| {
        let Line { file, command: Command::Config(_) } =
            <Line as clap::Parser>::try_parse_from(line.split(' ')).unwrap();
        file.config
    };
    assert_eq!(read("lamplight config check --config a.toml"), PathBuf::from("a.toml"));
    assert_eq!(read("lamplight --config a.toml config check"), PathBuf::from("a.toml"));
    assert_eq!(read("lamplight config check"), PathBuf::from("config.toml"));
}
