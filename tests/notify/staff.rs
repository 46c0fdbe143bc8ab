//! People who work here, a patient whom somebody watches, and notifications in the outbox.

use jiff::SignedDuration;
use lamplight::domain::id::MessageId;
use lamplight::domain::message::NewNotification;
use lamplight::domain::organisation::{Address, Channel};

use crate::sms::house::House;

/// Puts a notification into the outbox, without anybody's watch behind it.
pub async fn notify(house: &House, id: &str, channel: Channel, address: &str) {
    let now = house.clock.now();
    let notification = NewNotification {
        id: MessageId::trusted(id),
        address: Address::parse(channel, address).unwrap(),
        subject: "Somebody waits".to_owned(),
        body: "A patient of North needs you — see the queue.".to_owned(),
        not_after: now + SignedDuration::from_hours(4),
        created_at: now,
    };
    let mut tx = house.store.begin().await.unwrap();
    tx.queue_notification(&notification).await.unwrap();
    tx.commit().await.unwrap();
    house.nudge.nudge();
}

/// Somebody who is reached there, as proved just now.
pub async fn contact(house: &House, person: &str, channel: &str, address: &str) {
    house
        .run(&format!(
            "insert into user (name, full_name, role, password_hash, created_at)
             values ('{person}', '{person}', 'nurse', 'x', 0) on conflict do nothing;
             insert into contact (id, user_name, channel, address, created_at, verified_at)
             values ('{person}-{channel}', '{person}', '{channel}', '{address}', 0, {});",
            house.clock.now().as_millisecond()
        ))
        .await;
}

/// A red alert of p1, whose watch has told `person` and waits an hour for the next step.
pub async fn watched(house: &House, message: &str, person: &str, channel: &str, address: &str) {
    let now = house.clock.now().as_millisecond();
    house
        .run(&format!(
            "insert into alert (id, patient_id, rule_id, rule_version, severity, state, title, why, proposal,
                                opened_at, last_at, late)
             values ('a1', 'p1', 'r', 'v', 'red', 'open', 't', 'w', 'p', {now}, {now}, 0);
             insert into watch (patient_id, look_at, begun, next_at, team_id, severity, chain, episode, reason,
                                announced, started_at, covers, stage, round, step)
             values ('p1', {later}, 1, {later}, 'everyone', 'red', '{{\"steps\":[],\"rounds\":1,\"again_minutes\":30}}',
                     1, 'first', 1, {now}, '[\"a1\"]', 'running', 0, 1);
             insert into notice (id, patient_id, team_id, severity, episode, round, step, reason, target, person,
                                 channel, address, message_id, at)
             values ('n-{message}', 'p1', 'everyone', 'red', 1, 0, 0, 'first', 'person:{person}', '{person}',
                     '{channel}', '{address}', '{message}', {now});",
            later = now + 3_600_000
        ))
        .await;
}
