//! What a text message means, and what is answered.

use jiff::{SignedDuration, Timestamp};

use crate::domain::alert::Severity;
use crate::domain::event::{Event, OptOut, Origin, TextIn, Way};
use crate::domain::id::{EventId, RuleId};
use crate::domain::provider::Provider;
use crate::domain::reading::{Measurement, Reading, ReadingSource, ReadingState, TimeBasis};
use crate::domain::reply::{Asked, Command, Outcome as Heard, Understanding, Urgency};
use crate::domain::task::TaskKind;
use crate::domain::wording::Phrase;

use super::carer;
use super::hearing::{EXAMPLE, Hearing, hear};
use super::judge::{Circumstance, Firing, Judgement, QUIET, chart, fire, judge, weigh};
use super::late;
use super::reply::{Answer, Speaker};
use super::shared::{self, Sharers};
use super::staff;
use super::stranger::{from_ourselves, unknown_sender};
use super::words::{breach_words, describe, question_words};
use super::{Catalog, Confirmation, ConfirmationChange, Decision, Inbound, Outcome, Party, PatientState};

/// A reply is of use for this long.
pub(super) const REPLY_VALIDITY: SignedDuration = SignedDuration::from_hours(4);
/// The alert that words of an emergency open. No file states it: it can be neither switched off nor edited.
pub const URGENT_TEXT: &str = "system_urgent_text";

pub(super) fn decide(
    party: Party<'_>,
    catalog: &Catalog,
    event: &Event,
    text: &TextIn,
    now: Timestamp,
) -> Decision {
    let mut decision = match party {
        Party::Patient(state) => known(Speaker::Patient(state), catalog, event, text, now),
        Party::Shared { states, waiting } => {
            shared::decide(&Sharers::of(states), waiting, catalog, event, text, now)
        }
        Party::Staff(phone) => staff::decide(phone, catalog, event, text, now),
        Party::Carer { charges, waiting } => carer::decide(charges, waiting, catalog, event, text, now),
        Party::UnknownSender { answered } => unknown_sender(catalog, event, text, answered, now),
        Party::Ourselves => from_ourselves(event, text),
        Party::UnknownDevice | Party::DoubtfulDevice { .. } => {
            Decision::held("a text came from a device".to_owned())
        }
    };
    if late::is_stale(event, now) {
        late::hush(&mut decision);
    }
    decision.inbound.push(Inbound { carer: carer_of(party), ..inbound(event, text, &decision) });
    decision
}

/// By what name the carer goes who texted.
fn carer_of(party: Party<'_>) -> Option<String> {
    match party {
        Party::Carer { charges, .. } => charges.first().map(|charge| charge.carer.name.clone()),
        _ => None,
    }
}

/// The text for the record of whoever it turned out to be from.
pub(super) fn inbound(event: &Event, text: &TextIn, decision: &Decision) -> Inbound {
    Inbound {
        id: event.id.message(0),
        patient: decision.patient.clone(),
        carer: None,
        repeats: None,
        from: text.from.clone(),
        body: text.body.clone(),
        provider_id: text.provider_id.clone(),
        received_at: event.received_at,
        sent_at: Some(event.said_at()).filter(|_| text.way != Way::Pushed),
    }
}

pub(super) fn known(
    speaker: Speaker<'_>,
    catalog: &Catalog,
    event: &Event,
    text: &TextIn,
    now: Timestamp,
) -> Decision {
    answer(speaker, catalog, event, text, &hear(speaker.state(), catalog, &text.body, event.said_at()), now)
}

fn answer<'a>(
    speaker: Speaker<'a>,
    catalog: &'a Catalog,
    event: &'a Event,
    text: &'a TextIn,
    hearing: &'a Hearing<'a>,
    now: Timestamp,
) -> Decision {
    let heard = &hearing.understanding;
    let state = speaker.state();
    let mut decision = Decision::accepted(heard.why.clone());
    decision.patient = Some(state.patient.id.clone());
    let mut answer = Answer::new(speaker, catalog, event, text, now, &mut decision);
    answer.example = hearing.example;
    match text.opt_out {
        Some(OptOut::Stop) => {
            answer.stop();
            let says_more =
                matches!(heard.outcome, Heard::Accepted | Heard::Confirm | Heard::Urgent | Heard::Answer);
            if says_more || !hearing.answers.is_empty() {
                answer.heard(hearing);
            }
        }
        // YES is among the carriers' words for coming back. Of somebody who never left it is a YES.
        Some(OptOut::Start) if !speaker.has_left() && heard.command == Some(Command::Yes) => {
            answer.heard(hearing);
        }
        Some(OptOut::Start) => answer.restart(),
        Some(OptOut::Help) => answer.help(),
        None => answer.heard(hearing),
    }
    answer.close();
    if decision.messages.is_empty() {
        decision.keep_quiet(event);
    }
    decision
}

/// The reply that `state`'s patient, `asked` this, would be sent to a text understood as `heard`, if any.
pub fn preview(
    state: &PatientState,
    catalog: &Catalog,
    asked: Option<Asked>,
    heard: &Understanding,
    now: Timestamp,
) -> Option<String> {
    let text = TextIn {
        provider: Provider::Twilio,
        way: Way::Pushed,
        part: None,
        from: state.patient.texted_at()?.to_string(),
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
    let example = asked.map_or(EXAMPLE, Asked::example);
    let hearing = Hearing { example, ..Hearing::from(heard.clone()) };
    let speaker = Speaker::Patient(state);
    answer(speaker, catalog, &event, &text, &hearing, now).messages.pop().map(|message| message.body)
}

impl<'a> Answer<'a> {
    fn heard(&mut self, hearing: &'a Hearing<'a>) {
        let heard = &hearing.understanding;
        if heard.command == Some(Command::Stop) && heard.outcome != Heard::Command {
            self.stop();
        }
        if heard.outcome != Heard::Ignored {
            self.decision.unreadable_in_a_row = Some(0).filter(|_| self.state.unreadable_in_a_row > 0);
        }
        if let Some(protocol) = hearing.keyword {
            return self.join(protocol);
        }
        self.take_answers(&hearing.answers);
        match heard.outcome {
            Heard::Command => match heard.command {
                Some(Command::Stop) => self.stop(),
                Some(Command::Start) => self.restart(),
                Some(yes @ (Command::Yes | Command::No)) => {
                    if let Some(invitation) = hearing.invitation {
                        self.reply_to_invitation(invitation, yes == Command::Yes);
                    } else if hearing.answers.is_empty() {
                        self.settle(yes == Command::Yes);
                    }
                }
                Some(Command::Help) | None => self.help(),
            },
            Heard::Accepted => self.accept(&heard.readings),
            Heard::Confirm => self.read_back(heard),
            Heard::Urgent => self.urgent(heard),
            _ if !hearing.alternatives.is_empty() => self.read_back_gravest(heard, &hearing.alternatives),
            Heard::Answer => {}
            _ if !hearing.answers.is_empty() => {}
            // Pictures are not looked at, and one may well show a meter.
            Heard::Ignored if self.to.media > 0 => self.unreadable(None),
            Heard::Ignored => {}
            Heard::Unclear => self.unreadable(None),
        }
        self.answer(&hearing.answers);
    }

    /// What could be several readings is asked back as the one that would matter most. It need not be that one.
    fn read_back_gravest(&mut self, heard: &Understanding, alternatives: &[Vec<Measurement>]) {
        // Of equals the last is taken, and what was asked last comes first.
        let gravest = alternatives.iter().rev().max_by_key(|readings| self.weigh(readings).severity());
        let readings = gravest.cloned().unwrap_or_default();
        let heard = Understanding { readings, worst_plausible: Vec::new(), ..heard.clone() };
        self.read_back(&heard);
    }

    /// Whoever cannot be understood is asked again, and a human may read it: it need not have been a reading.
    ///
    /// Not while their words wait for a human already: then these are more of the same, and an example is no answer.
    fn unreadable(&mut self, severity: Option<Severity>) {
        if let Some(cry) = self.state.alerts.iter().find(|alert| alert.rule.as_str() == URGENT_TEXT) {
            let severity = cry.severity;
            self.cry(
                severity,
                format!(
                    "After words that need a human {} has texted again. Read both in the record.",
                    self.who()
                ),
            );
            let phrase = if severity == Severity::Red { Phrase::Urgent } else { Phrase::Help };
            return self.say(phrase, &[], Some(severity));
        }
        if severity.is_none() {
            self.decision.outcome = Outcome::Rejected;
        }
        let in_a_row = self.state.unreadable_in_a_row.saturating_add(1);
        self.decision.unreadable_in_a_row = Some(in_a_row);
        let circumstance = Circumstance { unreadable_in_a_row: in_a_row, ..self.now_and(false) };
        judge(self.decision, self.state, self.catalog, self.event, &[], circumstance);
        let patient = self.state.patient.id.clone();
        let detail = match in_a_row {
            1 => {
                format!("{} sent a text that could not be read. Look at it in the record.", self.who_begins())
            }
            n => format!(
                "{} sent {n} texts in a row that could not be read. Look at them in the record.",
                self.who_begins()
            ),
        };
        self.decision.task(self.event, TaskKind::UnreadableText, patient.as_str(), detail);
        let phrase = if self.to.media > 0 { Phrase::NoPictures } else { Phrase::Unclear };
        self.say(phrase, &[("example", self.example)], severity);
    }

    fn accept(&mut self, readings: &[Measurement]) {
        self.keep(readings, ReadingState::Accepted);
        self.supersede(readings);
        self.measure(readings, self.event.said_at());
        let judgement = self.judge(readings, false);
        match judgement.severity() {
            None => {
                let phrase = if judgement.uncertain { Phrase::Noted } else { Phrase::Fine };
                self.say(phrase, &[("readings", &describe(self.wording, readings))], None);
            }
            severity => {
                let body = breach_words(self.wording, readings, &judgement);
                self.send(Phrase::Breach, body, severity);
            }
        }
    }

    /// The same vital sent again instead of a YES: what was read back is not what the patient means. Another vital
    /// leaves the question open.
    fn supersede(&mut self, readings: &[Measurement]) {
        let is_sent_again = |was: &Measurement| readings.iter().any(|is| is.vital() == was.vital());
        if let Some(pending) = &self.state.confirmation
            && pending.asked_at <= self.event.said_at()
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
            asked_at: self.event.said_at(),
            readings: heard.readings.clone(),
            chased_at: None,
        });
        // Whoever is in danger by what they most likely meant is not kept waiting for advice by a question.
        let likely = self.weigh(&heard.readings);
        let body = question_words(self.wording, &heard.readings, severity, &likely);
        self.send(Phrase::Confirm, body, severity);
    }

    /// A human looks. A meter beyond its scale speaks through its rule; words open an alert of their own.
    fn urgent(&mut self, heard: &Understanding) {
        // What would have been read back is no more certain for the words beside it. Nobody is asked: a human rings.
        let doubtful = !heard.worst_plausible.is_empty();
        let judged = if doubtful { &heard.worst_plausible } else { &heard.readings };
        self.keep(&heard.readings, if doubtful { ReadingState::Unconfirmed } else { ReadingState::Accepted });
        self.supersede(&heard.readings);
        if !doubtful {
            self.measure(&heard.readings, self.event.said_at());
        }
        let judgement = self.judge(judged, doubtful);
        let (severity, phrase) = match heard.urgency {
            Some(Urgency::NeedsPerson) => (Severity::Amber, Phrase::Help),
            Some(Urgency::BeyondScale) if judgement.severity() == Some(Severity::Red) => {
                let body = breach_words(self.wording, &heard.readings, &judgement);
                return self.send(Phrase::Breach, body, Some(Severity::Red));
            }
            Some(Urgency::Emergency | Urgency::BeyondScale) | None => (Severity::Red, Phrase::Urgent),
        };
        self.course.halt();
        self.cry(severity, format!("{} Read the text in the record.", heard.why));
        if severity < Severity::Red && judgement.severity().is_some() {
            let body = breach_words(self.wording, &heard.readings, &judgement);
            return self.send(Phrase::Breach, body, judgement.severity());
        }
        self.say(phrase, &[], Some(severity));
    }

    /// Opens or joins the alert of words that a human must read.
    pub(super) fn cry(&mut self, severity: Severity, why: String) {
        let rule = RuleId::trusted(URGENT_TEXT);
        let firing = Firing {
            rule: &rule,
            version: env!("CARGO_PKG_VERSION"),
            severity,
            title: "A patient's words need a human",
            why,
            proposal: "Read the text and ring the patient.",
            evidence: None,
            is_cry: true,
            quiet: QUIET,
        };
        fire(self.decision, self.state, self.event, firing, self.now);
    }

    fn keep(&mut self, measurements: &[Measurement], state: ReadingState) {
        if measurements.is_empty() {
            return;
        }
        self.decision.readings.push(Reading {
            set: self.event.id.clone(),
            patient: self.state.patient.id.clone(),
            measurements: measurements.to_vec(),
            taken_at: self.event.said_at(),
            received_at: self.event.received_at,
            basis: TimeBasis::Received,
            claimed_at: None,
            source: ReadingSource::Text,
            device: None,
            state,
        });
    }

    /// Judges what this very text says.
    pub(super) fn judge(&mut self, measurements: &[Measurement], unconfirmed: bool) -> Judgement<'a> {
        // What is not certain is judged apart from what was answered for sure.
        let answered = if unconfirmed { Vec::new() } else { std::mem::take(&mut self.answered) };
        let circumstance = Circumstance { answered: &answered, ..self.now_and(unconfirmed) };
        let judgement =
            judge(self.decision, self.state, self.catalog, self.event, measurements, circumstance);
        if !unconfirmed {
            self.course.find(&judgement);
        }
        judgement
    }

    /// What the rules say of measurements, and nothing is done about it.
    fn weigh(&self, measurements: &[Measurement]) -> Judgement<'a> {
        weigh(self.catalog, self.state, &chart(self.state, measurements, self.now_and(true))).0
    }

    /// This very text is what is judged.
    fn now_and(&self, unconfirmed: bool) -> Circumstance<'a> {
        Circumstance { unconfirmed, ..Circumstance::of(&self.event.id, self.event.said_at(), self.now) }
    }

    /// Judges again, as certain, what was judged before it was confirmed.
    pub(super) fn judge_confirmed(&mut self, pending: &'a Confirmation) -> Judgement<'a> {
        let answered = std::mem::take(&mut self.answered);
        let circumstance = Circumstance {
            set: &pending.set,
            taken_at: pending.asked_at,
            answered: &answered,
            ..self.now_and(false)
        };
        let readings = &pending.readings;
        let judgement = judge(self.decision, self.state, self.catalog, self.event, readings, circumstance);
        self.course.find(&judgement);
        judgement
    }
}
