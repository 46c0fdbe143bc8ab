//! A Twilio that is not Twilio (`emulate`), and Twilio's own library as the signer of requests.

use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use reqwest::{Client, StatusCode};
use serde_json::{Value, json};

use super::daemon::{ACCOUNT, NUMBER, TOKEN, client, until};
use crate::support::broker::free_port;
use crate::support::house::PROJECT;

/// Holds the account of every daemon here. Killed when dropped.
pub struct Emulate {
    child: Child,
    seed: PathBuf,
    port: u16,
    client: Client,
}

impl Emulate {
    /// That posts its webhooks to a gateway at this address.
    pub async fn start(public_url: &str) -> Self {
        let program = tools("node_modules/emulate/dist/index.js");
        let port = free_port();
        let seed = std::env::temp_dir().join(format!("lamplight-emulate-{}-{port}.yaml", std::process::id()));
        let template = fs::read_to_string(format!("{PROJECT}/tests/tools/emulate.yaml")).unwrap();
        let filled = [
            ("@ACCOUNT_SID@", ACCOUNT),
            ("@AUTH_TOKEN@", TOKEN),
            ("@FROM_NUMBER@", NUMBER),
            ("@PUBLIC_URL@", public_url),
        ]
        .iter()
        .fold(template, |text, (word, value)| text.replace(word, value));
        fs::write(&seed, filled).unwrap();
        let child = Command::new("node")
            .args(["--require", &format!("{PROJECT}/tests/tools/loopback.cjs")])
            .arg(program)
            .args(["start", "--service", "twilio", "--port", &port.to_string(), "--seed"])
            .arg(&seed)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut emulate = Self { child, seed, port, client: client() };
        until("emulate answers", async || {
            assert!(emulate.child.try_wait().unwrap().is_none(), "emulate ended at once");
            emulate.client.get(emulate.url("/")).send().await.is_ok()
        })
        .await;
        emulate
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    /// Somebody texts the gateway. Returns once the webhook was answered, however.
    pub async fn text(&self, from: &str, body: &str) {
        self.simulate("inbound-message", &[("To", NUMBER), ("From", from), ("Body", body)]).await;
    }

    /// All that was texted to the gateway, oldest first.
    pub async fn received(&self) -> Vec<Value> {
        let mut messages = self.sent_to(NUMBER).await;
        messages.retain(|message| message["direction"] == "inbound");
        messages
    }

    /// The carrier reports on a text of the gateway's. Returns once the webhook was answered, however.
    pub async fn report(&self, sid: &str, status: &str) {
        self.simulate("message-status", &[("MessageSid", sid), ("Status", status)]).await;
    }

    /// What was sent to this number through the API, oldest first.
    pub async fn sent_to(&self, number: &str) -> Vec<Value> {
        let to = number.replace('+', "%2B");
        let path = format!("/2010-04-01/Accounts/{ACCOUNT}/Messages.json?To={to}&PageSize=200");
        let answer = self.client.get(self.url(&path)).basic_auth(ACCOUNT, Some(TOKEN)).send().await.unwrap();
        let page: Value = answer.json().await.unwrap();
        let mut messages = page["messages"].as_array().unwrap().clone();
        messages.reverse();
        messages
    }

    /// The same, once there are this many.
    pub async fn wait_for(&self, number: &str, count: usize) -> Vec<Value> {
        until(&format!("{count} texts"), async || self.sent_to(number).await.len() >= count).await;
        let sent = self.sent_to(number).await;
        assert_eq!(sent.len(), count, "{sent:?}");
        sent
    }

    async fn simulate(&self, what: &str, form: &[(&str, &str)]) {
        let request = self.client.post(self.url(&format!("/_twilio/simulate/{what}")));
        let answer = request.basic_auth(ACCOUNT, Some(TOKEN)).form(form).send().await.unwrap();
        let status = answer.status();
        assert!(matches!(status, StatusCode::OK | StatusCode::CREATED), "{what}: {status}");
    }
}

impl Drop for Emulate {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = fs::remove_file(&self.seed);
    }
}

/// A request to be signed: its address, its parameters, and the token.
pub type Unsigned<'a> = (&'a str, Value, &'a str);

/// Signs each request with twilio-python.
pub fn sign(requests: &[Unsigned<'_>]) -> Vec<String> {
    let mut signer = Command::new(tools("venv/bin/python"))
        .arg(format!("{PROJECT}/tests/tools/sign.py"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = signer.stdin.take().unwrap();
    for (url, params, token) in requests {
        writeln!(input, "{}", json!({ "url": url, "params": params, "token": token })).unwrap();
    }
    drop(input);
    let output = signer.wait_with_output().unwrap();
    let signatures: Vec<String> =
        String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect();
    assert_eq!(signatures.len(), requests.len(), "twilio-python signs everything");
    signatures
}

/// Where `tests/run` puts what it installs.
pub fn tools(name: &str) -> PathBuf {
    let folder = std::env::var_os("LAMPLIGHT_TEST_TOOLS")
        .map_or_else(|| PathBuf::from(format!("{PROJECT}/tests/.tools")), PathBuf::from);
    let path = folder.join(name);
    assert!(path.exists(), "{} is missing: run ./tests/run, it installs it", path.display());
    path
}
