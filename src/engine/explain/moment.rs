//! The moment in which something was judged, put together from what is kept.

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use crate::domain::answer::PastAnswer;
use crate::domain::chart::Person;
use crate::domain::decide::{Moment, judge_again};
use crate::domain::history::{History, PastReading};
use crate::domain::id::EventId;
use crate::domain::payload;
use crate::domain::reading::{Measurement, ReadingState};
use crate::domain::reply::{Asked, Context, understand};
use crate::domain::rule::Rule;
use crate::domain::silence::Silence;
use crate::domain::threshold::Thresholds;
use crate::store::past::{Arrived, KeptFiring, KnownAnswer, KnownReading};
use crate::store::queue::QueuedAlert;
use crate::store::{Store, StoreError};

/// No rule looks back further.
const MEMORY: SignedDuration = SignedDuration::from_hours(401 * 24);
/// An answer that somebody is pregnant holds so long.
const PREGNANCY: SignedDuration = SignedDuration::from_hours(300 * 24);

/// What a text may have been the answer to, where that was not kept.
const ASKED: [Option<Asked>; 10] = [
    None,
    Some(Asked::BloodPressure),
    Some(Asked::Pulse),
    Some(Asked::Spo2),
    Some(Asked::RespiratoryRate),
    Some(Asked::Temperature),
    Some(Asked::Weight),
    Some(Asked::Glucose),
    Some(Asked::PeakFlow),
    Some(Asked::Ketones),
];

/// All that a firing may have rested on.
#[derive(Debug)]
pub(super) struct Known {
    pub rule_version: String,
    pub limits: Thresholds,
    /// The patient's record was changed after it was decided.
    pub is_patient_changed: bool,
    set: EventId,
    taken_at: Timestamp,
    received_at: Timestamp,
    decided_at: Timestamp,
    unconfirmed: bool,
    zone: String,
    born: Option<String>,
    readings: Vec<KnownReading>,
    answers: Vec<KnownAnswer>,
    silence: Vec<Silence>,
    unreadable_in_a_row: u32,
    waiting_minutes: Option<f64>,
    /// What the raw event can be read as, beside what was kept of it.
    meanings: Vec<Vec<Measurement>>,
}

/// What judging anew has found.
#[derive(Debug, Default)]
pub(super) struct Rebuilt {
    /// As it would be stored.
    pub evidence: Option<String>,
    pub read_as: Vec<String>,
    pub answered: Vec<String>,
    pub known_before: usize,
}

/// Up to when something counts as known: in the order of arrival, or all that had come when it was decided.
#[derive(Debug, Clone, Copy)]
enum Before {
    Arrival,
    Decision,
}

impl Known {
    /// What was judged was not taken as read: it can be worked out only from the words that arrived.
    pub(super) const fn rests_on_words(&self) -> bool {
        self.unconfirmed
    }

    /// Nothing when the stored evidence is none.
    pub(super) async fn gather(
        store: &Store,
        alert: &QueuedAlert,
        kept: &KeptFiring,
        stored: &Value,
        arrived: Option<&Arrived>,
    ) -> Result<Option<Self>, StoreError> {
        let instant = |key: &str| stored[key].as_str().and_then(|text| text.parse::<Timestamp>().ok());
        let (Some(taken_at), Some(received_at)) = (instant("taken_at"), instant("received_at")) else {
            return Ok(None);
        };
        let (Some(rule_version), Some(unconfirmed)) =
            (stored["rule_version"].as_str(), stored["unconfirmed"].as_bool())
        else {
            return Ok(None);
        };
        let patient = store.shown_patient(&alert.patient).await?;
        let until = kept.at.max(received_at);
        let since = taken_at.saturating_sub(MEMORY).unwrap_or(Timestamp::MIN);
        let limits = store.limits_then(&alert.patient, &alert.rule, until).await?;
        let breaches = stored["breaches"].as_array().cloned().unwrap_or_default();
        let language = patient.as_ref().map(|patient| patient.language.clone()).unwrap_or_default();
        Ok(Some(Self {
            rule_version: rule_version.to_owned(),
            limits: limits.into_iter().collect(),
            is_patient_changed: patient.as_ref().is_some_and(|patient| patient.updated_at > kept.at),
            set: kept.set.clone(),
            taken_at,
            received_at,
            decided_at: kept.at,
            unconfirmed,
            zone: patient.as_ref().map(|patient| patient.time_zone.clone()).unwrap_or_default(),
            born: patient.and_then(|patient| patient.date_of_birth),
            readings: store.readings_known(&alert.patient, since, until).await?,
            answers: store.answers_known(&alert.patient, until).await?,
            silence: breaches
                .iter()
                .filter(|breach| breach.get("missed").is_some())
                .filter_map(|breach| serde_json::from_value(breach.clone()).ok())
                .collect(),
            unreadable_in_a_row: breaches
                .iter()
                .find_map(|breach| u32::try_from(breach["unreadable_in_a_row"].as_u64()?).ok())
                .unwrap_or(0),
            waiting_minutes: breaches.iter().find_map(|breach| breach["minutes"].as_f64()),
            meanings: arrived.map(|arrived| meanings(arrived, &language)).unwrap_or_default(),
        }))
    }

    /// Judges anew. What was kept of the reading comes first; a text that was read back was judged by the worst that it
    /// could mean, so each of its meanings is tried. What matches is what it was judged by.
    pub(super) fn judge(&self, rule: &Rule, stored: &str) -> Rebuilt {
        let own: Vec<Measurement> = self
            .readings
            .iter()
            .filter(|known| known.past.set == self.set)
            .map(|k| k.past.measurement)
            .collect();
        let mut meanings = vec![own];
        for meaning in &self.meanings {
            if !meanings.contains(meaning) {
                meanings.push(meaning.clone());
            }
        }
        let mut first: Option<Rebuilt> = None;
        for measurements in &meanings {
            for before in [Before::Arrival, Before::Decision] {
                let rebuilt = self.judge_as(rule, measurements, before);
                if rebuilt.evidence.as_deref() == Some(stored) {
                    return rebuilt;
                }
                let says_more =
                    first.as_ref().is_none_or(|first| first.evidence.is_none() && rebuilt.evidence.is_some());
                if says_more {
                    first = Some(rebuilt);
                }
            }
        }
        first.unwrap_or_default()
    }

    fn judge_as(&self, rule: &Rule, measurements: &[Measurement], before: Before) -> Rebuilt {
        let past: Vec<PastReading> = self
            .readings
            .iter()
            .filter(|known| self.came_before(known, before))
            .map(|k| self.as_of(k))
            .collect();
        let (with, earlier): (Vec<&KnownAnswer>, Vec<&KnownAnswer>) =
            self.answers.iter().partition(|answer| self.is_of_this(answer));
        let answered: Vec<PastAnswer> = match self.unconfirmed {
            true => Vec::new(),
            false => with.iter().map(|answer| answer.past.clone()).collect(),
        };
        let history = History::new(past, earlier.into_iter().map(|answer| answer.past.clone()).collect());
        let since = self.taken_at.saturating_sub(PREGNANCY).unwrap_or(self.taken_at);
        let pregnant = history
            .answers("pregnant", since, self.taken_at)
            .next()
            .is_some_and(|answer| answer.value.word() == "yes");
        let moment = Moment {
            set: &self.set,
            taken_at: self.taken_at,
            received_at: self.received_at,
            zone: &self.zone,
            person: Person::born(self.born.as_deref(), pregnant, self.taken_at),
            measurements,
            answered: &answered,
            history: &history,
            silence: &self.silence,
            unreadable_in_a_row: self.unreadable_in_a_row,
            waiting_minutes: self.waiting_minutes,
            unconfirmed: self.unconfirmed,
            limits: &self.limits,
        };
        let known_before = self.readings.iter().filter(|known| self.came_before(known, before)).count()
            + self.answers.iter().filter(|answer| !self.is_of_this(answer)).count();
        Rebuilt {
            evidence: judge_again(rule, &moment).and_then(|evidence| serde_json::to_string(&evidence).ok()),
            read_as: measurements.iter().map(words).collect(),
            answered: answered
                .iter()
                .map(|said| format!("{}: {}", said.question, said.value.word()))
                .collect(),
            known_before,
        }
    }

    fn came_before(&self, known: &KnownReading, before: Before) -> bool {
        known.past.set != self.set
            && match before {
                Before::Arrival => (known.received_at, &known.past.set) < (self.received_at, &self.set),
                Before::Decision => known.received_at <= self.decided_at,
            }
    }

    /// What waited for its YES then counted for nothing, whatever became of it.
    fn as_of(&self, known: &KnownReading) -> PastReading {
        let waited = known.settled_at.is_some_and(|settled| settled > self.decided_at);
        let state = if waited { ReadingState::Unconfirmed } else { known.past.state };
        PastReading { state, ..known.past.clone() }
    }

    /// Whether an answer came with what was judged, or with the YES that confirmed it.
    fn is_of_this(&self, answer: &KnownAnswer) -> bool {
        answer.event == self.set || answer.received_at == self.received_at
    }
}

/// Every set of measurements that the raw event can be read as.
fn meanings(arrived: &Arrived, language: &str) -> Vec<Vec<Measurement>> {
    let Some(body) = &arrived.body else {
        return match payload::decode(&arrived.raw) {
            Ok(payload) => vec![payload.measurements],
            Err(_) => Vec::new(),
        };
    };
    ASKED
        .into_iter()
        .flat_map(|asked| {
            let heard = understand(body, &Context { asked, language, ..Context::default() });
            [heard.readings, heard.worst_plausible]
        })
        .collect()
}

fn words(measurement: &Measurement) -> String {
    let (vital, amount) = (measurement.vital(), measurement.amount());
    match (amount.value(), amount.beyond()) {
        (Some(value), None) => format!("{} {}", vital.title(), vital.unit().show(value)),
        (Some(value), Some(side)) => {
            format!("{} {}, bounded {}", vital.title(), vital.unit().show(value), side.name())
        }
        (None, side) => format!(
            "{} off the scale{}",
            vital.title(),
            side.map_or("", |side| match side {
                crate::domain::reading::Beyond::Low => ", low",
                crate::domain::reading::Beyond::High => ", high",
            })
        ),
    }
}
