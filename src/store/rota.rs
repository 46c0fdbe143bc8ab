//! What changes rotas for a time. A change that is taken back stays, with the name of whoever took it back.

use jiff::Timestamp;
use sqlx::Row;
use sqlx::sqlite::{SqliteConnection, SqliteRow};

use crate::domain::id::{RotaId, UserName};
use crate::domain::organisation::{Change, ChangeKind};

use super::{Store, StoreError, Tx, from_ms, to_ms};

impl Store {
    /// The changes in force that end after `since`, in the order in which they were made.
    pub async fn rota_changes(&self, since: Timestamp) -> Result<Vec<Change>, StoreError> {
        changes(&mut *self.readers.acquire().await?, since).await
    }
}

impl Tx {
    /// As [`Store::rota_changes`], as this transaction sees them.
    pub async fn rota_changes(&mut self, since: Timestamp) -> Result<Vec<Change>, StoreError> {
        changes(self.connection().await?, since).await
    }

    /// Adds a change. Its id must be new, also among those that were taken back.
    pub async fn add_rota_change(&mut self, change: &Change) -> Result<(), StoreError> {
        let (rota, person, stands_in) = columns(&change.kind);
        sqlx::query(
            "insert into rota_change (id, kind, rota_id, person, stands_in, starts_at, ends_at, made_by, made_at)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        )
        .bind(&change.id)
        .bind(change.kind.name())
        .bind(rota.map(RotaId::as_str))
        .bind(person.map(UserName::as_str))
        .bind(stands_in.map(UserName::as_str))
        .bind(to_ms(change.from))
        .bind(to_ms(change.to))
        .bind(change.made_by.as_str())
        .bind(to_ms(change.made_at))
        .execute(self.connection().await?)
        .await?;
        Ok(())
    }

    /// Takes a change back and answers with it; nothing when there is none of this id in force.
    pub async fn cancel_rota_change(
        &mut self,
        id: &str,
        by: &UserName,
        now: Timestamp,
    ) -> Result<Option<Change>, StoreError> {
        let row = sqlx::query(
            "update rota_change set cancelled_by = $2, cancelled_at = $3
             where id = $1 and cancelled_at is null returning *",
        )
        .bind(id)
        .bind(by.as_str())
        .bind(to_ms(now))
        .fetch_optional(self.connection().await?)
        .await?;
        row.as_ref().map(read).transpose()
    }
}

pub(super) async fn changes(
    connection: &mut SqliteConnection,
    since: Timestamp,
) -> Result<Vec<Change>, StoreError> {
    let rows = sqlx::query(
        "select * from rota_change where cancelled_at is null and ends_at > $1 order by made_at, id",
    )
    .bind(to_ms(since))
    .fetch_all(connection)
    .await?;
    rows.iter().map(read).collect()
}

fn columns(kind: &ChangeKind) -> (Option<&RotaId>, Option<&UserName>, Option<&UserName>) {
    match kind {
        ChangeKind::Override { rota, stands_in } => (Some(rota), None, Some(stands_in)),
        ChangeKind::Cover { rota, person, stands_in } => (Some(rota), Some(person), Some(stands_in)),
        ChangeKind::Leave { person } => (None, Some(person), None),
    }
}

fn read(row: &SqliteRow) -> Result<Change, StoreError> {
    let kind: String = row.try_get("kind")?;
    let rota = row.try_get::<Option<String>, _>("rota_id")?.map(RotaId::trusted);
    let person = row.try_get::<Option<String>, _>("person")?.map(UserName::trusted);
    let stands_in = row.try_get::<Option<String>, _>("stands_in")?.map(UserName::trusted);
    let kind = match (kind.as_str(), rota, person, stands_in) {
        ("override", Some(rota), None, Some(stands_in)) => ChangeKind::Override { rota, stands_in },
        ("cover", Some(rota), Some(person), Some(stands_in)) => ChangeKind::Cover { rota, person, stands_in },
        ("leave", None, Some(person), None) => ChangeKind::Leave { person },
        _ => return Err(StoreError::Unreadable { place: "rota_change.kind" }),
    };
    Ok(Change {
        id: row.try_get("id")?,
        kind,
        from: from_ms(row.try_get("starts_at")?),
        to: from_ms(row.try_get("ends_at")?),
        made_by: UserName::trusted(row.try_get::<String, _>("made_by")?),
        made_at: from_ms(row.try_get("made_at")?),
    })
}
