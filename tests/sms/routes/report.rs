//! Whose report counts, where several providers may have had a text.

use lamplight::domain::delivery::Report;
use lamplight::domain::id::MessageId;
use lamplight::domain::lost::Cause;
use lamplight::domain::message::MessageState;
use lamplight::domain::provider::Provider;
use lamplight::engine::delivery::{Filed, file_report};
use lamplight::outbox::carrier::Carrier;

use super::{BUSY, Stub, routes, rules, with};
use crate::sms::house::House;

pub fn report(
    provider: Provider,
    ours: Option<&str>,
    name: &str,
    state: MessageState,
    code: Option<u32>,
) -> Report {
    Report {
        provider,
        message: ours.map(MessageId::trusted),
        provider_id: name.to_owned(),
        state: Some(state),
        word: state.name().to_owned(),
        code,
        raw: String::new(),
    }
}

pub async fn file(house: &House, report: &Report) -> Filed {
    file_report(&house.store, report, house.clock.now(), Stub::explain_of).await.unwrap()
}

#[tokio::test]
async fn sms_10_the_same_id_at_two_providers_is_two_texts() {
    let house = House::new().await;
    let (first, second) = (Stub::saying([BUSY]), Stub::default());
    // Both get "id-1" for a name.
    house.text("m0", Some("p1"), "1", None).await;
    let worker = house.work(routes(&house, &first, &second, rules()));
    house.reaches("m0", "sent").await;
    house.text("m1", Some("p1"), "1", None).await;
    house.reaches("m1", "sent").await;
    worker.stop().await;
    let names =
        "select group_concat(id || provider || provider_id, ' ') from (select * from message order by id)";
    assert_eq!(house.see(names).await, "m0notifyid-1 m1twilioid-1");
    file(&house, &report(Provider::Notify, None, "id-1", MessageState::Undelivered, Some(7))).await;
    assert_eq!((house.state("m0").await, house.state("m1").await), ("undelivered".into(), "sent".into()));
    let why = house.see("select error from message where id = 'm0'").await;
    assert_eq!(why, Cause::Unreachable.explanation(), "Notify's seven is not Twilio's");
    file(&house, &report(Provider::Twilio, None, "id-1", MessageState::Delivered, None)).await;
    assert_eq!(house.state("m1").await, "delivered");
    assert_eq!(
        file(&house, &report(Provider::Android, None, "id-1", MessageState::Delivered, None)).await,
        Filed::Parked
    );
}

#[tokio::test]
async fn sms_10_a_report_that_was_parked_is_for_a_text_of_the_same_provider_alone() {
    let house = House::new().await;
    file(&house, &report(Provider::Notify, None, "id-1", MessageState::Undelivered, Some(7))).await;
    let (first, second) = (Stub::saying([]), Stub::default());
    house.text("m0", Some("p1"), "1", None).await;
    let worker = house.work(routes(&house, &first, &second, rules()));
    house.reaches("m0", "sent").await;
    worker.stop().await;
    assert_eq!(house.see("select count(*) from message_event where message_id is null").await, "1");
    assert_eq!(house.alerts().await, "-");
}

#[tokio::test]
async fn a_provider_that_said_no_and_has_it_all_the_same_is_believed_only_when_it_arrived() {
    let house = House::new().await;
    let (first, second) = (Stub::saying([BUSY]), Stub::default());
    house.text("m0", Some("p1"), "1", None).await;
    let worker = house.work(routes(&house, &first, &second, rules()));
    house.reaches("m0", "sent").await;
    worker.stop().await;
    let late = |state| report(Provider::Twilio, Some("m0"), "late", state, Some(7));
    assert_eq!(file(&house, &late(MessageState::Failed)).await, Filed::Kept);
    assert_eq!(file(&house, &late(MessageState::Sent)).await, Filed::Kept);
    assert_eq!((house.state("m0").await, with(&house, "m0").await), ("sent".into(), "notify".into()));
    assert!(matches!(file(&house, &late(MessageState::Delivered)).await, Filed::Moved(_)));
    assert_eq!(house.state("m0").await, "delivered");
    assert_eq!(house.see("select count(*) from message_event where message_id = 'm0'").await, "3");
    assert_eq!(house.see("select provider_id from message").await, "id-1", "its name is the other's");
}
