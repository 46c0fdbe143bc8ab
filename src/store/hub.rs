//! What hubs said of themselves.

use crate::domain::decide::HubChange;

use super::{StoreError, Tx, to_ms};

impl Tx {
    /// Writes whether these hubs are there. What was said later than that stays.
    pub async fn change_hubs(&mut self, changes: &[&HubChange]) -> Result<(), StoreError> {
        // Hubs come and go a few times a day: one statement each is nothing.
        for change in changes {
            sqlx::query(
                "insert into hub (id, online, status_at) values ($1, $2, $3)
                 on conflict (id) do update set online = excluded.online, status_at = excluded.status_at
                   where excluded.status_at >= status_at",
            )
            .bind(change.hub.as_str())
            .bind(i64::from(change.online))
            .bind(to_ms(change.at))
            .execute(self.connection().await?)
            .await?;
        }
        Ok(())
    }
}
