//! From measurements to alerts, through every rule. A rule that fails becomes a task; the others run.

use jiff::{SignedDuration, Timestamp};

use crate::domain::alert::{
    AlertChange, Evidence, JoinAlert, LATE, NOT_CONFIRMED, NewAlert, OpenAlert, Recovery, Severity,
};
use crate::domain::answer::PastAnswer;
use crate::domain::chart::Chart;
use crate::domain::event::Event;
use crate::domain::id::{AlertId, EventId, RuleId};
use crate::domain::reading::Measurement;
use crate::domain::rule::{Breach, Figure, Finding, Rule, RuleFault};
use crate::domain::silence::Silence;
use crate::domain::task::TaskKind;
use crate::domain::threshold::{Threshold, Thresholds};
use crate::domain::vital::Vital;
use crate::domain::wording::Wording;

use super::{Catalog, Decision, PatientState};

/// A rule that has not fired for so long tells a patient something new when it fires again: tonight's high reading is
/// not this morning's.
pub(super) const QUIET: SignedDuration = SignedDuration::from_hours(6);
/// A rule that goes on finding the same for days fires with every reading: two days without are quiet.
const QUIET_FOR_DAYS: SignedDuration = SignedDuration::from_hours(48);

/// When and how surely the measurements were made, and what came with them.
#[derive(Debug, Clone, Copy)]
pub(super) struct Circumstance<'s> {
    /// The reading set that is judged: this event's own, or one that it confirms.
    pub set: &'s EventId,
    pub taken_at: Timestamp,
    /// What was answered with it.
    pub answered: &'s [PastAnswer],
    /// What did not come until then.
    pub silence: &'s [Silence],
    /// Texts in a row that could not be read, when this is one.
    pub unreadable_in_a_row: u32,
    pub unconfirmed: bool,
    pub now: Timestamp,
}

impl<'s> Circumstance<'s> {
    /// A set of readings alone, as certain as they come.
    pub(super) const fn of(set: &'s EventId, taken_at: Timestamp, now: Timestamp) -> Self {
        Self { set, taken_at, answered: &[], silence: &[], unreadable_in_a_row: 0, unconfirmed: false, now }
    }
}

/// What judging found: enough to answer the patient.
#[derive(Debug, Clone, Default)]
pub(super) struct Judgement<'c> {
    /// Worst first.
    pub findings: Vec<Finding<'c>>,
    /// Rules among them whose finding holds for days, and of which the patient has heard already.
    pub told: Vec<&'c RuleId>,
    /// An alert was opened or became worse, or its rule fires again after hours of quiet.
    pub news: bool,
    /// A vital was measured that no rule watches for this patient, or whose alert stands; or a rule failed: nothing may be
    /// called fine.
    pub uncertain: bool,
}

impl<'c> Judgement<'c> {
    /// The worst that the patient is to hear of.
    pub(super) fn severity(&self) -> Option<Severity> {
        self.telling().next().map(|finding| finding.band.severity)
    }

    /// What the patient is to hear of, worst first.
    fn telling(&self) -> impl Iterator<Item = &Finding<'c>> {
        self.findings.iter().filter(|finding| !self.told.contains(&&finding.rule.id))
    }

    /// The advice of every band of the worst severity, each once, in the language of `wording` as far as it was translated.
    pub(super) fn advice<'w>(&self, wording: &'w Wording) -> Vec<&'w str>
    where
        'c: 'w,
    {
        let mut advice: Vec<&str> = Vec::new();
        for finding in self.telling().filter(|finding| Some(finding.band.severity) == self.severity()) {
            let own = finding.band.reply.as_str();
            let reply = wording.reply(&finding.rule.id, finding.band.severity).unwrap_or(own);
            if !own.is_empty() && !advice.contains(&reply) {
                advice.push(reply);
            }
        }
        advice
    }

    /// What is beyond a limit by the worst finding.
    pub(super) fn worst(&self) -> Vec<Measurement> {
        let breaches = self.telling().next().map(|finding| finding.breaches.as_slice()).unwrap_or_default();
        breaches.iter().filter_map(Breach::measured).collect()
    }
}

/// What every rule in force says of the chart, worst first, and the rules that cannot be relied on.
pub(super) fn weigh<'c>(
    catalog: &'c Catalog,
    state: &PatientState,
    chart: &Chart<'_>,
) -> (Judgement<'c>, Vec<RuleFault>) {
    let mut judgement = Judgement::default();
    let mut faults = Vec::new();
    let limits = &state.thresholds;
    for rule in catalog.rules.iter().filter(|rule| rule.is_touched_by(chart)) {
        if !catalog.is_in_force(rule, state) {
            continue;
        }
        let silence = catalog.unreplaced(rule, state, chart.silence);
        let chart = &Chart { silence: silence.as_deref().unwrap_or(chart.silence), ..*chart };
        let found = rule.judge(chart, limits).or_else(|fault| {
            // A limit that cannot be used must not silence its rule: a human is told, the rule's own stands in for it.
            faults.push(fault);
            rule.judge(chart, &usable(rule, limits))
        });
        judgement.findings.extend(found.ok().flatten());
    }
    judgement.uncertain = !faults.is_empty()
        || chart.measurements.iter().any(|measurement| {
            !catalog.rules_in_force(state).any(|rule| rule.watches(measurement.vital(), limits))
        });
    judgement.findings.sort_by_key(|finding| (std::cmp::Reverse(finding.band.severity), turn(finding)));
    (judgement, faults)
}

/// Whose advice goes first among equals: what kills first is treated first, as in the ABCDE approach of the Resuscitation
/// Council UK. Breathing, circulation, then what clouds the mind, then the rest; within them the order of this list.
const GRAVEST_FIRST: [Vital; 10] = [
    Vital::Spo2,
    Vital::RespiratoryRate,
    Vital::PeakFlow,
    Vital::Systolic,
    Vital::Diastolic,
    Vital::Pulse,
    Vital::Glucose,
    Vital::Ketones,
    Vital::Temperature,
    Vital::Weight,
];

/// The place of a finding in [`GRAVEST_FIRST`]; one that rests on no vital sign comes last.
fn turn(finding: &Finding<'_>) -> usize {
    let place = |breach: &Breach| {
        let vital = breach.measured()?.vital();
        GRAVEST_FIRST.iter().position(|listed| *listed == vital)
    };
    finding.breaches.iter().filter_map(place).min().unwrap_or(GRAVEST_FIRST.len())
}

/// The chart of measurements that were made in `circumstance`.
pub(super) fn chart<'a>(
    state: &'a PatientState,
    measurements: &'a [Measurement],
    circumstance: Circumstance<'a>,
) -> Chart<'a> {
    Chart {
        zone: &state.patient.time_zone,
        answered: circumstance.answered,
        silence: circumstance.silence,
        unreadable_in_a_row: circumstance.unreadable_in_a_row,
        person: state.person(circumstance.taken_at),
        ..Chart::of(circumstance.set, circumstance.taken_at, measurements, &state.history)
    }
}

/// The limits of `rule` that lie within its bounds.
pub(super) fn usable(rule: &Rule, limits: &Thresholds) -> Thresholds {
    let fits = |limit: &Threshold| {
        rule.parameters
            .get(&limit.parameter)
            .is_some_and(|parameter| (parameter.min..=parameter.max).contains(&limit.value))
    };
    limits.iter().filter(|limit| limit.rule == rule.id && fits(limit)).cloned().collect()
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
    let chart = chart(state, measurements, circumstance);
    let (mut judgement, faults) = weigh(catalog, state, &chart);
    for fault in faults {
        // One task a patient and rule: the limit is the patient's.
        let subject = format!("{}/{}", state.patient.id, fault.rule);
        decision.task(event, TaskKind::FailingRule, &subject, fault.to_string());
    }
    for finding in &judgement.findings {
        let news = raise(decision, state, event, finding, circumstance);
        judgement.news |= news;
        // Danger is said every time.
        if !news && finding.band.severity < Severity::Red && finding.rule.figure.holds_for_days() {
            judgement.told.push(&finding.rule.id);
        }
    }
    if !circumstance.unconfirmed {
        recover(decision, state, catalog, &judgement, &chart, circumstance.now);
    }
    judgement.uncertain |= is_alert_standing(decision, state, catalog, &chart);
    judgement
}

/// Whether an alert that watches one of the measured vitals stands and has not recovered, even by this.
fn is_alert_standing(
    decision: &Decision,
    state: &PatientState,
    catalog: &Catalog,
    chart: &Chart<'_>,
) -> bool {
    let recovers = |id: &AlertId| {
        let is_of =
            |change: &AlertChange| matches!(change, AlertChange::Recover(recovery) if recovery.id == *id);
        decision.alerts.iter().any(is_of)
    };
    let standing = state.alerts.iter().filter(|alert| !alert.recovered && !recovers(&alert.id));
    let rule = |alert: &OpenAlert| catalog.rules.iter().find(|rule| rule.id == alert.rule);
    standing.filter_map(rule).any(|rule| rule.vitals().any(|vital| chart.measures(vital)))
}

/// Alerts whose rule did not fire now, and whose vital has come back by as much as the rule asks; or whose silence is
/// broken. A late reading proves nothing about what came after it.
fn recover(
    decision: &mut Decision,
    state: &PatientState,
    catalog: &Catalog,
    judgement: &Judgement<'_>,
    chart: &Chart<'_>,
    now: Timestamp,
) {
    for alert in state.alerts.iter().filter(|alert| !alert.recovered) {
        let fires = judgement.findings.iter().any(|finding| finding.rule.id == alert.rule);
        let late = now.duration_since(chart.at) > LATE;
        if fires || late {
            continue;
        }
        let Some(rule) = catalog.rules.iter().find(|rule| rule.id == alert.rule) else { continue };
        let has_cleared =
            || rule.is_touched_by(chart) && rule.has_cleared(chart, &state.thresholds) == Ok(true);
        if rule.is_silence_broken_by(chart) || has_cleared() {
            decision.alerts.push(recovery(state, alert, chart.at, now));
        }
    }
}

/// What was read back is confirmed, taken back or sent anew: nobody waits for it any more.
pub(super) fn end_waiting(decision: &mut Decision, state: &PatientState, catalog: &Catalog, now: Timestamp) {
    let waits = |rule: &&Rule| matches!(rule.figure, Figure::Unconfirmed);
    let rules: Vec<&RuleId> = catalog.rules.iter().filter(waits).map(|rule| &rule.id).collect();
    for alert in state.alerts.iter().filter(|alert| !alert.recovered && rules.contains(&&alert.rule)) {
        decision.alerts.push(recovery(state, alert, now, now));
    }
}

fn recovery(state: &PatientState, alert: &OpenAlert, at: Timestamp, now: Timestamp) -> AlertChange {
    AlertChange::Recover(Recovery {
        id: alert.id.clone(),
        patient: state.patient.id.clone(),
        rule: alert.rule.clone(),
        at,
        closes: alert.severity == Severity::Advice,
        now,
    })
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
        late: event.received_at.duration_since(circumstance.taken_at) > LATE,
    };
    let mut why = finding.breaches.iter().map(Breach::words).collect::<Vec<_>>().join("; ");
    if circumstance.unconfirmed {
        why.push(' ');
        why.push_str(NOT_CONFIRMED);
    }
    let firing = Firing {
        rule: &finding.rule.id,
        version: &finding.rule.version,
        severity: finding.band.severity,
        title: &finding.rule.title,
        why,
        proposal: &finding.band.proposal,
        evidence: Some(evidence),
        is_cry: false,
        quiet: if finding.rule.figure.holds_for_days() { QUIET_FOR_DAYS } else { QUIET },
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
    /// Somebody calls for help, and does so anew each time.
    pub is_cry: bool,
    /// Not having fired in time for so long, it is news when it fires again.
    pub quiet: SignedDuration,
}

/// Opens or joins the one unresolved alert of this patient and rule. True when it opened, when no firing in time was as bad
/// before, or when the rule fires again after it was quiet. What late readings have made of an alert, nobody was told: it
/// neither takes from the news of a reading that comes in time, nor puts it off.
pub(super) fn fire(
    decision: &mut Decision,
    state: &PatientState,
    event: &Event,
    firing: Firing<'_>,
    now: Timestamp,
) -> bool {
    // By now, not by when it was received: what was held until its sender was known is as old.
    let late = firing.evidence.as_ref().is_some_and(|evidence| now.duration_since(evidence.taken_at) > LATE);
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
            late,
            evidence: firing.evidence,
        }));
        return true;
    };
    // Late news is shown, and raises nobody's alarm a second time.
    let raised = firing.severity > standing.severity;
    let timely = standing.timely_after(firing.severity, late, now);
    let surpasses = standing.is_surpassed_by(timely);
    decision.alerts.push(AlertChange::Join(JoinAlert {
        id: standing.id.clone(),
        severity: standing.severity.max(firing.severity),
        raised,
        worsened: raised && !late,
        timely,
        surpasses,
        is_cry: firing.is_cry && firing.severity >= standing.severity,
        restated: firing.severity >= standing.severity,
        repeat: firing.evidence.as_ref().is_none_or(|evidence| evidence.set_id == event.id)
            && !event.id.opened_held(&standing.id),
        state: standing.state.joined(standing.severity, firing.severity),
        rule_version: firing.version.to_owned(),
        why: firing.why,
        proposal: firing.proposal.to_owned(),
        at: now,
        evidence: firing.evidence,
    }));
    let was_quiet = standing.timely.is_none_or(|before| now.duration_since(before.at) >= firing.quiet);
    surpasses || was_quiet
}
