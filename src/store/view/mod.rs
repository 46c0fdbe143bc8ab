//! What the API shows of stored rows, one file a noun. Nothing is decided on these reads.
//!
//! Each list has a total order and goes on after a place in it, so that pages neither skip nor repeat.

mod cost;
mod ledger;
mod message;
mod patient;
mod prompt;
mod reading;

pub use cost::ShownEvent;
pub use ledger::{Balance, Ledger};
pub use message::{MessagePlace, ShownMessage};
pub use patient::{ShownDevice, ShownPatient};
pub use prompt::{AnswerPlace, PromptPlace, ShownAnswer, place_of};
pub use reading::{ReadingFilter, ReadingPlace, ShownReading};

use super::{Store, StoreError};

impl Store {
    /// Whether the database can be read at all.
    pub async fn ping(&self) -> Result<(), StoreError> {
        sqlx::query("select 1").fetch_one(&self.readers).await?;
        Ok(())
    }
}
