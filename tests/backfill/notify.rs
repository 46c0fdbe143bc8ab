//! GOV.UK Notify's list held against the journal: what the callback did not bring is taken in once, under the same key.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use jiff::{SignedDuration, Timestamp};
use lamplight::sms::backfill::{Backfill, Pace};
use lamplight::sms::carrier::TextCarrier;
use lamplight::sms::notify::{ApiKey, NotifyAccount, NotifyCarrier};
use lamplight::sms::twilio::Timeouts;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::engine::house::House;
use crate::provider::edge::{API_KEY, Edge, SECRET, TEMPLATE};
use crate::sms::webhook::{Gate, PUBLIC_URL};

/// Fewer than Notify's 250, so that a test need not write as many.
const PAGE: usize = 20;

#[derive(Debug, Default)]
struct Books {
    /// Newest first, as Notify has them.
    texts: Vec<Value>,
    fails: Option<u16>,
    /// `older_than` of each page, and whether the request bore a token.
    asked: Vec<(String, bool)>,
    /// Gives the same page whatever is asked.
    circles: bool,
}

#[derive(Debug, Clone)]
struct Service {
    base: String,
    books: Arc<Mutex<Books>>,
}

impl Service {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let service = Self { base, books: Arc::default() };
        let router = Router::new().route("/v2/received-text-messages", get(list)).with_state(service.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        service
    }

    fn put(&self, id: &str, at: Timestamp, body: &str) {
        let text = json!({
            "id": id, "user_number": "447700900121", "notify_number": "07700900456", "content": body,
            "created_at": at.to_string(), "service_id": "26785a09-ab16-4eb0-8407-a37497a57506",
        });
        self.books.lock().unwrap().texts.insert(0, text);
    }

    fn backfill(&self, house: &House) -> Backfill {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let account = NotifyAccount {
            api_key: ApiKey::parse(API_KEY).unwrap(),
            template_id: TEMPLATE.to_owned(),
            placeholder: "message".to_owned(),
            sender_id: None,
            api_base: self.base.clone(),
        };
        let carrier = NotifyCarrier::new(account, house.clock.clone(), Timeouts::default()).unwrap();
        Backfill {
            carriers: vec![TextCarrier::Notify(carrier)],
            intake: house.intake(),
            ids: house.ids.clone(),
            clock: house.clock.clone(),
            store: house.store.clone(),
            telemetry: house.telemetry.clone(),
            caught_up: CancellationToken::new(),
            pace: Pace { rest: Duration::from_millis(5), ..Pace::every(Duration::from_millis(10)) },
        }
    }
}

async fn list(
    State(service): State<Service>,
    headers: HeaderMap,
    Query(query): Query<HashMap<String, String>>,
) -> Response {
    let mut books = service.books.lock().unwrap();
    let older_than = query.get("older_than").cloned();
    let token = headers.get("authorization").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let bears_token = token.starts_with("Bearer ") && token.split('.').count() == 3;
    books.asked.push((older_than.clone().unwrap_or_default(), bears_token));
    if let Some(status) = books.fails {
        return StatusCode::from_u16(status).unwrap().into_response();
    }
    let from = match older_than.filter(|_| !books.circles) {
        None => 0,
        Some(id) => {
            books.texts.iter().position(|text| text["id"] == *id).map_or(books.texts.len(), |n| n + 1)
        }
    };
    let page: Vec<Value> = books.texts.iter().skip(from).take(PAGE).cloned().collect();
    Json(json!({ "received_text_messages": page, "links": { "current": "" } })).into_response()
}

fn ago(house: &House, minutes: i64) -> Timestamp {
    house.clock.now() - SignedDuration::from_mins(minutes)
}

#[tokio::test]
async fn sms_08_what_notify_lists_and_never_brought_is_taken_in_once_at_its_own_time() {
    let house = House::new().await;
    let service = Service::start().await;
    service.put("n-1", ago(&house, 40), "BP 121 79");
    service.put("n-2", ago(&house, 30), "BP 122 80");
    let backfill = service.backfill(&house);
    for _ in 0..3 {
        backfill.look(house.clock.now()).await;
        house.wait(SignedDuration::from_mins(5));
    }
    let taken = house
        .see(
            "select patient_id || ' ' || value || ' ' || strftime('%H:%M', taken_at / 1000, 'unixepoch')
             from reading where vital = 'systolic' order by taken_at",
        )
        .await;
    assert_eq!(taken, ["ada 121.0 08:20", "ada 122.0 08:30"]);
    assert_eq!(house.ledger().await, [2, 2, 0, 0, 0], "looking again counts nothing twice");
    assert_eq!(house.see("select dedupe_key from inbox order by id").await, ["notify:n-1", "notify:n-2"]);
    assert!(service.books.lock().unwrap().asked.iter().all(|(_, token)| *token));
    drop(backfill);
    house.leaves_whatever().await;
}

#[tokio::test]
async fn sms_08_notifys_callback_and_its_list_are_one_text_whichever_comes_first() {
    for (label, callback_first) in [("callback first", true), ("list first", false)] {
        let house = House::new().await;
        house.enrol("patient_id,phone\ncarol,+447700900124\n").await;
        let service = Service::start().await;
        let books = crate::sms::house::House::new().await;
        let gate = Gate::open_for(&books, house.intake(), vec![Edge::Notify.hook(PUBLIC_URL)]).await;
        let backfill = service.backfill(&house);
        service.put("n-1", ago(&house, 30), "BP 150/95");
        let post = Edge::Notify.text("n-1", "BP 150/95");
        for brings in [callback_first, !callback_first] {
            if brings {
                let request = Edge::Notify.prove(&gate.client, &gate.base, PUBLIC_URL, SECRET, &post);
                assert_eq!(request.send().await.unwrap().status(), 200, "{label}");
            } else {
                backfill.look(house.clock.now()).await;
            }
        }
        assert_eq!(house.see("select dedupe_key from inbox").await, ["notify:n-1"], "{label}");
        assert_eq!(house.ledger().await[1], 1, "{label}");
        assert_eq!(house.count("reading where vital = 'systolic'").await, 1, "{label}");
        assert!(house.tasks().await.is_empty(), "{label}: {:?}", house.tasks().await);
        drop((backfill, gate));
        house.abandon();
    }
}

#[tokio::test]
async fn sms_08_notifys_list_is_read_page_by_page_until_it_is_old_enough() {
    let house = House::new().await;
    let service = Service::start().await;
    let backfill = service.backfill(&house);
    backfill.look(house.clock.now()).await;
    let begun = house.clock.now();
    for n in 0..100 {
        service.put(
            &format!("n-{n:03}"),
            begun + SignedDuration::from_mins(n * 60),
            &format!("BP {} 80", 100 + n % 30),
        );
    }
    house.wait(SignedDuration::from_hours(101));
    backfill.look(house.clock.now()).await;
    assert_eq!(house.ledger().await[..2], [100, 100]);
    let asked = service.books.lock().unwrap().asked.clone();
    let pages: Vec<&str> = asked.iter().map(|(older_than, _)| older_than.as_str()).skip(1).collect();
    assert_eq!(pages, ["", "n-080", "n-060", "n-040", "n-020", "n-000"]);
    // What is over is not read through again.
    house.wait(SignedDuration::from_mins(5));
    backfill.look(house.clock.now()).await;
    let more = service.books.lock().unwrap().asked.len() - asked.len();
    assert!(more < 5, "{more} pages were read of what is known");
    assert_eq!(house.ledger().await[..2], [100, 100]);
    drop(backfill);
    house.leaves_whatever().await;
}

#[tokio::test]
async fn sms_08_a_list_of_notifys_that_fails_or_leads_in_a_circle_is_no_list_and_is_made_up_for() {
    let house = House::new().await;
    let service = Service::start().await;
    let backfill = service.backfill(&house);
    service.put("n-1", ago(&house, 30), "BP 121 79");
    for (label, fails, circles) in
        [("down", Some(500), false), ("refused", Some(403), false), ("circle", None, true)]
    {
        {
            let mut books = service.books.lock().unwrap();
            (books.fails, books.circles) = (fails, circles);
        }
        backfill.look(house.clock.now()).await;
        assert_eq!(house.count("inbox").await, 0, "{label}");
        house.wait(SignedDuration::from_mins(5));
    }
    assert_eq!(house.tasks().await, ["listing_fails notify x1"]);
    {
        let mut books = service.books.lock().unwrap();
        (books.fails, books.circles) = (None, false);
    }
    service.put("../secret?", ago(&house, 20), "BP 122 80");
    backfill.look(house.clock.now()).await;
    assert_eq!(house.count("inbox").await, 0, "an id that is none is no list");
    service.books.lock().unwrap().texts.remove(0);
    backfill.look(house.clock.now()).await;
    assert_eq!(house.ledger().await[..2], [1, 1]);
    assert!(house.tasks().await.is_empty());
    drop(backfill);
    house.leaves_whatever().await;
}
