//! What anybody who looks after a daemon may read holds no number, no name, no words of a patient and no secret: its log at
//! its most talkative, its figures, and what it says to what it refuses.

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use reqwest::{Client, RequestBuilder, StatusCode};

use crate::sms::signature::{encode, sign_form};
use crate::support::broker::free_port;
use crate::support::daemon::{ACCOUNT, HOUSE_NUMBER, PUBLIC_URL, TOKEN};
use crate::support::house::{House, PROJECT};
use crate::support::provider::{Mood, Provider};

const INBOUND: &str = "/sms/twilio/inbound";
const STATUS: &str = "/sms/twilio/status";
const PASSWORD: &str = "tea-and-seven-biscuits";
const PATIENCE: Duration = Duration::from_secs(40);

/// What may stand nowhere. Digits of numbers without their country, for they are written in several ways.
const PRIVATE: [&str; 20] = [
    "7700900131",
    "7700900132",
    "7700900199",
    "7700900999",
    "7700 900131",
    "7700 900125",
    "1174960123",
    "0117 496",
    "Zebedee",
    "Willoughby",
    "943 476",
    "9434765919",
    "1951-03-29",
    TOKEN,
    PASSWORD,
    "chest pain",
    "191/9",
    "BP 191",
    "gin with breakfast",
    "Basic QUM",
];

struct Daemon {
    house: House,
    child: Child,
    client: Client,
    url: String,
    token: String,
    refusals: String,
}

impl Daemon {
    async fn start(provider: &Provider) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let port = free_port();
        let house = House::new(&format!(
            "[store]\npath = \"lamplight.db\"\n[http]\nlisten = \"127.0.0.1:{port}\"\npublic_url = {PUBLIC_URL:?}\n\
             [sms]\nprovider = \"twilio\"\n[sms.twilio]\naccount_sid = {ACCOUNT:?}\nauth_token = {TOKEN:?}\n\
             from = {HOUSE_NUMBER:?}\napi_base = {:?}\n\
             [clinical]\nprotocols = \"{PROJECT}/protocols\"\nrules = \"{PROJECT}/alert_rules\"\n",
            provider.base
        ));
        house.enrol(
            "patient_id,name,phone,nhs_number,date_of_birth,protocols\n\
             p1,Zebedee Willoughby,+447700900131,943 476 5919,1951-03-29,\np2,Zebedee Other,+447700900132,,,bp_stable\n",
        );
        let token = house.must(&["token", "add", "monitor"]).trim().to_owned();
        let child = house
            .command(&["serve"])
            .env("LAMPLIGHT_LOG", "trace")
            .stdout(Stdio::null())
            .stderr(house.log_file())
            .spawn()
            .unwrap();
        let client = Client::builder().timeout(PATIENCE).build().unwrap();
        let url = format!("http://127.0.0.1:{port}");
        let mut daemon = Self { house, child, client, url, token, refusals: String::new() };
        let deadline = Instant::now() + PATIENCE;
        while !daemon
            .client
            .get(daemon.at("/healthz"))
            .send()
            .await
            .is_ok_and(|a| a.status() == StatusCode::OK)
        {
            assert!(
                daemon.child.try_wait().unwrap().is_none() && Instant::now() < deadline,
                "{}",
                daemon.log()
            );
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        daemon
    }

    fn at(&self, path: &str) -> String {
        format!("{}{path}", self.url)
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.house.path("log")).unwrap()
    }

    /// Sends it, and keeps what is said where it is refused.
    async fn ask(&mut self, request: RequestBuilder) -> StatusCode {
        let answer = request.send().await.unwrap();
        let (status, headers) = (answer.status(), format!("{:?}", answer.headers()));
        if !status.is_success() {
            self.refusals.push_str(&format!("{status} {headers} {}\n", answer.text().await.unwrap()));
        }
        status
    }

    fn form(&self, path: &str, pairs: &[(&str, &str)], token: &str) -> RequestBuilder {
        self.client
            .post(self.at(path))
            .header("content-type", "application/x-www-form-urlencoded")
            .header("x-twilio-signature", sign_form(token, &format!("{PUBLIC_URL}{path}"), pairs))
            .body(encode(pairs))
    }

    fn api(&self, path: &str, body: &str) -> RequestBuilder {
        self.client.post(self.at(&format!("/api/v1{path}"))).bearer_auth(&self.token).body(body.to_owned())
    }

    fn stop(&mut self) {
        assert!(Command::new("kill").arg(self.child.id().to_string()).status().unwrap().success());
        assert!(self.child.wait().unwrap().success(), "{}", self.log());
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Everything that a carrier, a patient or somebody else may send, right and wrong.
async fn texts(daemon: &mut Daemon) {
    let long = "gin with breakfast ".repeat(60);
    let bodies = [
        "BP 191 99",
        "I have chest pain",
        "gin with breakfast",
        "STOP",
        "START",
        "HELP",
        "its Zebedee Willoughby",
        &long,
        "ring me on 0117 496 0123 or 07700 900125",
        "BP 191/99 chest pain",
        "",
        "\u{0}\u{1f}",
        "YES",
        "1 9 1",
        "👍",
    ];
    let senders = [
        "+447700900131",
        "+447700900132",
        "+447700900199",
        HOUSE_NUMBER,
        "60777",
        "Willoughby",
        "07700900131",
        "",
    ];
    for (n, body) in bodies.iter().enumerate() {
        for (m, from) in senders.iter().enumerate() {
            let sid = format!("SM{n:016x}{m:016x}");
            let pairs = [
                ("MessageSid", sid.as_str()),
                ("AccountSid", ACCOUNT),
                ("From", *from),
                ("To", HOUSE_NUMBER),
                ("Body", *body),
            ];
            let wrong = daemon.form(INBOUND, &pairs, "another token");
            assert_eq!(daemon.ask(wrong).await, StatusCode::FORBIDDEN);
            let right = daemon.form(INBOUND, &pairs, TOKEN);
            daemon.ask(right).await;
        }
    }
    for pairs in [
        &[("From", "+447700900131"), ("Body", "BP 191 99")][..],
        &[("MessageSid", "SMx"), ("Body", "chest pain")],
        &[("MessageSid", "SMx"), ("From", "+447700900131"), ("AccountSid", "AC00")],
    ] {
        let request = daemon.form(INBOUND, pairs, TOKEN);
        daemon.ask(request).await;
        let request = daemon.form(STATUS, pairs, TOKEN);
        daemon.ask(request).await;
    }
    for (status, code) in
        [("failed", "21610"), ("gin with breakfast", "x"), ("delivered", ""), ("undelivered", "30003")]
    {
        let pairs = [
            ("MessageSid", "SM1"),
            ("AccountSid", ACCOUNT),
            ("MessageStatus", status),
            ("ErrorCode", code),
            ("To", "+447700900131"),
            ("ErrorMessage", "the number +447700900131 chest pain"),
        ];
        for path in [STATUS.to_owned(), format!("{STATUS}?m=+447700900131")] {
            let request = daemon.form(&path, &pairs, TOKEN);
            daemon.ask(request).await;
        }
    }
    let (client, url) = (daemon.client.clone(), daemon.at(INBOUND));
    for body in [b"Body=chest%20pain&From=%2B447700900131%A3".to_vec(), vec![0xff; 100], vec![b'9'; 70_000]] {
        daemon.ask(client.post(&url).body(body).header("x-twilio-signature", "+447700900131")).await;
    }
}

/// What people and programs send who have a token, have lost it, or never had one.
async fn requests(daemon: &mut Daemon) {
    let bodies = [
        r#"{"patient_id":"p3","name":"Zebedee Willoughby","phone":"07700 9001314567"}"#,
        r#"{"patient_id":"p3","phone":"+44 banana 7700900"}"#,
        r#"{"patient_id":"p3","nhs_number":"943 476 5918","date_of_birth":"29/03/1951"}"#,
        r#"{"patient_id":"p3","name":["Zebedee"],"phone":7700900131}"#,
        r#"{"patient_id":"p3","label":"07700 900131"}"#,
        r#"{"patient_id":"p3","consent":"chest pain"}"#,
        r#"{"patient_id":"p3","thresholds":{"blood_pressure_high.systolic_red":"gin with breakfast"}}"#,
        r#"{"name":"Zebedee Willoughby"#,
        "chest pain",
        "",
    ];
    for body in bodies {
        for path in [
            "/patients",
            "/devices",
            "/tasks",
            "/patients/p1/carers",
            "/patients/p1/enrolments",
            "/handovers",
        ] {
            let request = daemon.api(path, body);
            daemon.ask(request).await;
        }
        let stranger =
            daemon.client.post(daemon.at("/api/v1/patients")).bearer_auth("tea-and-seven-biscuits");
        assert_eq!(daemon.ask(stranger.body(body)).await, StatusCode::UNAUTHORIZED);
    }
    for path in [
        "/api/v1/patients/+447700900131",
        "/api/v1/messages?patient=%2B447700900131",
        "/api/v1/readings?since=Willoughby",
        "/api/v1/patients/p1/carers/+447700900131/remove",
        "/nothing/+447700900131",
        "/+447700900131?q=Willoughby",
        "/api/v1/alerts?state=chest%20pain",
        "/sms/twilio/inbound?From=%2B447700900131",
    ] {
        let url = daemon.at(path);
        let client = daemon.client.clone();
        daemon.ask(client.get(&url).bearer_auth(daemon.token.clone())).await;
        daemon.ask(client.put(&url).body("chest pain")).await;
        daemon.ask(client.get(&url)).await;
    }
    let sign_in = daemon.at("/sign-in");
    for (name, password) in [("sister", PASSWORD), ("+447700900131", PASSWORD), ("", "")] {
        let request = daemon.client.post(&sign_in).body(encode(&[("name", name), ("password", password)]));
        daemon.ask(request.header("content-type", "application/x-www-form-urlencoded")).await;
    }
}

#[tokio::test]
async fn sms_28_nothing_private_is_logged_counted_or_told_to_whoever_is_refused() {
    let provider = Provider::start(Mood::Moody, 28).await;
    let mut daemon = Daemon::start(&provider).await;
    texts(&mut daemon).await;
    requests(&mut daemon).await;
    provider.be(Mood::Throttling);
    let pairs =
        [("MessageSid", "SMlast"), ("AccountSid", ACCOUNT), ("From", "+447700900131"), ("Body", "BP 191 98")];
    let request = daemon.form(INBOUND, &pairs, TOKEN);
    assert_eq!(daemon.ask(request).await, StatusCode::OK);
    let asked = provider.asked();
    let deadline = Instant::now() + PATIENCE;
    while provider.asked() <= asked && Instant::now() < deadline {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let metrics = daemon.client.get(daemon.at("/metrics")).send().await.unwrap().text().await.unwrap();
    // What it took in and sent was private enough.
    assert!(
        daemon
            .house
            .count("select count(*) from message where body like '%191/99%' and direction = 'out'")
            .await
            > 0
    );
    assert!(provider.asked() > 5);
    // Our own number is known from the start, so that it is never answered.
    assert_eq!(daemon.house.see("select number from own_number").await, [HOUSE_NUMBER]);
    let token = daemon.token.clone();
    daemon.house.write("metrics", &metrics);
    daemon.house.write("refusals", &daemon.refusals);
    daemon.stop();
    let log = daemon.log();
    assert!(log.contains("\"TRACE\"") && log.lines().count() > 1_000, "it was not at its most talkative");
    assert!(daemon.refusals.lines().count() > 100);
    let mut found = Vec::new();
    for (place, told) in [("log", &log), ("metrics", &metrics), ("refusals", &daemon.refusals)] {
        for line in told.lines() {
            let told = PRIVATE.iter().copied().chain([token.as_str()]).find(|private| line.contains(private));
            found.extend(told.map(|private| format!("{place} says {private:?}: {line}")));
        }
    }
    assert!(found.is_empty(), "{} finds:\n{}", found.len(), found[..found.len().min(20)].join("\n"));
}

#[test]
fn sms_28_the_sweep_after_the_tests_finds_what_is_planted_and_nothing_else() {
    let sweep = |planted: &str| {
        let house = House::quiet();
        house.write("evidence/a.log", "{\"level\":\"INFO\",\"message\":\"starting\",\"event\":\"0199\"}\n");
        house.write("evidence/b.metrics", &format!("lamplight_up 1\n{planted}\n"));
        let script = format!("{PROJECT}/tests/tools/sweep.sh");
        let told = Command::new(script).arg(house.path("evidence")).output().unwrap();
        (told.status.code().unwrap(), String::from_utf8(told.stderr).unwrap())
    };
    assert_eq!(sweep("lamplight_intake_total 447").0, 0);
    for planted in [
        "to +447700900131",
        "from 07700 900456",
        "447700900131",
        "Agnes Whitlock rang",
        TOKEN,
        "Body=BP 141/80",
        "Thank you. We have your reading: 120/80",
        "5ecc0de5ecc0de5ecc0de5ecc0de5ecc",
        "authorization: Basic QUMwMTIz",
    ] {
        let (code, said) = sweep(planted);
        assert_eq!(code, 1, "{planted}");
        assert!(said.contains("b.metrics:2"), "{said}");
        assert!(!said.contains(planted), "the find itself is not repeated");
    }
    let empty = House::quiet();
    empty.write("evidence/a.log", "");
    let script = format!("{PROJECT}/tests/tools/sweep.sh");
    let told = Command::new(script).arg(empty.path("evidence")).output().unwrap();
    assert_eq!(told.status.code(), Some(2), "nothing to look through proves nothing");
}
