//! Protocols as their files would make them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::{DateTime, Time, Weekday};
use jiff::tz::TimeZone;
use lamplight::catalog::built_in;
use lamplight::domain::decide::Catalog;
use lamplight::domain::id::{PatientId, ProtocolId, QuestionId};
use lamplight::domain::patient::{Consent, Patient};
use lamplight::domain::phone::Phone;
use lamplight::domain::protocol::{
    Asks, Completion, Days, Does, Entry, FollowUp, Messages, Protocol, Question, Quiet, Trigger,
};
use lamplight::domain::reply::Asked;
use lamplight::domain::vital::Vital;

pub fn time(at: &str) -> Time {
    at.parse().unwrap()
}

/// An instant on Ada's clock.
pub fn at(civil: &str) -> Timestamp {
    instant(civil, "Europe/London")
}

pub fn instant(civil: &str, zone: &str) -> Timestamp {
    let civil: DateTime = civil.replace(' ', "T").parse().unwrap();
    civil.to_zoned(TimeZone::get(zone).unwrap()).unwrap().timestamp()
}

pub fn ada() -> Patient {
    let mut ada = Patient::unknown(PatientId::trusted("ada"));
    ada.name = Some("Ada Byron".to_owned());
    ada.phone = Phone::from_carrier("+447700900121");
    ada
}

/// The shipped rules and words with these protocols.
pub fn catalog(protocols: impl IntoIterator<Item = Protocol>) -> Catalog {
    let mut catalog = built_in().unwrap();
    catalog.protocols =
        protocols.into_iter().map(|protocol| (protocol.id.clone(), Arc::new(protocol))).collect();
    catalog
}

pub fn asks(ids: &[&str]) -> Does {
    Does::Ask(ids.iter().map(|id| QuestionId::trusted(*id)).collect())
}

pub fn entry(id: &str, does: Does, times: &[&str]) -> Entry {
    Entry {
        id: id.to_owned(),
        does,
        at: times.iter().map(|at| time(at)).collect(),
        days: Days::Every(1),
        from_day: 1,
        to_day: None,
        window_minutes: 240,
        reminders: vec![60],
        late_minutes: 120,
        fresh_minutes: 120,
    }
}

pub fn on(days: &[Weekday]) -> Days {
    Days::On(days.iter().map(|day| (*day).into()).collect::<BTreeSet<_>>())
}

/// A protocol with words for all that its entries and follow-ups ask and say.
pub fn protocol(id: &str, schedule: Vec<Entry>) -> Protocol {
    let questions = [
        ("bp", Asks::Vital(Asked::BloodPressure)),
        ("weight", Asks::Vital(Asked::Weight)),
        ("glucose", Asks::Vital(Asked::Glucose)),
        ("well", Asks::YesNo),
        ("mood", Asks::Scale1To5),
    ];
    let mut texts: BTreeMap<String, String> = questions
        .iter()
        .flat_map(|(id, _)| {
            [
                (format!("ask.{id}"), format!("Please send your {id}.")),
                (format!("remind.{id}"), format!("We still need your {id}.")),
            ]
        })
        .collect();
    for (key, words) in [
        ("invite", "Your nurses ask you to check your readings. Reply YES to join."),
        ("welcome", "Hello {name}. Your nurses ask you to check your readings."),
        ("say.tip_salt", "Tip: less salt helps."),
        ("say.tip_walk", "Tip: a walk helps."),
        ("say.ring", "We have not heard from you. Your nurses may ring."),
        ("say.done", "That was all. Your average is {average}."),
        ("say.too_few", "That was all. We had too few readings."),
    ] {
        texts.insert(key.to_owned(), words.to_owned());
    }
    Protocol {
        id: ProtocolId::trusted(id),
        version: "1f3c".to_owned(),
        title: id.to_owned(),
        evidence: String::new(),
        consent: Consent::OptOut,
        keyword: None,
        days: None,
        retention_years: 8,
        rules: Vec::new(),
        replaces: Vec::new(),
        proposal: None,
        quiet: Quiet { from: time("21:00"), to: time("07:30") },
        questions: questions
            .into_iter()
            .map(|(id, asks)| (QuestionId::trusted(id), Question { asks, example: None }))
            .collect(),
        schedule,
        follow_ups: Vec::new(),
        completion: None,
        messages: BTreeMap::from([("en".to_owned(), Messages { texts, signed_off: true })]),
    }
}

/// A week of home blood pressure as NG136 wants it.
pub fn home_bp() -> Protocol {
    Protocol {
        days: Some(7),
        completion: Some(Completion {
            average: vec![Vital::Systolic, Vital::Diastolic],
            drop_first_day: true,
            at_least: 4,
        }),
        ..protocol(
            "home_bp",
            vec![entry("morning", asks(&["bp"]), &["08:00"]), entry("evening", asks(&["bp"]), &["18:00"])],
        )
    }
}

pub fn when_missed(question: &str, in_a_row: u32, does: Does) -> FollowUp {
    FollowUp {
        id: "silence".to_owned(),
        when: Trigger::Missed { question: QuestionId::trusted(question), in_a_row },
        does,
        after_minutes: 0,
        window_minutes: 60,
        reminders: Vec::new(),
        most: 1,
    }
}
