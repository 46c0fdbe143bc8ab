//! What Twilio's list of who has left is told.

use std::sync::{Arc, Mutex};

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Form, Json, Router};
use jiff::SignedDuration;
use lamplight::domain::id::PatientId;
use lamplight::engine::texting::{TextsWish, change_texts};
use lamplight::sms::consent::Consents;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::list::{Listing, NUMBER};
use crate::engine::house::{ADA, BOB, House, sister};

#[derive(Debug, Default)]
struct Books {
    told: Vec<Value>,
    status: Option<u16>,
    error_code: i64,
}

#[derive(Debug, Clone)]
struct Accounts {
    base: String,
    books: Arc<Mutex<Books>>,
}

impl Accounts {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let accounts = Self { base, books: Arc::default() };
        let router = Router::new().route("/v1/Consents/Bulk", post(take)).with_state(accounts.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        accounts
    }

    async fn consents(&self, house: &House, is_on: bool) -> Consents {
        let carrier = Listing::start().await.carrier(Listing::number());
        let consents = Consents {
            told: is_on.then(|| (carrier, self.base.clone())),
            ids: house.ids.clone(),
            clock: house.clock.clone(),
            store: house.store.clone(),
            telemetry: house.telemetry.clone(),
        };
        consents.begin().await.unwrap();
        consents
    }

    /// `contact status source` of what it was told.
    fn told(&self) -> Vec<String> {
        let books = self.books.lock().unwrap();
        let word = |item: &Value, key: &str| item[key].as_str().unwrap().to_owned();
        books
            .told
            .iter()
            .map(|item| {
                format!("{} {} {}", word(item, "contact_id"), word(item, "status"), word(item, "source"))
            })
            .collect()
    }

    fn answers(&self, status: Option<u16>, error_code: i64) {
        let mut books = self.books.lock().unwrap();
        (books.status, books.error_code) = (status, error_code);
    }
}

/// As Twilio's description has it: each entry under its own name, and what is wrong with it.
async fn take(
    State(accounts): State<Accounts>,
    headers: HeaderMap,
    Form(form): Form<Vec<(String, String)>>,
) -> Response {
    let mut books = accounts.books.lock().unwrap();
    if let Some(status) = books.status {
        return StatusCode::from_u16(status).unwrap().into_response();
    }
    assert!(headers["authorization"].to_str().unwrap().starts_with("Basic "));
    let code = books.error_code;
    let items: Vec<Value> = form
        .iter()
        .map(|(name, item)| {
            assert_eq!(name, "Items");
            let item: Value = serde_json::from_str(item).unwrap();
            assert_eq!(item["sender_id"], NUMBER);
            let name = item["correlation_id"].as_str().unwrap().to_owned();
            assert!(name.len() == 32 && name.bytes().all(|b| b.is_ascii_hexdigit()), "{name}");
            assert!(item["date_of_consent"].as_str().unwrap().starts_with("2026-11-2"), "{item}");
            books.told.push(item);
            json!({ "correlation_id": name, "error_code": code, "error_messages": [] })
        })
        .collect();
    (StatusCode::CREATED, Json(json!({ "items": items }))).into_response()
}

async fn staff(house: &House, wish: TextsWish) {
    let ada = PatientId::trusted("ada");
    change_texts(&house.store, &house.catalog, &house.ids, &ada, &wish, &sister(), house.clock.now())
        .await
        .unwrap();
}

#[tokio::test]
async fn sms_16_who_leaves_in_words_of_their_own_or_through_staff_is_put_on_the_providers_list() {
    let house = House::new().await;
    let accounts = Accounts::start().await;
    let consents = accounts.consents(&house, true).await;
    house.accepts(house.text(ADA, "STOP")).await;
    house.wait(SignedDuration::from_mins(1));
    consents.work().await.unwrap();
    house.accepts(house.text(ADA, "START")).await;
    consents.work().await.unwrap();
    house.wait(SignedDuration::from_mins(1));
    staff(&house, TextsWish::Stop { why: "asked so".to_owned() }).await;
    consents.work().await.unwrap();
    house.wait(SignedDuration::from_mins(1));
    staff(&house, TextsWish::Again { word: "rang us".to_owned() }).await;
    consents.work().await.unwrap();
    consents.work().await.unwrap();
    assert_eq!(
        accounts.told(),
        [
            format!("{ADA} opt-out opt-out-message"),
            format!("{ADA} opt-in opt-in-message"),
            format!("{ADA} opt-out offline"),
            format!("{ADA} opt-in offline"),
        ],
        "each once"
    );
    assert_eq!(house.count("consent_push").await, 0);
    house.leaves_whatever().await;
}

#[tokio::test]
async fn sms_16_nobody_is_put_back_on_the_list_without_their_own_word() {
    let house = House::new().await;
    let accounts = Accounts::start().await;
    let consents = accounts.consents(&house, true).await;
    house.accepts(house.text(ADA, "STOP")).await;
    consents.work().await.unwrap();
    // A list that is imported, a hand in the database: neither is the patient's word.
    house.enrol("patient_id,phone,consent\nada,+447700900121,opt_in\n").await;
    house.run("update patient set standing = 'active' where id = 'ada'").await;
    consents.work().await.unwrap();
    assert_eq!(accounts.told(), [format!("{ADA} opt-out opt-out-message")]);
    // Who left and is back before anybody was told: only the last word is passed on.
    house.accepts(house.text(BOB, "STOP")).await;
    house.wait(SignedDuration::from_mins(1));
    house.accepts(house.text(BOB, "START")).await;
    consents.work().await.unwrap();
    assert_eq!(accounts.told()[1..], [format!("{BOB} opt-in opt-in-message")]);
    house.leaves_whatever().await;
}

#[tokio::test]
async fn sms_16_a_phone_at_which_somebody_else_is_texted_is_not_blocked() {
    let house = House::new().await;
    let accounts = Accounts::start().await;
    let consents = accounts.consents(&house, true).await;
    house.enrol(&format!("patient_id,phone\ncarol,{ADA}\n")).await;
    staff(&house, TextsWish::Stop { why: "Ada alone asked so".to_owned() }).await;
    consents.work().await.unwrap();
    assert!(accounts.told().is_empty(), "Carol is texted there");
    assert_eq!(house.count("consent_push").await, 0);
    house.leaves_whatever().await;
}

#[tokio::test]
async fn sms_16_what_the_provider_does_not_take_is_tried_again_and_a_refusal_is_an_operators_task() {
    let house = House::new().await;
    let accounts = Accounts::start().await;
    let consents = accounts.consents(&house, true).await;
    house.accepts(house.text(ADA, "STOP")).await;
    let operator = || async {
        house
            .see("select kind || ' ' || subject from task where resolved_at is null and patient_id is null")
            .await
    };
    for (label, status, code, task) in [
        ("down", Some(503), 0, false),
        ("slow down", Some(429), 0, false),
        ("no such feature", Some(403), 0, true),
        ("that number", None, 30_653, true),
    ] {
        accounts.answers(status, code);
        consents.work().await.unwrap();
        assert_eq!(house.count("consent_push").await, 1, "{label}");
        assert_eq!(operator().await.len(), usize::from(task), "{label}");
        let asked = accounts.told().len();
        consents.work().await.unwrap();
        assert_eq!(accounts.told().len(), asked, "{label}: not at once");
        house.wait(SignedDuration::from_hours(7));
    }
    assert_eq!(operator().await, ["provider_refuses consents"]);
    accounts.answers(None, 0);
    consents.work().await.unwrap();
    assert_eq!(house.count("consent_push").await, 0);
    assert!(operator().await.is_empty());
    house.leaves_whatever().await;
}

#[tokio::test]
async fn sms_16_nobody_is_told_unasked() {
    let house = House::new().await;
    let accounts = Accounts::start().await;
    let consents = accounts.consents(&house, true).await;
    house.accepts(house.text(BOB, "STOP")).await;
    drop(consents);
    // Switched off, with something still waiting.
    let consents = accounts.consents(&house, false).await;
    house.accepts(house.text(ADA, "STOP")).await;
    consents.work().await.unwrap();
    assert!(accounts.told().is_empty());
    assert_eq!(house.count("consent_push").await, 0);
    house.leaves_whatever().await;
}
