use std::collections::HashSet;
use std::sync::{Arc, Mutex};

use axum::Router;
use lamplight::domain::event::{Edge, Event, OptOut, Origin, TextIn, Way};
use lamplight::domain::provider::Provider;
use lamplight::engine::id::IdSource;
use lamplight::engine::intake::{Asker, Intake, NotKept, Settled, Waiting, channel};
use lamplight::sms::signature::{Verifier, sha256_hex};
use lamplight::sms::webhook::TwilioHook;
use lamplight::sms::{Door, Hook};
use reqwest::{Client, RequestBuilder, Response, StatusCode};
use tokio::net::TcpListener;
use tokio::sync::mpsc::Receiver;

use super::house::House;
use super::signature::{encode, sign, sign_form};

pub const ACCOUNT: &str = "AC0123456789abcdef0123456789abcdef";
pub const TOKEN: &str = "token of the tests";
pub const OLD_TOKEN: &str = "token of last year";
pub const PUBLIC_URL: &str = "https://gw.example.nhs.uk";
const INBOUND: &str = "/sms/twilio/inbound";

/// A gateway's edge on loopback.
pub struct Gate {
    pub base: String,
    pub client: Client,
}

impl Gate {
    pub async fn open(house: &House, intake: Intake) -> Self {
        let hook = Hook::Twilio(TwilioHook {
            verifier: Verifier::new(TOKEN, Some(OLD_TOKEN)).unwrap(),
            public_url: format!("{PUBLIC_URL}/"),
            account_sid: ACCOUNT.to_owned(),
        });
        Self::open_for(house, intake, vec![hook]).await
    }

    /// For these providers alone.
    pub async fn open_for(house: &House, intake: Intake, hooks: Vec<Hook>) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let door = Door {
            intake,
            ids: Arc::new(IdSource::default()),
            clock: house.clock.clone(),
            telemetry: house.telemetry.clone(),
            store: house.store.clone(),
        };
        let router = hooks.into_iter().fold(Router::new(), |router, hook| router.merge(hook.router(&door)));
        drop(door);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { base, client: Client::new() }
    }

    pub fn post(&self, path: &str, body: impl Into<Vec<u8>>, signature: &str) -> RequestBuilder {
        self.client
            .post(format!("{}{path}", self.base))
            .header("content-type", "application/x-www-form-urlencoded; charset=UTF-8")
            .header("x-twilio-signature", signature)
            .body(body.into())
    }

    pub async fn signed(&self, path: &str, pairs: &[(&str, &str)]) -> Response {
        let signature = sign_form(TOKEN, &format!("{PUBLIC_URL}{path}"), pairs);
        self.post(path, encode(pairs), &signature).send().await.unwrap()
    }
}

/// Takes everything in, each key once.
pub fn keep_all(mut waiting: Receiver<Waiting>) -> Arc<Mutex<Vec<Event>>> {
    let kept = Arc::new(Mutex::new(Vec::new()));
    let events = kept.clone();
    tokio::spawn(async move {
        let mut keys = HashSet::new();
        while let Some(Waiting { event, asker }) = waiting.recv().await {
            let settled = if keys.insert(event.key.clone()) { Settled::Accepted } else { Settled::Duplicate };
            events.lock().unwrap().push(event);
            asker.answer(Ok(settled));
        }
    });
    kept
}

fn text<'a>(extra: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let mut pairs = vec![
        ("MessageSid", "SM0123456789abcdef0123456789abcdef"),
        ("AccountSid", ACCOUNT),
        ("From", "+447700900123"),
        ("To", "+447700900456"),
        ("Body", "BP 140/90 😷"),
        ("NumMedia", "0"),
        ("FromCity", ""),
        ("SomethingNew", "a b+c"),
    ];
    for (key, value) in extra {
        pairs.retain(|(name, _)| name != key);
        if *value != "-" {
            pairs.push((key, value));
        }
    }
    pairs
}

fn refused(house: &House, outcome: &str) -> bool {
    house
        .telemetry
        .render()
        .contains(&format!("lamplight_webhook_refused_total{{outcome=\"{outcome}\"}} 1\n"))
}

#[tokio::test]
async fn sms_02_a_signed_text_is_kept_and_answered_with_nothing_to_say() {
    let house = House::new().await;
    let (intake, waiting) = channel(8);
    let kept = keep_all(waiting);
    let gate = Gate::open(&house, intake).await;
    let answer = gate.signed(INBOUND, &text(&[])).await;
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(answer.headers()["content-type"], "text/xml");
    assert_eq!(answer.text().await.unwrap(), r#"<?xml version="1.0" encoding="UTF-8"?><Response/>"#);
    let events = kept.lock().unwrap();
    let [Event { key, received_at, origin: Origin::Text(taken), raw, .. }] = events.as_slice() else {
        panic!("{events:?}")
    };
    assert_eq!(key, "twilio:SM0123456789abcdef0123456789abcdef");
    assert_eq!(*received_at, house.clock.now());
    assert_eq!(raw, encode(&text(&[])).as_bytes());
    assert_eq!(
        *taken,
        TextIn {
            provider: Provider::Twilio,
            way: Way::Pushed,
            part: None,
            from: "+447700900123".to_owned(),
            to: "+447700900456".to_owned(),
            body: "BP 140/90 😷".to_owned(),
            provider_id: "SM0123456789abcdef0123456789abcdef".to_owned(),
            opt_out: None,
            media: 0,
        }
    );
}

#[tokio::test]
async fn nothing_is_answered_before_the_event_is_durable() {
    let house = House::new().await;
    let (intake, mut waiting) = channel(8);
    let gate = Gate::open(&house, intake).await;
    let asking = tokio::spawn(async move { gate.signed(INBOUND, &text(&[])).await.status() });
    let Waiting { asker, .. } = waiting.recv().await.unwrap();
    let Asker::One(sender) = asker else { panic!("a webhook asks once") };
    // The handler waits on this very sender; while nothing is sent it has nothing to answer with.
    assert!(!sender.is_closed());
    assert!(!asking.is_finished());
    sender.send(Ok(Settled::Accepted)).unwrap();
    assert_eq!(asking.await.unwrap(), StatusCode::OK);
}

#[tokio::test]
async fn what_the_carrier_adds_is_read() {
    for (extra, opt_out, media, body) in [
        (&[("OptOutType", "STOP"), ("Body", "STOP")][..], Some(OptOut::Stop), 0, "STOP"),
        (&[("OptOutType", "start"), ("Body", "yes")], Some(OptOut::Start), 0, "yes"),
        (&[("OptOutType", "HELP"), ("Body", "INFO")], Some(OptOut::Help), 0, "INFO"),
        (&[("OptOutType", "NEW"), ("Body", "hello")], None, 0, "hello"),
        (&[("NumMedia", "2"), ("Body", "")], None, 2, ""),
        (&[("NumMedia", "many"), ("Body", "-")], None, 0, ""),
        (&[("AccountSid", "-"), ("Body", "61 kg")], None, 0, "61 kg"),
    ] {
        let house = House::new().await;
        let (intake, waiting) = channel(8);
        let kept = keep_all(waiting);
        let gate = Gate::open(&house, intake).await;
        assert_eq!(gate.signed(INBOUND, &text(extra)).await.status(), StatusCode::OK, "{extra:?}");
        let events = kept.lock().unwrap();
        let Origin::Text(taken) = &events[0].origin else { panic!("{events:?}") };
        assert_eq!((taken.opt_out, taken.media, taken.body.as_str()), (opt_out, media, body), "{extra:?}");
    }
}

#[tokio::test]
async fn forgeries_leave_nothing_but_a_count() {
    let house = House::new().await;
    let (intake, waiting) = channel(8);
    let kept = keep_all(waiting);
    let gate = Gate::open(&house, intake).await;
    let body = encode(&text(&[]));
    let right = sign_form(TOKEN, &format!("{PUBLIC_URL}{INBOUND}"), &text(&[]));
    let of_another = sign_form("another token", &format!("{PUBLIC_URL}{INBOUND}"), &text(&[]));
    let of_another_url = sign_form(TOKEN, &format!("{}{INBOUND}", gate.base), &text(&[]));
    let forgeries = [
        gate.post(INBOUND, body.clone(), ""),
        gate.post(INBOUND, body.clone(), "no signature"),
        gate.post(INBOUND, body.clone(), &of_another),
        gate.post(INBOUND, body.clone(), &of_another_url),
        gate.post(INBOUND, body.clone(), &of_another_url).header("host", "gw.example.nhs.uk"),
        gate.post(INBOUND, body.replace("140", "141"), &right),
        gate.post(&format!("{INBOUND}?v=2"), body.clone(), &right),
        gate.client.post(format!("{}{INBOUND}", gate.base)).body(body.clone()),
    ];
    for forgery in forgeries {
        assert_eq!(forgery.send().await.unwrap().status(), StatusCode::FORBIDDEN);
    }
    assert!(kept.lock().unwrap().is_empty());
    assert!(house.telemetry.render().contains("lamplight_webhook_refused_total{outcome=\"signature\"} 8\n"));
}

#[tokio::test]
async fn sms_04_headers_that_a_proxy_or_an_attacker_sets_never_change_the_verdict() {
    let house = House::new().await;
    let (intake, waiting) = channel(8);
    let _kept = keep_all(waiting);
    let gate = Gate::open(&house, intake).await;
    let pairs = text(&[]);
    let headers =
        [("host", "evil.example"), ("x-forwarded-host", "evil.example"), ("x-forwarded-proto", "http")];
    let of_us = sign_form(TOKEN, &format!("{PUBLIC_URL}{INBOUND}"), &pairs);
    let of_evil = sign_form(TOKEN, &format!("http://evil.example{INBOUND}"), &pairs);
    for (signature, status) in [(of_us, StatusCode::OK), (of_evil, StatusCode::FORBIDDEN)] {
        let mut request = gate.post(INBOUND, encode(&pairs), &signature);
        for (name, value) in headers {
            request = request.header(name, value);
        }
        assert_eq!(request.send().await.unwrap().status(), status);
    }
}

#[tokio::test]
async fn sms_03_the_token_of_last_year_still_signs() {
    let house = House::new().await;
    let (intake, waiting) = channel(8);
    let kept = keep_all(waiting);
    let gate = Gate::open(&house, intake).await;
    let path = format!("{INBOUND}?practice=A81001");
    for url in [format!("{PUBLIC_URL}{path}"), format!("{PUBLIC_URL}:443{path}")] {
        let signature = sign_form(OLD_TOKEN, &url, &text(&[]));
        let answer = gate.post(&path, encode(&text(&[])), &signature).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK, "{url}");
    }
    assert_eq!(kept.lock().unwrap().len(), 2);
}

#[tokio::test]
async fn signed_nonsense_is_answered_400_and_kept_as_what_it_is() {
    let house = House::new().await;
    let (intake, waiting) = channel(16);
    let kept = keep_all(waiting);
    let gate = Gate::open(&house, intake).await;
    let json = br#"{"From":"+447700900123"}"#;
    let json_path = format!("{INBOUND}?bodySHA256={}", sha256_hex(json));
    let nonsense = [
        (
            INBOUND.to_owned(),
            encode(&text(&[("MessageSid", "-")])).into_bytes(),
            "The form has no MessageSid.",
        ),
        (
            INBOUND.to_owned(),
            encode(&text(&[("MessageSid", "")])).into_bytes(),
            "The form has no MessageSid.",
        ),
        (INBOUND.to_owned(), encode(&text(&[("From", "-")])).into_bytes(), "The form has no From."),
        (
            INBOUND.to_owned(),
            b"MessageSid=SM1&From=%2B447700900123&Body=%A3".to_vec(),
            "The form is not UTF-8.",
        ),
        (INBOUND.to_owned(), Vec::new(), "The form has no MessageSid."),
        (json_path, json.to_vec(), "The form has no MessageSid."),
    ];
    for (path, body, sentence) in &nonsense {
        let url = format!("{PUBLIC_URL}{path}");
        let form = lamplight::sms::form::Form::decode(body);
        let signed = if path.contains("SHA256") { Vec::new() } else { form.signed_bytes() };
        let signature = sign(TOKEN, &[url.as_bytes(), &signed].concat());
        let answer = gate.post(path, body.clone(), &signature).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::BAD_REQUEST, "{sentence}");
        assert_eq!(answer.text().await.unwrap(), *sentence);
    }
    let events = kept.lock().unwrap();
    assert_eq!(events.len(), nonsense.len());
    for (event, (_, body, sentence)) in events.iter().zip(&nonsense) {
        assert!(
            matches!(&event.origin, Origin::Stray { why, address, .. } if why == sentence && address == INBOUND)
        );
        assert_eq!((event.edge(), &event.raw), (Edge::Text, body));
    }
    let keys: HashSet<_> = events.iter().map(|event| &event.key).collect();
    assert_eq!(keys.len(), nonsense.len(), "named by content");
}

#[tokio::test]
async fn another_account_is_not_ours_however_well_it_signs() {
    let house = House::new().await;
    let (intake, waiting) = channel(8);
    let kept = keep_all(waiting);
    let gate = Gate::open(&house, intake).await;
    let theirs = text(&[("AccountSid", "AC00000000000000000000000000000000")]);
    assert_eq!(gate.signed(INBOUND, &theirs).await.status(), StatusCode::FORBIDDEN);
    assert!(kept.lock().unwrap().is_empty());
    assert!(refused(&house, "account"));
}

#[tokio::test]
async fn a_request_over_64_kib_is_too_large_and_one_of_64_is_not() {
    let house = House::new().await;
    let (intake, waiting) = channel(8);
    let kept = keep_all(waiting);
    let gate = Gate::open(&house, intake).await;
    let with_length = |length: usize| {
        let start = "MessageSid=SM1&From=%2B447700900123&Body=";
        format!("{start}{}", "a".repeat(length - start.len()))
    };
    for (length, status) in [(64 * 1024, StatusCode::OK), (64 * 1024 + 1, StatusCode::PAYLOAD_TOO_LARGE)] {
        let body = with_length(length);
        let form = lamplight::sms::form::Form::decode(body.as_bytes());
        let signature =
            sign(TOKEN, &[format!("{PUBLIC_URL}{INBOUND}").as_bytes(), &form.signed_bytes()].concat());
        let answer = gate.post(INBOUND, body.clone(), &signature).send().await.unwrap();
        assert_eq!(answer.status(), status, "{length}");
    }
    assert_eq!(kept.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn sms_05_what_cannot_be_kept_is_asked_for_again() {
    let house = House::new().await;
    // Nobody takes from a queue of one, so that the second finds it full.
    let (intake, mut full) = channel(1);
    let gate = Gate::open(&house, intake).await;
    let client = gate.client.clone();
    let first = {
        let pairs = text(&[]);
        let signature = sign_form(TOKEN, &format!("{PUBLIC_URL}{INBOUND}"), &pairs);
        tokio::spawn(gate.post(INBOUND, encode(&pairs), &signature).send())
    };
    super::house::until("the queue is full", async || full.len() == 1).await;
    let answer = gate.signed(INBOUND, &text(&[("MessageSid", "SM2")])).await;
    assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(answer.headers()["retry-after"], "5");
    assert!(refused(&house, "full"));
    // A store that cannot commit.
    full.recv().await.unwrap().asker.answer(Err(NotKept::Unavailable));
    assert_eq!(first.await.unwrap().unwrap().status(), StatusCode::SERVICE_UNAVAILABLE);
    // A gateway that is stopping.
    drop(full);
    let answer = gate.signed(INBOUND, &text(&[("MessageSid", "-")])).await;
    assert_eq!(
        answer.status(),
        StatusCode::SERVICE_UNAVAILABLE,
        "nonsense is not answered 400 until it is kept"
    );
    drop(client);
}

#[tokio::test]
async fn sms_06_a_repeat_is_answered_like_the_first() {
    let house = House::new().await;
    let (intake, waiting) = channel(128);
    let kept = keep_all(waiting);
    let gate = Arc::new(Gate::open(&house, intake).await);
    let asked: Vec<_> = (0..100)
        .map(|_| {
            let gate = gate.clone();
            tokio::spawn(async move { gate.signed(INBOUND, &text(&[])).await.status() })
        })
        .collect();
    for answer in asked {
        assert_eq!(answer.await.unwrap(), StatusCode::OK);
    }
    let events = kept.lock().unwrap();
    assert_eq!(events.len(), 100);
    assert!(events.iter().all(|event| event.key == events[0].key));
}

#[tokio::test]
async fn only_post_is_answered() {
    let house = House::new().await;
    let (intake, _waiting) = channel(8);
    let gate = Gate::open(&house, intake).await;
    let answer = gate.client.get(format!("{}{INBOUND}", gate.base)).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::METHOD_NOT_ALLOWED);
    let answer = gate.signed(&format!("{INBOUND}/"), &text(&[])).await;
    assert_eq!(answer.status(), StatusCode::NOT_FOUND);
}
