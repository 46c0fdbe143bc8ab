//! Rules tried over the past: what they would have said, reading by reading, in the order that it arrived.

use std::collections::{BTreeMap, HashMap};

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use crate::domain::alert::{AlertChange, Evidence, OpenAlert, Severity};
use crate::domain::answer::{AnswerValue, PastAnswer};
use crate::domain::chart::Calendar;
use crate::domain::decide::{Catalog, Past, PatientState, is_quiet_now, replay};
use crate::domain::id::{AlertId, EventId, PatientId, QuestionId, RuleId};
use crate::domain::news2::Score;
use crate::domain::reading::Measurement;
use crate::domain::rule::{Breach, Found, News2};
use crate::domain::silence::{Cause, Silence};

/// No rule looks back further.
const MEMORY: SignedDuration = SignedDuration::from_hours(401 * 24);

/// Readings and answers of one patient that belong together; empty when only time passes.
#[derive(Debug, Clone, PartialEq)]
pub struct Arrival {
    pub patient: PatientId,
    pub taken_at: Timestamp,
    pub received_at: Timestamp,
    pub readings: Vec<(String, Measurement)>,
    pub answers: Vec<(String, QuestionId, AnswerValue)>,
}

/// One line of output: what became of an alert.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Told {
    pub patient: PatientId,
    pub rule: RuleId,
    pub severity: Severity,
    pub state: Turn,
    pub at: Timestamp,
    /// The ids of the readings and answers that it rests on.
    pub because: Vec<String>,
    pub why: String,
    #[serde(flatten)]
    pub score: Option<Score>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Turn {
    Opened,
    Worsened,
    Recovered,
}

/// What was tried, in numbers.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Tally {
    pub readings: usize,
    /// Alerts by the severity with which they opened…
    pub opened: BTreeMap<&'static str, usize>,
    /// …and turns for the worse, by what they turned into.
    pub worsened: BTreeMap<&'static str, usize>,
    /// Rules that could not be evaluated, by what is wrong.
    pub faults: BTreeMap<String, usize>,
    days: BTreeMap<PatientId, (Date, Date)>,
}

/// Patients as they were, and the rules on trial.
#[derive(Debug)]
pub struct Backtest<'c> {
    catalog: &'c Catalog,
    states: HashMap<PatientId, PatientState>,
    /// When anything last came of a patient.
    last: HashMap<PatientId, Timestamp>,
    /// Ids by set and by what was measured or asked.
    ids: HashMap<(EventId, String), Vec<String>>,
    count: usize,
    pub tally: Tally,
}

impl<'c> Backtest<'c> {
    pub fn new(catalog: &'c Catalog) -> Self {
        Self {
            catalog,
            states: HashMap::new(),
            last: HashMap::new(),
            ids: HashMap::new(),
            count: 0,
            tally: Tally::default(),
        }
    }

    /// Takes a patient in, with limits and rules of their own.
    pub fn admit(&mut self, state: PatientState) {
        self.states.insert(state.patient.id.clone(), state);
    }

    pub fn knows(&self, patient: &PatientId) -> bool {
        self.states.contains_key(patient)
    }

    /// Judges what arrived, or the time that passed. Arrivals come in the order they were received.
    pub fn take(&mut self, arrival: &Arrival) -> Vec<Told> {
        let Some(state) = self.states.get_mut(&arrival.patient) else { return Vec::new() };
        let set = EventId::trusted(format!("s{}", self.count));
        self.count += 1;
        self.tally.readings += arrival.readings.len() + arrival.answers.len();
        let calendar = Calendar::of(&state.patient.time_zone);
        let speaks = !arrival.readings.is_empty() || !arrival.answers.is_empty();
        for (id, measured) in &arrival.readings {
            let key = (set.clone(), measured.vital().name().to_owned());
            self.ids.entry(key).or_default().push(id.clone());
        }
        for (id, question, _) in &arrival.answers {
            let key = answer_key(&arrival.patient, question.as_str(), arrival.taken_at);
            self.ids.entry(key).or_default().push(id.clone());
        }
        let silence = match self.last.get(&arrival.patient) {
            Some(_) if speaks => vec![silent(0)],
            Some(last) => vec![silent(calendar.days_between(*last, arrival.received_at).saturating_sub(1))],
            None => Vec::new(),
        };
        if speaks {
            let day = calendar.day(arrival.taken_at);
            let days = self.tally.days.entry(arrival.patient.clone()).or_insert((day, day));
            *days = (days.0.min(day), days.1.max(day));
            let last = self.last.entry(arrival.patient.clone()).or_insert(arrival.taken_at);
            *last = arrival.taken_at.max(*last);
        }
        let answer = |(_, question, value): &(String, QuestionId, AnswerValue)| PastAnswer {
            question: question.to_string(),
            value: value.clone(),
            at: arrival.taken_at,
        };
        let past = Past {
            measurements: arrival.readings.iter().map(|(_, measured)| *measured).collect(),
            answers: arrival.answers.iter().map(answer).collect(),
            silence,
            taken_at: arrival.taken_at,
            received_at: arrival.received_at,
            set,
        };
        let decision = replay(state, self.catalog, &past);
        for fault in &decision.tasks {
            *self.tally.faults.entry(fault.detail.clone()).or_default() += 1;
        }
        let mut told = Vec::new();
        for change in &decision.alerts {
            told.extend(tell(change, state, &past, &self.ids));
        }
        let over = is_quiet_now(state, self.catalog, &past, &decision);
        for alert in over.iter().filter_map(|place| state.alerts.get(*place)) {
            told.push(recovered(alert, &arrival.patient, &past));
        }
        for line in &told {
            let count = match line.state {
                Turn::Opened => &mut self.tally.opened,
                Turn::Worsened => &mut self.tally.worsened,
                Turn::Recovered => continue,
            };
            *count.entry(line.severity.name()).or_default() += 1;
        }
        state.apply(&decision);
        for answer in past.answers {
            state.history.add_answer(answer);
        }
        // Nobody resolves alerts here: what has recovered is over, and fires anew.
        state.alerts.retain(|alert| {
            !told.iter().any(|line| line.state == Turn::Recovered && line.rule == alert.rule)
        });
        if self.count.is_multiple_of(4096) {
            let oldest = arrival.taken_at.saturating_sub(MEMORY).unwrap_or(Timestamp::MIN);
            state.history.forget_before(oldest);
        }
        told
    }
}

impl Tally {
    /// Days from each patient's first reading to the last, both included, added up.
    pub fn patient_days(&self) -> i64 {
        self.days.values().map(|(first, last)| i64::from((*last - *first).get_days()) + 1).sum()
    }

    pub fn patients(&self) -> usize {
        self.days.len()
    }
}

fn silent(days: i64) -> Silence {
    let missed = u32::try_from(days).unwrap_or_default();
    Silence { of: "any".to_owned(), missed, cause: Cause::TrulySilent }
}

fn recovered(alert: &OpenAlert, patient: &PatientId, past: &Past) -> Told {
    Told {
        patient: patient.clone(),
        rule: alert.rule.clone(),
        severity: alert.severity,
        state: Turn::Recovered,
        at: past.received_at,
        because: Vec::new(),
        why: "within limits again".to_owned(),
        score: None,
    }
}

fn tell(
    change: &AlertChange,
    state: &PatientState,
    past: &Past,
    ids: &HashMap<(EventId, String), Vec<String>>,
) -> Option<Told> {
    let standing = |id: &AlertId| state.alerts.iter().find(|alert| alert.id == *id);
    let (rule, severity, turn, why, evidence) = match change {
        AlertChange::Open(new) => (&new.rule, new.severity, Turn::Opened, &new.why, new.evidence.as_ref()),
        AlertChange::Join(join) => {
            let before = standing(&join.id)?;
            if join.severity <= before.severity {
                return None;
            }
            (&before.rule, join.severity, Turn::Worsened, &join.why, join.evidence.as_ref())
        }
        AlertChange::Recover(recovery) => {
            let mut told = recovered(standing(&recovery.id)?, &recovery.patient, past);
            let vitals = past.measurements.iter().map(|measured| measured.vital().name().to_owned());
            told.because =
                vitals.filter_map(|vital| ids.get(&(past.set.clone(), vital))).flatten().cloned().collect();
            return Some(told);
        }
    };
    let breaches: &[Breach] = evidence.map_or(&[], |evidence: &Evidence| &evidence.breaches);
    let mut because: Vec<String> = Vec::new();
    for id in breaches.iter().flat_map(|breach| rests_on(breach, &state.patient.id, &past.set, ids)) {
        if !because.contains(id) {
            because.push(id.clone());
        }
    }
    Some(Told {
        patient: state.patient.id.clone(),
        rule: rule.clone(),
        severity,
        state: turn,
        at: past.received_at,
        because,
        why: why.clone(),
        score: breaches.iter().find_map(Breach::score).cloned(),
    })
}

/// Where the ids of an answer stand: it is named by its patient, question and time.
fn answer_key(patient: &PatientId, question: &str, at: Timestamp) -> (EventId, String) {
    (EventId::trusted(format!("{patient} {at}")), question.to_owned())
}

/// The ids that a breach rests on; a plain one rests on the new set itself.
fn rests_on<'i>(
    breach: &Breach,
    patient: &PatientId,
    set: &EventId,
    ids: &'i HashMap<(EventId, String), Vec<String>>,
) -> Vec<&'i String> {
    let of = |set: &EventId, what: &str| ids.get(&(set.clone(), what.to_owned())).into_iter().flatten();
    let said = |question: &str, at| ids.get(&answer_key(patient, question, at)).into_iter().flatten();
    if breach.because.is_empty() {
        return of(set, breach.name()).collect();
    }
    let mut found = Vec::new();
    for source in &breach.because {
        match (&source.set_id, &source.vital, &breach.found) {
            (Some(set), Some(vital), _) => found.extend(of(set, vital.name())),
            (_, _, Found::Answered { question, .. }) => found.extend(said(question, source.taken_at)),
            _ => {
                let questions = News2::QUESTIONS.into_iter();
                found.extend(questions.flat_map(|question| said(question, source.taken_at)));
            }
        }
    }
    found
}

/// The zone that a patient of whom none is known lives in.
pub const USUAL_ZONE: &str = "Europe/London";

/// Whether a zone is known.
pub fn is_zone(name: &str) -> bool {
    TimeZone::get(name).is_ok()
}
