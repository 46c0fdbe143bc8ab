//! Numbers that are not texted, and those that turn out to be dead.

use lamplight::domain::alert::Severity;
use lamplight::domain::id::PatientId;
use lamplight::domain::lost::Cause;
use lamplight::domain::message::MessageState;
use lamplight::domain::provider::Provider;

use super::report::{file, report};
use super::{BUSY, DOUBT, Stub, routes, rules};
use crate::sms::house::{House, PHONE, until};
use crate::sms::worker::wait_out;

#[tokio::test]
async fn sms_26_a_number_that_is_not_for_us_is_refused_before_any_provider_sees_it() {
    for (label, phone, cause) in [
        ("a country that is not on the list", "+33612345678", Cause::Barred),
        ("a premium rate", "+449098790123", Cause::Barred),
        ("directory enquiries", "+44118118", Cause::Barred),
        ("a landline", "+441632960123", Cause::Landline),
        ("a personal number", "+447012345678", Cause::Landline),
    ] {
        let house = House::new().await;
        house.run(&format!("update patient set phone = '{phone}'")).await;
        let (first, second) = (Stub::default(), Stub::default());
        house.text("m0", Some("p1"), "Your blood pressure is high.", None).await;
        let worker = house.work(routes(&house, &first, &second, rules()));
        house.reaches("m0", "failed").await;
        worker.stop().await;
        assert_eq!((first.sent(), second.sent()), (vec![], vec![]), "{label}");
        assert_eq!(house.see("select error from message").await, cause.explanation(), "{label}");
        assert_eq!(house.alerts().await, "system_undelivered/amber/open/1", "{label}");
    }
}

#[tokio::test]
async fn sms_23_a_landline_gets_no_clinical_text_and_a_nurse_learns_why() {
    let house = House::new().await;
    house.run("update patient set phone = '+442079460123'").await;
    let (first, second) = (Stub::default(), Stub::default());
    house.text("m0", Some("p1"), "Please call 999.", Some(Severity::Red)).await;
    let worker = house.work(routes(&house, &first, &second, rules()));
    house.reaches("m0", "failed").await;
    worker.stop().await;
    assert_eq!((first.sent(), second.sent()), (vec![], vec![]));
    assert_eq!(house.alerts().await, "system_undelivered/red/open/1");
    assert_eq!(house.see("select why from alert").await, Cause::Landline.explanation());
}

#[tokio::test]
async fn sms_26_a_text_to_nobody_who_is_enrolled_stays_here_and_the_neutral_line_does_not() {
    let house = House::new().await;
    house.text("m0", None, "This is an automatic service.", None).await;
    house.text("m1", None, "Your result is here.", None).await;
    house
        .run("update message set purpose = '{\"reply\":null}', address = '+447700900555' where id = 'm1'")
        .await;
    house.text("m2", Some("p1"), "For the phone that you had.", None).await;
    house.run("update message set pinned = 1, address = '+447700900556' where id = 'm2'").await;
    house.text("m3", None, "This is an automatic service.", None).await;
    house.run("update message set address = '+441632960123' where id = 'm3'").await;
    let (first, second) = (Stub::default(), Stub::default());
    let worker = house.work(routes(&house, &first, &second, rules()));
    house.reaches("m0", "sent").await;
    for id in ["m1", "m2", "m3"] {
        house.reaches(id, "failed").await;
    }
    worker.stop().await;
    assert_eq!(first.sent(), [("m0".to_owned(), PHONE.to_owned())]);
    let why = house
        .see("select group_concat(error, '|') from (select error from message where id in ('m1', 'm2') )");
    let stranger = Cause::Stranger.explanation();
    assert_eq!(why.await, format!("{stranger}|{stranger}"));
}

#[tokio::test]
async fn sms_22_a_number_that_is_nobodys_is_flagged_until_it_changes_or_answers() {
    let house = House::new().await;
    let (first, second) = (Stub::default(), Stub::default());
    let worker = house.work(routes(&house, &first, &second, rules()));
    for id in ["m0", "m1"] {
        house.text(id, Some("p1"), id, None).await;
        house.reaches(id, "sent").await;
    }
    worker.stop().await;
    file(&house, &report(Provider::Twilio, Some("m0"), "id-m0", MessageState::Undelivered, Some(7))).await;
    assert_eq!(house.tasks().await, "doubtful_number/p1/1");
    assert_eq!(house.alerts().await, "system_undelivered/amber/open/1");
    let flagged = "select count(*) from patient join doubtful_number using (phone)";
    assert_eq!(house.see(flagged).await, "1");
    let shown = async || {
        house.store.shown_patient(&PatientId::trusted("p1")).await.unwrap().unwrap().phone_doubtful_since
    };
    assert!(shown().await.is_some());
    house.run("update patient set phone = '+447700900777'").await;
    assert_eq!(shown().await, None, "the new one is another");
    house.run(&format!("update patient set phone = '{PHONE}'")).await;
    file(&house, &report(Provider::Twilio, Some("m1"), "id-m1", MessageState::Delivered, None)).await;
    assert_eq!(shown().await, None, "a text arrived there");
}

#[tokio::test]
async fn sms_22_a_text_that_was_written_before_goes_to_the_number_of_the_day() {
    let house = House::new().await;
    let (first, second) = (Stub::saying([BUSY, DOUBT]), Stub::saying([BUSY]));
    house.text("m0", Some("p1"), "1", None).await;
    let worker = house.work(routes(&house, &first, &second, rules()));
    until("it waits", async || {
        house.see("select attempts = 2 and state = 'queued' from message").await == "1"
    })
    .await;
    house.run("update patient set phone = '+447700900777'").await;
    wait_out(&house, "m0", "sent").await;
    worker.stop().await;
    let sent = [first.sent(), second.sent()].concat();
    assert_eq!(sent, [("m0".to_owned(), "+447700900777".to_owned())]);
}
