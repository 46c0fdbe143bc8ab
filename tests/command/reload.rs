//! SIGHUP to a running daemon: changed clinical files come into force, or are refused and those before stay.

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use reqwest::{Client, StatusCode};
use serde_json::json;

use crate::peers::daemon::{client, until};
use crate::support::broker::free_port;
use crate::support::house::{House, PROJECT, quiet_config};

/// A limit of the rule for a high temperature, which the files at the start do not have.
const OWN_LIMIT: &str = "temperature_high.temperature_red";
const OPEN: &str = "select detail from task where kind = 'catalog_refused' and resolved_at is null";
const CHANGES: &str = "select actor from audit where action = 'catalog.activated' order by seq";

struct Daemon {
    house: House,
    child: Child,
    client: Client,
    url: String,
    token: String,
}

fn copy(house: &House, from: &str, to: &str) {
    let from = Path::new(PROJECT).join(from);
    house.write(to, &fs::read_to_string(from).unwrap());
}

fn copy_rule(house: &House, condition: &str, rule: &str) {
    for file in [format!("{rule}.toml"), format!("{rule}_test.toml")] {
        copy(house, &format!("alert_rules/{condition}/{file}"), &format!("rules/{condition}/{file}"));
    }
}

impl Daemon {
    /// With one rule and no protocol.
    async fn start() -> Self {
        let address = format!("127.0.0.1:{}", free_port());
        let config = quiet_config(&address)
            .replace(&format!("{PROJECT}/protocols"), "protocols")
            .replace(&format!("{PROJECT}/alert_rules"), "rules")
            .replace("[clinical]\n", "[clinical]\nsite = \"site.toml\"\n");
        let house = House::new(&config);
        copy(&house, "deploy/site.toml", "site.toml");
        copy(&house, "protocols/clinical/messages.en.toml", "protocols/clinical/messages.en.toml");
        copy_rule(&house, "pulse", "pulse_high");
        let token = house.must(&["token", "add", "monitor"]).trim().to_owned();
        let log = fs::File::create(house.path("log")).unwrap();
        let child = house
            .command(&["serve"])
            .env("USER", "ward-admin")
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap();
        let daemon = Self { house, child, client: client(), url: format!("http://{address}"), token };
        until("the daemon", async || {
            let answer = daemon.client.get(format!("{}/healthz", daemon.url)).send().await;
            answer.is_ok_and(|answer| answer.status() == StatusCode::OK)
        })
        .await;
        daemon
    }

    /// Whether a limit of the rule for a high temperature may be set.
    async fn knows_the_rule(&self) -> bool {
        let body = json!({
            "patient_id": "p1", "name": "Agnes", "phone": "+447700900123",
            "thresholds": { OWN_LIMIT: 39.5 },
        });
        let request = self.client.post(format!("{}/api/v1/patients", self.url)).bearer_auth(&self.token);
        request.json(&body).send().await.unwrap().status().is_success()
    }

    /// Sends SIGHUP and waits until that many reloads have ended so.
    async fn reload(&self, outcome: &str, times: u32) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-HUP", &pid]).status().unwrap().success());
        let line = format!("lamplight_catalog_reloads_total{{outcome=\"{outcome}\"}} {times}\n");
        until(&line, async || self.metrics().await.contains(&line)).await;
    }

    /// Who is on a rota, by the API.
    async fn rotas(&self) -> Vec<String> {
        let request = self.client.get(format!("{}/api/v1/rotas", self.url)).bearer_auth(&self.token);
        let told: serde_json::Value = request.send().await.unwrap().json().await.unwrap();
        let names = told["rotas"].as_array().unwrap().iter();
        names.map(|rota| rota["name"].as_str().unwrap().to_owned()).collect()
    }

    async fn metrics(&self) -> String {
        self.client.get(format!("{}/metrics", self.url)).send().await.unwrap().text().await.unwrap()
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test]
async fn a_hangup_puts_good_files_in_force_and_refuses_bad_ones_whole() {
    let daemon = Daemon::start().await;
    assert_eq!(daemon.house.see(CHANGES).await, ["ward-admin"]);
    assert!(!daemon.knows_the_rule().await);

    copy_rule(&daemon.house, "temperature", "temperature_high");
    daemon.reload("activated", 1).await;
    assert!(daemon.knows_the_rule().await);
    assert_eq!(daemon.house.see(CHANGES).await, ["ward-admin", "signal"]);

    // One bad file, and a change that is good by itself: neither comes into force.
    fs::remove_dir_all(daemon.house.path("rules/temperature")).unwrap();
    daemon.house.write("rules/pulse/pulse_odd.toml", "title = 7\n");
    daemon.reload("refused", 1).await;
    assert!(daemon.knows_the_rule().await);
    assert_eq!(daemon.house.see(CHANGES).await.len(), 2);
    assert!(daemon.metrics().await.contains("lamplight_catalog_refused 1\n"));
    let log = fs::read_to_string(daemon.house.path("log")).unwrap();
    assert!(log.contains("rules/pulse/pulse_odd.toml:1:"), "{log}");
    let told = daemon.house.see(OPEN).await;
    assert!(told.len() == 1 && told[0].contains("rules/pulse/pulse_odd.toml:1:"), "{told:?}");

    // As they were before, they need no record, and the trouble is over.
    fs::remove_file(daemon.house.path("rules/pulse/pulse_odd.toml")).unwrap();
    copy_rule(&daemon.house, "temperature", "temperature_high");
    daemon.reload("unchanged", 1).await;
    assert_eq!(daemon.house.see(CHANGES).await.len(), 2);
    assert!(daemon.metrics().await.contains("lamplight_catalog_refused 0\n"));
    assert!(daemon.house.see(OPEN).await.is_empty());
}

#[tokio::test]
async fn a_changed_site_comes_into_force_like_the_other_files_and_a_faulty_one_does_not() {
    let daemon = Daemon::start().await;
    assert_eq!(daemon.rotas().await, ["Midwives on call", "Nights", "North, days", "South, days"]);
    let shipped = fs::read_to_string(daemon.house.path("site.toml")).unwrap();
    daemon.house.write("site.toml", &shipped.replace("\"Nights\"", "\"Night duty\""));
    daemon.reload("activated", 1).await;
    assert_eq!(daemon.rotas().await[1], "Night duty");
    assert_eq!(daemon.house.see(CHANGES).await, ["ward-admin", "signal"]);

    daemon.house.write("site.toml", &shipped.replace("\"rota:nights\"", "\"rota:knights\""));
    daemon.reload("refused", 1).await;
    assert_eq!(daemon.rotas().await[1], "Night duty");
    let told = daemon.house.see(OPEN).await;
    assert!(told.len() == 1 && told[0].contains("there is no rota 'knights'"), "{told:?}");
}
