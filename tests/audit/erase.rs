//! A person is forgotten: nothing of theirs stays anywhere, the books go on adding up, and the deed stays on record.

use jiff::SignedDuration;
use lamplight::domain::id::PatientId;
use lamplight::engine::erase::{NotErased, erase};

use crate::engine::house::{ADA, BOB, House};

#[tokio::test]
async fn nothing_of_an_erased_patient_stays_and_nothing_of_others_goes() {
    let house = House::new().await;
    house
        .enrol("patient_id,phone,thresholds\nada,+447700900121,blood_pressure_high.systolic_red=170\n")
        .await;
    for patient in [ADA, BOB] {
        house
            .take([house.text(patient, "BP 194 121"), house.text(patient, "the cat sat on the machine")])
            .await;
    }
    house.accepts(house.pressure("bp-1", 190, 100)).await;
    house.accepts(house.pressure("gl-2", 190, 100)).await;
    let now = house.clock.now();
    let ada = PatientId::trusted("ada");
    let refused = erase(&house.store, &ada, "dpo", "her own request", now).await;
    assert!(matches!(refused, Err(NotErased::Tied { alerts: 1, .. })), "{refused:?}");
    let alert = house.see("select id from alert where patient_id = 'ada'").await.remove(0);
    house.resolve(&alert).await;
    let bobs = house.see("select (select count(*) from reading_set where patient_id = 'bob') + (select count(*) from message where patient_id = 'bob')").await;

    house.wait(SignedDuration::from_secs(1));
    let gone = erase(&house.store, &ada, "dpo", "her own request", house.clock.now()).await.unwrap();
    assert_eq!((gone["inbox"], gone["reading_set"], gone["alert"], gone["device"]), (3, 2, 1, 1));
    for table in house.see("select t.name from sqlite_schema t join pragma_table_info(t.name) c on c.name = 'patient_id' where t.type = 'table'").await {
        assert_eq!(house.count(&format!("{table} where patient_id = 'ada'")).await, 0, "{table}");
    }
    for of in [
        "patient where id = 'ada'",
        "message where address like '%900121'",
        "inbox where sender like '%900121' or body like '%194%' and patient_id is null or cast(raw as text) like '%900121%'",
        "message_event where raw like '%900121%'",
        "alert_evidence where alert_id not in (select id from alert)",
        "pragma_foreign_key_check",
    ] {
        assert_eq!(house.count(of).await, 0, "{of}");
    }
    let left = house.see("select (select count(*) from reading_set where patient_id = 'bob') + (select count(*) from message where patient_id = 'bob')").await;
    assert_eq!(left, bobs);
    let deed = house.see("select actor || ' ' || subject || ' ' || (detail ->> 'reason') from audit where action = 'patient.erase'").await;
    assert_eq!(deed, ["dpo ada her own request"]);
    assert!(house.store.verify_audit(None).await.unwrap().is_ok());
    let again = erase(&house.store, &ada, "dpo", "again", house.clock.now()).await;
    assert!(matches!(again, Err(NotErased::Unknown)));
    // What she sends from now on is a stranger's, and the ledger still is what the journal holds.
    house.take([house.text(ADA, "BP 194 121")]).await;
    house.leaves_whatever().await;
}

#[tokio::test]
async fn what_was_held_from_their_phone_goes_too() {
    let house = House::new().await;
    house.enrol("patient_id,phone\neve,+447700900121\n").await;
    house.take([house.text(ADA, "what is this")]).await;
    assert_eq!(house.count("inbox where outcome = 'held'").await, 1);
    let erased =
        async |id: &str| erase(&house.store, &PatientId::trusted(id), "dpo", "law", house.clock.now()).await;
    erased("ada").await.unwrap();
    assert_eq!(house.count("inbox where body = 'what is this'").await, 1, "it may be Eve's");
    erased("eve").await.unwrap();
    assert_eq!(house.count("inbox where body is not null or sender <> ''").await, 0);
    house.leaves_whatever().await;
}
