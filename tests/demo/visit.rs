//! A running demo, seen from outside, gone when the test is over.

use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStdout, Stdio};
use std::time::{Duration, Instant};

use reqwest::redirect::Policy;
use reqwest::{Client, Response};
use serde_json::Value;

use crate::support::house::House;

/// Longer than the first two minutes take, on a machine that has other things to do.
const PATIENCE: Duration = Duration::from_secs(180);

pub struct Visit {
    child: Child,
    /// Held open: what the demo prints later must not fail.
    _out: BufReader<ChildStdout>,
    /// Dropped last: the demo's own folder lies in it.
    _house: House,
    pub welcome: String,
    client: Client,
}

impl Visit {
    /// Starts the demo on free ports.
    pub fn begin() -> Self {
        let house = House::quiet();
        // As the binary does; another test may have been first.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder().redirect(Policy::none()).build().unwrap();
        let mut child = house
            .command(&["demo", "--console-port", "0", "--phones-port", "0", "--broker-port", "0"])
            .env("TMPDIR", house.folder())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut welcome = String::new();
        while !welcome.contains("Ctrl-C") {
            assert!(out.read_line(&mut welcome).unwrap() > 0, "the demo ended: {welcome}");
        }
        Self { child, _out: out, _house: house, welcome, client }
    }

    /// What stands behind a label of the welcome.
    pub fn told(&self, label: &str) -> &str {
        let line = self.welcome.lines().find_map(|line| line.trim_start().strip_prefix(label));
        line.unwrap_or_else(|| panic!("no {label} in {}", self.welcome)).trim()
    }

    pub async fn api(&self, path: &str) -> Value {
        let address = format!("{}/api/v1/{path}", self.told("Nurses' queue"));
        let answer = self.client.get(address).bearer_auth(self.told("bearer token")).send().await.unwrap();
        assert!(answer.status().is_success(), "{path}: {answer:?}");
        answer.json().await.unwrap()
    }

    /// A page of the phones.
    pub async fn phone(&self, path: &str) -> String {
        let address = format!("{}{path}", self.told("Patients' phones"));
        let answer = self.client.get(address).send().await.unwrap();
        assert!(answer.status().is_success(), "{path}: {answer:?}");
        answer.text().await.unwrap()
    }

    /// Sends a text as the page's form does.
    pub async fn text(&self, number: &str, body: &str) -> Response {
        let address = format!("{}/send", self.told("Patients' phones"));
        self.client.post(address).form(&[("number", number), ("body", body)]).send().await.unwrap()
    }

    /// Asks the API again and again until `seen` is content with the answer; that answer.
    pub async fn until(&self, what: &str, path: &str, seen: impl Fn(&Value) -> bool) -> Value {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let answer = self.api(path).await;
            if seen(&answer) {
                return answer;
            }
            assert!(Instant::now() < deadline, "{what} does not come: {answer:#}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

impl Drop for Visit {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
