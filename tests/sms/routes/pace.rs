//! Pace and budgets: what is routine waits, and advice does not.

use jiff::SignedDuration;
use lamplight::domain::alert::Severity;
use lamplight::domain::dispatch::Budget;
use lamplight::outbox::routes::Rules;

use super::{Stub, routes, rules};
use crate::sms::house::{House, until};

/// Ten thousand questions to as many patients, all due.
async fn burst(house: &House) {
    house
        .run(
            "insert into patient (id, phone, language, time_zone, consent, consent_at, standing, created_at, updated_at)
             with recursive n(i) as (select 0 union all select i + 1 from n where i < 9999)
             select printf('b%05d', i), printf('+4477009%05d', 20000 + i), 'en', 'Europe/London', 'given', 0, 'active', 0, 0
             from n;
             insert into message (id, patient_id, direction, channel, address, body, state, purpose, created_at,
                                  not_after, due_at)
             select 'm' || id, id, 'out', 'sms', phone, 'How are you today?', 'queued', '\"prompt\"',
                    1795338000000, 1795338000000 + 43200000, 1795338000000
             from patient where id like 'b%'",
        )
        .await;
}

#[tokio::test]
async fn sms_25_red_advice_overtakes_ten_thousand_questions_that_leave_at_their_pace() {
    let house = House::new().await;
    burst(&house).await;
    let (first, second) = (Stub::default(), Stub::default());
    let paced = Rules { segments_per_second: 10, ..rules() };
    let worker = house.work(routes(&house, &first, &second, paced));
    until("the first second's worth", async || first.sent().len() == 10).await;
    for second_of in 2..=5_usize {
        house.advance(SignedDuration::from_secs(1));
        until("the next second's worth", async || first.sent().len() == second_of * 10).await;
    }
    house.text("red", Some("p1"), "Please call 999.", Some(Severity::Red)).await;
    house.text("amber", Some("p1"), "Please call your nurse.", Some(Severity::Amber)).await;
    house.reaches("red", "sent").await;
    assert_eq!(first.sent().len(), 51, "nothing else has left since");
    assert_eq!(first.sent()[50].0, "red");
    house.advance(SignedDuration::from_secs(1));
    until("the next second's worth", async || first.sent().len() >= 60).await;
    assert_eq!(first.sent()[51].0, "amber", "before all that is routine");
    worker.stop().await;
    assert_eq!(first.sent().len(), 60, "red advice is counted at the pace too");
    assert_eq!(second.sent().len(), 0, "a pace is no reason to go elsewhere");
}

#[tokio::test]
async fn sms_25_a_runaway_stops_at_the_budget_with_one_task_and_advice_still_leaves() {
    let house = House::new().await;
    burst(&house).await;
    let (first, second) = (Stub::default(), Stub::default());
    let budget = Budget { burst: Some(200), day: Some(350), number: Some(30) };
    let worker = house.work(routes(&house, &first, &second, Rules { budget, ..rules() }));
    let held = "select count(*) from message where state = 'queued' and due_at > created_at";
    until("the rest is held", async || house.see(held).await == "9800").await;
    assert_eq!(first.sent().len(), 200);
    let tasks = "select group_concat(kind || '/' || subject || '/' || urgent, ' ') from task";
    assert_eq!(house.see(tasks).await, "text_budget/burst/1");
    house.text("amber", Some("p1"), "Please call your nurse.", Some(Severity::Amber)).await;
    house.reaches("amber", "sent").await;
    let counts = house.telemetry.render();
    assert!(counts.contains("lamplight_outbox_over_budget_total{outcome=\"urgent\"} 1\n"), "{counts}");
    // The next ten minutes have their own, until the day's is used up.
    house.advance(SignedDuration::from_mins(10));
    until("the day's budget", async || first.sent().len() == 350).await;
    let held = format!(
        "select count(*) from message where state = 'queued' and due_at > {}",
        house.clock.now().as_millisecond()
    );
    until("the rest is held", async || house.see(&held).await == "9651").await;
    assert_eq!(house.see(tasks).await, "text_budget/burst/1 text_budget/day/1");
    // What is not of use any more does not wait for a budget.
    house.run("delete from message where state = 'queued' and id > 'mb00399'").await;
    house.advance(SignedDuration::from_hours(12));
    until("the rest is given up", async || {
        house.see("select count(*) from message where state = 'failed'").await == "51"
    })
    .await;
    worker.stop().await;
    assert_eq!(second.sent().len(), 0);
}

#[tokio::test]
async fn sms_25_one_number_has_a_budget_of_its_own_counted_in_segments() {
    let house = House::new().await;
    house.patient("p2", Some("+447700900777")).await;
    let (first, second) = (Stub::default(), Stub::default());
    let budget = Budget { number: Some(4), ..Budget::default() };
    let worker = house.work(routes(&house, &first, &second, Rules { budget, ..rules() }));
    let long = "x".repeat(300);
    for (id, state) in [("m0", "sent"), ("m1", "sent"), ("m2", "queued")] {
        house.text(id, Some("p1"), &long, None).await;
        house.reaches(id, state).await;
    }
    until("it is held", async || {
        house.see("select due_at > created_at from message where id = 'm2'").await == "1"
    })
    .await;
    house.text("m3", Some("p2"), &long, None).await;
    house.reaches("m3", "sent").await;
    worker.stop().await;
    assert_eq!(house.tasks().await, "text_budget/p1/number/1");
    assert_eq!(house.see("select sum(segments) from message").await, "6");
}
