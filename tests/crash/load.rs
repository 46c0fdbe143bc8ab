//! Devices that publish and phones that text at full speed, as much as they are allowed, and remember what they were
//! promised.

use std::collections::{HashSet, VecDeque};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use lamplight::clock::Clock;
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};
use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::support::daemon::{Door, cuff, phone};
use crate::support::wire::{PUBACK, Wire};

/// Publishes under way on one connection.
const WINDOW: usize = 20;
/// A carrier's requests at a time.
const POSTERS: usize = 8;
/// Between two attempts to hand over one text: Twilio waits longer, but it also has more to do.
const RETRY: Duration = Duration::from_millis(10);

/// A text as a phone sent it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Texted {
    pub sid: String,
    pub from: String,
    pub body: String,
}

/// What was let loose, and what came back.
#[derive(Debug, Clone)]
pub struct Load {
    texts: UnboundedSender<Texted>,
    publishes: Vec<UnboundedSender<()>>,
    pub book: Arc<Book>,
    begun: Timestamp,
}

/// What was promised: by the gateway for texts, by the broker for publishes.
#[derive(Debug, Default)]
pub struct Book {
    /// Answered with 200.
    pub texted: Mutex<HashSet<Texted>>,
    /// Acknowledged by the broker: device and `taken_at`.
    pub published: Mutex<HashSet<(String, i64)>>,
    /// Requests without an answer yet.
    pub in_flight: AtomicUsize,
    /// Requests that broke off or were turned away.
    pub repeated: AtomicUsize,
}

impl Load {
    /// One connection a device, some requests at a time for the texts; nothing moves before it is allowed to.
    pub fn start(devices: usize, broker_port: u16, door: &Door, tasks: &mut JoinSet<()>) -> Self {
        let (texts, waiting) = mpsc::unbounded_channel();
        let waiting = Arc::new(tokio::sync::Mutex::new(waiting));
        let book = Arc::new(Book::default());
        // Far enough back that no reading lies ahead of its receipt.
        let begun = Clock::system().now() - SignedDuration::from_hours(24);
        for _ in 0..POSTERS {
            let (waiting, book, door) = (waiting.clone(), book.clone(), door.clone());
            tasks.spawn(async move {
                loop {
                    let next = waiting.lock().await.recv().await;
                    let Some(text) = next else { return };
                    hand_over(&door, &book, text).await;
                }
            });
        }
        let mut publishes = Vec::new();
        for n in 0..devices {
            let (allow, allowed) = mpsc::unbounded_channel();
            publishes.push(allow);
            let book = book.clone();
            tasks.spawn(async move { publish_all(n, broker_port, begun, allowed, &book).await });
        }
        Self { texts, publishes, book, begun }
    }

    /// Lets `count` further texts go, numbered from `first`: half of all say what another of the same phone said.
    pub fn text(&self, first: usize, count: usize, phones: usize) {
        for n in first..first + count {
            let (from, nth) = (phone(n % phones), n / phones / 2);
            let body = format!("BP {}/{}", 101 + nth % 90, 61 + nth % 30);
            let _ = self.texts.send(Texted { sid: format!("SM{n:032x}"), from, body });
        }
    }

    /// Lets every device publish `count` times more.
    pub fn publish(&self, count: usize) {
        for device in &self.publishes {
            for _ in 0..count {
                let _ = device.send(());
            }
        }
    }

    /// Nothing more will be let go: the tasks end when all that was let go is promised.
    pub fn finish(self) -> Arc<Book> {
        self.book
    }

    /// When the first reading was taken.
    pub fn begun(&self) -> Timestamp {
        self.begun
    }
}

impl Book {
    pub fn in_flight(&self) -> usize {
        self.in_flight.load(Ordering::Relaxed)
    }
}

/// Posts a text until it is answered with 200.
async fn hand_over(door: &Door, book: &Book, text: Texted) {
    loop {
        book.in_flight.fetch_add(1, Ordering::Relaxed);
        let answer = door.text(&text.sid, &text.from, &text.body).await;
        book.in_flight.fetch_sub(1, Ordering::Relaxed);
        if answer.is_ok_and(|answer| answer.status() == 200) {
            book.texted.lock().unwrap().insert(text);
            return;
        }
        book.repeated.fetch_add(1, Ordering::Relaxed);
        sleep(RETRY).await;
    }
}

/// Publishes a blood pressure of its own second whenever allowed. Even devices name their messages, odd ones do not.
async fn publish_all(n: usize, port: u16, begun: Timestamp, mut allowed: UnboundedReceiver<()>, book: &Book) {
    let (device, topic) = (cuff(n), format!("lamplight/v1/{}/reading", cuff(n)));
    let mut wire = Wire::device(port, &format!("publisher-{n}")).await;
    let mut waiting: VecDeque<i64> = VecDeque::new();
    for count in 0_i64.. {
        while waiting.len() == WINDOW || (allowed.is_empty() && !waiting.is_empty()) {
            // A broker acknowledges in the order in which it was given.
            assert_eq!(wire.read().await.expect("PUBACK").kind(), PUBACK);
            let taken_at = waiting.pop_front().unwrap();
            book.published.lock().unwrap().insert((device.clone(), taken_at));
        }
        let Some(()) = allowed.recv().await else { return };
        let taken_at = begun + SignedDuration::from_secs(count);
        wire.publish(
            &topic,
            u16::try_from(count % 60_000 + 1).unwrap(),
            reading(n, count, taken_at).as_bytes(),
        )
        .await;
        waiting.push_back(taken_at.as_millisecond());
    }
}

fn reading(n: usize, count: i64, taken_at: Timestamp) -> String {
    let id = if n.is_multiple_of(2) { format!("\"id\":\"{count}\",") } else { String::new() };
    // One in forty is very high.
    let systolic = if count % 40 == 39 { 190 } else { 110 + count % 20 };
    format!(
        "{{{id}\"taken_at\":\"{taken_at}\",\"readings\":[\
         {{\"vital\":\"systolic\",\"value\":{systolic},\"unit\":\"mm[Hg]\"}},\
         {{\"vital\":\"diastolic\",\"value\":70,\"unit\":\"mm[Hg]\"}}]}}"
    )
}
