//! The real daemon as a process of its own: a folder, a configuration and a ward of patients; started, killed, stopped,
//! and started again on the same folder and port.

use std::fs::{self, File};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use reqwest::{Client, Response, StatusCode};
use serde_json::Value;
use tokio::time::{Instant, sleep};

use super::broker::free_port;
use super::house::{House, PROJECT};
use crate::sms::signature::{encode, sign_form};

pub const ACCOUNT: &str = "AC0123456789abcdef0123456789abcdef";
pub const TOKEN: &str = "the token that nobody may see";
pub const PUBLIC_URL: &str = "https://gw.example.nhs.uk";
const INBOUND: &str = "/sms/twilio/inbound";
/// Whom patients text, and who texts them.
pub const HOUSE_NUMBER: &str = "+447700900999";

/// How long a daemon may take to start, to stop, or to see what has changed.
pub const PATIENCE: Duration = Duration::from_secs(60);
const GLANCE: Duration = Duration::from_millis(5);

/// What a daemon is set up with.
#[derive(Debug, Clone)]
pub struct Plan<'a> {
    pub broker: &'a str,
    pub api_base: &'a str,
    pub patients: usize,
    /// Further lines at the configuration's end.
    pub lines: &'a str,
}

/// A daemon and all that it keeps. Killed, and its house swept away, when the test is over.
pub struct Daemon {
    house: House,
    pub port: u16,
    child: Option<Child>,
    client: Client,
}

/// The phone of the `n`th patient, from the numbers that Ofcom keeps for fiction.
pub fn phone(n: usize) -> String {
    format!("+447700900{n:03}")
}

/// The device of the `n`th patient.
pub fn cuff(n: usize) -> String {
    format!("cuff-{n}")
}

impl Daemon {
    /// Writes the configuration and enrols the patients; starts nothing.
    pub fn set_up(plan: &Plan<'_>) -> Self {
        Self::set_up_with(plan, &[])
    }

    /// [`Self::set_up`] with further files in its folder.
    pub fn set_up_with(plan: &Plan<'_>, files: &[(&str, &str)]) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let port = free_port();
        let house = House::new(&format!(
            "[store]\npath = \"lamplight.db\"\n[http]\nlisten = \"127.0.0.1:{port}\"\npublic_url = {PUBLIC_URL:?}\n\
             [mqtt]\nbroker = {:?}\n[sms]\nprovider = \"twilio\"\nsegments_per_second = 0\n\
             [sms.budget]\nnumber = 0\nday = 0\nburst = 0\n[sms.twilio]\naccount_sid = {ACCOUNT:?}\n\
             auth_token = {TOKEN:?}\nfrom = {HOUSE_NUMBER:?}\napi_base = {:?}\n\
             [clinical]\nprotocols = \"{PROJECT}/protocols\"\nrules = \"{PROJECT}/alert_rules\"\n{}\n",
            plan.broker, plan.api_base, plan.lines
        ));
        for (name, content) in files {
            house.write(name, content);
        }
        let mut list = "patient_id,name,phone,devices\n".to_owned();
        for n in 0..plan.patients {
            list.push_str(&format!("p{n},Nomen Nescio,{},{}\n", phone(n), cuff(n)));
        }
        house.enrol(&list);
        let client = Client::builder().timeout(PATIENCE).build().unwrap();
        Self { house, port, child: None, client }
    }

    /// Enrols a further list.
    pub fn enrol(&self, list: &str) {
        self.house.enrol(list);
    }

    pub fn start(&mut self) {
        assert!(self.child.is_none(), "it runs already");
        let log = File::options().create(true).append(true).open(self.house.path("log")).unwrap();
        let serve = self.house.command(&["serve"]);
        // Without its signal a write beyond the limit on files fails like one on a full disk.
        let mut command = Command::new("bash");
        command
            .args(["-c", "trap '' XFSZ; exec \"$@\"", "bash"])
            .arg(serve.get_program())
            .args(serve.get_args());
        command.current_dir(self.house.folder()).stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
        for (name, _) in serve.get_envs() {
            command.env_remove(name);
        }
        self.child = Some(command.spawn().unwrap());
    }

    /// From now on it can write nothing to any file, its log included: what a full disk does. Or it can again.
    pub fn forbid_writing(&self, forbidden: bool) {
        let limit = if forbidden { "--fsize=0:" } else { "--fsize=unlimited:" };
        let pid = self.pid().to_string();
        assert!(Command::new("prlimit").args(["--pid", &pid, limit]).status().unwrap().success());
    }

    pub fn pid(&self) -> u32 {
        self.child.as_ref().expect("a running daemon").id()
    }

    /// `kill -9`, at once.
    pub fn kill(&mut self) {
        let mut child = self.child.take().expect("a running daemon");
        if let Some(status) = child.try_wait().unwrap() {
            panic!("the daemon ended by itself: {status}\n{}", self.log());
        }
        child.kill().unwrap();
        child.wait().unwrap();
    }

    /// SIGTERM, without waiting.
    pub fn terminate(&self) {
        assert!(Command::new("kill").arg(self.pid().to_string()).status().unwrap().success());
    }

    /// How it ended, if it has.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.child.as_mut().expect("a running daemon").try_wait().unwrap()
    }

    /// Waits for its end.
    pub async fn end(&mut self) -> ExitStatus {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.ended() {
                self.child = None;
                return status;
            }
            assert!(Instant::now() < deadline, "the daemon does not end\n{}", self.log());
            sleep(GLANCE).await;
        }
    }

    /// An orderly stop, which must be one.
    pub async fn stop(&mut self) {
        self.terminate();
        let status = self.end().await;
        assert!(status.success(), "{status}\n{}", self.log());
    }

    pub async fn until_ready(&mut self) {
        self.until("it is ready", |_, body| body["ready"] == true).await;
    }

    /// Waits until `/readyz` answers like this.
    pub async fn until(&mut self, what: &str, is_so: impl Fn(StatusCode, &Value) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some((status, body)) = self.readiness().await
                && is_so(status, &body)
            {
                return;
            }
            if let Some(status) = self.ended() {
                panic!("the daemon ended: {status}\n{}", self.log());
            }
            assert!(Instant::now() < deadline, "waited in vain until {what}\n{}", self.log());
            sleep(GLANCE).await;
        }
    }

    /// What `/readyz` says, if anything.
    pub async fn readiness(&self) -> Option<(StatusCode, Value)> {
        let response = self.client.get(format!("http://127.0.0.1:{}/readyz", self.port)).send().await.ok()?;
        let status = response.status();
        Some((status, response.json().await.ok()?))
    }

    /// A handle that posts what Twilio posts.
    pub fn door(&self) -> Door {
        Door { client: self.client.clone(), url: format!("http://127.0.0.1:{}", self.port) }
    }

    /// Everything that it ever logged.
    pub fn log(&self) -> String {
        fs::read_to_string(self.house.path("log")).unwrap_or_default()
    }

    /// One number from the database.
    pub async fn number(&self, sql: &str) -> u64 {
        self.house.count(sql).await
    }

    /// One column of text from the database.
    pub async fn column(&self, sql: &str) -> Vec<String> {
        self.house.see(sql).await
    }

    /// Changes what is stored behind the daemon's back.
    pub async fn change(&self, sql: &str) {
        self.house.change(sql).await;
    }

    /// Waits until a query gives this number.
    pub async fn until_number(&self, sql: &str, wanted: u64, patience: Duration) {
        let deadline = Instant::now() + patience;
        loop {
            let found = self.number(sql).await;
            if found == wanted {
                return;
            }
            assert!(Instant::now() < deadline, "{found}, not {wanted}: {sql}\n{}", self.tail());
            sleep(GLANCE * 10).await;
        }
    }

    fn tail(&self) -> String {
        let log = self.log();
        log.lines().rev().take(20).collect::<Vec<_>>().join("\n")
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// The webhooks of a daemon, whether it runs or not.
#[derive(Debug, Clone)]
pub struct Door {
    client: Client,
    pub url: String,
}

impl Door {
    /// Posts a text as Twilio does.
    pub async fn text(&self, sid: &str, from: &str, body: &str) -> reqwest::Result<Response> {
        let pairs = [
            ("MessageSid", sid),
            ("AccountSid", ACCOUNT),
            ("From", from),
            ("To", HOUSE_NUMBER),
            ("Body", body),
            ("NumMedia", "0"),
        ];
        self.post(INBOUND, &pairs).await
    }

    pub async fn post(&self, path: &str, pairs: &[(&str, &str)]) -> reqwest::Result<Response> {
        self.client
            .post(format!("{}{path}", self.url))
            .header("content-type", "application/x-www-form-urlencoded")
            .header("x-twilio-signature", sign_form(TOKEN, &format!("{PUBLIC_URL}{path}"), pairs))
            .body(encode(pairs))
            .send()
            .await
    }
}
