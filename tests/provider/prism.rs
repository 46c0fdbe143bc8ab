//! Twilio's own specification as the judge of what we send: Prism 5.14.2 answers by it, hardened where it is lax.
//!
//! Twilio's specification asks for a `To` and takes any word for one, no sender, no words, and any parameter. So the test makes
//! a stricter copy of the one resource, and proves first that the copy refuses what must be refused.

use std::fs;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use lamplight::clock::Clock;
use lamplight::domain::id::MessageId;
use lamplight::domain::organisation::Address;
use lamplight::domain::phone::Phone;
use lamplight::domain::secret::Secret;
use lamplight::outbox::carrier::{Carrier, OutText, SendOutcome};
use lamplight::sms::client::Timeouts;
use lamplight::sms::twilio::{Sender, TwilioAccount, TwilioCarrier};
use reqwest::{Client, StatusCode};
use serde_json::Value;

use super::edge::Edge;
use super::outcome;
use super::specification::{RESOURCE, hardened, parameters};
use super::stub::Stub;
use crate::peers::daemon::{ACCOUNT, NUMBER, TOKEN, client, until};
use crate::peers::twilio::tools;
use crate::support::broker::free_port;

/// On a machine with much to do.
const PATIENCE: Duration = Duration::from_secs(30);
const SERVICE: &str = "MG0123456789abcdef0123456789abcdef";

/// Judges every request by the specification. Ends when dropped.
struct Prism {
    child: Child,
    specification: PathBuf,
    port: u16,
}

impl Prism {
    async fn start() -> Self {
        let port = free_port();
        let specification =
            std::env::temp_dir().join(format!("lamplight-twilio-{}-{port}.json", std::process::id()));
        fs::write(&specification, hardened(original()).to_string()).unwrap();
        let child = Command::new("node")
            .arg(tools("node_modules/@stoplight/prism-cli/dist/index.js"))
            .args(["mock", "--host", "127.0.0.1", "--port", &port.to_string()])
            .arg(&specification)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut prism = Self { child, specification, port };
        let client = client();
        until("Prism answers", async || {
            assert!(prism.child.try_wait().unwrap().is_none(), "Prism ended at once");
            client.get(prism.base()).send().await.is_ok()
        })
        .await;
        prism
    }

    fn base(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// How a form of ours is judged.
    async fn judge(&self, client: &Client, form: &str, prefer: &str) -> StatusCode {
        let url = format!("{}{}", self.base(), RESOURCE.replace("{AccountSid}", ACCOUNT));
        let request = client
            .post(url)
            .basic_auth(ACCOUNT, Some(TOKEN))
            .header("content-type", "application/x-www-form-urlencoded")
            .header("prefer", prefer)
            .body(form.to_owned());
        request.send().await.unwrap().status()
    }
}

impl Drop for Prism {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = fs::remove_file(&self.specification);
    }
}

/// Twilio's own document.
fn original() -> Value {
    let path = tools("node_modules/@twilio-alpha/mcp/twilio-oai/spec/json/twilio_api_v2010.json");
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

fn carrier(sender: Sender, base: &str) -> TwilioCarrier {
    let account = TwilioAccount {
        account_sid: ACCOUNT.to_owned(),
        auth_token: Secret::new(TOKEN),
        sender,
        api_base: base.to_owned(),
        public_url: "https://gw.example.nhs.uk".to_owned(),
    };
    let timeouts = Timeouts { connect: Duration::from_secs(5), total: PATIENCE };
    TwilioCarrier::new(account, timeouts).unwrap()
}

#[tokio::test]
async fn sms_14_every_request_that_we_make_is_one_that_twilio_specifies() {
    let prism = Prism::start().await;
    let client = client();

    for (why, form) in [
        ("a word for a number", "To=banana&From=%2B447700900456&Body=a"),
        ("a plus that stands for a space", "To=+447700900124&From=%2B447700900456&Body=a"),
        ("no sender", "To=%2B447700900124&Body=a"),
        (
            "two senders",
            &format!("To=%2B447700900124&From=%2B447700900456&MessagingServiceSid={SERVICE}&Body=a"),
        ),
        ("no words", "To=%2B447700900124&From=%2B447700900456"),
        ("too many words", &format!("To=%2B447700900124&From=%2B447700900456&Body={}", "a".repeat(1601))),
        ("a validity of a day", "To=%2B447700900124&From=%2B447700900456&Body=a&ValidityPeriod=86400"),
    ] {
        assert_eq!(prism.judge(&client, form, "").await, StatusCode::UNPROCESSABLE_ENTITY, "{why}");
    }

    let long = "ا".repeat(800);
    let senders = [Sender::From(Phone::trusted(NUMBER)), Sender::Service(SERVICE.to_owned())];
    for sender in senders {
        let carrier = carrier(sender, &prism.base());
        for body in [
            "Thank you. 150/95 is noted.",
            "50% & more = a+b; c~d \"e\" <f> #g ?h /i \\j",
            "Grüße – ‘smart’ … €5 ŵŷ ą ł",
            "😷 👍🏽 👩‍⚕️",
            "آپ کا بلڈ پریشر 150/95 درج کر لیا گیا ہے۔",
            "Line one\nline two\r\n\ttabbed",
            " ",
            &long,
        ] {
            for validity in [0, 1, 3600, 36_000, 999_999] {
                let text = OutText {
                    via: None,
                    id: MessageId::trusted("01HZX5K3M0"),
                    to: Address::Sms(Phone::trusted("+447700900124")),
                    subject: None,
                    body: body.to_owned(),
                    occasion: None,
                    validity: Duration::from_secs(validity),
                };
                let outcome = carrier.send(&text).await;
                assert!(matches!(outcome, SendOutcome::Accepted { .. }), "{body:?} {validity}: {outcome:?}");
            }
        }
    }

    // What Notify and the phone's app take, restated.
    for edge in [Edge::Notify, Edge::Android] {
        for body in ["Thank you. 150/95 is noted.", "\"quoted\" \\ £5 – ŵŷ", "two\nlines"] {
            let outcome = outcome::carrier(edge, &prism.base(), &Clock::system(), PATIENCE)
                .send(&outcome::text(body))
                .await;
            assert!(matches!(outcome, SendOutcome::Accepted { .. }), "{edge:?} {body:?}: {outcome:?}");
        }
    }

    // A busy Twilio.
    let good = "To=%2B447700900124&From=%2B447700900456&Body=a";
    assert_eq!(prism.judge(&client, good, "code=429").await, StatusCode::TOO_MANY_REQUESTS);
}

#[tokio::test]
async fn sms_14_every_parameter_that_we_give_is_one_that_twilio_knows() {
    let known = parameters(&original());
    for sender in [Sender::From(Phone::trusted(NUMBER)), Sender::Service(SERVICE.to_owned())] {
        let stub = Stub::start(&[]).await;
        carrier(sender, &stub.base).send(&outcome::text("Thank you.")).await;
        let [form] = stub.bodies().try_into().unwrap();
        for pair in form.split('&') {
            let name = pair.split('=').next().unwrap();
            assert!(known.iter().any(|known| known == name), "{name}");
        }
    }
}
