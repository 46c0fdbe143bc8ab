//! What a good list does.

use super::house::{House, catalog, noon};
use lamplight::domain::id::{DeviceId, PatientId};
use lamplight::domain::patient::{Consent, Standing};
use lamplight::engine::enrol::{Bound, ImportReport, Row, import, register_patient};
use lamplight::engine::enrolment::{Desk, Move, Wish};
use lamplight::engine::id::IdSource;
use lamplight::engine::nurse::{Hand, Via};

const FULL: &str = "patient_id,name,phone,nhs_number,date_of_birth,language,time_zone,team,consent,devices,protocols,thresholds
p1,Ann Smith,07700 900123,943 476 5919,1951-03-28,CY,europe/london,heart,opt_in,d1;d2,bp;weight_daily,bp_high.red=150; peak_flow_low.best=412.5
";

fn id(id: &str) -> PatientId {
    PatientId::trusted(id)
}

#[tokio::test]
async fn every_column_of_a_row_is_kept() {
    let house = House::new().await;
    let report = house.import(FULL).await.unwrap();
    assert_eq!((report.enrolled, report.updated, report.unchanged), (1, 0, 0));
    assert_eq!(report.bound.phones.iter().map(|p| p.as_str()).collect::<Vec<_>>(), ["+447700900123"]);
    assert_eq!(report.bound.devices, [DeviceId::trusted("d1"), DeviceId::trusted("d2")]);

    let ann = house.store.patient(&id("p1")).await.unwrap().unwrap();
    assert_eq!(ann.name.as_deref(), Some("Ann Smith"));
    assert_eq!(ann.phone.unwrap().as_str(), "+447700900123");
    assert_eq!(ann.nhs_number.unwrap().as_str(), "9434765919");
    assert_eq!(ann.date_of_birth.as_deref(), Some("1951-03-28"));
    assert_eq!((ann.language.as_str(), ann.time_zone.as_str()), ("cy", "Europe/London"));
    assert_eq!(ann.team.as_deref(), Some("heart"));
    assert_eq!((ann.consent, ann.standing), (Consent::OptIn, Standing::Active));
    assert_eq!(ann.devices, [DeviceId::trusted("d1"), DeviceId::trusted("d2")]);
    assert_eq!(ann.protocols, ["bp", "weight_daily"]);

    let mut tx = house.store.begin().await.unwrap();
    let limits = tx.thresholds(&[id("p1")]).await.unwrap();
    let limits: Vec<_> = limits[&id("p1")]
        .iter()
        .map(|t| {
            (t.rule.as_str(), t.parameter.as_str(), t.value, t.author.as_str(), t.reason.as_str(), t.since)
        })
        .collect();
    assert_eq!(
        limits,
        [
            ("bp_high", "red", 150.0, "sister", "patient import", noon()),
            ("peak_flow_low", "best", 412.5, "sister", "patient import", noon()),
        ]
    );
}

#[tokio::test]
async fn every_change_leaves_its_trace() {
    let house = House::new().await;
    house.import(FULL).await.unwrap();
    for (action, subject, times) in [
        ("patient.enrolled", "p1", 1),
        ("device.registered", "d1", 1),
        ("device.registered", "d2", 1),
        ("enrolment.started", "p1", 2),
        ("threshold.set", "p1", 2),
    ] {
        let sql = format!(
            "select count(*) from audit where action = '{action}' and subject = '{subject}' and actor = 'sister'"
        );
        assert_eq!(house.number(sql).await, times, "{action} {subject}");
    }
    let details =
        "select count(*) from audit where detail like '%150%' or detail like '%Ann%' or detail like '%7700%'";
    assert_eq!(house.number(details.to_owned()).await, 0);
}

#[tokio::test]
async fn what_a_row_leaves_open_takes_the_defaults() {
    let house = House::new().await;
    house.import("patient_id\np1\n").await.unwrap();
    let patient = house.store.patient(&id("p1")).await.unwrap().unwrap();
    assert_eq!((patient.language.as_str(), patient.time_zone.as_str()), ("en", "Europe/London"));
    assert_eq!((patient.consent, patient.standing), (Consent::Given, Standing::Active));
    assert_eq!((patient.name, patient.phone, patient.team), (None, None, None));
}

#[tokio::test]
async fn importing_the_same_list_again_changes_nothing() {
    let house = House::new().await;
    house.import(FULL).await.unwrap();
    let before = house.counts().await;
    let report = house.import(FULL).await.unwrap();
    assert_eq!(report, ImportReport { unchanged: 1, ..ImportReport::default() });
    assert_eq!(house.counts().await, before);
}

#[tokio::test]
async fn a_later_list_updates_what_it_says_and_leaves_the_rest() {
    let house = House::new().await;
    house.import(FULL).await.unwrap();
    let later = "patient_id,name,phone,team,devices,thresholds\n\
                 p1,,07700 900124,lungs,d3,bp_high.red=155;peak_flow_low.best=412.5\np2,Bob,,,,\n";
    let report = import(
        &house.store,
        noon() + jiff::SignedDuration::from_hours(1),
        "sister",
        catalog(),
        later.as_bytes(),
    )
    .await
    .unwrap();
    assert_eq!((report.enrolled, report.updated, report.unchanged), (1, 1, 0));
    assert_eq!(report.bound.devices, [DeviceId::trusted("d3")]);
    assert_eq!(report.bound.phones.iter().map(|p| p.as_str()).collect::<Vec<_>>(), ["+447700900124"]);

    let ann = house.store.patient(&id("p1")).await.unwrap().unwrap();
    assert_eq!((ann.name.as_deref(), ann.team.as_deref()), (Some("Ann Smith"), Some("lungs")));
    assert_eq!((ann.language.as_str(), ann.consent), ("cy", Consent::OptIn));
    assert_eq!(ann.devices.len(), 3);
    assert_eq!(ann.protocols, ["bp", "weight_daily"]);

    // The limit before stays on record; the one that did not change is not written again.
    assert_eq!(house.number("select count(*) from threshold".to_owned()).await, 3);
    let mut tx = house.store.begin().await.unwrap();
    let limits = tx.thresholds(&[id("p1")]).await.unwrap();
    let values: Vec<_> = limits[&id("p1")].iter().map(|t| t.value).collect();
    assert_eq!(values, [155.0, 412.5]);
}

#[tokio::test]
async fn a_list_that_comes_every_night_starts_no_finished_course_anew() {
    let house = House::new().await;
    house.import(FULL).await.unwrap();
    let begun = house.number("select count(*) from enrolment where state <> 'ended'".to_owned()).await;
    assert!(begun > 0);
    let ids = IdSource::default();
    let desk = Desk { store: &house.store, catalog: catalog(), ids: &ids, now: noon() };
    let hand = Hand { actor: "sister".to_owned(), via: Via::Page };
    for protocol in catalog().protocols.keys() {
        // Some of them the patient is not on.
        drop(desk.change(&id("p1"), protocol, Move::End, &hand).await);
    }
    house.import(FULL).await.unwrap();
    assert_eq!(house.number("select count(*) from enrolment where state <> 'ended'".to_owned()).await, 0);

    // Whoever means it says so by name.
    let protocol = catalog().protocols.keys().next().unwrap().clone();
    let wish = Wish { protocol, first_day: None, last_day: None, consent: None };
    desk.start(&id("p1"), &wish, &hand).await.unwrap();
    assert_eq!(house.number("select count(*) from enrolment where state <> 'ended'".to_owned()).await, 1);
}

#[tokio::test]
async fn a_list_never_undoes_a_stop() {
    let house = House::new().await;
    house.import("patient_id,phone\np1,07700900123\n").await.unwrap();
    let mut tx = house.store.begin().await.unwrap();
    let mut patient = tx.patients_by_id(&[id("p1")]).await.unwrap().remove(&id("p1")).unwrap();
    patient.standing = Standing::Stopped;
    tx.put_patients(&[patient], noon()).await.unwrap();
    tx.commit().await.unwrap();

    house.import("patient_id,phone,consent\np1,07700900124,opt_in\n").await.unwrap();
    let patient = house.store.patient(&id("p1")).await.unwrap().unwrap();
    assert_eq!((patient.standing, patient.consent), (Standing::Stopped, Consent::OptIn));
}

#[tokio::test]
async fn lists_come_as_spreadsheets_write_them() {
    for (label, file) in [
        ("unix", "patient_id,name\np1,\"Smith, Ann\"\n"),
        ("windows", "patient_id,name\r\np1,\"Smith, Ann\"\r\n"),
        ("old mac", "patient_id,name\rp1,\"Smith, Ann\"\r"),
        ("byte order mark", "\u{feff}patient_id,name\np1,\"Smith, Ann\""),
        ("semicolons", "patient_id;name\np1;Smith, Ann\n"),
        ("tabs", "patient_id\tname\np1\tSmith, Ann\n"),
        ("quoted header", "\"patient_id\",\"name\"\n\"p1\",\"Smith, Ann\"\n"),
        ("spaces around", " patient_id , name \n p1 ,\"  Smith,   Ann \"\n"),
        ("no last line break", "patient_id,name\np1,\"Smith, Ann\""),
        ("blank lines", "\n\npatient_id,name\n\n,\np1,\"Smith, Ann\"\n\n\n"),
        ("line break in a cell", "patient_id,name\np1,\"Smith,\r\nAnn\"\n"),
        ("columns in another order", "name,patient_id\n\"Smith, Ann\",p1\n"),
    ] {
        let house = House::new().await;
        let report = house.import(file).await.unwrap_or_else(|error| panic!("{label}: {error:?}"));
        assert_eq!(report.enrolled, 1, "{label}");
        let patient = house.store.patient(&id("p1")).await.unwrap().unwrap();
        assert_eq!(patient.name.as_deref(), Some("Smith, Ann"), "{label}");
    }
}

#[tokio::test]
async fn names_keep_their_letters() {
    let house = House::new().await;
    house
        .import("patient_id,name\np1,Zoë Ó Súilleabháin\np2,\"Seán \"\"Jack\"\" O'Dell\"\np3,李小龍\n")
        .await
        .unwrap();
    let names: Vec<_> = house
        .store
        .patients(10, None)
        .await
        .unwrap()
        .into_iter()
        .filter_map(|patient| patient.name)
        .collect();
    assert_eq!(names, ["Zoë Ó Súilleabháin", "Seán \"Jack\" O'Dell", "李小龍"]);
}

#[tokio::test]
async fn twenty_thousand_patients_go_in_at_once() {
    let house = House::new().await;
    let rows: String = (0..20_000)
        .map(|n| {
            // Reading a telephone number is slow in a debug build: one in a hundred has one.
            let phone = if n % 100 == 0 { format!("+4477119{n:05}") } else { String::new() };
            format!("p{n:05},Name {n},{phone},t{},d{n:05},bp,bp_high.red={}\n", n % 7, 150 + n % 50)
        })
        .collect();
    let file = format!("patient_id,name,phone,team,devices,protocols,thresholds\n{rows}");
    let report = house.import(&file).await.unwrap();
    assert_eq!(
        (report.enrolled, report.bound.devices.len(), report.bound.phones.len()),
        (20_000, 20_000, 200)
    );
    assert_eq!(house.counts().await, [20_000, 20_000, 20_000, 20_000, 80_000]);
    assert_eq!(house.import(&file).await.unwrap().unchanged, 20_000);
    assert_eq!(house.counts().await, [20_000, 20_000, 20_000, 20_000, 80_000]);
}

#[tokio::test]
async fn the_same_columns_register_one_patient() {
    let house = House::new().await;
    let row = |cells: &[(&str, &str)]| {
        cells.iter().map(|(column, cell)| (column.to_string(), cell.to_string())).collect::<Row>()
    };
    let first = row(&[("patient_id", "p1"), ("phone", "07700900123"), ("devices", "d1")]);
    let registered = register_patient(&house.store, noon(), "api", catalog(), &first).await.unwrap();
    assert_eq!((registered.patient.as_str(), registered.is_new), ("p1", true));
    assert_eq!(registered.bound.devices, [DeviceId::trusted("d1")]);
    assert_eq!(registered.bound.phones[0].as_str(), "+447700900123");

    let again = row(&[("patient_id", "p1"), ("thresholds", "bp_high.red=150")]);
    let updated = register_patient(&house.store, noon(), "api", catalog(), &again).await.unwrap();
    assert_eq!((updated.is_new, updated.bound), (false, Bound::default()));
    let sql = "select count(*) from threshold where reason = 'patient registered' and author = 'api'";
    assert_eq!(house.number(sql.to_owned()).await, 1);
}
