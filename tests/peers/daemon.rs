//! The real daemon as a process, and what the world sees of it.

use std::fs::{self, OpenOptions};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use reqwest::{Client, StatusCode};
use serde_json::Value;

use crate::support::broker::free_port;
use crate::support::house::{House, PROJECT};

/// The longest that anything may take that must come.
const PATIENCE: Duration = Duration::from_secs(90);

pub const ACCOUNT: &str = "AC0123456789abcdef0123456789abcdef";
pub const TOKEN: &str = "5ecc0de5ecc0de5ecc0de5ecc0de5ecc";
pub const OLD_TOKEN: &str = "01dc0de01dc0de01dc0de01dc0de01dc";
pub const NUMBER: &str = "+447700900456";

/// Whom every daemon here knows: names and numbers that must show up in no log.
pub const AGNES: &str = "+447700900123";
pub const BERNARD: &str = "+447700900124";
const WARD: &str = "patient_id,name,phone,consent,devices\n\
    p1,Agnes Whitlock,+447700900123,given,cuff-1\np2,Bernard Okafor,07700 900124,opt_out,\n";
/// Whatever names or describes one of them, besides the words they text.
const PRIVATE: [&str; 9] =
    ["Agnes", "Whitlock", "Bernard", "Okafor", "7700900123", "7700900124", "7700900999", TOKEN, OLD_TOKEN];

/// How a daemon differs from the plainest one, which speaks to nobody.
#[derive(Debug, Default)]
pub struct Plan {
    /// What carriers sign; the daemon's own address by default.
    pub public_url: Option<String>,
    /// Twilio's address; without one texts go nowhere.
    pub api_base: Option<String>,
    /// The broker's address and further lines of its section.
    pub broker: Option<(String, &'static str)>,
    /// Who carries texts, if not Twilio where there is an address of it.
    pub provider: Option<&'static str>,
    /// Further lines of the provider's section.
    pub sms: &'static str,
    /// Further lines at the configuration's end, which is its section of clinical files.
    pub lines: String,
}

/// A daemon with a ward of two. Killed when dropped.
pub struct Daemon {
    pub house: House,
    pub client: Client,
    pub port: u16,
    token: String,
    /// It has a provider that lists what it was sent.
    looks: bool,
    child: Option<Child>,
    /// What was texted, which no log may hold.
    words: Vec<String>,
}

/// Polls until it holds; a deadline makes silence a failure.
pub async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !holds().await {
        assert!(Instant::now() < deadline, "never came: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// A client of our own, whose TLS is never used. Each request has a connection of its own: a peer may close an idle one
/// (Node does after five seconds) in the instant in which it is used again.
pub fn client() -> Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::builder().pool_max_idle_per_host(0).build().unwrap()
}

impl Daemon {
    pub async fn start(plan: Plan) -> Self {
        Self::start_on(free_port(), plan).await
    }

    /// On a port that a peer already knows.
    pub async fn start_on(port: u16, plan: Plan) -> Self {
        let house = House::new(&config(port, &plan));
        house.enrol(WARD);
        let token = house.must(&["token", "add", "monitor"]).trim().to_owned();
        let looks = provider(&plan) == "twilio";
        let mut daemon = Self { house, client: client(), port, token, looks, child: None, words: Vec::new() };
        daemon.start_again().await;
        daemon
    }

    /// `kill -9`, as soon as this holds of the database.
    pub async fn kill_once(&mut self, what: &str, holds: impl AsyncFn(&House) -> bool) {
        until(what, async || holds(&self.house).await).await;
        let mut child = self.child.take().unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
    }

    /// Starts on what is stored, and waits until it is ready and has looked once at what the provider lists: a text
    /// that is sent during that look may be found by it and brought by the webhook too.
    pub async fn start_again(&mut self) {
        self.set_off();
        until("the daemon is ready", async || {
            let ended = self.child.as_mut().unwrap().try_wait().unwrap();
            assert!(ended.is_none(), "the daemon ended: {}", self.log());
            let answer = self.client.get(self.url("/readyz")).send().await;
            answer.is_ok_and(|answer| answer.status() == StatusCode::OK)
        })
        .await;
        if self.looks {
            let looked = async || self.metrics().await.contains("lamplight_backfill_looks_total{");
            until("it has looked", looked).await;
        }
    }

    /// Starts on what is stored.
    pub fn set_off(&mut self) {
        let log = OpenOptions::new().create(true).append(true).open(self.house.path("log")).unwrap();
        let child = self
            .house
            .command(&["serve", "--config", "config.toml"])
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap();
        self.child = Some(child);
    }

    /// Stops in good order.
    pub fn stop(&mut self) {
        let mut child = self.child.take().unwrap();
        assert!(Command::new("kill").arg(child.id().to_string()).status().unwrap().success());
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = child.try_wait().unwrap() {
                assert!(status.success(), "the daemon ended with {status}: {}", self.log());
                return;
            }
            assert!(Instant::now() < deadline, "the daemon does not stop");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// The end of a test: stops, and holds that neither the log nor the metrics told on anybody.
    pub async fn end(mut self) {
        let metrics = self.metrics().await;
        self.house.write("metrics", &metrics);
        self.stop();
        let log = self.log();
        assert!(log.contains("stopping"), "{log}");
        let words = self.words.iter().map(String::as_str);
        for private in PRIVATE.into_iter().chain(words).chain([self.token.as_str()]) {
            assert!(!log.contains(private), "the log says {private:?}:\n{log}");
            assert!(!metrics.contains(private), "the metrics say {private:?}:\n{metrics}");
        }
    }

    /// Words that were sent in, and that nobody may find in a log. Short ones could be there by chance.
    pub fn overhear(&mut self, words: &str) {
        if words.len() > 5 {
            self.words.push(words.to_owned());
        }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    pub fn log(&self) -> String {
        fs::read_to_string(self.house.path("log")).unwrap()
    }

    pub async fn metrics(&self) -> String {
        self.client.get(self.url("/metrics")).send().await.unwrap().text().await.unwrap()
    }

    /// A counter of `/metrics`, nought while nothing was counted.
    pub async fn counted(&self, name: &str, outcome: &str) -> u64 {
        let line = format!("lamplight_{name}_total{{outcome=\"{outcome}\"}} ");
        let metrics = self.metrics().await;
        metrics.lines().find_map(|found| found.strip_prefix(&line)).map_or(0, |n| n.parse().unwrap())
    }

    pub async fn api(&self, path: &str) -> Value {
        let request = self.client.get(self.url(&format!("/api/v1/{path}"))).bearer_auth(&self.token);
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK, "{path}");
        answer.json().await.unwrap()
    }

    /// Posts JSON to the API, and takes whatever is answered.
    pub async fn post(&self, path: &str, body: &Value) -> (StatusCode, String) {
        let request = self.client.post(self.url(&format!("/api/v1/{path}"))).bearer_auth(&self.token);
        let answer = request.json(body).send().await.unwrap();
        (answer.status(), answer.text().await.unwrap())
    }

    /// The rows of a list of the API, by its own name: `readings?patient=p1`.
    pub async fn list(&self, path: &str) -> Vec<Value> {
        let name = path.split('?').next().unwrap();
        self.api(path).await[name].as_array().unwrap().clone()
    }

    /// A patient's readings as `vital value`, sorted.
    pub async fn readings(&self, patient: &str) -> Vec<String> {
        let readings = self.list(&format!("readings?patient={patient}")).await;
        let mut shown: Vec<String> =
            readings.iter().map(|r| format!("{} {}", r["vital"].as_str().unwrap(), r["value"])).collect();
        shown.sort();
        shown
    }

    /// A patient's texts from us, oldest first.
    pub async fn replies(&self, patient: &str) -> Vec<Value> {
        let mut replies = self.list(&format!("messages?patient={patient}")).await;
        replies.retain(|message| message["direction"] == "out");
        replies.reverse();
        replies
    }

    /// Received, accepted, duplicate, rejected, held.
    pub async fn ledger(&self) -> [u64; 5] {
        let ledger = self.api("intake/ledger").await;
        assert_eq!(ledger["balanced"], true, "{ledger}");
        ["received", "accepted", "duplicate", "rejected", "held"].map(|key| ledger[key].as_u64().unwrap())
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

fn provider(plan: &Plan) -> &'static str {
    plan.provider.unwrap_or(if plan.api_base.is_some() { "twilio" } else { "log" })
}

fn config(port: u16, plan: &Plan) -> String {
    let own = format!("http://127.0.0.1:{port}");
    let public_url = plan.public_url.as_ref().unwrap_or(&own);
    let provider = provider(plan);
    let api_base = plan.api_base.as_deref().unwrap_or("http://127.0.0.1:9");
    let broker = match &plan.broker {
        Some((url, lines)) => format!("[mqtt]\nbroker = \"{url}\"\n{lines}\n"),
        None => String::new(),
    };
    format!(
        "[store]\npath = \"lamplight.db\"\n[http]\nlisten = \"127.0.0.1:{port}\"\npublic_url = \"{public_url}\"\n\
         {broker}[sms]\nprovider = \"{provider}\"\n[sms.twilio]\naccount_sid = \"{ACCOUNT}\"\n\
         auth_token = \"{TOKEN}\"\nauth_token_previous = \"{OLD_TOKEN}\"\nfrom = \"{NUMBER}\"\n\
         api_base = \"{api_base}\"\n{}\n[clinical]\nprotocols = \"{PROJECT}/protocols\"\nrules = \"{PROJECT}/alert_rules\"\n{}\n",
        plan.sms, plan.lines
    )
}
