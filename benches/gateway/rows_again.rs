//! The database's limit for texts: the rows that they have left, put into a database without them, at the same
//! durability. Neither the alerts that they opened nor the updates that sending a reply takes are among it.

use std::time::Instant;

use anyhow::Result;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection};

use crate::gateway::Site;

const TEXTS_A_TRANSACTION: usize = 500;

/// Copies the journal, the texts both ways and the readings of `done` into `fresh`, as one site was before the other took
/// its texts in; texts a second. No gateway may run on either.
pub async fn copy(done: &Site, fresh: &Site) -> Result<f64> {
    let mut connection = SqliteConnectOptions::new()
        .filename(fresh.database())
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .pragma("cache_size", "-16000")
        .connect()
        .await?;
    sqlx::query("attach $1 as done")
        .bind(done.database().to_string_lossy().into_owned())
        .execute(&mut connection)
        .await?;
    let texts: Vec<String> =
        sqlx::query_scalar("select id from done.inbox order by id").fetch_all(&mut connection).await?;
    let readings: i64 =
        sqlx::query_scalar("select count(*) from done.reading_set").fetch_one(&mut connection).await?;
    let blocks = texts.len().div_ceil(TEXTS_A_TRANSACTION);
    let begun = Instant::now();
    let (mut after, mut taken) = (String::new(), 0);
    for (n, block) in texts.chunks(TEXTS_A_TRANSACTION).enumerate() {
        // What a text has led to is named after it.
        let until = block.last().map(|last| format!("{last}~")).unwrap_or_default();
        let share = readings * (n as i64 + 1) / blocks as i64;
        let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
        for copy in [JOURNAL, TEXTS] {
            sqlx::query(copy).bind(&after).bind(&until).execute(&mut *transaction).await?;
        }
        sqlx::query(READINGS).bind(taken).bind(share).execute(&mut *transaction).await?;
        transaction.commit().await?;
        (after, taken) = (until, share);
    }
    let rate = texts.len() as f64 / begun.elapsed().as_secs_f64();
    connection.close().await?;
    Ok(rate)
}

const JOURNAL: &str = "insert into main.inbox select * from done.inbox where id > $1 and id < $2";
const TEXTS: &str = "insert into main.message select * from done.message where id > $1 and id < $2";
// Rows are appended in the order of their texts.
const READINGS: &str =
    "insert into main.reading_set select * from done.reading_set where rowid > $1 and rowid <= $2";
