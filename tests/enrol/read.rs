//! What the way in reads of patients, devices and limits.

use super::house::{House, noon};
use lamplight::domain::id::{DeviceId, PatientId};
use lamplight::domain::phone::Phone;
use lamplight::engine::device::{Registration, register_device, revoke_device};

fn patient(id: &str) -> PatientId {
    PatientId::trusted(id)
}

fn device(id: &str) -> DeviceId {
    DeviceId::trusted(id)
}

#[tokio::test]
async fn a_shared_phone_reaches_everybody_who_shares_it() {
    let house = House::new().await;
    house.import("patient_id,phone\np1,07700900123\np2,07700900123\np3,07700900124\np4,\n").await.unwrap();
    let (shared, own, strange) =
        (Phone::trusted("+447700900123"), Phone::trusted("+447700900124"), Phone::trusted("+447700900999"));
    let mut tx = house.store.begin().await.unwrap();
    let found =
        tx.patients_by_phone(&[shared.clone(), own.clone(), strange.clone(), shared.clone()]).await.unwrap();
    let ids = |phone: &Phone| found[phone].iter().map(|p| p.id.as_str()).collect::<Vec<_>>();
    assert_eq!(ids(&shared), ["p1", "p2"]);
    assert_eq!(ids(&own), ["p3"]);
    assert!(!found.contains_key(&strange));
}

#[tokio::test]
async fn only_what_exists_is_found() {
    let house = House::new().await;
    house.import("patient_id,devices\np1,d1\np2,\n").await.unwrap();
    let mut tx = house.store.begin().await.unwrap();
    let found = tx.patients_by_id(&[patient("p2"), patient("p404")]).await.unwrap();
    assert_eq!(found.keys().collect::<Vec<_>>(), [&patient("p2")]);
    assert!(tx.devices(&[]).await.unwrap().is_empty());
    assert!(tx.thresholds(&[patient("p1")]).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_device_is_registered_given_away_and_revoked() {
    let house = House::new().await;
    house.import("patient_id\np1\n").await.unwrap();
    let register = async |owner: Option<&str>| {
        register_device(&house.store, noon(), "sister", device("d1"), owner.map(PatientId::trusted))
            .await
            .unwrap()
    };
    assert_eq!(register(None).await, Registration::Bound);
    assert_eq!(register(None).await, Registration::Unchanged);
    assert_eq!(register(Some("p1")).await, Registration::Bound);
    assert_eq!(register(Some("p1")).await, Registration::Unchanged);
    // Registering for nobody takes a device from nobody.
    assert_eq!(register(None).await, Registration::Unchanged);

    let mut tx = house.store.begin().await.unwrap();
    let known = tx.devices(&[device("d1")]).await.unwrap();
    assert_eq!(
        (known[&device("d1")].patient.clone(), known[&device("d1")].revoked),
        (Some(patient("p1")), false)
    );
    drop(tx);

    for _ in 0..2 {
        revoke_device(&house.store, noon(), "sister", &device("d1")).await.unwrap();
    }
    let listed = house.store.devices(10, None).await.unwrap();
    assert_eq!(listed.len(), 1);
    assert!(listed[0].device.revoked && listed[0].revoked_at == Some(noon()));
    assert!(house.store.patient(&patient("p1")).await.unwrap().unwrap().devices.is_empty());
    let trail = "select count(*) from audit where action = 'device.revoked'";
    assert_eq!(house.number(trail.to_owned()).await, 1);
}

#[tokio::test]
async fn lists_are_read_page_by_page() {
    let house = House::new().await;
    house.import("patient_id,devices\np1,a;b\np2,c\np3,d\n").await.unwrap();
    let first = house.store.patients(2, None).await.unwrap();
    let rest = house.store.patients(2, Some(&first[1].id)).await.unwrap();
    let ids: Vec<_> = first.iter().chain(&rest).map(|p| (p.id.as_str(), p.devices.len())).collect();
    assert_eq!(ids, [("p1", 2), ("p2", 1), ("p3", 1)]);
    let rest = house.store.devices(9, Some(&device("b"))).await.unwrap();
    assert_eq!(rest.iter().map(|d| d.device.id.as_str()).collect::<Vec<_>>(), ["c", "d"]);
}
