//! Whether what is stored slows down what comes in: the same load on an empty and on a full database.

use anyhow::Result;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection};

use crate::flow::{self, now_ms};
use crate::gateway::Site;
use crate::mqtt::{PATIENTS, through_gateway};
use crate::options::Options;
use crate::publisher::Load;
use crate::report::{Aim, Series, print_ratio};
use crate::workbench::Workbench;

const DAYS: u64 = 730;
const DAY_MS: i64 = 86_400_000;
/// Blood pressure with pulse.
const READINGS_A_SET: u64 = 3;

pub async fn compare(options: &Options, bench: &mut Workbench) -> Result<()> {
    let (messages, stored) = (options.messages, options.stored);
    println!(
        "Stored readings: {messages} messages as above, with and without {stored} readings of two years"
    );
    let (empty, full) = (bench.site(PATIENTS)?, bench.site(PATIENTS)?);
    fill(&full, stored).await?;
    let mut without = Series::new("F  Lamplight, nothing stored at first", "msg/s", 0);
    let mut with = Series::new(format!("G  Lamplight, {stored} readings stored"), "msg/s", 0);
    for rep in 0..options.reps {
        // Both databases keep what each repetition adds, so they stay alike but for the past.
        let load = Load::new(&flow::messages(messages, PATIENTS, 1000 + rep as u64));
        without.push(through_gateway(&empty, bench.sms.port, &load, messages).await?.rate);
        with.push(through_gateway(&full, bench.sms.port, &load, messages).await?.rate);
    }
    without.print();
    with.print();
    print_ratio("G / F", &with, &without, &[("aim", Aim::AtLeast(0.9))]);
    Ok(())
}

/// Writes the past straight into the tables, a day a transaction: the journal row and the readings of each set, in
/// the order of their keys, named like the real ones.
async fn fill(site: &Site, readings: u64) -> Result<()> {
    let sets_a_day = i64::try_from(readings / READINGS_A_SET / DAYS)?.max(1);
    // Nothing is lost if this breaks off: the benchmark starts anew.
    let mut connection = SqliteConnectOptions::new()
        .filename(site.database())
        .journal_mode(SqliteJournalMode::Off)
        .synchronous(SqliteSynchronous::Off)
        .pragma("cache_size", "-64000")
        .connect()
        .await?;
    let today = now_ms() / DAY_MS;
    for day in today - DAYS as i64..today {
        let mut transaction = connection.begin().await?;
        for sql in [JOURNAL_OF_A_DAY, READINGS_OF_A_DAY] {
            sqlx::query(sql)
                .bind(day)
                .bind(sets_a_day)
                .bind(i64::from(PATIENTS))
                .execute(&mut *transaction)
                .await?;
        }
        transaction.commit().await?;
    }
    connection.close().await?;
    Ok(())
}

// $1 the day, $2 how many sets, $3 how many patients. Patients of a day are spread over all of them.
const JOURNAL_OF_A_DAY: &str = "\
    with recursive n(i) as (select 0 union all select i + 1 from n where i + 1 < $2), \
    s(id, at, p) as (select printf('%012d%08d', $1, i), $1 * 86400000 + i * 86400000 / $2, i * $3 / $2 from n) \
    insert into inbox (id, dedupe_key, edge, kind, sender, address, raw, received_at, outcome, reason, patient_id) \
    select id, printf('%013d:cuff-%06d:%d:%016x', at, p, p, at), 'device', 'reading', printf('cuff-%06d', p), \
      printf('lamplight/v1/cuff-%06d/reading', p), \
      cast(printf('{\"id\":\"%d\",\"taken_at\":\"2025-01-01T00:00:00.000Z\",\"readings\":[\
        {\"vital\":\"systolic\",\"value\":121,\"unit\":\"mm[Hg]\"},\
        {\"vital\":\"diastolic\",\"value\":71,\"unit\":\"mm[Hg]\"},\
        {\"vital\":\"pulse\",\"value\":65,\"unit\":\"/min\"}]}', at) as blob), \
      at, 'accepted', 'taken at the device''s time', printf('p%06d', p) from s";
const READINGS_OF_A_DAY: &str = "\
    with recursive n(i) as (select 0 union all select i + 1 from n where i + 1 < $2), \
    s(id, at, p) as (select printf('%012d%08d', $1, i), $1 * 86400000 + i * 86400000 / $2, i * $3 / $2 from n) \
    insert into reading_set (day, patient_id, taken_at, set_id, numbers, received_at, basis, source, device_id, state) \
    select $1, printf('p%06d', p), at, id, \
      '[[\"systolic\",0,121.0,null],[\"diastolic\",0,71.0,null],[\"pulse\",0,65.0,null]]', \
      at, 'device', 'device', printf('cuff-%06d', p), 'accepted' from s";
