//! A reading that was read back and never confirmed is a nurse's work, once.

use jiff::{SignedDuration, Timestamp};
use lamplight::engine::chase::{PATIENCE, chase};
use lamplight::engine::enrol::import;
use sqlx::sqlite::SqlitePool;

use crate::enrol::house::{House, catalog, noon};

async fn waiting_since(at: Timestamp) -> House {
    let house = House::new().await;
    import(&house.store, noon(), "sister", catalog(), "patient_id\np1\n".as_bytes()).await.unwrap();
    let sql = SqlitePool::connect(&format!("sqlite://{}", house.store.path().display())).await.unwrap();
    sqlx::query(
        "insert into confirmation (patient_id, set_id, asked_at, readings) values ('p1', 'set1', $1, '[]')",
    )
    .bind(at.as_millisecond())
    .execute(&sql)
    .await
    .unwrap();
    sql.close().await;
    house
}

#[tokio::test]
async fn a_reading_without_its_yes_becomes_one_task_when_patience_ends() {
    let house = waiting_since(noon()).await;
    let end = noon() + PATIENCE;
    assert_eq!(chase(&house.store, end - SignedDuration::from_secs(1)).await.unwrap(), 0, "not before");
    assert_eq!(chase(&house.store, end).await.unwrap(), 1);
    assert_eq!(chase(&house.store, end + PATIENCE).await.unwrap(), 0, "a nurse is told once");
    let tasks = "select count(*) from task where kind = 'unconfirmed' and patient_id = 'p1'";
    assert_eq!(house.number(tasks.to_owned()).await, 1);
}
