//! A small stand-in for Twilio's Messages resource that fails on command.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::Timestamp;
use lamplight::clock::Clock;
use lamplight::domain::phone::Phone;
use lamplight::domain::secret::Secret;
use lamplight::sms::form::Form;
use lamplight::sms::twilio::{Sender, Timeouts, TwilioAccount, TwilioCarrier};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;

use super::webhook::{ACCOUNT, PUBLIC_URL, TOKEN};

/// How the next request to create a message goes.
#[derive(Debug, Clone, Copy)]
pub enum Act {
    Accept,
    /// Nothing is created.
    Refuse(u16, u32),
    /// 429, with a number of seconds to wait.
    SlowDown(u32),
    /// It is created all the same.
    AcceptThen500,
    AcceptThenReset,
    /// It is created, and the answer breaks off in the middle.
    AcceptThenCut,
    /// The connection breaks before anything is created.
    Reset,
    /// Created, and answered once the test says so.
    AcceptOnRelease,
    /// Never answered, and created or not.
    Hang {
        created: bool,
    },
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    pub sid: String,
    pub to: String,
    pub body: String,
    pub callback: String,
    pub validity: u32,
    pub created: Timestamp,
}

enum Answer {
    Reply(u16, String, Value),
    Held(String),
    Cut(String),
    Break,
    Hang,
}

#[derive(Debug, Default)]
struct Books {
    script: VecDeque<Act>,
    /// How often the list is to answer with 503.
    list_faults: u32,
    /// Whether the list tells nobody's words.
    blanked: bool,
    sent: Vec<Sent>,
    creates: u32,
    lists: u32,
    authorised: bool,
}

#[derive(Debug, Clone)]
pub struct FakeTwilio {
    pub base: String,
    books: Arc<Mutex<Books>>,
    pub release: Arc<Notify>,
    clock: Clock,
}

impl FakeTwilio {
    pub async fn start(clock: Clock, script: &[Act]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let books = Books { script: script.iter().copied().collect(), authorised: true, ..Books::default() };
        let fake = Self { base, books: Arc::new(Mutex::new(books)), release: Arc::default(), clock };
        let server = fake.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(server.clone().serve(stream));
            }
        });
        fake
    }

    pub fn carrier(&self) -> TwilioCarrier {
        carrier_to(&self.base, Duration::from_secs(1))
    }

    /// One that waits for as long as a test may take.
    pub fn patient_carrier(&self) -> TwilioCarrier {
        carrier_to(&self.base, Duration::from_secs(20))
    }

    pub fn fail_lists(&self, times: u32) {
        self.books.lock().unwrap().list_faults = times;
    }

    /// From now on the list has no words in it.
    pub fn blank(&self) {
        self.books.lock().unwrap().blanked = true;
    }

    pub fn sent(&self) -> Vec<Sent> {
        let books = self.books.lock().unwrap();
        assert!(books.authorised, "a request came without the right credentials");
        books.sent.clone()
    }

    pub fn creates(&self) -> u32 {
        self.books.lock().unwrap().creates
    }

    pub fn lists(&self) -> u32 {
        self.books.lock().unwrap().lists
    }

    async fn serve(self, mut stream: TcpStream) {
        let Some((head, body)) = read_request(&mut stream).await else { return };
        let (method, target) = head.split_once(' ').unwrap();
        let target = target.split(' ').next().unwrap().to_owned();
        let basic = "Basic QUMwMTIzNDU2Nzg5YWJjZGVmMDEyMzQ1Njc4OWFiY2RlZjp0b2tlbiBvZiB0aGUgdGVzdHM=";
        if !head.lines().any(|line| line.eq_ignore_ascii_case(&format!("authorization: {basic}"))) {
            self.books.lock().unwrap().authorised = false;
        }
        let answer = match method {
            "POST" => self.create(&body),
            _ => self.list(&target),
        };
        match answer {
            Answer::Reply(status, extra, body) => {
                let body = body.to_string();
                let length = body.len();
                let head = format!(
                    "HTTP/1.1 {status} X\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\
                     connection: close\r\n{extra}\r\n"
                );
                let _ = stream.write_all(format!("{head}{body}").as_bytes()).await;
            }
            Answer::Cut(body) => {
                let (length, half) = (body.len(), &body[..body.len() / 2]);
                let head = format!("HTTP/1.1 201 X\r\ncontent-length: {length}\r\n\r\n{half}");
                let _ = stream.write_all(head.as_bytes()).await;
            }
            Answer::Break => drop(stream),
            Answer::Held(body) => {
                self.release.notified().await;
                let length = body.len();
                let head = format!("HTTP/1.1 201 X\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n");
                let _ = stream.write_all(format!("{head}{body}").as_bytes()).await;
            }
            // Until the caller gives up and closes.
            Answer::Hang => drop(stream.read(&mut [0]).await),
        }
    }

    fn create(&self, body: &[u8]) -> Answer {
        let form = Form::decode(body);
        let field = |key| form.get(key).unwrap().unwrap_or_default().to_owned();
        assert_eq!(field("From"), "+447700900456");
        let mut books = self.books.lock().unwrap();
        books.creates += 1;
        let sent = Sent {
            sid: format!("SM{:032}", books.creates),
            to: field("To"),
            body: field("Body"),
            callback: field("StatusCallback"),
            validity: field("ValidityPeriod").parse().unwrap(),
            created: self.clock.now(),
        };
        let fault = |status: u16, code: u32| json!({ "code": code, "status": status });
        let act = books.script.pop_front().unwrap_or(Act::Accept);
        let answer = match act {
            Act::Accept => Answer::Reply(201, String::new(), json!({ "sid": sent.sid, "status": "queued" })),
            Act::Refuse(status, code) => Answer::Reply(status, String::new(), fault(status, code)),
            Act::SlowDown(seconds) => {
                Answer::Reply(429, format!("retry-after: {seconds}\r\n"), fault(429, 20_429))
            }
            Act::AcceptThen500 => Answer::Reply(500, String::new(), fault(500, 20_500)),
            Act::AcceptThenReset | Act::Reset => Answer::Break,
            Act::AcceptThenCut => Answer::Cut(json!({ "sid": sent.sid, "status": "queued" }).to_string()),
            Act::AcceptOnRelease => Answer::Held(json!({ "sid": sent.sid }).to_string()),
            Act::Hang { .. } => Answer::Hang,
        };
        let refused =
            matches!(act, Act::Refuse(..) | Act::SlowDown(_) | Act::Reset | Act::Hang { created: false });
        if !refused {
            books.sent.push(sent);
        }
        answer
    }

    fn list(&self, target: &str) -> Answer {
        let query = target.split_once('?').map_or("", |(_, query)| query);
        let form = Form::decode(query.as_bytes());
        let to = form.get("To").unwrap().unwrap().to_owned();
        let mut books = self.books.lock().unwrap();
        books.lists += 1;
        if books.list_faults > 0 {
            books.list_faults -= 1;
            return Answer::Reply(503, String::new(), json!({ "code": 20503 }));
        }
        let messages: Vec<_> = books
            .sent
            .iter()
            .filter(|sent| sent.to == to)
            .map(|sent| {
                let created = jiff::fmt::rfc2822::to_string(&sent.created.in_tz("UTC").unwrap()).unwrap();
                let body = if books.blanked { "" } else { sent.body.as_str() };
                json!({ "sid": sent.sid, "to": sent.to, "body": body, "direction": "outbound-api", "date_created": created, "from": null })
            })
            .collect();
        Answer::Reply(200, String::new(), json!({ "messages": messages, "next_page_uri": null }))
    }
}

pub fn carrier_to(base: &str, total: Duration) -> TwilioCarrier {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let account = TwilioAccount {
        account_sid: ACCOUNT.to_owned(),
        auth_token: Secret::new(TOKEN),
        sender: Sender::From(Phone::trusted("+447700900456")),
        api_base: base.to_owned(),
        public_url: PUBLIC_URL.to_owned(),
    };
    let timeouts = Timeouts { connect: Duration::from_secs(5), total };
    TwilioCarrier::new(account, timeouts).unwrap()
}

async fn read_request(stream: &mut TcpStream) -> Option<(String, Vec<u8>)> {
    let mut bytes = Vec::new();
    loop {
        let mut chunk = [0; 4096];
        let n = stream.read(&mut chunk).await.ok()?;
        if n == 0 {
            return None;
        }
        bytes.extend_from_slice(&chunk[..n]);
        let Some(end) = bytes.windows(4).position(|w| w == b"\r\n\r\n") else { continue };
        let head = String::from_utf8(bytes[..end].to_vec()).ok()?;
        let length = head
            .lines()
            .find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ").map(str::to_owned))
            .map_or(0, |length| length.parse().unwrap());
        if bytes.len() >= end + 4 + length {
            return Some((head, bytes[end + 4..].to_vec()));
        }
    }
}
