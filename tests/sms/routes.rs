//! Several providers at once: who is handed a text, what happens when one cannot take it, and whose word counts.

mod number;
mod pace;
mod report;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use jiff::{SignedDuration, Timestamp};
use lamplight::domain::dispatch::Budget;
use lamplight::domain::line::Countries;
use lamplight::domain::lost::Cause;
use lamplight::domain::provider::Provider;
use lamplight::outbox::carrier::{Carrier, OutText, Reconciled, Rejection, SendOutcome};
use lamplight::outbox::routes::{Routes, Rules};

use super::house::{House, PHONE, until};
use super::worker::wait_out;

const BUSY: SendOutcome = SendOutcome::Retry { reason: "busy" };
const DOUBT: SendOutcome = SendOutcome::Ambiguous { reason: "no answer" };
const SLOW: SendOutcome = SendOutcome::Throttled { after: None, reason: "slow" };

fn refuse(class: Rejection) -> SendOutcome {
    SendOutcome::Rejected { code: Some(12_345), class }
}

/// A provider that says what it is told to say, then accepts everything.
#[derive(Clone, Default)]
pub struct Stub {
    script: Arc<Mutex<VecDeque<SendOutcome>>>,
    /// It says this for ever, whatever the script says.
    mood: Arc<Mutex<Option<SendOutcome>>>,
    sent: Arc<Mutex<Vec<(String, String)>>>,
    asked: Arc<Mutex<Vec<String>>>,
    /// Doubtful texts were taken all the same.
    keeps: bool,
}

impl Stub {
    pub fn saying(script: impl IntoIterator<Item = SendOutcome>) -> Self {
        Self { script: Arc::new(Mutex::new(script.into_iter().collect())), ..Self::default() }
    }

    fn always(outcome: SendOutcome) -> Self {
        Self { mood: Arc::new(Mutex::new(Some(outcome))), ..Self::default() }
    }

    /// Texts that it took: ours and the number.
    pub fn sent(&self) -> Vec<(String, String)> {
        self.sent.lock().unwrap().clone()
    }

    /// Texts that it was asked after.
    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }

    fn names(&self, id: &str) -> bool {
        self.sent().iter().any(|(sent, _)| sent == id)
    }
}

impl Carrier for Stub {
    async fn send(&self, text: &OutText) -> SendOutcome {
        let mood = self.mood.lock().unwrap().clone();
        let said = mood.or_else(|| self.script.lock().unwrap().pop_front());
        let keeps = match &said {
            None => true,
            Some(SendOutcome::Ambiguous { .. }) => self.keeps,
            Some(_) => false,
        };
        if keeps {
            self.sent.lock().unwrap().push((text.id.to_string(), text.to.as_str().to_owned()));
        }
        // Both providers give the same ids, as two that count from one would.
        said.unwrap_or_else(|| SendOutcome::Accepted { provider_ids: vec![format!("id-{}", text.body)] })
    }

    fn explain(code: Option<u32>) -> Cause {
        if code == Some(7) { Cause::Number } else { Cause::Other }
    }

    fn explain_of(provider: Provider, code: Option<u32>) -> Cause {
        if provider == Provider::Notify { Cause::Unreachable } else { Self::explain(code) }
    }

    async fn reconcile(&self, text: &OutText, _: Timestamp) -> Reconciled {
        self.asked.lock().unwrap().push(text.id.to_string());
        if self.names(text.id.as_str()) {
            Reconciled::Found { provider_ids: vec![format!("id-{}", text.body)] }
        } else {
            Reconciled::Absent
        }
    }
}

pub fn rules() -> Rules {
    Rules { countries: Countries::default(), segments_per_second: 0, budget: Budget::default() }
}

pub fn routes(house: &House, first: &Stub, second: &Stub, rules: Rules) -> Routes<Stub> {
    let routes = vec![(Provider::Twilio, first.clone()), (Provider::Notify, second.clone())];
    Routes::new(routes, rules, house.clock.clone(), house.telemetry.clone())
}

async fn with(house: &House, id: &str) -> String {
    house.see(&format!("select provider from message where id = '{id}'")).await
}

#[tokio::test]
async fn what_the_first_cannot_take_goes_by_the_next_at_once() {
    for (label, outcome, tasks) in [
        ("it cannot be reached", BUSY, "-"),
        ("it asks us to slow down", SLOW, "-"),
        ("it refuses our account", refuse(Rejection::Config), "provider_refuses/sms/1"),
    ] {
        let house = House::new().await;
        let (first, second) = (Stub::saying([outcome]), Stub::default());
        house.text("m0", Some("p1"), "1", None).await;
        let worker = house.work(routes(&house, &first, &second, rules()));
        house.reaches("m0", "sent").await;
        worker.stop().await;
        assert_eq!(second.sent(), [("m0".to_owned(), PHONE.to_owned())], "{label}");
        assert_eq!(with(&house, "m0").await, "notify", "{label}");
        assert_eq!(house.see("select attempts || ' ' || segments from message").await, "2 1", "{label}");
        assert_eq!(house.tasks().await, tasks, "{label}");
        assert!(house.telemetry.render().contains("lamplight_outbox_rerouted_total 1\n"), "{label}");
    }
}

#[tokio::test]
async fn what_is_wrong_with_the_text_or_its_number_is_never_tried_elsewhere() {
    for class in [Rejection::Number, Rejection::OptedOut, Rejection::Content, Rejection::Other] {
        let house = House::new().await;
        let (first, second) = (Stub::saying([refuse(class)]), Stub::default());
        house.text("m0", Some("p1"), "1", None).await;
        let worker = house.work(routes(&house, &first, &second, rules()));
        house.reaches("m0", "failed").await;
        worker.stop().await;
        assert_eq!(second.sent(), [], "{class:?}");
        assert_eq!(with(&house, "m0").await, "twilio", "{class:?}");
    }
}

#[tokio::test]
async fn sms_11_what_may_have_left_is_asked_after_where_it_may_be_before_anybody_else_sees_it() {
    for (label, keeps, resent) in [("it has it", true, "0"), ("it has it not", false, "1")] {
        let house = House::new().await;
        let first = Stub { keeps, ..Stub::saying([DOUBT]) };
        let second = Stub::default();
        house.text("m0", Some("p1"), "1", None).await;
        let worker = house.work(routes(&house, &first, &second, rules()));
        house.reaches("m0", "ambiguous").await;
        assert_eq!(with(&house, "m0").await, "twilio", "{label}");
        wait_out(&house, "m0", "sent").await;
        worker.stop().await;
        assert_eq!(first.asked(), ["m0"], "{label}");
        assert_eq!(second.asked(), [] as [&str; 0], "{label}");
        assert_eq!(first.sent().len() + second.sent().len(), 1, "{label}");
        assert_eq!(house.see("select resent from message").await, resent, "{label}");
        let ended = if keeps { "found" } else { "resent" };
        let counts = house.telemetry.render();
        for word in ["doubted", ended] {
            let line = format!("lamplight_outbox_doubtful_total{{outcome=\"{word}\"}} 1\n");
            assert!(counts.contains(&line), "{label}: {counts}");
        }
    }
}

#[tokio::test]
async fn sms_11_a_doubt_about_a_provider_that_is_gone_is_a_humans_to_judge() {
    let house = House::new().await;
    house.text("m0", Some("p1"), "1", None).await;
    house
        .run("update message set state = 'ambiguous', provider = 'android', attempted_at = created_at")
        .await;
    let (first, second) = (Stub::default(), Stub::default());
    let worker = house.work(routes(&house, &first, &second, rules()));
    wait_out(&house, "m0", "failed").await;
    worker.stop().await;
    assert_eq!((first.sent(), second.sent()), (vec![], vec![]));
    assert_eq!(house.alerts().await, "system_undelivered/amber/open/1");
    assert!(house.telemetry.render().contains("lamplight_outbox_doubtful_total{outcome=\"human\"} 1\n"));
}

#[tokio::test]
async fn a_worker_that_died_leaves_word_of_whom_to_ask() {
    let house = House::new().await;
    let (first, second) = (Stub::default(), Stub::default());
    let carrier = routes(&house, &first, &second, rules());
    house.text("m0", Some("p1"), "1", None).await;
    let now = house.clock.now();
    let mut tx = house.store.begin().await.unwrap();
    tx.dispatch_texts(now, now + SignedDuration::from_mins(1), 8, &carrier.dispatch(now)).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(with(&house, "m0").await, "twilio", "before anybody was handed it");
    house.advance(SignedDuration::from_mins(2));
    let worker = house.work(routes(&house, &second, &first, rules()));
    house.reaches("m0", "sent").await;
    worker.stop().await;
    assert_eq!(second.asked(), ["m0"], "whoever is Twilio now");
}

#[tokio::test]
async fn a_provider_that_fails_again_and_again_rests_and_is_tried_again() {
    let house = House::new().await;
    let (first, second) = (Stub::always(BUSY), Stub::default());
    let worker = house.work(routes(&house, &first, &second, rules()));
    for n in 0..4 {
        house.text(&format!("m{n}"), Some("p1"), &n.to_string(), None).await;
        house.reaches(&format!("m{n}"), "sent").await;
    }
    assert_eq!(second.sent().len(), 4);
    assert_eq!(house.see("select attempts from message where id = 'm2'").await, "2");
    assert_eq!(house.see("select attempts from message where id = 'm3'").await, "1", "it rests by now");
    assert!(house.telemetry.render().contains("lamplight_provider_resting{provider=\"twilio\"} 1\n"));
    *first.mood.lock().unwrap() = None;
    house.advance(SignedDuration::from_mins(2));
    house.text("m4", Some("p1"), "4", None).await;
    house.reaches("m4", "sent").await;
    worker.stop().await;
    assert_eq!(with(&house, "m4").await, "twilio");
    assert!(house.telemetry.render().contains("lamplight_provider_resting{provider=\"twilio\"} 0\n"));
}

#[tokio::test]
async fn when_nobody_can_take_it_the_text_waits_and_begins_with_the_first_again() {
    let house = House::new().await;
    let (first, second) = (Stub::saying([BUSY]), Stub::saying([BUSY]));
    house.text("m0", Some("p1"), "1", None).await;
    let worker = house.work(routes(&house, &first, &second, rules()));
    until("both were tried", async || {
        house.see("select attempts = 2 and state = 'queued' and due_at > created_at from message").await
            == "1"
    })
    .await;
    assert_eq!(with(&house, "m0").await, "-");
    wait_out(&house, "m0", "sent").await;
    worker.stop().await;
    assert_eq!(with(&house, "m0").await, "twilio");
    assert_eq!(house.alerts().await, "-");
}
