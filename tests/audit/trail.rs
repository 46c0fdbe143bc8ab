//! The chain as the store keeps it: sealed by every deed, refused to whoever would change it, walked by the command.

use std::sync::LazyLock;

use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode};
use sqlx::{ConnectOptions, Connection, SqliteConnection};

use crate::support::house::House;

/// Somebody who may write to the file.
async fn intruder(house: &House) -> SqliteConnection {
    let options = SqliteConnectOptions::new().filename(house.path("lamplight.db"));
    options.journal_mode(SqliteJournalMode::Wal).connect().await.unwrap()
}

async fn run(db: &mut SqliteConnection, sql: &'static str) -> Result<(), sqlx::Error> {
    sqlx::raw_sql(sql).execute(db).await.map(drop)
}

/// A trail of some rows. Made once and copied: a forgery costs no start of its own.
fn lived_in() -> House {
    static KEPT: LazyLock<Vec<u8>> = LazyLock::new(|| {
        let house = House::quiet();
        // Several rows in one statement, then single ones.
        house.enrol("patient_id,name,phone\np1,Ann,+447700900001\np2,Ben,+447700900002\n");
        house.must(&["token", "add", "reports", "--scope", "read"]);
        house.must(&["backup", "copy.db"]);
        std::fs::read(house.path("copy.db")).unwrap()
    });
    let house = House::quiet();
    std::fs::write(house.path("lamplight.db"), KEPT.as_slice()).unwrap();
    house
}

/// One deed more.
fn go_on(house: &House) {
    house.must(&["token", "add", "more", "--scope", "read"]);
}

#[test]
fn a_trail_that_nobody_touched_holds_and_has_a_head() {
    let house = lived_in();
    let head = house.must(&["audit", "head"]);
    let (hash, seq) = head.trim().split_once(':').unwrap();
    assert_eq!(hash.len(), 64);
    assert_eq!(house.must(&["audit", "verify"]), format!("{seq} rows hold; the head is {}\n", head.trim()));
    go_on(&house);
    let later = house.must(&["audit", "verify", "--head", head.trim()]);
    assert!(later.ends_with(&format!("row {seq} is the one that was kept\n")), "{later}");
    assert_ne!(house.must(&["audit", "head"]), head);
}

#[test]
fn a_trail_of_nothing_holds() {
    let house = House::quiet();
    assert!(house.must(&["audit", "verify"]).starts_with("0 rows hold"));
    assert_eq!(house.run(&["audit", "head"]).code, 1);
    assert_eq!(house.run(&["audit", "verify", "--head", "12"]).code, 2);
}

#[tokio::test]
async fn the_database_refuses_to_change_the_trail() {
    let house = lived_in();
    let mut db = intruder(&house).await;
    for sql in [
        "update audit set actor = 'somebody else' where seq = 2",
        "delete from audit where seq = 2",
        "delete from audit",
        "insert or replace into audit select seq, at, 'somebody else', action, subject, detail, prev, hash from audit where seq = 2",
        "insert into audit (at, actor, action, subject, detail, prev, hash) values (0, 'a', 'b', 'c', '{}', 'd', 'e')",
        "insert into audit select seq + 100, at, actor, action, subject, detail, prev, hash from audit where seq = 2",
    ] {
        assert!(run(&mut db, sql).await.is_err(), "{sql}");
    }
    db.close().await.unwrap();
    house.must(&["audit", "verify"]);
}

#[tokio::test]
async fn whoever_changes_it_all_the_same_is_found() {
    let forgeries = [
        ("update audit set actor = 'nobody' where seq = 2", "row 2 was changed"),
        ("update audit set at = at + 1 where seq = 1", "row 1 was changed"),
        ("delete from audit where seq = 2", "row 2 is missing"),
        ("delete from audit where seq = 1", "row 1 is missing"),
        (
            "delete from audit where seq = 2; update audit set seq = seq - 1 where seq > 2",
            "row 2 does not follow the row before it",
        ),
        (
            "update audit set seq = -2 where seq = 2; update audit set seq = 2 where seq = 3; update audit set seq = 3 where seq = -2",
            "row 2 does not follow the row before it",
        ),
        ("insert into audit values (0, 0, 'a', 'b', 'c', '{}', 'd', 'e')", "row 1 is missing: row 0"),
        ("update audit set hash = prev, prev = hash where seq = 3", "row 3 does not follow"),
    ];
    for (sql, found) in forgeries {
        let house = lived_in();
        let mut db = intruder(&house).await;
        run(&mut db, "drop trigger audit_no_update; drop trigger audit_no_delete; drop trigger audit_next")
            .await
            .unwrap();
        run(&mut db, sql).await.unwrap();
        db.close().await.unwrap();
        let told = house.run(&["audit", "verify"]);
        assert_eq!(told.code, 1, "{sql}: {told:?}");
        assert!(told.out.contains(found), "{sql}: {told:?}");
    }
}

#[tokio::test]
async fn an_end_that_was_cut_off_is_found_by_a_head_that_was_kept() {
    let house = lived_in();
    let head = house.must(&["audit", "head"]);
    let mut db = intruder(&house).await;
    run(&mut db, "drop trigger audit_no_delete; delete from audit where seq = (select max(seq) from audit)")
        .await
        .unwrap();
    db.close().await.unwrap();
    house.must(&["audit", "verify"]);
    let told = house.run(&["audit", "verify", "--head", head.trim()]);
    assert_eq!(told.code, 1);
    assert!(told.out.contains("its end was cut off"), "{told:?}");
    // The next deeds hide the gap, but not from the head.
    go_on(&house);
    house.must(&["audit", "verify"]);
    let told = house.run(&["audit", "verify", "--head", head.trim()]);
    assert!(told.out.contains("the chain was written anew"), "{told:?}");
}

#[tokio::test]
async fn a_trail_from_before_is_chained_when_the_schema_is_brought_up_to_date() {
    let house = House::quiet();
    let options = SqliteConnectOptions::new().filename(house.path("lamplight.db")).create_if_missing(true);
    let mut db = options.connect().await.unwrap();
    for sql in [
        include_str!("../../migrations/0001_spine.sql"),
        include_str!("../../migrations/0002_reading_set.sql"),
        include_str!("../../migrations/0003_rules.sql"),
        include_str!("../../migrations/0004_protocol.sql"),
        include_str!("../../migrations/0005_escalation.sql"),
        "pragma user_version = 5",
        // More than are chained at once.
        "with recursive n(x) as (select 1 union all select x + 1 from n where x < 2500)
         insert into audit (at, actor, action, subject, detail) select x, 'anna', 'alert.resolve', 'e' || x, '{}' from n",
    ] {
        run(&mut db, sql).await.unwrap();
    }
    db.close().await.unwrap();
    house.must(&["migrate"]);
    assert!(house.must(&["audit", "verify"]).starts_with("2500 rows hold"));
    assert_eq!(house.see("select actor || subject from audit where seq = 2500").await, ["annae2500"]);
    assert_eq!(house.count("select count(*) from sqlite_schema where name = 'audit_before'").await, 0);
    go_on(&house);
    assert!(house.must(&["audit", "verify"]).starts_with("2501 rows hold"));
}
