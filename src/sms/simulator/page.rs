//! The page of the simulated phones: a list of them, one in the hand. Works without scripts; with them it keeps itself
//! fresh.

use askama::Template;
use axum::Router;
use axum::extract::{Form, Query, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Deserialize;

use super::{Handset, Phones, Text, Way};
use crate::domain::phone::Phone;

/// One tap each: a red, a low sugar, something to read back, old units, an answer, an emergency, and the last word.
const SUGGESTIONS: [&str; 8] =
    ["BP 185 121", "sugar 3.4", "BP 15/9", "weight 12st 4", "Y", "N", "chest pain", "STOP"];

/// Whose phone it is that no patient has.
const STRANGER: &str = "Not a patient";

/// The page, the two parts of it that change, and the way to send.
pub fn router(phones: Phones) -> Router {
    Router::new()
        .route("/", get(page))
        .route("/bubbles", get(bubbles))
        .route("/phones", get(contacts))
        .route("/send", post(send))
        .with_state(phones)
}

#[derive(Debug, Template)]
#[template(path = "phone.html", config = "web/askama.toml")]
struct Page {
    queue: String,
    owner: String,
    initials: String,
    number: String,
    digits: String,
    suggestions: [&'static str; 8],
    contacts: String,
    bubbles: String,
}

#[derive(Debug, Template)]
#[template(path = "contacts.html", config = "web/askama.toml")]
struct Contacts {
    contacts: Vec<Contact>,
}

#[derive(Debug, Template)]
#[template(path = "bubbles.html", config = "web/askama.toml")]
struct Bubbles {
    owner: String,
    bubbles: Vec<Bubble>,
}

#[derive(Debug)]
struct Contact {
    digits: String,
    owner: String,
    initials: String,
    last: Option<Bubble>,
    is_shown: bool,
}

#[derive(Debug)]
struct Bubble {
    mine: bool,
    refused: bool,
    body: String,
    at: String,
}

#[derive(Debug, Deserialize)]
struct Which {
    number: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Outgoing {
    number: String,
    body: String,
}

impl Phones {
    /// Every phone by its owner's name, those without one last.
    fn contacts(&self, shown: &Phone) -> Contacts {
        let now = self.clock.now();
        let phones = self.handsets();
        let mut contacts: Vec<Contact> = phones
            .iter()
            .map(|(phone, handset)| Contact {
                digits: digits(phone),
                owner: name(handset),
                initials: initials(&name(handset)),
                last: handset.texts.last().map(|text| bubble(text, "%-d %b", now)),
                is_shown: phone == shown,
            })
            .collect();
        contacts.sort_by(|a, b| (a.owner == STRANGER, &a.owner).cmp(&(b.owner == STRANGER, &b.owner)));
        Contacts { contacts }
    }

    fn bubbles(&self, phone: &Phone) -> Bubbles {
        let now = self.clock.now();
        let phones = self.handsets();
        let unknown = Handset::default();
        let handset = phones.get(phone).unwrap_or(&unknown);
        Bubbles {
            owner: name(handset),
            bubbles: handset.texts.iter().map(|text| bubble(text, "%a %-d %b, %H:%M", now)).collect(),
        }
    }

    /// The phone in the hand if none was picked.
    fn first(&self) -> Option<Phone> {
        let phones = self.handsets();
        phones.iter().min_by_key(|(_, handset)| name(handset)).map(|(phone, _)| phone.clone())
    }
}

async fn page(State(phones): State<Phones>, Query(which): Query<Which>) -> Response {
    let asked = which.number.as_deref().and_then(from_query);
    let Some(shown) = asked.or_else(|| phones.first()) else { return StatusCode::NOT_FOUND.into_response() };
    let bubbles = phones.bubbles(&shown);
    let owner = bubbles.owner.clone();
    let (Ok(bubbles), Ok(contacts)) = (bubbles.render(), phones.contacts(&shown).render()) else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    show(&Page {
        queue: phones.air.queue.clone(),
        initials: initials(&owner),
        owner,
        number: shown.to_string(),
        digits: digits(&shown),
        suggestions: SUGGESTIONS,
        contacts,
        bubbles,
    })
}

async fn bubbles(State(phones): State<Phones>, Query(which): Query<Which>) -> Response {
    match which.number.as_deref().and_then(from_query) {
        Some(phone) => show(&phones.bubbles(&phone)),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn contacts(State(phones): State<Phones>, Query(which): Query<Which>) -> Response {
    match which.number.as_deref().and_then(from_query) {
        Some(phone) => show(&phones.contacts(&phone)),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// Sends, and shows the phone again: what was not taken says so there.
async fn send(State(phones): State<Phones>, Form(outgoing): Form<Outgoing>) -> Response {
    let Some(phone) = from_query(&outgoing.number) else {
        return (StatusCode::BAD_REQUEST, "the number is written like +447700900101").into_response();
    };
    if let Err(error) = phones.text(&phone, &outgoing.body).await {
        tracing::warn!(%error, "a simulated text did not get through");
    }
    Redirect::to(&format!("/?number={}", digits(&phone))).into_response()
}

fn show(template: &impl Template) -> Response {
    match template.render() {
        Ok(html) => Html(html).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

fn bubble(text: &Text, other_day: &str, now: Timestamp) -> Bubble {
    Bubble {
        mine: !matches!(text.way, Way::Received(_)),
        refused: text.way == Way::Refused,
        body: text.body.clone(),
        at: clock_face(text.at, other_day, now),
    }
}

/// The time of day if it is today, else as `other_day` has it.
fn clock_face(at: Timestamp, other_day: &str, now: Timestamp) -> String {
    let zone = TimeZone::get("Europe/London").unwrap_or(TimeZone::UTC);
    let (at, now) = (at.to_zoned(zone.clone()), now.to_zoned(zone));
    let face = if at.date() == now.date() { "%H:%M" } else { other_day };
    at.strftime(face).to_string()
}

fn name(handset: &Handset) -> String {
    if handset.owner.is_empty() { STRANGER.to_owned() } else { handset.owner.clone() }
}

/// The first and the last: of `Tariq Aziz Malik`, `TM`.
fn initials(owner: &str) -> String {
    let mut firsts = owner.split_whitespace().filter_map(|word| word.chars().next());
    match (firsts.next(), firsts.next_back()) {
        (Some(first), Some(last)) if owner != STRANGER => format!("{first}{last}"),
        _ => "?".to_owned(),
    }
}

/// The number without its `+`, which an address would turn into a space.
fn digits(phone: &Phone) -> String {
    phone.as_str().trim_start_matches('+').to_owned()
}

/// A number in an address, where `+` may have become a space.
fn from_query(number: &str) -> Option<Phone> {
    Phone::from_carrier(&format!("+{}", number.trim().trim_start_matches('+')))
}
