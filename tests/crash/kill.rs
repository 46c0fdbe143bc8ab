//! `kill -9` at moments that chance picks, over and over, under full load: what was promised is there, once.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use super::load::{Book, Load};
use crate::support::broker::Mosquitto;
use crate::support::daemon::{Daemon, Plan, TOKEN};
use crate::support::dice::Dice;
use crate::support::provider::{Mood, Provider};

/// Lives that end some time after the daemon was ready, and those that end before or just as it is.
const LONG_LIVES: usize = 24;
const SHORT_LIVES: usize = 6;
const DEVICES: usize = 8;
const PHONES: usize = 40;
/// Two bursts in a long life: one when it is ready, one just before its end.
const TEXTS_A_BURST: usize = 30;
const PUBLISHES_A_BURST: usize = 10;
/// A text that a dead daemon held is left alone for a minute, in case that it is on its way.
const DRAIN: Duration = Duration::from_secs(100);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_daemon_that_is_killed_at_any_moment_keeps_every_promise_once() {
    let seed = match std::env::var("LAMPLIGHT_CRASH_SEED") {
        Ok(seed) => seed.parse().expect("LAMPLIGHT_CRASH_SEED is a number"),
        Err(_) => u64::from(std::process::id()),
    };
    println!("LAMPLIGHT_CRASH_SEED={seed}");
    let mut dice = Dice::new(seed);
    let broker = Mosquitto::start("kill");
    let provider = Provider::start(Mood::Moody, seed).await;
    let plan = Plan { broker: &broker.url(), api_base: &provider.base, patients: PHONES, lines: "" };
    let mut daemon = Daemon::set_up(&plan);
    // Once subscribed, so that the broker keeps everything from here on.
    daemon.start();
    daemon.until_ready().await;

    let mut tasks = JoinSet::new();
    let load = Load::start(DEVICES, broker.port, &daemon.door(), &mut tasks);
    let (mut texts, mut publishes, mut mid_request) = (0, 0, 0);
    let mut burst = |load: &Load| {
        load.text(texts, TEXTS_A_BURST, PHONES);
        load.publish(PUBLISHES_A_BURST);
        texts += TEXTS_A_BURST;
        publishes += PUBLISHES_A_BURST * DEVICES;
    };
    let mut lives: Vec<bool> = (0..LONG_LIVES + SHORT_LIVES).map(|n| n < LONG_LIVES).collect();
    for n in (1..lives.len()).rev() {
        lives.swap(n, usize::try_from(dice.below(n as u64 + 1)).unwrap());
    }
    let kills = lives.len();
    for is_long in lives {
        if is_long {
            daemon.until_ready().await;
            burst(&load);
            sleep(Duration::from_millis(50 + dice.below(550))).await;
            burst(&load);
            sleep(Duration::from_micros(dice.below(40_000))).await;
        } else {
            sleep(Duration::from_millis(dice.below(300))).await;
        }
        mid_request += usize::from(load.book.in_flight() > 0);
        daemon.kill();
        daemon.start();
    }
    // The rest of the time goes into waiting, not into faults of the provider.
    provider.be(Mood::Well);
    daemon.until_ready().await;
    let begun = load.begun().as_millisecond();
    let book = load.finish();
    while let Some(ended) = tasks.join_next().await {
        ended.unwrap();
    }
    drained(&daemon, publishes + texts).await;
    daemon.stop().await;

    assert_eq!((book.texted.lock().unwrap().len(), book.published.lock().unwrap().len()), (texts, publishes));
    every_publish_is_there_once(&daemon, &book, begun).await;
    every_text_is_there_once(&daemon, &book).await;
    the_books_balance(&daemon).await;
    let doubled = every_answer_went_out(&daemon, &provider).await;
    the_log_tells_no_secrets(&daemon);
    let dropped = daemon.number("select coalesce(sum(copies), 0) from inbox").await;
    let replies = daemon.number("select count(*) from message where direction = 'out'").await;
    let repeated = book.repeated.load(std::sync::atomic::Ordering::Relaxed);
    println!(
        "{kills} kills ({mid_request} in the middle of a request), {publishes} publishes and {texts} texts \
         (handed over again {repeated} times): each there once, {dropped} duplicates dropped, \
         {replies} answers, none missing, {doubled} sent twice"
    );
}

/// Waits until everything is in and every answer is out of the house.
async fn drained(daemon: &Daemon, events: usize) {
    let deadline = Instant::now() + DRAIN;
    let left = || deadline.saturating_duration_since(Instant::now());
    daemon.until_number("select count(*) from inbox", events as u64, left()).await;
    let waiting = "select count(*) from message where state in ('queued', 'sending', 'ambiguous')";
    daemon.until_number(waiting, 0, left()).await;
}

async fn every_publish_is_there_once(daemon: &Daemon, book: &Book, begun: i64) {
    assert!(book.published.lock().unwrap().iter().all(|(_, taken_at)| *taken_at >= begun));
    let promised: HashSet<String> =
        book.published.lock().unwrap().iter().map(|(device, at)| format!("{device} {at}")).collect();
    let numbers = daemon
        .column("select device_id || ' ' || taken_at || ' ' || vital from reading where source = 'device'")
        .await;
    assert_eq!(numbers.len(), promised.len() * 2, "two numbers a publish");
    let numbers: HashSet<String> = numbers.into_iter().collect();
    for publish in &promised {
        for vital in ["systolic", "diastolic"] {
            assert!(numbers.contains(&format!("{publish} {vital}")), "{publish} {vital} is missing");
        }
    }
    assert_eq!(numbers.len(), promised.len() * 2, "none of them twice");
    let journalled = daemon.number("select count(*) from inbox where kind = 'reading'").await;
    assert_eq!(journalled, promised.len() as u64);
}

async fn every_text_is_there_once(daemon: &Daemon, book: &Book) {
    let promised: Vec<String> = {
        let texted = book.texted.lock().unwrap();
        texted.iter().map(|text| format!("{} {} {}", text.sid, text.from, text.body)).collect()
    };
    for sql in [
        "select provider_id || ' ' || sender || ' ' || body from inbox where kind = 'text'",
        "select provider_id || ' ' || address || ' ' || body from message where direction = 'in'",
    ] {
        let mut kept = daemon.column(sql).await;
        let mut promised = promised.clone();
        kept.sort_unstable();
        promised.sort_unstable();
        assert_eq!(kept, promised, "{sql}");
    }
    let unread = "select id from inbox where kind = 'text' and
                  2 <> (select count(*) from reading where set_id = inbox.id)";
    assert_eq!(daemon.column(unread).await, [""; 0], "texts without their two numbers");
    let unanswered = "select id from inbox where kind = 'text' and
                      1 <> (select count(*) from message where direction = 'out' and id = inbox.id || 'm1')";
    assert_eq!(daemon.column(unanswered).await, [""; 0], "texts without one answer");
}

async fn the_books_balance(daemon: &Daemon) {
    let wrong = "with book as (select edge, sum(received) as received, sum(accepted) as accepted,
                   sum(duplicate) as duplicate, sum(rejected) as rejected, sum(held) as held from ledger group by edge),
                 journal as (select edge, count(*) as events, sum(copies) as copies,
                   count(*) filter (where outcome = 'accepted') as accepted,
                   count(*) filter (where outcome = 'rejected') as rejected,
                   count(*) filter (where outcome = 'held') as held from inbox group by edge)
                 select edge || ': ' || received || ' received, ' || events || ' journalled, ' || copies || ' copies'
                 from book left join journal using (edge)
                 where received is not book.accepted + duplicate + book.rejected + book.held or received is not events + copies
                   or duplicate is not copies or book.accepted is not journal.accepted
                   or book.rejected is not journal.rejected or book.held is not journal.held";
    assert_eq!(daemon.column(wrong).await, [""; 0]);
    assert_eq!(daemon.number("select count(distinct edge) from ledger").await, 2);
    assert_eq!(daemon.number("select count(*) from inbox where outcome <> 'accepted'").await, 0);
    assert_eq!(daemon.column("select * from pragma_integrity_check").await, ["ok"]);
    assert_eq!(daemon.column("select \"table\" from pragma_foreign_key_check").await, [""; 0]);
    for (orphans, sql) in [
        (
            "alerts without evidence",
            "select rule_id || ' ' || severity || ' ' || count || ' ' || why from alert where id not in (select alert_id from alert_evidence)",
        ),
        (
            "evidence without a reading",
            "select set_id from alert_evidence where set_id not in (select set_id from reading)",
        ),
        (
            "readings without an event",
            "select set_id from reading where set_id not in (select id from inbox)",
        ),
        (
            "alerts that count otherwise than their evidence",
            "select id from alert where count <> (select count(*) from alert_evidence where alert_id = alert.id)",
        ),
        (
            "texts out without an event",
            "select id from message where substr(id, 1, length(id) - 2) not in (select id from inbox)",
        ),
        ("texts given up", "select id from message where state in ('failed', 'undelivered')"),
        ("reports without a text", "select provider_id from message_event where message_id is null"),
    ] {
        assert_eq!(daemon.column(sql).await, [""; 0], "{orphans}");
    }
    assert!(daemon.number("select count(*) from alert").await > 0, "some readings were very high");
}

/// Gives how many texts the provider was given more often than they were written.
async fn every_answer_went_out(daemon: &Daemon, provider: &Provider) -> usize {
    let mut written: HashMap<(String, String), usize> = HashMap::new();
    for line in daemon.column("select address || ' ' || body from message where direction = 'out'").await {
        let (to, body) = line.split_once(' ').unwrap();
        *written.entry((to.to_owned(), body.to_owned())).or_default() += 1;
    }
    let sent = provider.sent();
    let mut doubled = 0;
    for (text, count) in &written {
        let given = sent.get(text).copied().unwrap_or_default();
        assert!(given >= *count, "the provider has {given} of {count} texts: {text:?}");
        doubled += given - count;
    }
    let strangers: Vec<_> = sent.keys().filter(|text| !written.contains_key(*text)).collect();
    assert!(strangers.is_empty(), "sent and never written: {strangers:?}");
    doubled
}

fn the_log_tells_no_secrets(daemon: &Daemon) {
    let log = daemon.log();
    assert!(log.contains("subscribed at the MQTT broker"), "the log is the daemon's");
    for secret in ["7700900", "BP 1", "Thank you", "We have your reading", "Nescio", TOKEN] {
        assert!(!log.contains(secret), "the log has '{secret}':\n{log}");
    }
}
