use std::net::TcpListener;

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::peers::daemon::{Daemon, Plan, client, until};
use crate::support::broker::free_port;
use crate::support::house::{House, quiet_config};

#[test]
fn a_door_that_is_taken_exits_with_3_and_names_it() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let house = House::new(&quiet_config(&address));
    let told = house.run(&["serve", "--config", "config.toml"]);
    assert_eq!((told.code, told.out.as_str()), (3, ""), "{told:?}");
    assert!(told.err.contains(&format!("cannot listen on {address}")), "{told:?}");
}

#[test]
fn a_database_that_cannot_be_opened_exits_with_3_and_names_it() {
    let house = House::new(&quiet_config("127.0.0.1:0").replace("lamplight.db", "no/such/folder/l.db"));
    for command in ["serve", "migrate"] {
        let told = house.run(&[command]);
        assert_eq!(told.code, 3, "{told:?}");
        assert!(told.err.contains("no/such/folder/l.db"), "{told:?}");
    }
}

#[test]
fn faulty_clinical_files_stop_the_start_with_every_fault() {
    let house = House::quiet();
    house.write("rules/pulse/pulse_odd.toml", "title = 7\n");
    let told = house.run_with(&["serve"], &[("LAMPLIGHT__CLINICAL__RULES", "rules")]);
    assert_eq!(told.code, 2, "{told:?}");
    assert!(told.err.contains("rules/pulse/pulse_odd.toml:1:"), "{told:?}");
}

#[tokio::test]
async fn the_environment_moves_the_door_and_a_signal_ends_in_good_order() {
    let house = House::quiet();
    let address = format!("127.0.0.1:{}", free_port());
    let mut daemon = house
        .command(&["serve"])
        .env("LAMPLIGHT__HTTP__LISTEN", &address)
        .env("LAMPLIGHT__STORE__PATH", "moved.db")
        .stderr(house.log_file())
        .spawn()
        .unwrap();
    let client = client();
    until("the daemon", async || {
        let answer = client.get(format!("http://{address}/healthz")).send().await;
        answer.is_ok_and(|answer| answer.status() == StatusCode::OK)
    })
    .await;
    assert!(house.path("moved.db").exists() && !house.path("lamplight.db").exists());
    // Without an account at a provider there are no webhooks.
    let answer = client.post(format!("http://{address}/sms/twilio/inbound")).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::NOT_FOUND);
    assert!(std::process::Command::new("kill").arg(daemon.id().to_string()).status().unwrap().success());
    until("the end", async || daemon.try_wait().unwrap().is_some()).await;
    assert_eq!(daemon.wait().unwrap().code(), Some(0));
}

#[tokio::test]
async fn the_api_describes_itself_and_turns_strangers_away_with_problems() {
    let daemon = Daemon::start(Plan::default()).await;
    let get = async |path: &str| daemon.client.get(daemon.url(path)).send().await.unwrap();
    let described = get("/api/v1/openapi.json").await;
    assert_eq!(
        (described.status(), &described.headers()["content-type"]),
        (StatusCode::OK, &"application/json".parse().unwrap())
    );
    let described: Value = described.json().await.unwrap();
    for path in [
        "/readings",
        "/alerts",
        "/messages",
        "/intake/ledger",
        "/patients",
        "/devices",
        "/alerts/{id}/acknowledge",
        "/alerts/{id}/resolve",
        "/alerts/{id}/escalate",
        "/alerts/{id}/snooze",
    ] {
        assert!(described["paths"][path].is_object(), "{path}");
    }
    for (path, status) in [
        ("/api/v1/readings", StatusCode::UNAUTHORIZED),
        ("/api/v1/alerts?patient=%2B447700900123", StatusCode::UNAUTHORIZED),
        ("/api/v1/nothing", StatusCode::NOT_FOUND),
    ] {
        let answer = get(path).await;
        assert_eq!(
            (answer.status(), &answer.headers()["content-type"]),
            (status, &"application/problem+json".parse().unwrap()),
            "{path}"
        );
        let problem: Value = answer.json().await.unwrap();
        assert_eq!(problem["status"], status.as_u16(), "{path}");
        for private in ["Agnes", "7700900"] {
            assert!(!problem.to_string().contains(private), "{path}: {problem}");
        }
    }
    // Who may ask is told what is wrong, but not again what was sent.
    let known = json!({"patient_id": "p3", "name": "Agnes Whitlock", "phone": "+447700900123"});
    for (path, change, status) in [
        ("patients", json!({"consent": "maybe"}), StatusCode::UNPROCESSABLE_ENTITY),
        ("patients", json!({"phone": "+44770090012"}), StatusCode::UNPROCESSABLE_ENTITY),
        ("patients", json!({"shoe_size": "42"}), StatusCode::BAD_REQUEST),
        ("devices", json!({"device_id": "cuff-1", "patient_id": "p2"}), StatusCode::BAD_REQUEST),
        ("alerts/none/resolve", json!({}), StatusCode::BAD_REQUEST),
    ] {
        let mut body = known.clone();
        body.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        let (answered, problem) = daemon.post(path, &body).await;
        assert_eq!(answered, status, "{path} {change}: {problem}");
        for private in ["Agnes", "7700900"] {
            assert!(!problem.contains(private), "{path} {change}: {problem}");
        }
    }
    daemon.end().await;
}
