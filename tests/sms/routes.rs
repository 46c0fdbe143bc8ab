//! Several providers at once: who is handed a text, what happens when one cannot take it, and whose word counts.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use jiff::{SignedDuration, Timestamp};
use lamplight::domain::alert::Severity;
use lamplight::domain::delivery::Report;
use lamplight::domain::dispatch::Budget;
use lamplight::domain::id::{MessageId, PatientId};
use lamplight::domain::line::Countries;
use lamplight::domain::lost::Cause;
use lamplight::domain::message::MessageState;
use lamplight::domain::provider::Provider;
use lamplight::engine::delivery::{Filed, file_report};
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

fn report(
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

async fn file(house: &House, report: &Report) -> Filed {
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

#[tokio::test]
async fn sms_26_a_number_that_is_not_for_us_is_refused_before_any_provider_sees_it() {
    for (label, phone, cause) in [
        ("a country that is not on the list", "+33612345678", Cause::Barred),
        ("a premium rate", "+449098790123", Cause::Barred),
        ("directory enquiries", "+44118118", Cause::Barred),
        ("a landline", "+441632960123", Cause::Landline),
        ("a personal number", "+447012345678", Cause::Landline),
    ] {
        let house = House::new().await;
        house.run(&format!("update patient set phone = '{phone}'")).await;
        let (first, second) = (Stub::default(), Stub::default());
        house.text("m0", Some("p1"), "Your blood pressure is high.", None).await;
        let worker = house.work(routes(&house, &first, &second, rules()));
        house.reaches("m0", "failed").await;
        worker.stop().await;
        assert_eq!((first.sent(), second.sent()), (vec![], vec![]), "{label}");
        assert_eq!(house.see("select error from message").await, cause.explanation(), "{label}");
        assert_eq!(house.alerts().await, "system_undelivered/amber/open/1", "{label}");
    }
}

#[tokio::test]
async fn sms_23_a_landline_gets_no_clinical_text_and_a_nurse_learns_why() {
    let house = House::new().await;
    house.run("update patient set phone = '+442079460123'").await;
    let (first, second) = (Stub::default(), Stub::default());
    house.text("m0", Some("p1"), "Please call 999.", Some(Severity::Red)).await;
    let worker = house.work(routes(&house, &first, &second, rules()));
    house.reaches("m0", "failed").await;
    worker.stop().await;
    assert_eq!((first.sent(), second.sent()), (vec![], vec![]));
    assert_eq!(house.alerts().await, "system_undelivered/red/open/1");
    assert_eq!(house.see("select why from alert").await, Cause::Landline.explanation());
}

#[tokio::test]
async fn sms_26_a_text_to_nobody_who_is_enrolled_stays_here_and_the_neutral_line_does_not() {
    let house = House::new().await;
    house.text("m0", None, "This is an automatic service.", None).await;
    house.text("m1", None, "Your result is here.", None).await;
    house
        .run("update message set purpose = '{\"reply\":null}', address = '+447700900555' where id = 'm1'")
        .await;
    house.text("m2", Some("p1"), "For the phone that you had.", None).await;
    house.run("update message set pinned = 1, address = '+447700900556' where id = 'm2'").await;
    house.text("m3", None, "This is an automatic service.", None).await;
    house.run("update message set address = '+441632960123' where id = 'm3'").await;
    let (first, second) = (Stub::default(), Stub::default());
    let worker = house.work(routes(&house, &first, &second, rules()));
    house.reaches("m0", "sent").await;
    for id in ["m1", "m2", "m3"] {
        house.reaches(id, "failed").await;
    }
    worker.stop().await;
    assert_eq!(first.sent(), [("m0".to_owned(), PHONE.to_owned())]);
    let why = house
        .see("select group_concat(error, '|') from (select error from message where id in ('m1', 'm2') )");
    let stranger = Cause::Stranger.explanation();
    assert_eq!(why.await, format!("{stranger}|{stranger}"));
}

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

#[tokio::test]
async fn sms_22_a_number_that_is_nobodys_is_flagged_until_it_changes_or_answers() {
    let house = House::new().await;
    let (first, second) = (Stub::default(), Stub::default());
    let worker = house.work(routes(&house, &first, &second, rules()));
    for id in ["m0", "m1"] {
        house.text(id, Some("p1"), id, None).await;
        house.reaches(id, "sent").await;
    }
    worker.stop().await;
    file(&house, &report(Provider::Twilio, Some("m0"), "id-m0", MessageState::Undelivered, Some(7))).await;
    assert_eq!(house.tasks().await, "doubtful_number/p1/1");
    assert_eq!(house.alerts().await, "system_undelivered/amber/open/1");
    let flagged = "select count(*) from patient join doubtful_number using (phone)";
    assert_eq!(house.see(flagged).await, "1");
    let shown = async || {
        house.store.shown_patient(&PatientId::trusted("p1")).await.unwrap().unwrap().phone_doubtful_since
    };
    assert!(shown().await.is_some());
    house.run("update patient set phone = '+447700900777'").await;
    assert_eq!(shown().await, None, "the new one is another");
    house.run(&format!("update patient set phone = '{PHONE}'")).await;
    file(&house, &report(Provider::Twilio, Some("m1"), "id-m1", MessageState::Delivered, None)).await;
    assert_eq!(shown().await, None, "a text arrived there");
}

#[tokio::test]
async fn sms_22_a_text_that_was_written_before_goes_to_the_number_of_the_day() {
    let house = House::new().await;
    let (first, second) = (Stub::saying([BUSY, DOUBT]), Stub::saying([BUSY]));
    house.text("m0", Some("p1"), "1", None).await;
    let worker = house.work(routes(&house, &first, &second, rules()));
    until("it waits", async || {
        house.see("select attempts = 2 and state = 'queued' from message").await == "1"
    })
    .await;
    house.run("update patient set phone = '+447700900777'").await;
    wait_out(&house, "m0", "sent").await;
    worker.stop().await;
    let sent = [first.sent(), second.sent()].concat();
    assert_eq!(sent, [("m0".to_owned(), "+447700900777".to_owned())]);
}
