use jiff::SignedDuration;
use lamplight::domain::organisation::Channel;
use lamplight::notify::email::{EmailCarrier, Privacy};
use lamplight::outbox::Carriers;
use lamplight::sms::log::LogCarrier;

use super::mail::{FROM, Mailbox, carrier_to};
use super::staff::{contact, notify, watched};
use crate::sms::house::{House, until};
use crate::sms::wait_out;
use crate::support::broker::free_port;

const AMINA: &str = "amina@example.org";

fn with(email: EmailCarrier) -> Carriers<LogCarrier, EmailCarrier, LogCarrier> {
    Carriers { sms: LogCarrier, email: Some(email), webhook: None }
}

#[tokio::test]
async fn a_mail_leaves_once_under_the_name_of_its_message() {
    let house = House::new().await;
    let mailbox = Mailbox::open("");
    notify(&house, "m0", Channel::Email, AMINA).await;
    let worker = house.work(with(mailbox.carrier(house.clock.clone())));
    house.reaches("m0", "sent").await;
    worker.stop().await;
    until("the mail", async || !mailbox.mails().is_empty()).await;
    let mails = mailbox.mails();
    assert_eq!(mails.len(), 1);
    assert_eq!(mails[0]["rcpt"], serde_json::json!([AMINA]));
    assert_eq!(mails[0]["from"], FROM);
    assert_eq!(mails[0]["subject"], "Somebody waits");
    assert_eq!(mails[0]["message-id"], "<m0@gw.example.nhs.uk>");
    assert_eq!(mails[0]["date"], "Sun, 22 Nov 2026 09:00:00 +0000");
    assert_eq!(mails[0]["auto-submitted"], "auto-generated");
    assert_eq!(mails[0]["body"], "A patient of North needs you — see the queue.");
    assert_eq!(house.tasks().await, "-");
}

#[tokio::test]
async fn whatever_goes_wrong_once_the_mail_arrives() {
    for (mood, copies, label) in [
        ("rcpt:451", 1, "greylisted"),
        ("rcpt:421", 1, "too many connections"),
        ("data:452", 1, "no room just now"),
        ("hang:rcpt", 1, "silent before it had the mail"),
        ("hang:data", 2, "silent after it had the mail"),
        ("drop:data", 2, "broken off after it had the mail"),
    ] {
        let house = House::new().await;
        let mailbox = Mailbox::open(mood);
        notify(&house, "m0", Channel::Email, AMINA).await;
        let worker = house.work(with(mailbox.carrier(house.clock.clone())));
        wait_out(&house, "m0", "sent").await;
        worker.stop().await;
        until("what the server was given", async || mailbox.mails().len() >= copies).await;
        let mails = mailbox.mails();
        assert_eq!(mails.len(), copies, "{label}");
        assert!(mails.iter().all(|mail| mail["message-id"] == "<m0@gw.example.nhs.uk>"), "{label}");
        assert_eq!(house.tasks().await, "-", "{label}");
    }
}

#[tokio::test]
async fn a_mailbox_that_refuses_is_a_task_and_the_chain_goes_on_at_once() {
    let house = House::new().await;
    let mailbox = Mailbox::open("rcpt:550");
    contact(&house, "amina", "email", AMINA).await;
    watched(&house, "m0", "amina", "email", AMINA).await;
    notify(&house, "m0", Channel::Email, AMINA).await;
    let worker = house.work(with(mailbox.carrier(house.clock.clone())));
    house.reaches("m0", "failed").await;
    worker.stop().await;
    assert_eq!(house.tasks().await, "staff_unreached/amina/1");
    assert_eq!(house.see("select error_code from message").await, "550");
    assert_eq!(
        house.see("select detail from task").await,
        "amina was not told by e-mail. The mailbox does not take mail: it may be wrong or closed. Whoever is next has \
         been told; check how they are reached."
    );
    let now = house.clock.now().as_millisecond();
    assert_eq!(house.see("select failed_at from contact").await, now.to_string());
    assert_eq!(house.see("select look_at || ' ' || next_at from watch").await, format!("0 {now}"));
    assert_eq!(house.alerts().await, "r/red/open/1", "a lost notification is no alert of the patient's");
}

#[tokio::test]
async fn a_chain_whose_step_told_somebody_else_as_well_keeps_its_time() {
    let house = House::new().await;
    let mailbox = Mailbox::open("rcpt:550");
    watched(&house, "m0", "amina", "email", AMINA).await;
    house
        .run(
            "insert into notice (id, patient_id, team_id, severity, episode, round, step, reason, target, person,
                                 channel, address, message_id, at)
             select 'other', patient_id, team_id, severity, episode, round, step, reason, 'person:bo', 'bo', 'sms',
                    '+447700900777', 'm1', at from notice",
        )
        .await;
    let next = house.see("select next_at from watch").await;
    notify(&house, "m1", Channel::Sms, "+447700900777").await;
    notify(&house, "m0", Channel::Email, AMINA).await;
    let worker = house.work(with(mailbox.carrier(house.clock.clone())));
    house.reaches("m0", "failed").await;
    worker.stop().await;
    assert_eq!(house.see("select look_at || ' ' || next_at from watch").await, format!("{next} {next}"));
}

#[tokio::test]
async fn a_server_that_is_gone_or_wants_another_password_does_not_hold_the_chain() {
    let nobody = free_port();
    let locked = Mailbox::open("--login lamp:light");
    let wrong = Some(("lamp", "dark"));
    for (port, privacy, login, task) in [
        (nobody, Privacy::Plain, None, "staff_unreached/amina/1"),
        (locked.port, Privacy::Plain, wrong, "provider_refuses/email/1"),
        (locked.port, Privacy::Plain, None, "provider_refuses/email/1"),
        // It knows no TLS: not a word of the mail is said to it.
        (locked.port, Privacy::StartTls, Some(("lamp", "light")), "provider_refuses/email/1"),
    ] {
        let house = House::new().await;
        contact(&house, "amina", "email", AMINA).await;
        watched(&house, "m0", "amina", "email", AMINA).await;
        notify(&house, "m0", Channel::Email, AMINA).await;
        let worker = house.work(with(carrier_to(port, privacy, login, house.clock.clone())));
        wait_out(&house, "m0", "failed").await;
        worker.stop().await;
        assert_eq!(house.tasks().await, task);
        assert_eq!(house.see("select look_at from watch").await, "0");
    }
    assert_eq!(locked.mails().len(), 0);
}

#[tokio::test]
async fn with_the_right_password_it_goes() {
    let house = House::new().await;
    let locked = Mailbox::open("--login lamp:light");
    notify(&house, "m0", Channel::Email, AMINA).await;
    let carrier = carrier_to(locked.port, Privacy::Plain, Some(("lamp", "light")), house.clock.clone());
    assert!(!format!("{carrier:?}").contains("\"light\""), "the password shows nowhere");
    let worker = house.work(with(carrier));
    house.reaches("m0", "sent").await;
    worker.stop().await;
    until("the mail", async || locked.mails().len() == 1).await;
}

#[tokio::test]
async fn what_nothing_is_set_up_for_fails_by_name_and_is_never_silent() {
    for (channel, address, task) in [
        (Channel::Email, AMINA, "no_carrier/email/1"),
        (Channel::Webhook, "https://hooks.example.org/ward", "no_carrier/webhook/1"),
    ] {
        let house = House::new().await;
        notify(&house, "m0", channel, address).await;
        let worker = house.work(Carriers::only_texts(LogCarrier));
        house.reaches("m0", "failed").await;
        worker.stop().await;
        assert_eq!(house.tasks().await, task);
    }
}

#[tokio::test]
async fn staff_are_told_before_patients_who_wait_in_hundreds() {
    let house = House::new().await;
    for n in 0..200 {
        house.text(&format!("m{n}"), Some("p1"), &format!("Thank you {n}."), None).await;
    }
    house.advance(SignedDuration::from_mins(1));
    notify(&house, "staff", Channel::Sms, "+447700900777").await;
    let now = house.clock.now();
    let mut tx = house.store.begin().await.unwrap();
    let held = tx.claim_texts(now, now + SignedDuration::from_mins(1), 8).await.unwrap();
    assert_eq!(held.len(), 8);
    assert_eq!(held[0].id.as_str(), "staff");
}

#[tokio::test]
async fn a_mail_that_a_dead_worker_held_is_sent_again_under_its_name() {
    let house = House::new().await;
    let mailbox = Mailbox::open("");
    notify(&house, "m0", Channel::Email, AMINA).await;
    let now = house.clock.now();
    let mut tx = house.store.begin().await.unwrap();
    tx.claim_texts(now, now + SignedDuration::from_mins(1), 8).await.unwrap();
    tx.commit().await.unwrap();
    let worker = house.work(with(mailbox.carrier(house.clock.clone())));
    house.advance(SignedDuration::from_mins(2));
    house.reaches("m0", "sent").await;
    worker.stop().await;
    until("the mail", async || mailbox.mails().len() == 1).await;
}
