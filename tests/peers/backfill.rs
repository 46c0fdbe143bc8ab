//! A gateway that was down while patients texted, and the Twilio that kept what they said.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use lamplight::clock::Clock;
use serde_json::{Value, json};

use super::daemon::{AGNES, BERNARD, Daemon, Plan, until};
use super::twilio::Emulate;
use crate::backfill::list::Listing;
use crate::support::broker::free_port;
use crate::support::house::House;

/// The provider's list is counted by days of UTC: none may end while a test runs.
async fn well_before_midnight() {
    let day = 24 * 60 * 60;
    let left = day - Clock::system().now().as_second().rem_euclid(day);
    if left < 180 {
        tokio::time::sleep(Duration::from_secs(left.unsigned_abs() + 1)).await;
    }
}

async fn line(sms: &'static str) -> (Emulate, Daemon) {
    well_before_midnight().await;
    let port = free_port();
    let twilio = Emulate::start(&format!("http://127.0.0.1:{port}")).await;
    let plan = Plan { api_base: Some(twilio.url("")), sms, ..Plan::default() };
    let daemon = Daemon::start_on(port, plan).await;
    (twilio, daemon)
}

async fn kept(house: &House) -> u64 {
    house.count("select count(*) from inbox where edge = 'text'").await
}

fn sent_at(message: &Value) -> Timestamp {
    jiff::fmt::rfc2822::parse(message["date_sent"].as_str().unwrap()).unwrap().timestamp()
}

#[tokio::test]
async fn sms_08_what_was_texted_while_the_gateway_was_down_is_taken_in_once_at_its_own_time() {
    let (twilio, mut daemon) = line("").await;
    twilio.text(AGNES, "BP 121 71").await;
    assert_eq!(daemon.ledger().await, [1, 1, 0, 0, 0], "this one came by the webhook");
    daemon.stop();
    daemon.overhear("BP 185 122");
    for body in ["BP 122 72", "BP 123 73"] {
        twilio.text(AGNES, body).await;
    }
    twilio.text(BERNARD, "BP 185 122").await;
    daemon.start_again().await;
    until("all four are in", async || kept(&daemon.house).await == 4).await;
    assert_eq!(daemon.ledger().await, [4, 4, 0, 0, 0]);
    let systolic = daemon.list("readings?patient=p1&vital=systolic").await;
    let mut values: Vec<_> = systolic.iter().map(|reading| reading["value"].as_u64().unwrap()).collect();
    values.sort_unstable();
    assert_eq!(values, [121, 122, 123]);
    let alerts = daemon.list("alerts?patient=p2").await;
    assert_eq!(alerts.len(), 1, "{alerts:?}");

    // Each as of when it was sent, and flagged.
    let listed = twilio.received().await;
    for message in &listed[1..] {
        let sid = message["sid"].as_str().unwrap();
        let found = daemon
            .house
            .see(&format!("select sent_at, id from inbox where dedupe_key = 'twilio:{sid}'"))
            .await;
        let (at, event) = found[0].split_once('|').unwrap();
        assert_eq!(at, sent_at(message).as_millisecond().to_string(), "{message}");
        let taken = daemon
            .house
            .see(&format!("select distinct taken_at from reading where set_id = '{event}'"))
            .await;
        assert_eq!(taken, [at], "{message}");
    }
    assert_eq!(daemon.house.count("select count(*) from inbox where sent_at is null").await, 1);

    // Looked for again, and texted again.
    daemon.stop();
    daemon.start_again().await;
    let looked = "select count(*) from listing_day where listed = 4 and kept = 4 and late = 3";
    until("the day adds up", async || daemon.house.count(looked).await == 1).await;
    twilio.text(AGNES, "BP 124 74").await;
    assert_eq!(daemon.ledger().await, [5, 5, 0, 0, 0]);
    let reconciliation = daemon.api("intake/reconciliation").await;
    assert_eq!(reconciliation["balanced"], true, "{reconciliation}");
    assert_eq!(reconciliation["days"][0]["late"], 3, "{reconciliation}");
    daemon.end().await;
}

#[tokio::test]
async fn sms_08_a_gateway_that_is_killed_while_it_catches_up_loses_nothing_and_doubles_nothing() {
    let (twilio, mut daemon) = line("").await;
    daemon.stop();
    for n in 0..60 {
        twilio
            .text(if n % 2 == 0 { AGNES } else { BERNARD }, &format!("BP 12{} {}", n % 10, 60 + n % 20))
            .await;
    }
    for wanted in [1, 2, 30, 59] {
        daemon.set_off();
        daemon.kill_once("some are in", async |house| kept(house).await >= wanted).await;
    }
    daemon.start_again().await;
    until("all are in", async || kept(&daemon.house).await == 60).await;
    let looked = "select count(*) from listing_day where listed = 60 and kept = 60";
    until("the day adds up", async || daemon.house.count(looked).await == 1).await;
    assert_eq!(daemon.ledger().await, [60, 60, 0, 0, 0]);
    assert_eq!(daemon.house.count("select count(distinct set_id) from reading").await, 60);
    daemon.end().await;
}

#[tokio::test]
async fn sms_29_what_is_stored_is_blanked_at_twilio_and_looking_again_changes_nothing() {
    let (twilio, mut daemon) = line("redact = true").await;
    until("the redactor has begun", async || daemon.house.count("select count(*) from redacting").await == 1)
        .await;
    daemon.overhear("BP 121 71");
    twilio.text(AGNES, "BP 121 71").await;
    let sent = twilio.wait_for(AGNES, 1).await;
    until("the text is blank", async || twilio.received().await[0]["body"] == "").await;
    assert_ne!(twilio.sent_to(AGNES).await[0]["body"], "", "the answer is not final yet");
    twilio.report(sent[0]["sid"].as_str().unwrap(), "delivered").await;
    until("the answer is blank", async || twilio.sent_to(AGNES).await[0]["body"] == "").await;
    assert_eq!(daemon.readings("p1").await, ["diastolic 71", "systolic 121"]);
    daemon.stop();
    daemon.start_again().await;
    let looked = "select count(*) from listing_day where listed = 1 and kept = 1 and late = 0";
    until("the day adds up", async || daemon.house.count(looked).await == 1).await;
    assert_eq!(daemon.ledger().await, [1, 1, 0, 0, 0]);
    assert_eq!(daemon.replies("p1").await.len(), 1);
    daemon.end().await;
}

#[tokio::test]
async fn sms_08_whoever_answered_while_the_gateway_was_down_was_not_silent() {
    let listing = Listing::start().await;
    let plan = Plan { api_base: Some(listing.base.clone()), ..Plan::default() };
    let mut daemon = Daemon::start(plan).await;
    daemon.stop();
    let cyd = "+447700900125";
    daemon
        .house
        .enrol(&format!("patient_id,name,phone,consent,protocols\np3,Agnes Bernard,{cyd},given,bp_stable\n"));
    // Asked three hours ago, for an hour, and down since: that may have been before midnight.
    let now = Clock::system().now();
    let (asked, answered) = (now - SignedDuration::from_mins(180), now - SignedDuration::from_mins(150));
    let at = asked.as_millisecond();
    daemon.house.change(&format!(
        "insert into message (id, patient_id, direction, channel, address, body, state, purpose, created_at, sent_at)
           values ('asked', 'p3', 'out', 'sms', '{cyd}', 'Please send your reading.', 'sent', '\"prompt\"', {at}, {at});
         insert into prompt (id, patient_id, protocol_id, protocol_version, revision, entry, question, planned_at,
             window_minutes, reminders, reminded, late_minutes, state, since, message_id)
           select 'asked', 'p3', 'bp_stable', 'x', revision, 'first_week', 'bp', {at}, 60, '[]', 0, 0, 'asked', {at}, 'asked'
           from enrolment where patient_id = 'p3';
         update agenda set wake_at = 0;
         update listing_cursor set until = {at}"
    )).await;
    // Longer than it takes until misses are looked for.
    listing.books.lock().unwrap().slow = Duration::from_secs(7);
    listing.put("SM1", cyd, answered, "BP 121 71", json!({}));
    daemon.start_again().await;
    let state = async || daemon.house.see("select state from prompt where id = 'asked'").await.remove(0);
    until("the question is closed", async || state().await != "asked").await;
    assert_eq!(state().await, "answered");
    assert_eq!(daemon.readings("p3").await, ["diastolic 71", "systolic 121"]);
    assert_eq!(daemon.list("readings?patient=p3").await[0]["late"], true);
    daemon.end().await;
}
