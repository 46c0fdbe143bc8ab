//! The disk is full, the broker is gone, the provider hangs, a clock is wrong, the daemon is told to stop: what is
//! promised holds, and what cannot be promised is said.

use std::collections::HashSet;
use std::os::unix::process::ExitStatusExt;
use std::time::Duration;

use lamplight::clock::Clock;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use super::load::Load;
use crate::support::broker::Mosquitto;
use crate::support::daemon::{Daemon, Plan, cuff, phone};
use crate::support::provider::{Mood, Provider};
use crate::support::wire::Wire;

const JOURNALLED: &str = "select count(*) from inbox";
const WAITING: &str = "select count(*) from message where state in ('queued', 'sending', 'ambiguous')";
const ANSWERS: &str = "select count(*) from message where direction = 'out'";
const RECEIVED: &str = "select coalesce(sum(received), 0) from ledger";
const SOON: Duration = Duration::from_secs(40);

/// A daemon with all its neighbours.
struct Scene {
    broker: Mosquitto,
    provider: Provider,
    daemon: Daemon,
}

impl Scene {
    async fn new(name: &str, mood: Mood) -> Self {
        Self::with(name, mood, "").await
    }

    /// Ready, with further lines in the configuration.
    async fn with(name: &str, mood: Mood, lines: &str) -> Self {
        let broker = Mosquitto::start(name);
        let provider = Provider::start(mood, 1).await;
        let (url, base) = (broker.url(), provider.base.clone());
        let plan = Plan { broker: &url, api_base: &base, patients: 8, lines };
        let mut daemon = Daemon::set_up(&plan);
        daemon.start();
        daemon.until_ready().await;
        Self { broker, provider, daemon }
    }

    /// Texts a blood pressure of its own; gives the status and what Retry-After says.
    async fn text(&mut self, n: usize) -> (u16, Option<String>) {
        let body = format!("BP 118/{}", 50 + n);
        let answer = self.daemon.door().text(&format!("SM{n:032x}"), &phone(n % 8), &body).await;
        let answer = answer.unwrap_or_else(|error| {
            panic!("{error}; ended: {:?}\n{}", self.daemon.ended(), self.daemon.log())
        });
        let retry_after = answer.headers().get("retry-after").map(|value| value.to_str().unwrap().to_owned());
        (answer.status().as_u16(), retry_after)
    }

    async fn device(&self) -> Wire {
        Wire::device(self.broker.port, "cuff").await
    }

    /// Waits until every answer is out, each given to the provider once.
    async fn every_answer_goes_out_once(&self, answers: u64) {
        self.daemon.until_number(WAITING, 0, SOON * 2).await;
        assert_eq!(self.daemon.number(ANSWERS).await, answers);
        let sent = self.provider.sent();
        let doubled: Vec<_> = sent.iter().filter(|(_, count)| **count != 1).collect();
        assert!(doubled.is_empty(), "sent twice: {doubled:?}");
        assert_eq!(sent.len() as u64, answers);
    }
}

fn weight(taken_at: &str, kg: u32) -> String {
    format!(
        "{{\"taken_at\":\"{taken_at}\",\"readings\":[{{\"vital\":\"weight\",\"value\":{kg},\"unit\":\"kg\"}}]}}"
    )
}

fn now() -> String {
    Clock::system().now().to_string()
}

fn topic(n: usize) -> String {
    format!("lamplight/v1/{}/reading", cuff(n))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_a_full_disk_nothing_is_acknowledged_and_with_room_again_nothing_is_lost() {
    let mut scene = Scene::new("full", Mood::Well).await;
    let mut device = scene.device().await;
    assert_eq!(scene.text(0).await.0, 200);
    device.deliver(&topic(0), 1, weight(&now(), 80).as_bytes()).await;
    scene.daemon.until_number(JOURNALLED, 2, SOON).await;

    scene.daemon.forbid_writing(true);
    for n in 1..=20 {
        assert_eq!(scene.text(n).await, (503, Some("5".to_owned())), "text {n}");
        // The broker takes it; the gateway must not.
        let n = u16::try_from(n).unwrap();
        device.deliver(&topic(1), n + 1, weight(&now(), u32::from(n) + 60).as_bytes()).await;
    }
    scene.daemon.until("the store is down", |status, body| status == 503 && body["store"] == "down").await;
    assert_eq!(scene.daemon.number(JOURNALLED).await, 2);

    scene.daemon.forbid_writing(false);
    scene.daemon.until_number(JOURNALLED, 22, SOON).await;
    scene.daemon.until_ready().await;
    for n in 1..=20 {
        assert_eq!(scene.text(n).await.0, 200, "text {n}, again");
    }
    assert_eq!(scene.daemon.number(JOURNALLED).await, 42);
    scene.every_answer_goes_out_once(21).await;
    scene.daemon.stop().await;
    assert_eq!(scene.daemon.number(RECEIVED).await, 42);
    assert_eq!(scene.daemon.column("select * from pragma_integrity_check").await, ["ok"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_disk_that_has_room_again_is_found_out_without_anybody_asking() {
    let mut scene = Scene::new("room", Mood::Well).await;
    scene.daemon.forbid_writing(true);
    assert_eq!(scene.text(1).await.0, 503);
    scene.daemon.until("the store is down", |status, body| status == 503 && body["store"] == "down").await;
    scene.daemon.forbid_writing(false);
    scene.daemon.until_ready().await;
    assert_eq!(scene.daemon.number(JOURNALLED).await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_sent_while_the_disk_was_full_is_not_sent_again() {
    let mut scene = Scene::new("sent", Mood::Hanging).await;
    assert_eq!(scene.text(1).await.0, 200);
    let deadline = Instant::now() + SOON;
    while scene.provider.asked() == 0 {
        assert!(Instant::now() < deadline, "the text is not sent");
        sleep(Duration::from_millis(5)).await;
    }
    // The text is at the provider, and its result cannot be written down.
    scene.daemon.forbid_writing(true);
    scene.provider.be(Mood::Well);
    scene.daemon.until("the outbox is down", |_, body| body["outbox"] == "down").await;
    scene.daemon.forbid_writing(false);
    scene.every_answer_goes_out_once(1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_broker_texts_are_taken_and_devices_come_back_with_it() {
    let mut scene = Scene::new("gone", Mood::Well).await;
    scene.daemon.stop().await;
    scene.broker.stop();
    scene.daemon.start();
    let gone = |status: reqwest::StatusCode, body: &serde_json::Value| {
        status == 503 && body["broker"] == "down" && body["store"] == "up" && body["outbox"] == "up"
    };
    scene.daemon.until("the broker is missed from the start", gone).await;
    for round in 0..2 {
        assert_eq!(scene.text(round).await.0, 200);
        scene.broker.start_again();
        scene.daemon.until_ready().await;
        let mut device = scene.device().await;
        device.deliver(&topic(0), 1, weight(&now(), 80).as_bytes()).await;
        scene.daemon.until_number(JOURNALLED, 2 * round as u64 + 2, SOON).await;
        scene.broker.stop();
        scene.daemon.until("the broker is missed", gone).await;
    }
    scene.every_answer_goes_out_once(2).await;
    scene.daemon.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_provider_that_refuses_delays_answers_and_no_more() {
    let mut scene = Scene::new("refuse", Mood::Throttling).await;
    for n in 0..20 {
        assert_eq!(scene.text(n).await.0, 200);
    }
    let deadline = Instant::now() + SOON;
    while scene.provider.asked() < 20 {
        assert!(Instant::now() < deadline, "the texts are not tried");
        sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(scene.daemon.number(WAITING).await, 20);
    scene.provider.be(Mood::Well);
    scene.every_answer_goes_out_once(20).await;
    scene.daemon.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_provider_that_hangs_is_asked_before_anything_is_sent_again() {
    let mut scene = Scene::new("hang", Mood::Hanging).await;
    for n in 0..12 {
        let begun = Instant::now();
        assert_eq!(scene.text(n).await.0, 200);
        assert!(begun.elapsed() < Duration::from_secs(10), "webhooks do not wait for the provider");
    }
    // The first eight have run out of time, so the rest are tried.
    let deadline = Instant::now() + SOON;
    while scene.provider.asked() < 12 {
        assert!(Instant::now() < deadline, "hanging texts hold up the others");
        sleep(Duration::from_millis(20)).await;
    }
    scene.provider.be(Mood::Well);
    scene.every_answer_goes_out_once(12).await;
    scene.daemon.stop().await;
}

/// Publishers and texters at full speed, and a SIGTERM in the middle, several times.
async fn stopped_under_load(name: &str, lines: &str) -> (Scene, usize) {
    let mut scene = Scene::with(name, Mood::Moody, lines).await;
    let mut tasks = JoinSet::new();
    let load = Load::start(8, scene.broker.port, &scene.daemon.door(), &mut tasks);
    for round in 0..4 {
        scene.daemon.until_ready().await;
        load.text(round * 60, 60, 8);
        load.publish(20);
        sleep(Duration::from_millis(30 * (1 + round as u64))).await;
        let begun = Instant::now();
        scene.daemon.stop().await;
        assert!(begun.elapsed() < Duration::from_secs(25), "it stops within its limit");
        scene.daemon.start();
    }
    scene.daemon.until_ready().await;
    let book = load.finish();
    while let Some(ended) = tasks.join_next().await {
        ended.unwrap();
    }
    scene.daemon.until_number(JOURNALLED, 4 * (60 + 8 * 20), SOON * 2).await;
    let promised: HashSet<String> = book.texted.lock().unwrap().iter().map(|text| text.sid.clone()).collect();
    let kept = scene.daemon.column("select provider_id from inbox where kind = 'text'").await;
    assert_eq!(kept.len(), 240);
    assert_eq!(promised, kept.into_iter().collect());
    let readings = "select count(distinct device_id || taken_at) from reading where source = 'device'";
    assert_eq!(scene.daemon.number(readings).await, 640);
    let repeated = book.repeated.load(std::sync::atomic::Ordering::Relaxed);
    (scene, repeated)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_daemon_that_is_told_to_stop_under_load_ends_well_and_loses_nothing() {
    let (mut scene, _) = stopped_under_load("stop", "").await;
    // What was under way was finished, so nothing is left in doubt but what the provider failed at.
    scene.provider.be(Mood::Well);
    scene.daemon.until_number(WAITING, 0, SOON * 2).await;
    scene.daemon.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_queue_at_the_stop_loses_nothing_either() {
    let (mut scene, repeated) = stopped_under_load("queue", "[intake]\nqueue_capacity = 4").await;
    assert!(repeated > 0, "somebody found the queue full");
    scene.daemon.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_signal_ends_the_daemon_at_once_and_its_texts_still_go_out() {
    let mut scene = Scene::new("twice", Mood::Hanging).await;
    assert_eq!(scene.text(1).await.0, 200);
    let deadline = Instant::now() + SOON;
    while scene.provider.asked() == 0 {
        assert!(Instant::now() < deadline, "the text is not sent");
        sleep(Duration::from_millis(5)).await;
    }
    scene.daemon.terminate();
    let deadline = Instant::now() + SOON;
    while !scene.daemon.log().contains("stopping") {
        assert!(Instant::now() < deadline, "it does not hear the signal");
        sleep(Duration::from_millis(5)).await;
    }
    assert!(scene.daemon.ended().is_none(), "it waits for the text that is under way");
    let begun = Instant::now();
    scene.daemon.terminate();
    let status = scene.daemon.end().await;
    assert!(begun.elapsed() < Duration::from_secs(8), "at once");
    assert_eq!((status.code(), status.signal()), (Some(1), None));
    scene.provider.be(Mood::Well);
    scene.daemon.start();
    scene.every_answer_goes_out_once(1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn clients_that_never_finish_do_not_hold_up_a_stop() {
    let mut scene = Scene::new("slow", Mood::Well).await;
    let mut held = Vec::new();
    for half in
        ["", "POST /sms/twi", "POST /sms/twilio/inbound HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\nabc"]
    {
        let mut client = TcpStream::connect(("127.0.0.1", scene.daemon.port)).await.unwrap();
        client.write_all(half.as_bytes()).await.unwrap();
        held.push(client);
    }
    assert_eq!(scene.text(1).await.0, 200);
    scene.daemon.stop().await;
    drop(held);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_device_whose_clock_is_wrong_loses_no_reading() {
    let mut scene = Scene::new("clock", Mood::Well).await;
    let mut device = scene.device().await;
    for (packet, taken_at) in [(1, "2099-01-01T00:00:00Z"), (2, "1970-01-01T00:00:00Z"), (3, &now())] {
        device.deliver(&topic(packet), u16::try_from(packet).unwrap(), weight(taken_at, 80).as_bytes()).await;
    }
    scene.daemon.until_number(JOURNALLED, 3, SOON).await;
    scene.daemon.stop().await;
    let kept =
        "select device_id || ' ' || state || ' ' || basis || ' ' || coalesce(claimed_at / 1000, 'as it says')
                || ' ' || (abs(taken_at - received_at) < 60000) from reading order by device_id";
    assert_eq!(
        scene.daemon.column(kept).await,
        [
            "cuff-1 flagged received 4070908800 1",
            "cuff-2 flagged received 0 1",
            "cuff-3 accepted device as it says 1",
        ]
    );
}
