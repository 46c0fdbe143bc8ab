//! What a text message means, and what is answered.

use jiff::{SignedDuration, Timestamp};

use crate::domain::alert::Severity;
use crate::domain::event::{Event, OptOut, Origin, TextIn};
use crate::domain::id::{EventId, RuleId};
use crate::domain::message::{NewMessage, Purpose};
use crate::domain::patient::Standing;
use crate::domain::phone::Phone;
use crate::domain::reading::{Measurement, Reading, ReadingSource, ReadingState, TimeBasis};
use crate::domain::reply::{self, Command, Context, Outcome as Heard, Understanding, Urgency};
use crate::domain::task::TaskKind;
use crate::domain::wording::Phrase;

use super::judge::{Circumstance, Firing, Judgement, chart, fire, judge, weigh};
use super::stranger::{shared_phone, unknown_sender};
use super::words::{breach_words, describe, question_words};
use super::{Catalog, Confirmation, ConfirmationChange, Decision, Inbound, Outcome, Party, PatientState};

/// A reply is of use for this long.
pub(super) const REPLY_VALIDITY: SignedDuration = SignedDuration::from_hours(4);
/// The alert that words of an emergency open. No file states it: it can be neither switched off nor edited.
pub const URGENT_TEXT: &str = "system_urgent_text";
/// What is shown when a text was not understood.
const EXAMPLE: &str = "BP 128 76";

pub(super) fn decide(
    party: Party<'_>,
    catalog: &Catalog,
    event: &Event,
    text: &TextIn,
    now: Timestamp,
) -> Decision {
    let mut decision = match party {
        Party::Patient(state) => known(state, catalog, event, text, now),
        Party::Shared { may_text } => shared_phone(catalog, event, text, may_text, now),
        Party::UnknownSender { answered } => unknown_sender(catalog, event, text, answered, now),
        Party::UnknownDevice => Decision::held("a text came from a device".to_owned()),
    };
    decision.inbound = Some(Inbound {
        id: event.id.message(0),
        patient: decision.patient.clone(),
        from: text.from.clone(),
        body: text.body.clone(),
        provider_id: text.provider_id.clone(),
        received_at: event.received_at,
    });
    decision
}

fn known(state: &PatientState, catalog: &Catalog, event: &Event, text: &TextIn, now: Timestamp) -> Decision {
    let context = Context {
        asked: None,
        example: Some(EXAMPLE),
        last_weight_kg: state.last_weight_kg,
        awaits_confirmation: state.confirmation.is_some(),
    };
    let mut heard = reply::understand(&text.body, &context);
    if heard.outcome == Heard::Ignored {
        heard = doubt_echo(heard, text, &context);
    }
    answer(state, catalog, event, text, &heard, now)
}

/// An echo of our example may be a patient who copied it, or one whose pressure is just so. It is read back: silence
/// would cost the second one a reading.
fn doubt_echo(ignored: Understanding, text: &TextIn, context: &Context<'_>) -> Understanding {
    let plainly = reply::understand(&text.body, &Context { example: None, ..*context });
    match plainly.outcome {
        Heard::Accepted => Understanding {
            outcome: Heard::Confirm,
            worst_plausible: plainly.readings.clone(),
            why: "The reading is that of our own example.".to_owned(),
            ..plainly
        },
        _ => ignored,
    }
}

fn answer(
    state: &PatientState,
    catalog: &Catalog,
    event: &Event,
    text: &TextIn,
    heard: &Understanding,
    now: Timestamp,
) -> Decision {
    let mut decision = Decision::accepted(heard.why.clone());
    decision.patient = Some(state.patient.id.clone());
    let mut answer = Answer { state, catalog, event, to: text, now, decision: &mut decision };
    match text.opt_out {
        Some(OptOut::Stop) => {
            answer.stop();
            if matches!(heard.outcome, Heard::Accepted | Heard::Confirm | Heard::Urgent) {
                answer.heard(heard);
            }
        }
        // YES is among the carriers' words for coming back. Of somebody who never left it is a YES.
        Some(OptOut::Start)
            if state.patient.standing == Standing::Active && heard.command == Some(Command::Yes) =>
        {
            answer.heard(heard);
        }
        Some(OptOut::Start) => answer.restart(),
        Some(OptOut::Help) => answer.help(),
        None => answer.heard(heard),
    }
    if decision.messages.is_empty() {
        decision.keep_quiet(event);
    }
    decision
}

/// The reply that `state`'s patient would be sent to a text understood as `heard`, if any.
pub fn preview(
    state: &PatientState,
    catalog: &Catalog,
    heard: &Understanding,
    now: Timestamp,
) -> Option<String> {
    let text = TextIn {
        from: state.patient.phone.as_ref()?.to_string(),
        to: String::new(),
        body: String::new(),
        provider_id: String::new(),
        opt_out: None,
        media: 0,
    };
    let event = Event {
        id: EventId::trusted("preview"),
        key: String::new(),
        received_at: now,
        origin: Origin::Text(text.clone()),
        raw: Vec::new(),
    };
    answer(state, catalog, &event, &text, heard, now).messages.pop().map(|message| message.body)
}

/// One text being answered.
struct Answer<'a> {
    state: &'a PatientState,
    catalog: &'a Catalog,
    event: &'a Event,
    to: &'a TextIn,
    now: Timestamp,
    decision: &'a mut Decision,
}

impl<'a> Answer<'a> {
    fn heard(&mut self, heard: &Understanding) {
        if heard.command == Some(Command::Stop) && heard.outcome != Heard::Command {
            self.stop();
        }
        match heard.outcome {
            Heard::Command => match heard.command {
                Some(Command::Stop) => self.stop(),
                Some(Command::Start) => self.restart(),
                Some(Command::Yes) => self.settle(ReadingState::Accepted, Phrase::Confirmed),
                Some(Command::No) => self.settle(ReadingState::Withdrawn, Phrase::Discarded),
                Some(Command::Help) | None => self.help(),
            },
            Heard::Accepted => self.accept(&heard.readings),
            Heard::Confirm => self.read_back(heard),
            Heard::Urgent => self.urgent(heard),
            // Pictures are not looked at, and one may well show a meter.
            Heard::Ignored if self.to.media > 0 => self.unreadable(None),
            Heard::Answer | Heard::Ignored => {}
            Heard::Unclear => self.unreadable(None),
        }
    }

    /// Whoever cannot be understood is asked again, and a human may read it: it need not have been a reading.
    ///
    /// Not while their words wait for a human already: then these are more of the same, and an example is no answer.
    fn unreadable(&mut self, severity: Option<Severity>) {
        if let Some(cry) = self.state.alerts.iter().find(|alert| alert.rule.as_str() == URGENT_TEXT) {
            let severity = cry.severity;
            self.cry(
                severity,
                "After words that need a human the patient has texted again. Read both in the record."
                    .to_owned(),
            );
            let phrase = if severity == Severity::Red { Phrase::Urgent } else { Phrase::Help };
            return self.say(phrase, &[], Some(severity));
        }
        if severity.is_none() {
            self.decision.outcome = Outcome::Rejected;
        }
        let patient = self.state.patient.id.clone();
        let detail = "The patient sent a text that could not be read. Look at it in the record.".to_owned();
        self.decision.task(self.event, TaskKind::UnreadableText, patient.as_str(), detail);
        self.say(Phrase::Unclear, &[("example", EXAMPLE)], severity);
    }

    fn accept(&mut self, readings: &[Measurement]) {
        self.keep(readings, ReadingState::Accepted);
        self.supersede(readings);
        let judgement = self.judge(readings, false);
        match judgement.severity() {
            None => {
                let phrase = if judgement.uncertain { Phrase::Noted } else { Phrase::Fine };
                self.say(phrase, &[("readings", &describe(readings))], None);
            }
            severity => {
                let body = breach_words(self.catalog, readings, &judgement);
                self.send(body, severity);
            }
        }
    }

    /// The same vital sent again instead of a YES: what was read back is not what the patient means. Another vital
    /// leaves the question open.
    fn supersede(&mut self, readings: &[Measurement]) {
        let is_sent_again = |was: &Measurement| readings.iter().any(|is| is.vital() == was.vital());
        if let Some(pending) = &self.state.confirmation
            && pending.readings.iter().any(is_sent_again)
        {
            self.decision.confirmation =
                ConfirmationChange::Settle { set: pending.set.clone(), state: ReadingState::Withdrawn };
        }
    }

    fn read_back(&mut self, heard: &Understanding) {
        let worst = if heard.worst_plausible.is_empty() { &heard.readings } else { &heard.worst_plausible };
        let judgement = self.judge(worst, true);
        let severity = judgement.severity();
        if heard.readings.is_empty() {
            return self.unreadable(severity);
        }
        self.keep(&heard.readings, ReadingState::Unconfirmed);
        self.decision.confirmation = ConfirmationChange::Ask(Confirmation {
            set: self.event.id.clone(),
            asked_at: self.event.received_at,
            readings: heard.readings.clone(),
        });
        // Whoever is in danger by what they most likely meant is not kept waiting for advice by a question.
        let likely = chart(self.state, &heard.readings, self.now_and_here());
        let (likely, _) = weigh(self.catalog, self.state, &likely);
        let body = question_words(self.catalog, &heard.readings, severity, &likely);
        self.send(body, severity);
    }

    /// A human looks. A meter beyond its scale speaks through its rule; words open an alert of their own.
    fn urgent(&mut self, heard: &Understanding) {
        // What would have been read back is no more certain for the words beside it. Nobody is asked: a human rings.
        let doubtful = !heard.worst_plausible.is_empty();
        let judged = if doubtful { &heard.worst_plausible } else { &heard.readings };
        self.keep(&heard.readings, if doubtful { ReadingState::Unconfirmed } else { ReadingState::Accepted });
        self.supersede(&heard.readings);
        let judgement = self.judge(judged, doubtful);
        let (severity, phrase) = match heard.urgency {
            Some(Urgency::NeedsPerson) => (Severity::Amber, Phrase::Help),
            Some(Urgency::BeyondScale) if judgement.severity() == Some(Severity::Red) => {
                let body = breach_words(self.catalog, &heard.readings, &judgement);
                return self.send(body, Some(Severity::Red));
            }
            Some(Urgency::Emergency | Urgency::BeyondScale) | None => (Severity::Red, Phrase::Urgent),
        };
        self.cry(severity, format!("{} Read the text in the record.", heard.why));
        if severity < Severity::Red && judgement.severity().is_some() {
            let body = breach_words(self.catalog, &heard.readings, &judgement);
            return self.send(body, judgement.severity());
        }
        self.say(phrase, &[], Some(severity));
    }

    /// Opens or joins the alert of words that a human must read.
    fn cry(&mut self, severity: Severity, why: String) {
        let rule = RuleId::trusted(URGENT_TEXT);
        let firing = Firing {
            rule: &rule,
            version: env!("CARGO_PKG_VERSION"),
            severity,
            title: "A patient's words need a human",
            why,
            proposal: "Read the text and ring the patient.",
            evidence: None,
        };
        fire(self.decision, self.state, self.event, firing, self.now);
    }

    /// The YES or NO to what was read back.
    fn settle(&mut self, state: ReadingState, phrase: Phrase) {
        match &self.state.confirmation {
            Some(pending) => {
                self.decision.confirmation = ConfirmationChange::Settle { set: pending.set.clone(), state };
                if state == ReadingState::Accepted {
                    let judgement = self.judge_confirmed(pending);
                    if judgement.severity().is_some() {
                        let body = breach_words(self.catalog, &pending.readings, &judgement);
                        return self.send(body, judgement.severity());
                    }
                }
                self.say(phrase, &[("readings", &describe(&pending.readings))], None);
            }
            None => self.say(Phrase::NothingPending, &[], None),
        }
    }

    /// Obeyed at once and without a word from us: the carrier answers. A clinical event all the same.
    fn stop(&mut self) {
        if self.state.patient.standing == Standing::Stopped || self.decision.standing.is_some() {
            return;
        }
        self.decision.standing = Some(Standing::Stopped);
        let patient = self.state.patient.id.clone();
        let open = self.state.alerts.len();
        let detail = match open {
            0 => "The patient asked for no more texts.".to_owned(),
            1 => "The patient asked for no more texts while one of their alerts is not resolved.".to_owned(),
            n => format!("The patient asked for no more texts while {n} of their alerts are not resolved."),
        };
        self.decision.task(self.event, TaskKind::LeftMonitoring, patient.as_str(), detail);
    }

    fn restart(&mut self) {
        if self.state.patient.standing == Standing::Stopped {
            self.decision.standing = Some(Standing::Active);
        }
        self.send_whatever_standing(self.catalog.wording.say(Phrase::Restarted, &[]), None);
    }

    /// HELP may be a keyword or a cry: it is answered as the one and looked at as the other.
    fn help(&mut self) {
        let patient = self.state.patient.id.clone();
        let detail = "The patient texted for help. Read the text and ring.".to_owned();
        self.decision.task(self.event, TaskKind::AskedForHelp, patient.as_str(), detail);
        self.say(Phrase::Help, &[], None);
    }

    fn keep(&mut self, measurements: &[Measurement], state: ReadingState) {
        if measurements.is_empty() {
            return;
        }
        self.decision.readings.push(Reading {
            set: self.event.id.clone(),
            patient: self.state.patient.id.clone(),
            measurements: measurements.to_vec(),
            taken_at: self.event.received_at,
            received_at: self.event.received_at,
            basis: TimeBasis::Received,
            claimed_at: None,
            source: ReadingSource::Text,
            device: None,
            state,
        });
    }

    /// Judges what this very text says.
    fn judge(&mut self, measurements: &[Measurement], unconfirmed: bool) -> Judgement<'a> {
        let circumstance = Circumstance { unconfirmed, ..self.now_and_here() };
        judge(self.decision, self.state, self.catalog, self.event, measurements, circumstance)
    }

    fn now_and_here(&self) -> Circumstance<'a> {
        Circumstance::of(&self.event.id, self.event.received_at, self.now)
    }

    /// Judges again, as certain, what was judged before it was confirmed.
    fn judge_confirmed(&mut self, pending: &'a Confirmation) -> Judgement<'a> {
        let then = Circumstance::of(&pending.set, pending.asked_at, self.now);
        judge(self.decision, self.state, self.catalog, self.event, &pending.readings, then)
    }

    /// Says a phrase; a red one also says who looks and when.
    fn say(&mut self, phrase: Phrase, values: &[(&str, &str)], severity: Option<Severity>) {
        let mut body = self.catalog.wording.say(phrase, values);
        if severity == Some(Severity::Red) {
            body.push(' ');
            body.push_str(&self.catalog.wording.say(Phrase::WhoLooks, &[]));
        }
        self.send(body, severity);
    }

    /// Nobody who left is texted; only START changes that.
    fn send(&mut self, body: String, severity: Option<Severity>) {
        let left = self.decision.standing == Some(Standing::Stopped);
        if self.state.patient.standing == Standing::Active && !left {
            self.send_whatever_standing(body, severity);
        }
    }

    fn send_whatever_standing(&mut self, body: String, severity: Option<Severity>) {
        let Some(phone) = Phone::from_carrier(&self.to.from) else { return };
        self.decision.messages.push(NewMessage {
            id: self.event.id.message(1),
            patient: Some(self.state.patient.id.clone()),
            to: phone,
            body,
            purpose: Purpose::Reply(severity),
            says: vec![Purpose::reply_label(severity)],
            basis: Vec::new(),
            created_at: self.now,
            not_after: self.now.saturating_add(REPLY_VALIDITY).unwrap_or(self.now),
        });
    }
}
