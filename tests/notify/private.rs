//! Mails over TLS to a real server with a certificate of an authority of our own, and mails that come back.

use lamplight::domain::organisation::{Address, Channel};
use lamplight::engine::delivery::{Bounced, bounce};
use lamplight::engine::nurse::{Hand, Via};
use lamplight::notify::email::Privacy;
use lamplight::outbox::Carriers;
use lamplight::sms::log::LogCarrier;

use super::mail::{Mailbox, private_to};
use super::staff::{contact, notify};
use crate::sms::house::{House, until};
use crate::support::house::PROJECT;

const AMINA: &str = "amina@example.org";

fn server(mode: &str) -> Mailbox {
    let fixtures = format!("{PROJECT}/tests/fixtures/tls");
    Mailbox::open(&format!("--tls {mode} {fixtures}/server.pem {fixtures}/server.key"))
}

#[tokio::test]
async fn a_mail_goes_over_tls_to_a_server_of_an_authority_that_is_trusted() {
    for (mode, privacy) in [("smtps", Privacy::Tls), ("starttls", Privacy::StartTls)] {
        let house = House::new().await;
        let mailbox = server(mode);
        notify(&house, "m0", Channel::Email, AMINA).await;
        let carrier = private_to("localhost", mailbox.port, privacy, "ca.pem", house.clock.clone());
        let worker =
            house.work(Carriers { sms: LogCarrier, email: Some(carrier), webhook: None::<LogCarrier> });
        house.reaches("m0", "sent").await;
        worker.stop().await;
        until("the mail", async || mailbox.mails().len() == 1).await;
        assert_eq!(house.tasks().await, "-", "{mode}");
    }
}

#[tokio::test]
async fn a_server_that_is_not_who_it_should_be_is_told_nothing_and_that_is_loud() {
    for (mode, privacy) in [("smtps", Privacy::Tls), ("starttls", Privacy::StartTls)] {
        let house = House::new().await;
        let mailbox = server(mode);
        notify(&house, "m0", Channel::Email, AMINA).await;
        let stranger = private_to("localhost", mailbox.port, privacy, "other-ca.pem", house.clock.clone());
        let worker =
            house.work(Carriers { sms: LogCarrier, email: Some(stranger), webhook: None::<LogCarrier> });
        house.reaches("m0", "failed").await;
        worker.stop().await;
        assert!(mailbox.mails().is_empty());
        assert!(house.tasks().await.contains("provider_refuses"), "{mode}: {}", house.tasks().await);
    }
}

#[tokio::test]
async fn a_mailbox_that_gives_a_mail_back_counts_as_failed_and_somebody_is_asked_to_see_to_it() {
    let house = House::new().await;
    contact(&house, "amina", "email", AMINA).await;
    notify(&house, "m0", Channel::Email, AMINA).await;
    let mailbox = Mailbox::open("");
    let carrier = mailbox.carrier(house.clock.clone());
    let worker = house.work(Carriers { sms: LogCarrier, email: Some(carrier), webhook: None::<LogCarrier> });
    house.reaches("m0", "sent").await;
    worker.stop().await;
    let hand = Hand { actor: "postmaster".to_owned(), via: Via::Page };
    let address = Address::parse(Channel::Email, AMINA).unwrap();
    let bounced = bounce(&house.store, &address, &hand, house.clock.now()).await.unwrap();
    assert_eq!((bounced.contacts.len(), bounced.mails), (1, 1));
    house.reaches("m0", "undelivered").await;
    assert!(house.tasks().await.contains("staff_unreached"), "{}", house.tasks().await);
    assert_eq!(house.store.contacts().await.unwrap()[0].failed_at, Some(house.clock.now()));
    let again = bounce(&house.store, &address, &hand, house.clock.now()).await.unwrap();
    assert_eq!(again.mails, 0, "said twice it is one loss");
    let nobody = Address::parse(Channel::Email, "nobody@example.org").unwrap();
    assert_eq!(bounce(&house.store, &nobody, &hand, house.clock.now()).await.unwrap(), Bounced::default());
}
