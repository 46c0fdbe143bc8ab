//! Answers that did not come, judged like any other finding. The patient is not told: there is nobody who answers.

use jiff::Timestamp;

use crate::domain::alert::Evidence;
use crate::domain::chart::Chart;
use crate::domain::event::{Edge, Event, Origin};
use crate::domain::id::EventId;
use crate::domain::rule::Breach;
use crate::domain::silence::Silence;
use crate::domain::task::TaskKind;

use super::judge::{Firing, QUIET, fire, weigh};
use super::{Catalog, Decision, PatientState};

/// What has not come.
#[derive(Debug, Clone, Copy)]
pub(in crate::domain) struct Absence<'a> {
    pub silence: &'a [Silence],
    /// How long a reading that was read back has waited for its YES, where that is too long.
    pub waiting_minutes: Option<f64>,
}

/// Judges at `now` what has not come and writes alerts into `decision`. They rest on no reading that counts: their
/// evidence is named after the look itself.
pub(in crate::domain) fn judge_absence(
    decision: &mut Decision,
    state: &PatientState,
    catalog: &Catalog,
    tick: &EventId,
    absence: Absence<'_>,
    now: Timestamp,
) {
    // Nothing came in: what is raised is named after the look at what was due.
    let event = Event {
        id: tick.clone(),
        key: tick.to_string(),
        received_at: now,
        origin: Origin::Stray { edge: Edge::Text, address: String::new(), why: String::new() },
        raw: Vec::new(),
    };
    let chart = Chart {
        zone: &state.patient.time_zone,
        silence: absence.silence,
        waiting_minutes: absence.waiting_minutes,
        person: state.person(now),
        ..Chart::of(tick, now, &[], &state.history)
    };
    let (judgement, faults) = weigh(catalog, state, &chart);
    for fault in faults {
        let subject = format!("{}/{}", state.patient.id, fault.rule);
        decision.task(&event, TaskKind::FailingRule, &subject, fault.to_string());
    }
    for finding in &judgement.findings {
        let firing = Firing {
            rule: &finding.rule.id,
            version: &finding.rule.version,
            severity: finding.band.severity,
            title: &finding.rule.title,
            why: finding.breaches.iter().map(Breach::words).collect::<Vec<_>>().join("; "),
            proposal: &finding.band.proposal,
            evidence: Some(Evidence {
                set_id: tick.clone(),
                rule_version: finding.rule.version.clone(),
                severity: finding.band.severity,
                taken_at: now,
                received_at: now,
                breaches: finding.breaches.clone(),
                unconfirmed: false,
                late: false,
            }),
            is_cry: false,
            quiet: QUIET,
        };
        fire(decision, state, &event, firing, now);
    }
}
