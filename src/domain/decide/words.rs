//! What a patient is told, short enough to be read: see [`MOST_SEGMENTS`].

use crate::domain::alert::Severity;
use crate::domain::reading::{Beyond, Measurement};
use crate::domain::segment;
use crate::domain::vital::Vital;
use crate::domain::wording::{Phrase, Term, Wording, fill};

use super::judge::Judgement;

/// The longest answer, as texts are billed, in plain letters: longer ones come late, in pieces, and are not read.
const MOST_SEGMENTS: u32 = 2;

/// What a human who is to read a text is told, and what came with it.
pub(super) fn unreadable_words(who: &str, in_a_row: u32, media: u32) -> String {
    let attached = match media {
        0 => String::new(),
        1 => " A picture or file came with it, which is not fetched: ask for the numbers.".to_owned(),
        n => format!(" {n} pictures or files came with it, which are not fetched: ask for the numbers."),
    };
    match in_a_row {
        1 => format!("{who} sent a text that could not be read.{attached} Look at it in the record."),
        n => format!(
            "{who} sent {n} texts in a row that could not be read.{attached} Look at them in the record."
        ),
    }
}

/// What a patient is told of readings beyond a limit: the readings, the advice, and in red who looks and when. What
/// makes it too long is left out, the least telling first: the second advice, then the readings that are no worry.
pub(super) fn breach_words(
    wording: &Wording,
    measurements: &[Measurement],
    judgement: &Judgement<'_>,
) -> String {
    let advice = judgement.advice(wording);
    let say = |measurements: &[Measurement], advice: &[&str]| {
        let values = [("readings", &*describe(wording, measurements)), ("advice", &*advice.join(" "))];
        let mut body = wording.say(Phrase::Breach, &values);
        if judgement.severity() == Some(Severity::Red) {
            body.push(' ');
            body.push_str(&wording.say(Phrase::WhoLooks, &[]));
        }
        body
    };
    let (two, one) = (&advice[..advice.len().min(2)], &advice[..advice.len().min(1)]);
    shortest_loss([say(measurements, two), say(measurements, one), say(&judgement.worst(), one)])
}

/// The first of these, which leave out more and more, that is short enough; the last if none is.
fn shortest_loss<const N: usize>(bodies: [String; N]) -> String {
    let mut last = String::new();
    for body in bodies {
        if segment::count(&body).fits(MOST_SEGMENTS) {
            return body;
        }
        last = body;
    }
    last
}

/// The question that reads `measurements` back. In red with the advice on what was most `likely` meant, and with who looks
/// and when, as far as there is room.
pub(super) fn question_words(
    wording: &Wording,
    measurements: &[Measurement],
    severity: Option<Severity>,
    likely: &Judgement<'_>,
) -> String {
    let question = wording.say(Phrase::Confirm, &[("readings", &describe(wording, measurements))]);
    if severity != Some(Severity::Red) {
        return question;
    }
    let who = wording.say(Phrase::WhoLooks, &[]);
    match likely.advice(wording).first().filter(|_| likely.severity() == severity) {
        Some(advice) => shortest_loss([format!("{question} {advice} {who}"), format!("{question} {advice}")]),
        None => format!("{question} {who}"),
    }
}

/// Measurements in a patient's words: `blood pressure 141/80, pulse 72`.
pub fn describe(wording: &Wording, measurements: &[Measurement]) -> String {
    let mut words: Vec<String> = Vec::new();
    let mut rest = measurements.iter().peekable();
    while let Some(first) = rest.next() {
        let pair = (first.vital() == Vital::Systolic)
            .then(|| rest.next_if(|next| next.vital() == Vital::Diastolic))
            .flatten();
        words.push(match pair {
            Some(lower) => {
                let (upper, lower) = (number(wording, *first), number(wording, *lower));
                format!("{} {upper}/{lower}", wording.term(Term::BloodPressure))
            }
            None => one(wording, *first),
        });
    }
    words.join(", ")
}

fn one(wording: &Wording, measurement: Measurement) -> String {
    let vital = measurement.vital();
    let unit = match vital {
        Vital::Spo2 => "%",
        Vital::Temperature => "C",
        Vital::Weight => "kg",
        _ => "",
    };
    format!("{} {}{unit}", wording.term(Term::Vital(vital)), number(wording, measurement))
}

/// At most one decimal: what a patient's own meter shows.
fn number(wording: &Wording, measurement: Measurement) -> String {
    let amount = measurement.amount();
    match (amount.value(), amount.beyond()) {
        (Some(value), side) => {
            let value = ((value * 10.0).round() / 10.0).to_string();
            let beyond = |term| fill(wording.term(term), &[("value", &value)]);
            match side {
                Some(Beyond::Low) => beyond(Term::Below),
                Some(Beyond::High) => beyond(Term::Above),
                None => value,
            }
        }
        (None, Some(Beyond::Low)) => "LO".to_owned(),
        (None, _) => "HI".to_owned(),
    }
}
