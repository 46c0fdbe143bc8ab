//! Texts from a carer's phone: the patient's readings, sent by somebody else, and answered to that phone.

use jiff::Timestamp;

use crate::domain::event::{Event, TextIn};
use crate::domain::patient::Standing;
use crate::domain::reply::{self, Context};
use crate::domain::task::TaskKind;
use crate::domain::wording::Phrase;

use super::reply::Speaker;
use super::shared::{self, Sharers};
use super::stranger::{answer, is_leaving, is_returning};
use super::text::known;
use super::{Catalog, Charge, Decision, PatientState};

/// One text from a phone that is nobody's own, and that of the carer of all `charges`. Of those whom the carer may not
/// report for nothing is taken as theirs: a human reads it.
pub(super) fn decide(
    charges: &[Charge<'_>],
    waiting: &[Event],
    catalog: &Catalog,
    event: &Event,
    text: &TextIn,
    now: Timestamp,
) -> Decision {
    let reported: Vec<Charge<'_>> =
        charges.iter().filter(|charge| charge.carer.may_report).copied().collect();
    let states: Vec<&PatientState> = charges.iter().map(|charge| charge.state).collect();
    if let ([one], [_]) = (reported.as_slice(), charges) {
        return known(Speaker::Carer(*one), catalog, event, text, now);
    }
    let heard = reply::understand(&text.body, &Context::default());
    // Whoever leaves, leaves everybody they care for: the phone is one.
    if is_leaving(text, &heard) || is_returning(text, &heard) {
        let leaves = is_leaving(text, &heard);
        let mut decision = Decision::accepted("a carer leaves, or is back".to_owned());
        for charge in charges.iter().filter(|charge| charge.carer.stopped != leaves) {
            if leaves {
                leave(&mut decision, event, *charge);
            } else {
                decision.carers.push(charge.carer.change(false));
            }
        }
        if !leaves {
            let wording = shared::common_words(&states, catalog);
            answer(&mut decision, wording, event, text, (Phrase::Restarted, &[]), now);
        }
        return decision;
    }
    match reported.as_slice() {
        [] => {
            let sharers = Sharers { states: &states, charges };
            shared::unasked(&sharers, catalog, event, text, &heard, now)
        }
        [one] => known(Speaker::Carer(*one), catalog, event, text, now),
        _ => {
            let states: Vec<&PatientState> = reported.iter().map(|charge| charge.state).collect();
            let sharers = Sharers { states: &states, charges: &reported };
            shared::decide(&sharers, waiting, catalog, event, text, now)
        }
    }
}

/// The carer is texted no more; the patient is, as far as there is a phone of theirs. A human is told.
pub(super) fn leave(decision: &mut Decision, event: &Event, charge: Charge<'_>) {
    let Charge { state, carer } = charge;
    if carer.stopped || decision.carers.iter().any(|change| change.patient == carer.patient) {
        return;
    }
    decision.carers.push(carer.change(true));
    let patient = &state.patient;
    let own_phone = patient.phone.is_some() && patient.standing == Standing::Active;
    let what = match (carer.answers_for, own_phone) {
        (false, _) => "The patient is texted as before.",
        (true, true) => "The patient's own phone is texted from now on.",
        (true, false) => "Nobody is asked for the patient's readings any more.",
    };
    let subject = format!("{}/carer", patient.id);
    let detail = format!("A carer of the patient asked for no more texts. {what}");
    decision.task(event, TaskKind::LeftMonitoring, &subject, detail);
    if let Some(task) = decision.tasks.last_mut() {
        task.patient = Some(patient.id.clone());
    }
}
