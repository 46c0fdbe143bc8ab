//! From measurements to alerts, through every rule. A rule that fails becomes a task; the others run.

use jiff::Timestamp;

use crate::domain::alert::{AlertChange, Evidence, JoinAlert, NewAlert, Severity};
use crate::domain::event::Event;
use crate::domain::id::{EventId, RuleId};
use crate::domain::reading::{Beyond, Measurement};
use crate::domain::rule::{Band, Breach, Finding};
use crate::domain::task::TaskKind;
use crate::domain::threshold::Thresholds;
use crate::domain::vital::Vital;

use super::{Catalog, Decision, PatientState};

/// When and how surely the measurements were made.
#[derive(Debug, Clone, Copy)]
pub(super) struct Circumstance<'s> {
    /// The reading set that is judged: this event's own, or one that it confirms.
    pub set: &'s EventId,
    pub taken_at: Timestamp,
    pub unconfirmed: bool,
    pub now: Timestamp,
}

/// What judging found: enough to answer the patient.
#[derive(Debug, Clone, Default)]
pub(super) struct Judgement<'c> {
    /// Worst first.
    pub bands: Vec<&'c Band>,
    /// An alert was opened, or one that stood became worse.
    pub news: bool,
    /// A vital was measured that no rule watches for this patient, or a rule failed: nothing may be called fine.
    pub uncertain: bool,
}

impl Judgement<'_> {
    pub(super) fn severity(&self) -> Option<Severity> {
        self.bands.first().map(|band| band.severity)
    }

    /// The advice of every band of the worst severity, at most two, each once.
    pub(super) fn advice(&self) -> String {
        let mut advice: Vec<&str> = Vec::new();
        for band in self.bands.iter().filter(|band| Some(band.severity) == self.severity()) {
            if advice.len() < 2 && !advice.contains(&band.reply.as_str()) {
                advice.push(&band.reply);
            }
        }
        advice.join(" ")
    }
}

/// Runs every rule over `measurements` and writes what it finds into `decision`.
pub(super) fn judge<'c>(
    decision: &mut Decision,
    state: &PatientState,
    catalog: &'c Catalog,
    event: &Event,
    measurements: &[Measurement],
    circumstance: Circumstance<'_>,
) -> Judgement<'c> {
    let mut judgement = Judgement::default();
    let usual = Thresholds::default();
    for rule in &catalog.rules {
        let found = rule.judge(measurements, &state.thresholds).or_else(|fault| {
            // A limit that cannot be used must not silence its rule: a human is told, the usual limits judge.
            decision.task(event, TaskKind::FailingRule, rule.id.as_str(), fault.to_string());
            judgement.uncertain = true;
            rule.judge(measurements, &usual)
        });
        if let Ok(Some(finding)) = found {
            judgement.bands.push(finding.band);
            judgement.news |= raise(decision, state, event, &finding, circumstance);
        }
    }
    judgement.uncertain |= measurements.iter().any(|measurement| {
        !catalog.rules.iter().any(|rule| rule.watches(measurement.vital(), &state.thresholds))
    });
    judgement.bands.sort_by_key(|band| std::cmp::Reverse(band.severity));
    judgement
}

/// Opens an alert for `finding`, or joins the one that stands. Whether that is news for the patient.
fn raise(
    decision: &mut Decision,
    state: &PatientState,
    event: &Event,
    finding: &Finding<'_>,
    circumstance: Circumstance<'_>,
) -> bool {
    let evidence = Evidence {
        set_id: circumstance.set.clone(),
        rule_version: finding.rule.version.clone(),
        severity: finding.band.severity,
        taken_at: circumstance.taken_at,
        received_at: event.received_at,
        breaches: finding.breaches.clone(),
        unconfirmed: circumstance.unconfirmed,
    };
    let mut why = finding.breaches.iter().map(Breach::words).collect::<Vec<_>>().join("; ");
    if circumstance.unconfirmed {
        why.push_str(" (read back, not confirmed yet)");
    }
    let firing = Firing {
        rule: &finding.rule.id,
        version: &finding.rule.version,
        severity: finding.band.severity,
        title: &finding.rule.title,
        why,
        proposal: &finding.band.proposal,
        evidence: Some(evidence),
    };
    fire(decision, state, event, firing, circumstance.now)
}

/// One reason for an alert, whether a rule's or the house's own.
pub(super) struct Firing<'f> {
    pub rule: &'f RuleId,
    pub version: &'f str,
    pub severity: Severity,
    pub title: &'f str,
    pub why: String,
    pub proposal: &'f str,
    pub evidence: Option<Evidence>,
}

/// Opens or joins the one unresolved alert of this patient and rule. True when it opened or worsened.
pub(super) fn fire(
    decision: &mut Decision,
    state: &PatientState,
    event: &Event,
    firing: Firing<'_>,
    now: Timestamp,
) -> bool {
    let Some(standing) = state.alerts.iter().find(|alert| alert.rule == *firing.rule) else {
        decision.alerts.push(AlertChange::Open(NewAlert {
            id: event.id.alert(decision.alerts.len()),
            patient: state.patient.id.clone(),
            rule: firing.rule.clone(),
            rule_version: firing.version.to_owned(),
            severity: firing.severity,
            title: firing.title.to_owned(),
            why: firing.why,
            proposal: firing.proposal.to_owned(),
            opened_at: now,
            evidence: firing.evidence,
        }));
        return true;
    };
    let worsened = firing.severity > standing.severity;
    decision.alerts.push(AlertChange::Join(JoinAlert {
        id: standing.id.clone(),
        severity: standing.severity.max(firing.severity),
        worsened,
        repeat: firing.evidence.as_ref().is_none_or(|evidence| evidence.set_id == event.id),
        state: standing.state.joined(standing.severity, firing.severity),
        rule_version: firing.version.to_owned(),
        why: firing.why,
        proposal: firing.proposal.to_owned(),
        at: now,
        evidence: firing.evidence,
    }));
    worsened
}

/// Measurements in a patient's words: `blood pressure 141/80, pulse 72`.
pub fn describe(measurements: &[Measurement]) -> String {
    let mut words: Vec<String> = Vec::new();
    let mut rest = measurements.iter().peekable();
    while let Some(first) = rest.next() {
        let pair = (first.vital() == Vital::Systolic)
            .then(|| rest.next_if(|next| next.vital() == Vital::Diastolic))
            .flatten();
        words.push(match pair {
            Some(lower) => format!("blood pressure {}/{}", number(*first), number(*lower)),
            None => one(*first),
        });
    }
    words.join(", ")
}

fn one(measurement: Measurement) -> String {
    let value = number(measurement);
    match measurement.vital() {
        Vital::Systolic => format!("upper blood pressure {value}"),
        Vital::Diastolic => format!("lower blood pressure {value}"),
        Vital::Pulse => format!("pulse {value}"),
        Vital::Spo2 => format!("oxygen {value}%"),
        Vital::RespiratoryRate => format!("breathing rate {value}"),
        Vital::Temperature => format!("temperature {value}C"),
        Vital::Weight => format!("weight {value}kg"),
        Vital::Glucose => format!("glucose {value}"),
        Vital::PeakFlow => format!("peak flow {value}"),
        Vital::Ketones => format!("ketones {value}"),
    }
}

/// At most one decimal: what a patient's own meter shows.
fn number(measurement: Measurement) -> String {
    let amount = measurement.amount();
    match (amount.value(), amount.beyond()) {
        (Some(value), side) => {
            let sign = match side {
                Some(Beyond::Low) => "below ",
                Some(Beyond::High) => "above ",
                None => "",
            };
            format!("{sign}{}", (value * 10.0).round() / 10.0)
        }
        (None, Some(Beyond::Low)) => "LO".to_owned(),
        (None, _) => "HI".to_owned(),
    }
}
