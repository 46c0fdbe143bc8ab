//! The watches over patients with alerts: whatever changes an alert marks its patient's watch, in its own transaction.

use serde_json::json;

use crate::domain::id::AlertId;

use super::{StoreError, Tx};

impl Tx {
    /// Says that something has changed about these alerts that somebody may have to be told of.
    pub(super) async fn mark_watches<'a>(
        &mut self,
        alerts: impl IntoIterator<Item = &'a AlertId>,
    ) -> Result<(), StoreError> {
        let alerts: Vec<&AlertId> = alerts.into_iter().collect();
        if alerts.is_empty() {
            return Ok(());
        }
        sqlx::query(
            "insert into watch (patient_id, look_at)
             select distinct patient_id, 0 from alert where id in (select value from json_each($1))
             on conflict (patient_id) do update set look_at = 0",
        )
        .bind(json!(alerts).to_string())
        .execute(&mut *self.inner)
        .await?;
        Ok(())
    }
}
