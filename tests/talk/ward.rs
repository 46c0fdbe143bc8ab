//! A few protocols written down in code, the rules and words that are shipped, and one patient under a virtual clock.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use jiff::Timestamp;
use jiff::civil::time;
use lamplight::catalog;
use lamplight::domain::alert::Severity;
use lamplight::domain::decide::{Catalog, Decision, Party, PatientState, decide};
use lamplight::domain::event::{Event, Origin, TextIn, Way};
use lamplight::domain::id::{EventId, MessageId, PatientId, PromptId, ProtocolId, QuestionId, RuleId};
use lamplight::domain::patient::{Consent, Patient};
use lamplight::domain::phone::Phone;
use lamplight::domain::protocol::schedule::Days;
use lamplight::domain::protocol::{
    Asks, Choice, ConsentRecord, ConsentSource, Does, Enrolment, EnrolmentState, Entry, FollowUp, Messages,
    Prompt, PromptState, Protocol, Question, Quiet, Sent, Trigger, Wanted,
};
use lamplight::domain::provider::Provider;
use lamplight::domain::reading::Measurement;
use lamplight::domain::rehearsal::Rehearsal;
use lamplight::domain::reply::Asked;

pub const PHONE: &str = "+447700900121";

static CATALOG: LazyLock<Catalog> = LazyLock::new(|| {
    let mut catalog = catalog::built_in().unwrap();
    for protocol in [pressure(), retest(), lungs(), hypo(), wound(), every_kind(), everything_else()] {
        catalog.protocols.insert(protocol.id.clone(), Arc::new(protocol));
    }
    catalog
});

pub fn wards() -> &'static Catalog {
    &CATALOG
}

/// Asks for a blood pressure at eight and at six, and again after half an hour's rest when it is high.
fn pressure() -> Protocol {
    Protocol {
        schedule: vec![entry("daily", &["bp"], &[(8, 0), (18, 0)])],
        follow_ups: vec![ask_again("retest", "blood_pressure_high", &["bp"], 30)],
        keyword: Some("JOINBP".to_owned()),
        ..protocol("pressure", &[("bp", Asks::Vital(Asked::BloodPressure), Some("BP 128 76"))])
    }
}

/// Another team that wants the same second measurement, but sooner.
fn retest() -> Protocol {
    Protocol {
        follow_ups: vec![ask_again("again", "blood_pressure_high", &["pressure"], 15)],
        ..protocol("retest", &[("pressure", Asks::Vital(Asked::BloodPressure), None)])
    }
}

/// COPD: well? If not, the temperature at once, and the rescue pack.
fn lungs() -> Protocol {
    let not_well =
        Trigger::Answered { question: question("well"), wanted: Wanted::OneOf(vec!["no".to_owned()]) };
    let mut lungs = protocol(
        "lungs",
        &[
            ("well", Asks::YesNo, Some("YES")),
            ("sputum", Asks::Number { min: 1.0, max: 5.0 }, Some("3")),
            ("temp", Asks::Vital(Asked::Temperature), Some("37.2")),
        ],
    );
    lungs.consent = Consent::OptIn;
    lungs.schedule = vec![entry("morning", &["well"], &[(9, 0)])];
    lungs.follow_ups = vec![
        follow_up("fever", not_well.clone(), Does::Ask(vec![question("temp")]), 0),
        follow_up("pack", not_well, Does::Say(vec!["rescue_pack".to_owned()]), 0),
        follow_up(
            "tomorrow",
            Trigger::Answered { question: question("sputum"), wanted: Wanted::AtOrAbove(4.0) },
            Does::Say(vec!["rescue_pack".to_owned()]),
            60,
        ),
        follow_up(
            "colour",
            Trigger::Answered { question: question("well"), wanted: Wanted::OneOf(vec!["yes".to_owned()]) },
            Does::Ask(vec![question("sputum")]),
            0,
        ),
    ];
    words(&mut lungs, "thanks.well", "Thank you for telling us how you are.");
    words(&mut lungs, "say.rescue_pack", "Please start your rescue pack today.");
    lungs
}

/// A hypo is measured again after fifteen minutes.
fn hypo() -> Protocol {
    Protocol {
        follow_ups: vec![FollowUp { most: 2, ..ask_again("after_hypo", "glucose_low", &["sugar"], 15) }],
        ..protocol("hypo", &[("sugar", Asks::Vital(Asked::Glucose), None)])
    }
}

/// An operation: is the wound worse? If not, the temperature, and a fever once more in an hour.
fn wound() -> Protocol {
    let is_fine =
        Trigger::Answered { question: question("worse"), wanted: Wanted::OneOf(vec!["no".to_owned()]) };
    Protocol {
        schedule: vec![entry("daily", &["worse"], &[(9, 0)])],
        follow_ups: vec![
            follow_up("fever", is_fine, Does::Ask(vec![question("temp")]), 0),
            ask_again("fever_again", "temperature_high", &["temp"], 60),
        ],
        ..protocol("wound", &[("worse", Asks::YesNo, None), ("temp", Asks::Vital(Asked::Temperature), None)])
    }
}

/// One question of every kind, and no schedule.
fn every_kind() -> Protocol {
    let choice = |value: &str, words: &[&str]| Choice {
        value: value.to_owned(),
        words: words.iter().map(|word| (*word).to_owned()).collect(),
    };
    let protein = Asks::Choice(vec![
        choice("none", &["p0", "neg"]),
        choice("trace", &["trace"]),
        choice("one", &["p1", "1+"]),
    ]);
    let unsure =
        Asks::Choice(vec![choice("yes", &["yes"]), choice("no", &["no"]), choice("unsure", &["not sure"])]);
    protocol(
        "kinds",
        &[
            ("bp", Asks::Vital(Asked::BloodPressure), Some("BP 128 76")),
            ("weight", Asks::Vital(Asked::Weight), Some("82.5")),
            ("oxygen", Asks::Vital(Asked::Spo2), Some("97")),
            ("sugar", Asks::Vital(Asked::Glucose), Some("6.1")),
            ("better", Asks::YesNo, None),
            ("pain", Asks::Scale1To5, Some("3")),
            ("sleep", Asks::Number { min: 0.0, max: 24.0 }, Some("8")),
            ("protein", protein, Some("P1")),
            ("eaten", unsure, None),
            ("goals", Asks::Words, None),
        ],
    )
}

/// Nothing but an invitation.
fn everything_else() -> Protocol {
    Protocol { consent: Consent::OptIn, ..protocol("survey", &[("better", Asks::YesNo, None)]) }
}

fn protocol(id: &str, questions: &[(&str, Asks, Option<&str>)]) -> Protocol {
    let mut protocol = Protocol {
        id: ProtocolId::trusted(id),
        version: "1".to_owned(),
        title: id.to_owned(),
        evidence: "none: a test".to_owned(),
        consent: Consent::Given,
        keyword: None,
        days: None,
        retention_years: 8,
        rules: Vec::new(),
        replaces: Vec::new(),
        proposal: None,
        quiet: Quiet { from: time(21, 0, 0, 0), to: time(7, 30, 0, 0) },
        questions: BTreeMap::new(),
        schedule: Vec::new(),
        follow_ups: Vec::new(),
        completion: None,
        messages: BTreeMap::from([("en".to_owned(), Messages::default())]),
    };
    words(&mut protocol, "welcome", &format!("Welcome to {id}."));
    words(&mut protocol, "invite", &format!("Would you like to join {id}? Reply YES."));
    for (name, asks, example) in questions {
        let asked = Question { asks: asks.clone(), example: example.map(str::to_owned) };
        protocol.questions.insert(question(name), asked);
        words(&mut protocol, &format!("ask.{name}"), &format!("Please tell us: {name}."));
    }
    protocol
}

fn words(protocol: &mut Protocol, key: &str, text: &str) {
    let messages = protocol.messages.get_mut("en").unwrap();
    messages.texts.insert(key.to_owned(), text.to_owned());
}

fn question(id: &str) -> QuestionId {
    QuestionId::trusted(id)
}

fn entry(id: &str, questions: &[&str], at: &[(i8, i8)]) -> Entry {
    Entry {
        id: id.to_owned(),
        does: Does::Ask(questions.iter().map(|id| question(id)).collect()),
        at: at.iter().map(|(h, m)| time(*h, *m, 0, 0)).collect(),
        days: Days::Every(1),
        from_day: 1,
        to_day: None,
        window_minutes: 240,
        reminders: vec![60],
        late_minutes: 120,
        fresh_minutes: 120,
    }
}

fn ask_again(id: &str, rule: &str, questions: &[&str], after_minutes: u32) -> FollowUp {
    let fired = Trigger::Fired { rule: RuleId::trusted(rule), severities: Severity::ALL.to_vec() };
    follow_up(id, fired, Does::Ask(questions.iter().map(|id| question(id)).collect()), after_minutes)
}

fn follow_up(id: &str, when: Trigger, does: Does, after_minutes: u32) -> FollowUp {
    FollowUp {
        id: id.to_owned(),
        when,
        does,
        after_minutes,
        window_minutes: 90,
        reminders: Vec::new(),
        most: 1,
    }
}

pub fn patient() -> Patient {
    Patient {
        name: Some("Ada Lovelace".to_owned()),
        phone: Phone::from_carrier(PHONE),
        ..Patient::unknown(PatientId::trusted("ada"))
    }
}

/// A morning in March.
pub fn at(clock: &str) -> Timestamp {
    format!("2026-03-02T{clock}:00Z").parse().unwrap()
}

/// Ada is on `protocol` already.
pub fn enrolled(state: &mut PatientState, protocol: &str, enrolment: EnrolmentState) {
    state.enrolments.push(Enrolment {
        patient: state.patient.id.clone(),
        protocol: ProtocolId::trusted(protocol),
        first_day: "2026-03-01".parse().unwrap(),
        last_day: None,
        state: enrolment,
        consent: ConsentRecord {
            mode: Consent::Given,
            at: at("00:00"),
            source: ConsentSource::Staff("test".to_owned()),
        },
        pause: None,
        own_times: BTreeMap::new(),
        settled_until: at("00:00"),
        revision: 1,
    });
}

/// Ada was asked this at that time, and has not answered.
pub fn asked(state: &mut PatientState, protocol: &str, name: &str, clock: &str) {
    let n = state.prompts.len();
    state.prompts.push(Prompt {
        id: PromptId::trusted(format!("p{n}")),
        patient: state.patient.id.clone(),
        protocol: ProtocolId::trusted(protocol),
        protocol_version: "1".to_owned(),
        revision: 1,
        entry: "test".to_owned(),
        question: question(name),
        planned_at: at(clock),
        window_minutes: 240,
        reminders: vec![60],
        reminded: 0,
        late_minutes: 120,
        state: PromptState::Asked,
        since: at(clock),
        message: Some(MessageId::trusted(format!("m{n}"))),
        sent: Sent::At(at(clock)),
    });
}

pub fn texts(body: &str, clock: &str) -> Event {
    Event {
        id: EventId::trusted(format!("e{}", clock.replace(':', ""))),
        key: body.to_owned(),
        received_at: at(clock),
        origin: Origin::Text(TextIn {
            provider: Provider::Twilio,
            way: Way::Pushed,
            part: None,
            from: PHONE.to_owned(),
            to: String::new(),
            body: body.to_owned(),
            provider_id: "SM1".to_owned(),
            opt_out: None,
            media: 0,
        }),
        raw: body.as_bytes().to_vec(),
    }
}

/// Decides a text and takes it over.
pub fn text(state: &mut PatientState, body: &str, clock: &str) -> Decision {
    let decision = decide(Party::Patient(state), wards(), &texts(body, clock), at(clock));
    state.apply(&decision);
    decision
}

/// A decision in one line: what is kept, what is answered, which alerts and tasks, and what is said.
pub fn sum(decision: &Decision) -> String {
    let mut parts: Vec<String> = Vec::new();
    for reading in &decision.readings {
        let values: Vec<String> = reading.measurements.iter().map(value).collect();
        parts.push(format!("{} {}", values.join(" "), reading.state.name()));
    }
    for answer in &decision.answers {
        parts.push(format!("{}={}", answer.question, answer.value.word()));
    }
    parts.extend(decision.tasks.iter().map(|task| format!("task {}", task.kind.name())));
    parts.extend(decision.messages.iter().map(|message| format!("says {}", message.says.join(" + "))));
    parts.join("; ")
}

fn value(measurement: &Measurement) -> String {
    format!("{} {}", measurement.vital(), measurement.amount().value().unwrap_or(f64::NAN))
}

/// Ada on some protocols from the first of March on, at eight in the morning of the second.
pub fn rehearse(protocols: &[&str]) -> Rehearsal<'static> {
    let mut rehearsal = Rehearsal::new(wards(), patient(), "2026-03-01T12:00:00Z".parse().unwrap());
    for protocol in protocols {
        rehearsal.enrol(&ProtocolId::trusted(*protocol), "2026-03-02".parse().unwrap(), None).unwrap();
    }
    rehearsal
}
