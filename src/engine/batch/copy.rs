//! What carers are sent of the advice to those whom they look after.

use crate::domain::carer;
use crate::domain::decide::{Catalog, Decision};
use crate::domain::message::NewMessage;

use super::known::Known;

impl Known {
    /// Adds to a decision what carers are sent of its advice, as far as they agreed by now.
    pub(in crate::engine) fn copy_to_carers(&self, catalog: &Catalog, decision: &mut Decision) {
        let copies = |message: &NewMessage| {
            let state =
                self.patients.get(message.patient.as_ref()?).filter(|state| !state.carers.is_empty())?;
            let wording = catalog.words_for(&state.patient);
            Some(carer::copies(&state.carers, &state.patient, wording, message))
        };
        let copies: Vec<NewMessage> = decision.messages.iter().filter_map(copies).flatten().collect();
        decision.messages.extend(copies);
    }
}
