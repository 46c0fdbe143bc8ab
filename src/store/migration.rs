//! The schema, brought up to date at every start. Migrations travel inside the binary and are append-only.

use sqlx::Row;

use super::{Store, StoreError};

const MIGRATIONS: &[(i64, &str)] = &[
    (1, include_str!("../../migrations/0001_spine.sql")),
    (2, include_str!("../../migrations/0002_reading_set.sql")),
    (3, include_str!("../../migrations/0003_rules.sql")),
    (4, include_str!("../../migrations/0004_protocol.sql")),
    (5, include_str!("../../migrations/0005_escalation.sql")),
    (PROOF, include_str!("../../migrations/0006_proof.sql")),
    (7, include_str!("../../migrations/0007_notify.sql")),
    (8, include_str!("../../migrations/0008_queue.sql")),
    (9, include_str!("../../migrations/0009_carer.sql")),
    (10, include_str!("../../migrations/0010_routes.sql")),
    (11, include_str!("../../migrations/0011_backfill.sql")),
    (12, include_str!("../../migrations/0012_conduct.sql")),
    (13, include_str!("../../migrations/0013_devices.sql")),
    (14, include_str!("../../migrations/0014_brokers.sql")),
    (15, include_str!("../../migrations/0015_queue.sql")),
    (16, include_str!("../../migrations/0016_texting.sql")),
    (18, include_str!("../../migrations/0018_queue.sql")),
];

/// From here on the audit trail is a chain.
const PROOF: i64 = 6;

/// The schema version that this program speaks.
pub fn latest_version() -> i64 {
    MIGRATIONS.last().map_or(0, |(version, _)| *version)
}

impl Store {
    /// Whether anything can be committed just now: writes what stands there already.
    pub async fn try_writing(&self) -> Result<(), StoreError> {
        let mut tx = self.begin_quietly().await?;
        let version = latest_version();
        sqlx::raw_sql(sqlx::AssertSqlSafe(format!("PRAGMA user_version = {version}")))
            .execute(tx.connection().await?)
            .await?;
        tx.commit().await
    }

    /// Applies what is missing, each migration in one transaction. Safe when two processes start at once.
    pub async fn migrate(&self) -> Result<i64, StoreError> {
        let mut tx = self.begin().await?;
        let row = sqlx::query("PRAGMA user_version").fetch_one(tx.connection().await?).await?;
        let found: i64 = row.try_get(0)?;
        let known = latest_version();
        if found > known {
            return Err(StoreError::TooNew { found, known });
        }
        for (version, sql) in MIGRATIONS.iter().filter(|(version, _)| *version > found) {
            sqlx::raw_sql(*sql).execute(tx.connection().await?).await?;
            if *version == PROOF {
                tx.chain_what_was_before().await?;
            }
            sqlx::raw_sql(sqlx::AssertSqlSafe(format!("PRAGMA user_version = {version}")))
                .execute(tx.connection().await?)
                .await?;
        }
        tx.commit().await?;
        Ok(known)
    }
}
