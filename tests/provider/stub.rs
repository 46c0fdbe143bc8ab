//! A stand-in for every provider's way of sending, which fails on command: it hangs, breaks off, answers 500 after it took
//! the text, asks us to slow down.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use lamplight::sms::form::Form;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// How the next request to send goes.
#[derive(Debug, Clone, Copy)]
pub enum Act {
    Take,
    /// Nothing is taken; a status, further header lines, a body.
    Refuse(u16, &'static str, &'static str),
    TakeThen500,
    /// The connection breaks with half an answer out.
    TakeThenHalf,
    /// The connection breaks before any answer.
    TakeThenBreak,
    /// Never answered.
    Hang,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    pub to: String,
    pub text: String,
    /// Our id of it.
    pub ours: String,
    /// The provider's.
    pub name: String,
}

#[derive(Debug, Default)]
struct Books {
    script: VecDeque<Act>,
    sent: Vec<Sent>,
    asked: usize,
    heads: Vec<String>,
    bodies: Vec<String>,
}

#[derive(Debug, Clone)]
pub struct Stub {
    pub base: String,
    books: Arc<Mutex<Books>>,
}

impl Stub {
    pub async fn start(script: &[Act]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let books = Books { script: script.iter().copied().collect(), ..Books::default() };
        let stub = Self { base, books: Arc::new(Mutex::new(books)) };
        let server = stub.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(server.clone().serve(stream));
            }
        });
        stub
    }

    pub fn sent(&self) -> Vec<Sent> {
        self.books.lock().unwrap().sent.clone()
    }

    /// How often it was asked to send.
    pub fn asked(&self) -> usize {
        self.books.lock().unwrap().asked
    }

    /// The line and headers of every request.
    pub fn heads(&self) -> Vec<String> {
        self.books.lock().unwrap().heads.clone()
    }

    pub fn bodies(&self) -> Vec<String> {
        self.books.lock().unwrap().bodies.clone()
    }

    async fn serve(self, mut stream: TcpStream) {
        let Some((head, body)) = read_request(&mut stream).await else { return };
        let mut words = head.split(' ');
        let (method, target) = (words.next().unwrap().to_owned(), words.next().unwrap().to_owned());
        {
            let mut books = self.books.lock().unwrap();
            books.heads.push(head);
            books.bodies.push(String::from_utf8(body.clone()).expect("words are sent"));
        }
        if method == "GET" {
            let (status, answer) = self.look_up(&target);
            write(&mut stream, status, "", &answer.to_string()).await;
            return;
        }
        let act = {
            let mut books = self.books.lock().unwrap();
            books.asked += 1;
            books.script.pop_front().unwrap_or(Act::Take)
        };
        match act {
            Act::Refuse(status, headers, answer) => write(&mut stream, status, headers, answer).await,
            Act::Hang => drop(stream.read(&mut [0]).await),
            Act::Take => {
                let (status, answer) = self.take(&target, &body);
                write(&mut stream, status, "", &answer.to_string()).await;
            }
            Act::TakeThen500 => {
                self.take(&target, &body);
                write(&mut stream, 500, "", "{}").await;
            }
            Act::TakeThenBreak => drop(self.take(&target, &body)),
            Act::TakeThenHalf => {
                let (status, _) = self.take(&target, &body);
                let half = format!("HTTP/1.1 {status} X\r\ncontent-length: 500\r\n\r\n{{\"sid\": \"SM");
                let _ = stream.write_all(half.as_bytes()).await;
            }
        }
    }

    /// Takes a text as the provider of this path does.
    fn take(&self, target: &str, body: &[u8]) -> (u16, Value) {
        let mut books = self.books.lock().unwrap();
        let name = format!("SM{:032}", books.sent.len());
        if target.contains("/Messages.json") {
            let form = Form::decode(body);
            let field = |key: &str| form.get(key).unwrap().unwrap_or_default().to_owned();
            let callback = field("StatusCallback");
            let ours = callback.split_once("?m=").map_or("", |(_, id)| id).to_owned();
            books.sent.push(Sent { to: field("To"), text: field("Body"), ours, name: name.clone() });
            return (201, json!({ "sid": name, "status": "queued" }));
        }
        let given: Value = serde_json::from_slice(body).expect("JSON is sent");
        let word =
            |pointer: &str| given.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
        match target {
            "/v2/notifications/sms" => {
                let (to, text) = (word("/phone_number"), word("/personalisation/message"));
                books.sent.push(Sent { to, text, ours: word("/reference"), name: name.clone() });
                (201, json!({ "id": name, "reference": word("/reference") }))
            }
            "/messages?skipPhoneValidation=true" => {
                let ours = word("/id");
                if books.sent.iter().any(|sent| sent.ours == ours) {
                    return (409, json!({ "message": "Message with the same ID already exists" }));
                }
                let (to, text) = (word("/phoneNumbers/0"), word("/textMessage/text"));
                books.sent.push(Sent { to, text, ours: ours.clone(), name: ours.clone() });
                (202, json!({ "id": ours, "deviceId": "d1", "state": "Pending" }))
            }
            "/send" => {
                let sent =
                    Sent { to: word("/to"), text: word("/text"), ours: word("/ref"), name: name.clone() };
                books.sent.push(sent);
                (200, json!({ "messages": [{ "status": "0", "message-id": name }] }))
            }
            other => panic!("nobody sends to {other}"),
        }
    }

    fn look_up(&self, target: &str) -> (u16, Value) {
        let sent = self.sent();
        if let Some(id) = target.strip_prefix("/messages/") {
            return match sent.iter().any(|sent| sent.ours == id) {
                true => (200, json!({ "id": id, "state": "Pending" })),
                false => (404, json!({})),
            };
        }
        if let Some(reference) = target.strip_prefix("/v2/notifications?reference=") {
            let found = sent.iter().filter(|sent| sent.ours == reference);
            let found: Vec<_> =
                found.map(|s| json!({ "id": s.name, "reference": s.ours, "type": "sms" })).collect();
            return (200, json!({ "notifications": found, "links": {} }));
        }
        assert!(target.contains("/Messages.json?"), "{target}");
        let listed = sent.iter().map(|sent| {
            json!({ "sid": sent.name, "to": sent.to, "body": sent.text, "direction": "outbound-api", "date_created": null })
        });
        (200, json!({ "messages": listed.collect::<Vec<_>>(), "next_page_uri": null }))
    }
}

async fn write(stream: &mut TcpStream, status: u16, headers: &str, body: &str) {
    let length = body.len();
    let head = format!(
        "HTTP/1.1 {status} X\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\
         connection: close\r\n{headers}\r\n"
    );
    let _ = stream.write_all(format!("{head}{body}").as_bytes()).await;
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
