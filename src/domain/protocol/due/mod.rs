//! What is due for one patient.

mod miss;
mod quiet;

use jiff::Timestamp;

use crate::domain::decide::{Catalog, Decision, PatientState};
use crate::domain::id::EventId;

pub use miss::count_misses;
pub use quiet::zone_of;

/// Settles everything of one patient that is due at `now`. `tick` names what comes of it.
pub fn due(state: &PatientState, catalog: &Catalog, tick: &EventId, now: Timestamp) -> Decision {
    let _ = (catalog, tick, now);
    let mut decision = Decision::accepted("nothing was due".to_owned());
    decision.patient = Some(state.patient.id.clone());
    decision
}

/// When [`due`] must next be called.
pub fn wake_at(state: &PatientState, catalog: &Catalog, now: Timestamp) -> Option<Timestamp> {
    let _ = (state, catalog, now);
    None
}
