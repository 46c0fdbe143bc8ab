//! Texts from a phone that several patients share. Nobody is guessed: it is the one whom the text names, or the only one
//! who was asked; else it is asked once whose it is, and judged against all of them meanwhile.

use jiff::{SignedDuration, Timestamp};

use crate::domain::alert::AlertChange;
use crate::domain::event::{Event, Origin, TextIn};
use crate::domain::patient::Standing;
use crate::domain::reading::Measurement;
use crate::domain::reply::{self, Command, Context, Outcome as Heard, Understanding, Urgency};
use crate::domain::task::TaskKind;
use crate::domain::wording::{Phrase, Wording};

use super::command::{stop_texting, text_again};
use super::hearing::hear;
use super::judge::{Circumstance, judge};
use super::reply::Speaker;
use super::stranger::{answer, is_leaving, is_returning};
use super::text::{inbound, known};
use super::{Catalog, Charge, Decision, Inbound, PatientState};

/// A name that comes later than this is no answer to the question whose a reading was.
const ANSWER_WITHIN: SignedDuration = SignedDuration::from_hours(4);
/// What stands between a name and a reading and says nothing.
const BETWEEN: [&str; 12] =
    ["for", "from", "this", "is", "its", "it", "here", "reading", "readings", "of", "the", "and"];

/// Those whom a text may be about: patients who share a phone, or whom one carer may report for.
pub(super) struct Sharers<'a> {
    pub states: &'a [&'a PatientState],
    /// The carer of each; nothing where the phone is their own.
    pub charges: &'a [Charge<'a>],
}

impl<'a> Sharers<'a> {
    pub(super) const fn of(states: &'a [&'a PatientState]) -> Self {
        Self { states, charges: &[] }
    }

    fn speaker(&self, state: &'a PatientState) -> Speaker<'a> {
        let charge = self.charges.iter().find(|charge| charge.state.patient.id == state.patient.id);
        charge.map_or(Speaker::Patient(state), |charge| Speaker::Carer(*charge))
    }

    /// Whether whoever has the phone has asked for no more texts.
    fn have_left(&self) -> bool {
        self.states.iter().any(|state| self.speaker(state).has_left())
    }
}

/// One text from a phone that `sharers` share. `waiting` are the earlier texts from it that are held.
pub(super) fn decide(
    sharers: &Sharers<'_>,
    waiting: &[Event],
    catalog: &Catalog,
    event: &Event,
    text: &TextIn,
    now: Timestamp,
) -> Decision {
    let states = sharers.states;
    let heard = reply::understand(&text.body, &Context::default());
    if sharers.charges.is_empty() && is_leaving(text, &heard) {
        return leave_all(sharers, waiting, catalog, event, text, &heard, now);
    }
    let left = states.iter().any(|state| state.patient.standing == Standing::Stopped);
    if sharers.charges.is_empty() && is_returning(text, &heard) && left {
        let mut decision = Decision::accepted("those who share a phone are back".to_owned());
        states.iter().for_each(|state| text_again(&mut decision, state, now));
        answer(&mut decision, common_words(states, catalog), event, text, (Phrase::Restarted, &[]), now);
        return decision;
    }
    if let Some((state, rest)) = named(states, &text.body) {
        let speaker = sharers.speaker(state);
        if rest.is_empty() {
            if let Some(decision) = claim(speaker, waiting, catalog, event, now) {
                return decision;
            }
        } else if matches!(
            hear(state, catalog, &rest, event.said_at()).understanding.outcome,
            Heard::Accepted | Heard::Answer
        ) {
            return known(speaker, catalog, event, &TextIn { body: rest, ..text.clone() }, now);
        }
    }
    let mut expecting = states.iter().filter(|state| expects(state, catalog, &text.body, event.said_at()));
    if let (Some(only), None) = (expecting.next(), expecting.next()) {
        return known(sharers.speaker(only), catalog, event, text, now);
    }
    ask(sharers, waiting, catalog, event, text, &heard, now)
}

/// The phone is texted no more: all who have it have left, each with a task of their own. What else the text says is judged
/// for each of them.
fn leave_all(
    sharers: &Sharers<'_>,
    waiting: &[Event],
    catalog: &Catalog,
    event: &Event,
    text: &TextIn,
    heard: &Understanding,
    now: Timestamp,
) -> Decision {
    let says_more = !heard.readings.is_empty() || heard.urgency.is_some();
    let mut decision = match says_more {
        true => ask(sharers, waiting, catalog, event, text, heard, now),
        false => Decision::accepted("those who share a phone have left".to_owned()),
    };
    decision.messages.clear();
    for state in sharers.states {
        stop_texting(&mut decision, state, event, now);
    }
    decision
}

/// A text that may be about any of `sharers` from somebody who may not report for them: judged for all, a human reads it,
/// and nobody is asked whose it is.
pub(super) fn unasked(
    sharers: &Sharers<'_>,
    catalog: &Catalog,
    event: &Event,
    text: &TextIn,
    heard: &Understanding,
    now: Timestamp,
) -> Decision {
    let mut decision = Decision::held("a carer who may not report texted".to_owned());
    let detail =
        "A carer who may not report readings texted. Read it, and ring the patient if it may be theirs.";
    decision.task(event, TaskKind::SharedPhone, event.id.as_str(), detail.to_owned());
    judge_for_all(&mut decision, sharers.states, catalog, event, worst_of(heard), now);
    if !sharers.have_left() {
        let phrase = if heard.urgency == Some(Urgency::Emergency) { Phrase::Urgent } else { Phrase::Help };
        answer(&mut decision, common_words(sharers.states, catalog), event, text, (phrase, &[]), now);
    }
    decision
}

/// The readings that a text may hold, the worst of them where that is not certain.
fn worst_of(heard: &Understanding) -> &[Measurement] {
    if heard.worst_plausible.is_empty() { &heard.readings } else { &heard.worst_plausible }
}

/// Judged against everybody as what may be theirs, and asked about once.
fn ask(
    sharers: &Sharers<'_>,
    waiting: &[Event],
    catalog: &Catalog,
    event: &Event,
    text: &TextIn,
    heard: &Understanding,
    now: Timestamp,
) -> Decision {
    let states = sharers.states;
    let whose = match sharers.charges {
        [] => "Two or more patients have the phone that texted. Read it and say whose it is.",
        _ => "A carer of two or more patients texted. Read it and say whom it is about.",
    };
    let mut decision = hold(event, whose);
    judge_for_all(&mut decision, states, catalog, event, worst_of(heard), now);
    if sharers.have_left() {
        return decision;
    }
    let asked_already = waiting.iter().any(|held| is_recent(held, now) && is_reading(held));
    let wording = common_words(states, catalog);
    let names = names(states).filter(|_| !heard.readings.is_empty() && !asked_already);
    match names {
        _ if heard.urgency == Some(Urgency::Emergency) => {
            answer(&mut decision, wording, event, text, (Phrase::Urgent, &[]), now);
        }
        Some(names) => {
            let names = names.join(", ");
            answer(&mut decision, wording, event, text, (Phrase::Whose, &[("names", &names)]), now);
        }
        None => answer(&mut decision, wording, event, text, (Phrase::Help, &[]), now),
    }
    decision
}

/// The language that all of them have; English where they differ.
pub(super) fn common_words<'c>(states: &[&PatientState], catalog: &'c Catalog) -> &'c Wording {
    let mut languages = states.iter().map(|state| state.patient.language.as_str());
    match languages.next() {
        Some(language) if languages.all(|other| other == language) => catalog.wording.of(language),
        _ => catalog.wording.english(),
    }
}

fn hold(event: &Event, detail: &str) -> Decision {
    let mut decision = Decision::held("several patients share this number".to_owned());
    decision.task(event, TaskKind::SharedPhone, event.id.as_str(), detail.to_owned());
    decision
}

/// Opens or joins the alerts that `measurements` would raise for each patient. None of them is certain to be meant.
fn judge_for_all(
    decision: &mut Decision,
    states: &[&PatientState],
    catalog: &Catalog,
    event: &Event,
    measurements: &[Measurement],
    now: Timestamp,
) {
    if measurements.is_empty() {
        return;
    }
    let circumstance =
        Circumstance { unconfirmed: true, ..Circumstance::of(&event.id, event.said_at(), now) };
    for state in states {
        judge(decision, state, catalog, event, measurements, circumstance);
    }
    for (n, change) in decision.alerts.iter_mut().enumerate() {
        if let AlertChange::Open(new) = change {
            new.id = event.id.held_alert(n);
        }
    }
}

/// The reading that waited for this name. Of several nobody knows which is meant: a nurse sorts them out.
fn claim(
    speaker: Speaker<'_>,
    waiting: &[Event],
    catalog: &Catalog,
    event: &Event,
    now: Timestamp,
) -> Option<Decision> {
    let mut recent = waiting.iter().filter(|held| is_recent(held, now) && is_reading(held));
    let (held, None) = (recent.next()?, recent.next()) else { return None };
    let Origin::Text(text) = &held.origin else { return None };
    let mut decision = known(speaker, catalog, held, text, now);
    for change in &mut decision.alerts {
        // It counted when it was held.
        if let AlertChange::Join(join) = change {
            join.repeat = join.evidence.as_ref().is_none_or(|evidence| evidence.set_id == event.id);
        }
    }
    let carer = speaker.carer().map(|carer| carer.name.clone());
    decision.inbound.push(Inbound { carer, ..inbound(held, text, &decision) });
    decision.releases.push(held.id.clone());
    Some(decision)
}

fn is_recent(held: &Event, now: Timestamp) -> bool {
    now.duration_since(held.said_at()) <= ANSWER_WITHIN
}

fn is_reading(held: &Event) -> bool {
    let Origin::Text(text) = &held.origin else { return false };
    !reply::understand(&text.body, &Context::default()).readings.is_empty()
}

/// Whether this patient was asked what the text answers.
fn expects(state: &PatientState, catalog: &Catalog, body: &str, said_at: Timestamp) -> bool {
    let hearing = hear(state, catalog, body, said_at);
    let said = &hearing.understanding;
    let settles = matches!(said.command, Some(Command::Yes | Command::No)) && state.confirmation.is_some();
    let measures = |vital| said.readings.iter().any(|measurement| measurement.vital() == vital);
    let is_asked_for = said.outcome == Heard::Accepted
        && super::prompt::pending(state, catalog).iter().any(|pending| {
            let vitals = pending.question.asks.vitals();
            !vitals.is_empty() && vitals.iter().all(|vital| measures(*vital))
        });
    settles || hearing.invitation.is_some() || !hearing.answers.is_empty() || is_asked_for
}

/// The one patient whom the text names by first or full name or by label, and the text without the name.
fn named<'a>(states: &[&'a PatientState], body: &str) -> Option<(&'a PatientState, String)> {
    let words: Vec<&str> = body.split_whitespace().collect();
    let plain: Vec<String> = words.iter().map(|word| plain(word)).collect();
    let mut named = states.iter().filter(|state| is_named(state, states, &plain));
    let (state, None) = (named.next()?, named.next()) else { return None };
    let (name, label) = (name_of(state), label_of(state));
    let is_of_name = |word: &String| name.contains(word) || label.contains(word);
    let mut rest: Vec<&str> =
        words.into_iter().zip(&plain).filter(|(_, plain)| !is_of_name(plain)).map(|(word, _)| word).collect();
    let is_between = |word: Option<&&str>| {
        word.is_some_and(|word| BETWEEN.contains(&&*self::plain(word)) || self::plain(word).is_empty())
    };
    while is_between(rest.first()) {
        rest.remove(0);
    }
    while is_between(rest.last()) {
        rest.pop();
    }
    Some((state, rest.join(" ")))
}

fn is_named(state: &PatientState, all: &[&PatientState], words: &[String]) -> bool {
    let label = label_of(state);
    let is_own = || all.iter().filter(|other| label_of(other) == label).count() == 1;
    if !label.is_empty() && says(words, &label) && is_own() {
        return true;
    }
    let name = name_of(state);
    let Some(first) = name.first() else { return false };
    let namesakes = all.iter().filter(|other| name_of(other).first() == Some(first)).count();
    if namesakes == 1 { words.contains(first) } else { says(words, &name) }
}

fn says(words: &[String], name: &[String]) -> bool {
    words.windows(name.len()).any(|window| window == name)
}

fn label_of(state: &PatientState) -> Vec<String> {
    let label = state.patient.label.as_deref().unwrap_or_default();
    label.split_whitespace().map(plain).filter(|word| !word.is_empty()).collect()
}

fn name_of(state: &PatientState) -> Vec<String> {
    let name = state.patient.name.as_deref().unwrap_or_default();
    name.split_whitespace().map(plain).filter(|word| !word.is_empty()).collect()
}

/// `Ada's:` is `ada`.
fn plain(word: &str) -> String {
    let word = word.to_lowercase();
    let word = word.trim_matches(|c: char| !c.is_alphanumeric());
    word.strip_suffix("'s").or_else(|| word.strip_suffix("\u{2019}s")).unwrap_or(word).to_owned()
}

/// How to tell them apart: by the labels that all of them have, by first names, or by full ones. Nothing when a name is
/// not known.
fn names(states: &[&PatientState]) -> Option<Vec<String>> {
    let labels: Option<Vec<&str>> = states.iter().map(|state| state.patient.label.as_deref()).collect();
    if let Some(labels) = labels
        && labels
            .iter()
            .enumerate()
            .all(|(n, label)| labels[..n].iter().all(|other| !other.eq_ignore_ascii_case(label)))
    {
        return Some(labels.into_iter().map(str::to_owned).collect());
    }
    let full: Vec<&str> = states.iter().map(|state| state.patient.name.as_deref()).collect::<Option<_>>()?;
    let first: Vec<&str> = full.iter().filter_map(|name| name.split_whitespace().next()).collect();
    let distinct = first.iter().enumerate().all(|(n, name)| !first[..n].contains(name));
    let names = if distinct && first.len() == full.len() { first } else { full };
    Some(names.into_iter().map(str::to_owned).collect())
}
