//! The database's limit: the rows that Lamplight writes for a message, and nothing else, at the same durability.

use std::path::Path;
use std::time::Instant;

use anyhow::Result;
use sqlx::query::Query;
use sqlx::sqlite::{
    SqliteArguments, SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqliteSynchronous,
};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Sqlite};

use crate::flow::{Message, device_id, patient_id};

const SCHEMA: [&str; 2] =
    [include_str!("../../migrations/0001_spine.sql"), include_str!("../../migrations/0002_reading_set.sql")];
const MESSAGES_A_TRANSACTION: usize = 500;
/// Of one statement. Every transaction is full of full statements, so each is prepared once.
const ROWS: usize = 100;

const INBOX: &str = "insert into inbox (id, dedupe_key, edge, kind, sender, address, retained, raw, received_at, \
    outcome, reason, patient_id) values ";
const INBOX_COLUMNS: usize = 12;
const READING: &str = "insert into reading_set (day, patient_id, taken_at, set_id, numbers, received_at, \
    basis, source, device_id, state) values ";
const READING_COLUMNS: usize = 10;

/// What the rows of one message share.
#[derive(Debug)]
struct Entry {
    id: String,
    key: String,
    device: String,
    patient: String,
    topic: String,
    raw: String,
    taken_at: i64,
    numbers: String,
}

/// Inserts a journal row and a set of three readings for each message; messages a second.
pub async fn run(folder: &Path, messages: &[Message]) -> Result<f64> {
    let file = folder.join("limit.db");
    let entries: Vec<Entry> = messages.iter().map(Entry::new).collect();
    let mut connection = SqliteConnectOptions::new()
        .filename(&file)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .pragma("cache_size", "-16000")
        .connect()
        .await?;
    for migration in SCHEMA {
        sqlx::raw_sql(migration).execute(&mut connection).await?;
    }
    let (inbox, reading) = (statement(INBOX, INBOX_COLUMNS), statement(READING, READING_COLUMNS));

    let begun = Instant::now();
    for batch in entries.chunks(MESSAGES_A_TRANSACTION) {
        let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
        insert(&mut transaction, (INBOX, INBOX_COLUMNS), &inbox, batch, Entry::bind_inbox).await?;
        insert(&mut transaction, (READING, READING_COLUMNS), &reading, batch, Entry::bind_reading).await?;
        transaction.commit().await?;
    }
    let rate = messages.len() as f64 / begun.elapsed().as_secs_f64();

    connection.close().await?;
    std::fs::remove_file(file)?;
    Ok(rate)
}

type Insert = Query<'static, Sqlite, SqliteArguments>;

async fn insert<T>(
    connection: &mut SqliteConnection,
    (head, columns): (&str, usize),
    full: &str,
    rows: &[T],
    bind: impl Fn(Insert, &T) -> Insert,
) -> Result<()> {
    for block in rows.chunks(ROWS) {
        let sql = if block.len() == ROWS { full.to_owned() } else { rows_of(head, columns, block.len()) };
        let query = block.iter().fold(sqlx::query(AssertSqlSafe(sql)), &bind);
        query.execute(&mut *connection).await?;
    }
    Ok(())
}

fn statement(head: &str, columns: usize) -> String {
    rows_of(head, columns, ROWS)
}

fn rows_of(head: &str, columns: usize, rows: usize) -> String {
    let row = format!("({})", vec!["?"; columns].join(", "));
    format!("{head}{}", vec![row; rows].join(", "))
}

impl Entry {
    fn new(message: &Message) -> Self {
        let (patient, number) = (message.patient, message.number);
        Self {
            // As long as the real ones, and in order as they are.
            id: format!("{:013}{number:07}", message.taken_at_ms),
            key: format!("{:013}:{}:{number}:{number:016x}", message.taken_at_ms, device_id(patient)),
            device: device_id(patient),
            patient: patient_id(patient),
            topic: message.topic(),
            raw: message.payload(),
            taken_at: message.taken_at_ms,
            numbers: format!(
                "[[\"systolic\",0,{:.1},null],[\"diastolic\",0,{:.1},null],[\"pulse\",0,{:.1},null]]",
                f64::from(message.systolic),
                f64::from(message.diastolic),
                f64::from(message.pulse)
            ),
        }
    }

    fn bind_inbox(query: Insert, entry: &Self) -> Insert {
        query
            .bind(entry.id.clone())
            .bind(entry.key.clone())
            .bind("device")
            .bind("reading")
            .bind(entry.device.clone())
            .bind(entry.topic.clone())
            .bind(0)
            .bind(entry.raw.clone().into_bytes())
            .bind(entry.taken_at)
            .bind("accepted")
            .bind("taken at the device's time")
            .bind(entry.patient.clone())
    }

    fn bind_reading(query: Insert, entry: &Self) -> Insert {
        query
            .bind(entry.taken_at / 86_400_000)
            .bind(entry.patient.clone())
            .bind(entry.taken_at)
            .bind(entry.id.clone())
            .bind(entry.numbers.clone())
            .bind(entry.taken_at)
            .bind("device")
            .bind("device")
            .bind(entry.device.clone())
            .bind("accepted")
    }
}
