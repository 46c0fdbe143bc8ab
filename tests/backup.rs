//! A backup is whole although others write, and neither it nor a restore ever overwrites anything.

use std::path::PathBuf;

use lamplight::store::{BackupError, Store, restore};

use crate::enrol::house::{House, catalog, noon};

#[tokio::test]
async fn a_backup_taken_while_patients_are_enrolled_is_whole_and_can_be_restored() {
    let house = House::new().await;
    house.import("patient_id,phone\np1,07700 900101\n").await.unwrap();
    let writing = house.store.clone();
    let writer = tokio::spawn(async move {
        for n in 0..50 {
            let list = format!("patient_id\nq{n}\n");
            lamplight::engine::enrol::import(&writing, noon(), "sister", catalog(), list.as_bytes())
                .await
                .unwrap();
        }
    });
    let copy = house.folder().join("copy.db");
    house.store.backup(&copy).await.unwrap();
    writer.await.unwrap();

    let back = house.folder().join("back.db");
    restore(&copy, &back).await.unwrap();
    let restored = Store::open(&back).await.unwrap();
    let patients = restored.patients(100, None).await.unwrap();
    assert!(
        patients.iter().any(|patient| patient.id.as_str() == "p1"),
        "what was there before is in the copy"
    );
    assert!(patients.len() <= 51);
    restored.close().await;
}

#[tokio::test]
async fn nothing_is_overwritten_and_a_damaged_copy_is_refused() {
    let house = House::new().await;
    let copy = house.folder().join("copy.db");
    house.store.backup(&copy).await.unwrap();
    assert!(matches!(house.store.backup(&copy).await, Err(BackupError::InTheWay(_))));
    assert!(matches!(restore(&copy, house.store.path()).await, Err(BackupError::InTheWay(_))));

    let junk: PathBuf = house.folder().join("junk.db");
    std::fs::write(&junk, "not a database").unwrap();
    let target = house.folder().join("target.db");
    assert!(matches!(restore(&junk, &target).await, Err(BackupError::Damaged(_))));
    assert!(!target.exists(), "a refused restore leaves nothing behind");
}
