//! Pieces of texts that wait for the others.

use jiff::Timestamp;
use serde_json::json;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use crate::domain::decide::Decision;
use crate::domain::id::EventId;
use crate::domain::part::{Belonging, Piece};
use crate::domain::provider::Provider;

use super::{Store, StoreError, Tx, from_ms, set, to_ms};

impl Tx {
    /// The pieces that wait, of the texts that these belong to.
    pub async fn pieces_of(&mut self, texts: &[&Belonging]) -> Result<Vec<Piece>, StoreError> {
        let which = texts.iter().map(|text| json!({ "sender": text.from, "reference": text.reference }));
        let rows = sqlx::query(
            "select * from text_part where (sender, reference) in \
               (select value ->> 'sender', value ->> 'reference' from json_each($1)) \
             order by received_at, event_id",
        )
        .bind(set::rows(which))
        .fetch_all(self.connection().await?)
        .await?;
        let pieces = rows.iter().map(read).collect::<Result<Vec<_>, _>>()?;
        Ok(pieces.into_iter().filter(|piece| texts.contains(&&piece.of)).collect())
    }

    /// Keeps pieces until the others come. They are journalled already.
    pub async fn keep_pieces(&mut self, pieces: &[Piece]) -> Result<(), StoreError> {
        for piece in pieces {
            sqlx::query(
                "insert into text_part (event_id, provider, sender, address, reference, number, total, body, \
                   media, sent_at, received_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
            )
            .bind(piece.event.as_str())
            .bind(piece.of.provider.name())
            .bind(&piece.of.from)
            .bind(&piece.of.to)
            .bind(&piece.of.reference)
            .bind(i64::from(piece.number))
            .bind(i64::from(piece.of.total))
            .bind(&piece.body)
            .bind(i64::from(piece.media))
            .bind(piece.sent_at.map(to_ms))
            .bind(to_ms(piece.received_at))
            .execute(self.connection().await?)
            .await?;
        }
        Ok(())
    }

    /// Ends the wait of these pieces: the journal says how.
    pub async fn end_pieces(&mut self, pieces: &[EventId], end: &Decision) -> Result<(), StoreError> {
        let ids = super::set::texts(pieces.iter().map(EventId::as_str));
        sqlx::query("delete from text_part where event_id in (select value from json_each($1))")
            .bind(&ids)
            .execute(self.connection().await?)
            .await?;
        sqlx::query(
            "update inbox set outcome = $2, reason = $3, patient_id = $4 \
             where id in (select value from json_each($1))",
        )
        .bind(&ids)
        .bind(end.outcome.name())
        .bind(&end.reason)
        .bind(end.patient.as_ref().map(|patient| patient.as_str()))
        .execute(self.connection().await?)
        .await?;
        Ok(())
    }
}

impl Store {
    /// The texts whose first piece came before `before`, and that are not whole yet.
    pub async fn overdue_pieces(&self, before: Timestamp) -> Result<Vec<Belonging>, StoreError> {
        let rows = sqlx::query(
            "select provider, sender, address, reference, total from text_part \
             group by provider, sender, address, reference, total having min(received_at) < $1",
        )
        .bind(to_ms(before))
        .fetch_all(&self.readers)
        .await?;
        rows.iter().map(belonging).collect()
    }
}

fn belonging(row: &SqliteRow) -> Result<Belonging, StoreError> {
    let unreadable = |place| StoreError::Unreadable { place };
    Ok(Belonging {
        provider: Provider::from_name(row.try_get("provider")?)
            .ok_or_else(|| unreadable("text_part.provider"))?,
        from: row.try_get("sender")?,
        to: row.try_get("address")?,
        reference: row.try_get("reference")?,
        total: u8::try_from(row.try_get::<i64, _>("total")?).map_err(|_| unreadable("text_part.total"))?,
    })
}

fn read(row: &SqliteRow) -> Result<Piece, StoreError> {
    let number = u8::try_from(row.try_get::<i64, _>("number")?);
    Ok(Piece {
        event: EventId::trusted(row.try_get::<String, _>("event_id")?),
        of: belonging(row)?,
        number: number.map_err(|_| StoreError::Unreadable { place: "text_part.number" })?,
        body: row.try_get("body")?,
        media: u32::try_from(row.try_get::<i64, _>("media")?).unwrap_or(0),
        sent_at: row.try_get::<Option<i64>, _>("sent_at")?.map(from_ms),
        received_at: from_ms(row.try_get("received_at")?),
    })
}
