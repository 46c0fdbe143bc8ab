//! A house for one patient under a virtual clock: conversations are played in it before they are believed.
//!
//! It does what the gateway does with one patient: texts and device readings are decided, what falls due is settled when
//! it falls due, and every text counts as sent in the minute it was put into the outbox. What happens is written down
//! line by line, as the tests of a protocol read (`protocols/clinical/README.md`).

mod edge;
mod line;

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;

use super::decide::{Catalog, ConfirmationChange, Decision, Party, PatientState, decide};
use super::event::{DeviceReading, Event, OptOut, Origin, TextIn, Way};
use super::id::{DeviceId, EventId, MessageId, ProtocolId};
use super::patient::{Consent, Patient};
use super::payload::Payload;
use super::phone::Phone;
use super::protocol::due::{due, wake_at, zone_of};
use super::protocol::moves::{self, NewEnrolment, Refusal};
use super::protocol::{ConsentRecord, ConsentSource, MissCause, PromptState, Sent};
use super::provider::Provider;
use super::reading::Measurement;

pub use line::{Line, Sign};
use line::{alert_words, words_of};

/// One patient, the catalog in force, and a clock that only moves when it is told to.
#[derive(Debug)]
pub struct Rehearsal<'c> {
    catalog: &'c Catalog,
    state: PatientState,
    zone: TimeZone,
    now: Timestamp,
    /// Lamplight does not run before this.
    dark_until: Timestamp,
    events: u32,
    last_text: Option<MessageId>,
    lines: Vec<Line>,
    on_edge: bool,
}

impl<'c> Rehearsal<'c> {
    /// `patient` on no protocol yet. Limits of their own are put in by [`Self::state_mut`].
    pub fn new(catalog: &'c Catalog, mut patient: Patient, at: Timestamp) -> Self {
        patient.phone = patient.phone.or_else(|| Phone::from_carrier("+447700900121"));
        Self {
            catalog,
            zone: zone_of(&patient),
            state: PatientState::of(patient),
            now: at,
            dark_until: at,
            events: 0,
            last_text: None,
            lines: Vec::new(),
            on_edge: false,
        }
    }

    pub const fn state(&self) -> &PatientState {
        &self.state
    }

    pub const fn state_mut(&mut self) -> &mut PatientState {
        &mut self.state
    }

    pub const fn now(&self) -> Timestamp {
        self.now
    }

    pub fn lines(&self) -> &[Line] {
        &self.lines
    }

    /// The conversation as a dialogue test states it.
    pub fn dialogue(&self) -> String {
        self.lines.iter().map(|line| format!("{line}\n")).collect()
    }

    /// The same with every text to the patient in full, to be read.
    pub fn transcript(&self) -> String {
        let body = |line: &Line| line.body.as_ref().map(|body| format!("                     \"{body}\"\n"));
        self.lines.iter().map(|line| format!("{line}\n{}", body(line).unwrap_or_default())).collect()
    }

    /// Lets time pass: everything that falls due up to and including `at` is settled in its minute.
    pub fn pass_to(&mut self, at: Timestamp) {
        while let Some(wake) = wake_at(&self.state, self.catalog, self.now) {
            let wake = wake.max(self.dark_until).max(self.now);
            if wake > at {
                break;
            }
            let stood_still = wake == self.now && !self.settle();
            if wake > self.now {
                self.now = wake;
                self.settle();
            } else if stood_still {
                break;
            }
        }
        self.now = self.now.max(at);
    }

    /// The patient texts, now. The carrier keeps what comes during an outage until it is over.
    pub fn text(&mut self, body: &str) {
        self.text_as(body, opt_out_of(body));
    }

    /// The patient texts, and the carrier has acted on it as `opt_out`.
    pub fn text_as(&mut self, body: &str, opt_out: Option<OptOut>) {
        self.note(Sign::Texts, body.to_owned(), None);
        self.wait_for_light();
        let from = self.state.patient.phone.as_ref().map(ToString::to_string).unwrap_or_default();
        let provider_id = format!("SM{}", self.events);
        let origin = Origin::Text(TextIn {
            provider: Provider::Twilio,
            way: Way::Pushed,
            part: None,
            from,
            to: String::new(),
            body: body.to_owned(),
            provider_id,
            opt_out,
            media: 0,
        });
        self.decide(origin, body.as_bytes());
    }

    /// A device publishes, now.
    pub fn device(&mut self, measurements: Vec<Measurement>) {
        let words: Vec<String> = measurements.iter().map(words_of).collect();
        self.note(Sign::Publishes, words.join(" "), None);
        self.wait_for_light();
        let payload =
            Payload { message_id: None, taken_at: Some(self.now), wall: None, measurements, note: None };
        let reading = DeviceReading {
            device: DeviceId::trusted("rehearsed"),
            topic: String::new(),
            retained: false,
            battery: None,
            stream: None,
            payload: Ok(payload),
        };
        self.decide(Origin::Reading(reading), &[]);
    }

    /// Puts the patient on a protocol, now, with the consent that it asks for.
    pub fn enrol(
        &mut self,
        protocol: &ProtocolId,
        first_day: Date,
        last_day: Option<Date>,
    ) -> Result<(), Refusal> {
        let mode = self.catalog.protocols.get(protocol).map_or(Consent::Given, |found| found.consent);
        let consent =
            ConsentRecord { mode, at: self.now, source: ConsentSource::Staff("rehearsal".to_owned()) };
        let new = NewEnrolment {
            protocol: protocol.clone(),
            first_day,
            last_day,
            consent,
            own_times: std::collections::BTreeMap::new(),
        };
        let tick = self.tick();
        let decision = moves::enrol(&self.state, self.catalog, new, &tick, self.now)?;
        self.take(&decision);
        Ok(())
    }

    /// `= also <protocol> from <date>`
    pub fn also(&mut self, protocol: &ProtocolId, first_day: Date) -> Result<(), Refusal> {
        self.note(Sign::Done, format!("also {protocol} from {first_day}"), None);
        self.enrol(protocol, first_day, None)
    }

    /// `= pause until …`: everything the patient is on. Nothing: until it is resumed.
    pub fn pause(&mut self, until: Option<Timestamp>) {
        let words =
            until.map_or_else(|| "pause".to_owned(), |until| format!("pause until {}", self.minute(until)));
        self.note(Sign::Done, words, None);
        self.move_all(|state, protocol, now| {
            moves::pause(state, protocol, until, "rehearsal".to_owned(), now)
        });
    }

    /// `= resume`
    pub fn resume(&mut self) {
        self.note(Sign::Done, "resume".to_owned(), None);
        self.move_all(moves::resume);
    }

    /// `= end`: staff take the patient off everything.
    pub fn end(&mut self) {
        self.note(Sign::Done, "end".to_owned(), None);
        self.move_all(moves::end);
    }

    /// `= outage until …`: Lamplight does not run from now on.
    pub fn outage(&mut self, until: Timestamp) {
        let words = format!("outage until {}", self.minute(until));
        self.note(Sign::Done, words, None);
        self.dark_until = until.max(self.now);
    }

    /// `= undelivered`: the last text could not be delivered.
    pub fn undelivered(&mut self) {
        self.note(Sign::Done, "undelivered".to_owned(), None);
        for prompt in &mut self.state.prompts {
            if prompt.message.is_some() && prompt.message == self.last_text {
                prompt.sent = Sent::Failed(self.now);
            }
        }
        self.pass_to(self.now);
    }

    /// A nurse goes through the queue: every alert that stands is dealt with.
    pub fn attend(&mut self) {
        self.state.alerts.clear();
    }

    pub const fn catalog(&self) -> &'c Catalog {
        self.catalog
    }

    /// The patient's devices cannot send: their hub is offline, a battery is empty; or they can again.
    pub const fn trouble(&mut self, cause: Option<MissCause>) {
        self.state.device_trouble = cause;
    }

    fn move_all(
        &mut self,
        make: impl Fn(&PatientState, &ProtocolId, Timestamp) -> Result<Decision, Refusal>,
    ) {
        let protocols: Vec<ProtocolId> =
            self.state.enrolments.iter().map(|enrolment| enrolment.protocol.clone()).collect();
        for protocol in protocols {
            if let Ok(decision) = make(&self.state, &protocol, self.now) {
                self.take(&decision);
            }
        }
        self.pass_to(self.now);
    }

    fn minute(&self, at: Timestamp) -> String {
        self.civil(at).strftime("%Y-%m-%d %H:%M").to_string()
    }

    fn civil(&self, at: Timestamp) -> DateTime {
        at.to_zoned(self.zone.clone()).datetime()
    }

    fn wait_for_light(&mut self) {
        if self.now < self.dark_until {
            self.pass_to(self.dark_until);
        }
    }

    fn tick(&mut self) -> EventId {
        self.events += 1;
        EventId::trusted(format!("e{:06}", self.events))
    }

    /// Whether anything was due.
    fn settle(&mut self) -> bool {
        let tick = self.tick();
        let decision = due(&self.state, self.catalog, &tick, self.now);
        let any = !decision.prompts.is_empty()
            || !decision.enrolments.is_empty()
            || !decision.messages.is_empty()
            || decision.confirmation != ConfirmationChange::Keep;
        self.take(&decision);
        any
    }

    fn decide(&mut self, origin: Origin, raw: &[u8]) {
        let id = self.tick();
        let event = Event { key: id.to_string(), id, received_at: self.now, origin, raw: raw.to_vec() };
        let decision = decide(Party::Patient(&self.state), self.catalog, &event, self.now);
        self.on_edge |= self.is_on_edge(&decision);
        self.take(&decision);
        self.pass_to(self.now);
    }

    /// Carries a decision out and writes down what comes of it: misses, alerts, tasks, then what the patient is told.
    fn take(&mut self, decision: &Decision) {
        for prompt in &decision.prompts {
            if let PromptState::Missed(cause) = prompt.state {
                self.on_edge = true;
                self.note(Sign::Miss, format!("{} {}", prompt.question, cause.name()), None);
            }
        }
        for alert in &decision.alerts {
            let words = alert_words(&self.state, alert);
            self.note(Sign::Alert, words, None);
        }
        for task in &decision.tasks {
            self.note(Sign::Task, task.kind.name().to_owned(), None);
        }
        for message in &decision.messages {
            self.note(Sign::Told, message.says.join(" + "), Some(message.body.clone()));
            self.last_text = Some(message.id.clone());
        }
        self.state.apply(decision);
        for prompt in &mut self.state.prompts {
            let left = |message: &MessageId| decision.messages.iter().any(|sent| sent.id == *message);
            if prompt.message.as_ref().is_some_and(left) && prompt.sent == Sent::Pending {
                prompt.sent = Sent::At(self.now);
            }
        }
    }

    fn note(&mut self, sign: Sign, words: String, body: Option<String>) {
        self.lines.push(Line { at: self.now, civil: self.civil(self.now), sign, words, body });
    }
}

/// What a carrier does with a word that it knows.
fn opt_out_of(body: &str) -> Option<OptOut> {
    match body.trim().to_ascii_uppercase().as_str() {
        "STOP" | "STOPALL" | "UNSUBSCRIBE" | "CANCEL" | "END" | "QUIT" => Some(OptOut::Stop),
        "START" | "UNSTOP" => Some(OptOut::Start),
        "HELP" | "INFO" => Some(OptOut::Help),
        _ => None,
    }
}
