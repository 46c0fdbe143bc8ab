//! What may be decided while the batch before is still being written: whatever hangs on nothing that it changes.

use std::collections::HashSet;

use crate::domain::escalation::StaffReply;
use crate::domain::event::{Event, Origin, TextIn, Way};
use crate::domain::id::PatientId;
use crate::domain::phone::Phone;

use super::known::Known;

/// What a batch that is not written yet may change.
#[derive(Debug, Default)]
pub(in crate::engine) struct Touched {
    /// What it has journalled, or found journalled.
    pub(super) keys: HashSet<String>,
    pub(in crate::engine) patients: HashSet<PatientId>,
}

/// Whether events may be decided ahead at all, as far as they themselves tell.
pub(in crate::engine) fn may_be_ahead(events: &[Event]) -> bool {
    events.iter().all(|event| match &event.origin {
        Origin::Text(text) => is_of_its_own(text),
        Origin::Reading(_)
        | Origin::Status(_)
        | Origin::Call(_)
        | Origin::Doubt(_)
        | Origin::Stray { .. } => true,
    })
}

/// Not a piece of a text, nor one that came late, nor what staff may answer with: those hang on more than on who sent it.
fn is_of_its_own(text: &TextIn) -> bool {
    text.part.is_none() && text.way == Way::Pushed && StaffReply::read(&text.body).is_none()
}

impl Known {
    /// Whether every text among `events` is from the phone of one patient alone, of whom the batch before knows nothing:
    /// what else is said to a phone, and who has it, is then as it will be when that is written.
    pub(super) fn is_apart(&self, events: &[&Event], before: &Touched) -> bool {
        events.iter().all(|event| {
            let Origin::Text(text) = &event.origin else { return true };
            let patients = Phone::from_carrier(&text.from).and_then(|phone| self.by_phone.get(&phone));
            matches!(patients.map(Vec::as_slice), Some([one]) if !before.patients.contains(one))
        })
    }
}
