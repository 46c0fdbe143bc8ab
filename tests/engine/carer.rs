//! Who texts, and is texted, for somebody else.

use jiff::SignedDuration;
use lamplight::domain::alert::Severity;
use lamplight::domain::carer::{Carer, Copies, Undelivered, pass_on};
use lamplight::domain::event::OptOut;
use lamplight::domain::id::{MessageId, PatientId};
use lamplight::domain::message::Purpose;
use lamplight::domain::patient::Patient;
use lamplight::domain::phone::Phone;
use lamplight::engine::carer::{CarerError, NewCarer, add_carer, remove_carer};
use lamplight::engine::intake::Settled;
use lamplight::engine::relay::pass_on_lost;

use super::house::{ADA, House, Left, STRANGER};

const GRACE: &str = STRANGER;

fn grace() -> NewCarer {
    NewCarer {
        phone: GRACE.to_owned(),
        name: "Grace".to_owned(),
        may_report: true,
        consent_by: "Ada".to_owned(),
        ..NewCarer::default()
    }
}

async fn add(house: &House, patient: &str, new: NewCarer) -> Result<Carer, CarerError> {
    add_carer(&house.store, &PatientId::trusted(patient), &new, "sister", house.clock.now()).await
}

async fn cared_for(new: NewCarer) -> House {
    let house = House::new().await;
    add(&house, "ada", new).await.unwrap();
    house
}

/// `number state body` of what would leave now.
async fn leaving(house: &House) -> Vec<String> {
    let (now, mut tx) = (house.clock.now(), house.store.begin().await.unwrap());
    let texts = tx.claim_texts(now, now + SignedDuration::from_mins(1), 50).await.unwrap();
    let texts = texts.iter();
    texts
        .map(|text| format!("{} {:?}", text.to.as_ref().map_or("-", |to| to.as_str()), text.standing))
        .collect()
}

async fn addressed(house: &House) -> Vec<String> {
    house.see("select address || ' ' || body from message where direction = 'out' order by id").await
}

#[tokio::test]
async fn what_a_carer_texts_is_the_patients_reading_and_is_answered_to_the_carer() {
    let house = cared_for(grace()).await;
    house.accepts(house.text(GRACE, "BP 190 99")).await;
    assert_eq!(house.alerts().await, ["ada blood_pressure_high red open x1"]);
    assert_eq!(house.see("select distinct source from reading").await, ["text"]);
    assert_eq!(
        house.see("select patient_id || ' ' || carer from message where direction = 'in'").await,
        ["ada Grace"]
    );
    let said = addressed(&house).await;
    assert!(said.len() == 1 && said[0].starts_with(GRACE) && said[0].contains("190/99"), "{said:?}");
    assert_eq!(leaving(&house).await, [format!("{GRACE} Active")], "and to no other phone");
    house.leaves(Left::texts(1)).await;
}

#[tokio::test]
async fn a_carer_confirms_what_was_read_back_and_their_cry_for_help_counts() {
    let house = cared_for(grace()).await;
    house.accepts(house.text(GRACE, "weight 82 kg")).await;
    house.accepts(house.text(GRACE, "weight 28 kg")).await;
    assert_eq!(house.count("confirmation").await, 1);
    house.accepts(house.text(GRACE, "YES")).await;
    assert_eq!(house.readings().await.last().unwrap(), "weight 28.0 accepted");
    house.accepts(house.text(GRACE, "she has chest pain")).await;
    assert!(house.alerts().await.contains(&"ada system_urgent_text red open x1".to_owned()));
    house.leaves_whatever().await;
}

#[tokio::test]
async fn a_carers_stop_is_the_carers_alone() {
    let house = cared_for(NewCarer { gets_copies: Some(Copies::Red), ..grace() }).await;
    for (n, stop) in
        [house.text(GRACE, "STOP"), house.carried(GRACE, "Arret", Some(OptOut::Stop))].into_iter().enumerate()
    {
        house.accepts(stop).await;
        assert_eq!(house.see("select standing from patient where id = 'ada'").await, ["active"]);
        assert_eq!(house.tasks().await, ["left_monitoring ada/carer x1"], "{n}");
    }
    house.accepts(house.text(ADA, "BP 190 99")).await;
    assert_eq!(addressed(&house).await.len(), 1, "a copy went to a phone that left");
    house.accepts(house.text(GRACE, "BP 191 99")).await;
    assert_eq!(addressed(&house).await.len(), 1, "judged, and not answered");
    assert_eq!(house.alerts().await, ["ada blood_pressure_high red open x2"]);
    house.accepts(house.text(GRACE, "START")).await;
    assert_eq!(house.tasks().await, [] as [&str; 0]);
    assert!(addressed(&house).await[1].contains("Welcome back"));
    house.leaves(Left::texts(2)).await;
}

/// Whether it is one batch or two, the last word counts, and a carer who has left is a nurse's to know of.
#[tokio::test]
async fn a_carer_who_comes_back_and_leaves_again_in_one_batch_has_left() {
    for (new, charges) in [(grace(), 1), (NewCarer { answers_for: true, ..grace() }, 1), (grace(), 2)] {
        for one_batch in [true, false] {
            let label = format!("{charges} {} {one_batch}", new.answers_for);
            let house = cared_for(new.clone()).await;
            if charges == 2 {
                add(&house, "bob", new.clone()).await.unwrap();
            }
            house.accepts(house.text(GRACE, "STOP")).await;
            let said = [house.text(GRACE, "START"), house.text(GRACE, "STOP")];
            if one_batch {
                house.take(said).await;
            } else {
                for text in said {
                    house.accepts(text).await;
                }
            }
            assert_eq!(house.count("carer where stopped_at is not null").await, charges, "{label}");
            let open = house.count("task where resolved_at is null and kind = 'left_monitoring'").await;
            assert_eq!(open, charges, "{label}");
            let said = addressed(&house).await.len();
            house.take([house.text(GRACE, "BP 131 79")]).await;
            assert_eq!(addressed(&house).await.len(), said, "{label}: a phone that has left is not answered");
            house.leaves_whatever().await;
        }
    }
}

#[tokio::test]
async fn the_patients_stop_is_not_the_carers() {
    let house = cared_for(grace()).await;
    house.accepts(house.text(ADA, "STOP")).await;
    house.accepts(house.text(GRACE, "BP 190 99")).await;
    assert_eq!(leaving(&house).await, [format!("{GRACE} Active")]);
    house.leaves(Left::texts(1)).await;
}

#[tokio::test]
async fn advice_is_copied_as_far_as_was_agreed() {
    for (copies, amber, red) in [(Copies::None, 1, 2), (Copies::Red, 1, 3), (Copies::Advice, 2, 4)] {
        let house = cared_for(NewCarer { gets_copies: Some(copies), ..grace() }).await;
        house.accepts(house.text(ADA, "BP 152 80")).await;
        assert_eq!(addressed(&house).await.len(), amber, "{copies:?}");
        house.accepts(house.pressure("bp-1", 190, 99)).await;
        let said = addressed(&house).await;
        assert_eq!(said.len(), red, "{copies:?}");
        if copies != Copies::None {
            let copy = said.last().unwrap();
            assert!(copy.starts_with(&format!("{GRACE} We have sent Ada this text:")), "{copy}");
            assert!(copy.contains("190/99") && copy.contains("999"), "{copy}");
        }
        house.leaves(Left::texts(red as i64)).await;
    }
}

/// What a carer agreed to when the advice was given is what counts, in one batch as in two.
#[tokio::test]
async fn a_copy_goes_to_whoever_had_not_left_when_the_advice_was_given() {
    for (first, second, copies) in [("STOP", "red", 0), ("red", "STOP", 1)] {
        for one_batch in [true, false] {
            let house = cared_for(NewCarer { gets_copies: Some(Copies::Red), ..grace() }).await;
            let event = |what: &str| match what {
                "red" => house.pressure("bp-1", 190, 99),
                word => house.text(GRACE, word),
            };
            let said = [event(first), event(second)];
            if one_batch {
                house.take(said).await;
            } else {
                for event in said {
                    house.accepts(event).await;
                }
            }
            let copied = format!("message where direction = 'out' and address = '{GRACE}'");
            assert_eq!(house.count(&copied).await, copies, "{first} {second} {one_batch}");
            house.leaves_whatever().await;
        }
    }
}

#[tokio::test]
async fn a_carer_of_two_who_leaves_gets_copies_of_neither() {
    for may_report in [true, false] {
        let house = cared_for(NewCarer { gets_copies: Some(Copies::Red), ..grace() }).await;
        add(&house, "bob", NewCarer { gets_copies: Some(Copies::Red), may_report, ..grace() }).await.unwrap();
        let red = |device: &str| house.pressure(device, 190, 99);
        // Both are remembered with a carer who is sent copies.
        house.accepts(red("bp-1")).await;
        house.accepts(red("gl-2")).await;
        let copied = format!("message where direction = 'out' and address = '{GRACE}'");
        assert_eq!(house.count(&copied).await, 2, "{may_report}");
        house.accepts(house.text(GRACE, "STOP")).await;
        house.wait(SignedDuration::from_hours(7));
        house.accepts(red("bp-1")).await;
        house.accepts(red("gl-2")).await;
        assert_eq!(house.count(&copied).await, 2, "{may_report}");
        house.leaves_whatever().await;
    }
}

#[tokio::test]
async fn whoever_becomes_a_carer_or_is_one_no_more_between_two_readings_is_known() {
    let house = House::new().await;
    house.accepts(house.pressure("bp-1", 190, 99)).await;
    assert_eq!(addressed(&house).await.len(), 1);
    add(&house, "ada", NewCarer { gets_copies: Some(Copies::Red), ..grace() }).await.unwrap();
    house.wait(SignedDuration::from_hours(7));
    house.accepts(house.pressure("bp-1", 191, 99)).await;
    assert_eq!(addressed(&house).await.len(), 3, "the patient's and the copy");
    let now = house.clock.now();
    remove_carer(&house.store, &PatientId::trusted("ada"), GRACE, "sister", now).await.unwrap();
    house.wait(SignedDuration::from_hours(7));
    house.accepts(house.pressure("bp-1", 192, 99)).await;
    assert_eq!(addressed(&house).await.len(), 4, "no copy any more");
    house.leaves_whatever().await;
}

#[tokio::test]
async fn a_carer_who_may_not_report_is_read_by_a_human_and_the_worst_is_judged() {
    let house = cared_for(NewCarer { may_report: false, ..grace() }).await;
    house.settles(house.text(GRACE, "BP 190 99"), Settled::Held).await;
    assert_eq!(house.count("reading").await, 0);
    assert_eq!(house.alerts().await, ["ada blood_pressure_high red open x1"]);
    assert_eq!(house.see("select kind || ' ' || urgent from task").await, ["shared_phone 1"]);
    house.release().await;
    house.leaves(Left { texts: 1, held: 1 }).await;
}

#[tokio::test]
async fn of_several_patients_the_carer_says_whose_it_is() {
    let house = cared_for(grace()).await;
    add(&house, "bob", grace()).await.unwrap();
    house.accepts(house.text(GRACE, "Bob BP 131 79")).await;
    house.settles(house.text(GRACE, "BP 190 99"), Settled::Held).await;
    assert_eq!(
        house.alerts().await,
        ["ada blood_pressure_high red open x1", "bob blood_pressure_high red open x1"],
        "judged against both until it is known"
    );
    assert!(addressed(&house).await[1].contains("Ada, Bob"));
    house.accepts(house.text(GRACE, "Ada")).await;
    assert_eq!(
        house.see("select patient_id || ' ' || carer from message where direction = 'in' order by id").await,
        ["bob Grace", "ada Grace", "ada Grace"]
    );
    assert_eq!(house.see("select patient_id from reading where value = 190").await, ["ada"]);
    house.accepts(house.text(GRACE, "STOP")).await;
    assert_eq!(house.count("carer where stopped_at is not null").await, 2);
    assert_eq!(house.count("patient where standing = 'stopped'").await, 0);
    house.leaves(Left::texts(3)).await;
}

#[tokio::test]
async fn whoever_answers_for_a_patient_is_texted_instead_of_them() {
    let house = cared_for(NewCarer { answers_for: true, ..grace() }).await;
    house.accepts(house.pressure("bp-1", 190, 99)).await;
    assert_eq!(leaving(&house).await, [format!("{GRACE} Active")]);
    house.wait(SignedDuration::from_mins(2));
    house.accepts(house.text(ADA, "BP 126 74")).await;
    assert!(leaving(&house).await.contains(&format!("{ADA} Active")), "whoever texts is answered");
    house.accepts(house.text(GRACE, "STOP")).await;
    house.wait(SignedDuration::from_hours(12));
    house.accepts(house.pressure("bp-1", 191, 99)).await;
    assert!(addressed(&house).await.last().unwrap().starts_with(ADA), "the patient's own phone again");
    let other = NewCarer { phone: "+447700900150".to_owned(), answers_for: true, ..grace() };
    assert!(matches!(add(&house, "ada", other).await, Err(CarerError::TwoProxies)));
    house.leaves_whatever().await;
}

#[tokio::test]
async fn what_a_phone_sent_before_its_carer_was_known_is_taken_in_and_after_them_it_is_a_strangers() {
    let house = House::new().await;
    house.settles(house.text(GRACE, "BP 190 99"), Settled::Held).await;
    add(&house, "ada", grace()).await.unwrap();
    assert_eq!(house.release().await.events, 1);
    assert_eq!(house.alerts().await, ["ada blood_pressure_high red open x1"]);
    remove_carer(&house.store, &PatientId::trusted("ada"), GRACE, "sister", house.clock.now()).await.unwrap();
    house.settles(house.text(GRACE, "BP 190 99"), Settled::Held).await;
    let own = NewCarer { phone: ADA.to_owned(), ..grace() };
    assert!(matches!(add(&house, "ada", own).await, Err(CarerError::OwnPhone)));
    assert!(matches!(add(&house, "nobody", grace()).await, Err(CarerError::UnknownPatient)));
    house.leaves(Left { texts: 2, held: 1 }).await;
}

#[tokio::test]
async fn red_advice_that_did_not_arrive_is_passed_on_by_those_who_agreed() {
    let house = cared_for(NewCarer { gets_copies: Some(Copies::Red), ..grace() }).await;
    let silent = NewCarer { phone: "+447700900150".to_owned(), ..grace() };
    add(&house, "ada", silent).await.unwrap();
    let carers = house.store.carers(&PatientId::trusted("ada")).await.unwrap();
    let patient = Patient { name: Some("Ada".to_owned()), ..Patient::unknown(PatientId::trusted("ada")) };
    let (id, own, grace) = (MessageId::trusted("m1"), Phone::trusted(ADA), Phone::trusted(GRACE));
    for (severity, to, expected) in [
        (Some(Severity::Red), &own, vec![grace.clone()]),
        (Some(Severity::Red), &grace, vec![]),
        (Some(Severity::Amber), &own, vec![]),
        (None, &own, vec![]),
    ] {
        let lost = Undelivered { id: &id, to, body: "Call 999.", purpose: Purpose::Reply(severity) };
        let wording = house.catalog.wording.english();
        let sent = pass_on(&carers, &patient, wording, lost, house.clock.now());
        assert_eq!(sent.iter().map(|text| text.to.clone()).collect::<Vec<_>>(), expected, "{severity:?}");
        assert!(
            sent.iter()
                .all(|text| text.body.ends_with("Call 999.") && text.body.contains("did not reach Ada"))
        );
    }
    house.leaves(Left::NOTHING).await;
}

#[tokio::test]
async fn red_advice_that_never_arrived_is_passed_on_by_the_carer_once() {
    let house = cared_for(NewCarer { gets_copies: Some(Copies::Red), ..grace() }).await;
    house.accepts(house.text(ADA, "BP 190 99")).await;
    house
        .run("update message set state = 'undelivered', due_at = null where purpose = '{\"reply\":\"red\"}'")
        .await;
    for asked in [1, 0] {
        let texts = pass_on_lost(&house.store, &house.catalog, house.clock.now()).await.unwrap();
        assert_eq!(texts, asked);
    }
    let said = addressed(&house).await;
    let last = said.last().unwrap();
    assert!(last.starts_with(&format!("{GRACE} Our text did not reach Ada. Please tell them now")), "{last}");
    assert!(last.contains("999"), "{last}");
    house.leaves(Left::texts(2)).await;
}
