//! The teams that patients' records name, whether there are such teams or not.

use std::path::Path;

use sqlx::sqlite::{SqliteConnectOptions, SqliteRow};
use sqlx::{ConnectOptions, Row};

use super::{Store, StoreError, Tx};

const NAMED: &str = "
select team, count(*) as patients from patient where team is not null and synthetic = 0 group by team order by team";

impl Store {
    /// Every team that somebody's record names, and how many do, by a database that is looked at and not opened. Nothing
    /// where there is none, or one that is not up to date.
    pub async fn named_teams_in(path: &Path) -> Result<Vec<(String, u64)>, StoreError> {
        if !path.exists() {
            return Ok(Vec::new());
        }
        let mut database = SqliteConnectOptions::new().filename(path).read_only(true).connect().await?;
        let known = "select 1 from pragma_table_info('patient') where name = 'synthetic'";
        if sqlx::query(known).fetch_optional(&mut database).await?.is_none() {
            return Ok(Vec::new());
        }
        named(&sqlx::query(NAMED).fetch_all(&mut database).await?)
    }
}

impl Tx {
    /// Every team that somebody's record names, and how many do.
    pub async fn named_teams(&mut self) -> Result<Vec<(String, u64)>, StoreError> {
        named(&sqlx::query(NAMED).fetch_all(self.connection().await?).await?)
    }
}

fn named(rows: &[SqliteRow]) -> Result<Vec<(String, u64)>, StoreError> {
    rows.iter()
        .map(|row| {
            let patients: i64 = row.try_get("patients")?;
            Ok((row.try_get("team")?, u64::try_from(patients).unwrap_or_default()))
        })
        .collect()
}
