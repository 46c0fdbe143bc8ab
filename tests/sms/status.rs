use jiff::SignedDuration;
use lamplight::domain::alert::Severity;
use lamplight::domain::delivery::{DueText, Report, Step};
use lamplight::domain::event::Edge;
use lamplight::domain::id::MessageId;
use lamplight::domain::message::MessageState;
use lamplight::domain::provider::Provider;
use lamplight::engine::delivery::{file_report, settle};
use lamplight::engine::intake::{Settled, channel};
use lamplight::outbox::carrier::Carrier;
use lamplight::sms::carrier::TextCarrier;
use reqwest::StatusCode;

use super::house::House;
use super::webhook::{ACCOUNT, Gate};

const SID: &str = "SM0123456789abcdef0123456789abcdef";

async fn gate(house: &House) -> Gate {
    Gate::open(house, channel(1).0).await
}

/// Reports on text `m0`, or on `SID` alone.
async fn report(gate: &Gate, ours: Option<&str>, status: &str, code: Option<&str>) {
    let path = ours.map_or("/sms/twilio/status".to_owned(), |id| format!("/sms/twilio/status?m={id}"));
    let mut pairs = vec![
        ("MessageSid", SID),
        ("AccountSid", ACCOUNT),
        ("MessageStatus", status),
        ("To", "+447700900123"),
    ];
    pairs.extend(code.map(|code| ("ErrorCode", code)));
    assert_eq!(gate.signed(&path, &pairs).await.status(), StatusCode::OK);
}

#[tokio::test]
async fn reports_in_any_order_and_repeated_never_lead_back() {
    let house = House::new().await;
    let gate = gate(&house).await;
    let words = ["queued", "sent", "delivered", "undelivered"];
    let mut orders = vec![vec![]];
    for _ in 0..words.len() {
        orders = orders
            .into_iter()
            .flat_map(|order: Vec<&str>| {
                words
                    .iter()
                    .filter(|word| !order.contains(*word))
                    .map(|word| [&order[..], &[*word]].concat())
                    .collect::<Vec<_>>()
            })
            .collect();
    }
    assert_eq!(orders.len(), 24);
    for (n, order) in orders.iter().enumerate() {
        let id = format!("m{n}");
        house.text(&id, None, "Thank you.", None).await;
        house.run("update message set provider_id = null").await;
        let first_final = order.iter().find(|word| word.contains("delivered")).unwrap();
        for (step, word) in order.iter().chain(order).enumerate() {
            report(&gate, Some(&id), word, None).await;
            let seen = order.iter().take(step + 1);
            let expected =
                if seen.clone().any(|word| word.contains("delivered")) { first_final } else { "sent" };
            assert_eq!(house.state(&id).await, expected, "{order:?} step {step}");
        }
        let kept = house.see(&format!("select count(*) from message_event where message_id = '{id}'")).await;
        assert_eq!(kept, "8", "every report is kept");
    }
}

/// Every order of four reports, each told twice, before, around and after the answer that names the text; with our own
/// id in the callback, and without.
#[tokio::test]
async fn sms_09_reports_in_any_order_around_the_answer_end_alike_and_are_all_kept() {
    let house = House::new().await;
    let said = [
        (MessageState::Sent, None),
        (MessageState::Delivered, None),
        (MessageState::Undelivered, Some(30_005)),
        (MessageState::Failed, None),
    ];
    let mut n = 0;
    for first in 0..4 {
        for second in (0..4).filter(|i| *i != first) {
            for third in (0..4).filter(|i| ![first, second].contains(i)) {
                let order = [first, second, third, 6 - first - second - third];
                for (answered, ours) in [(0, true), (2, true), (4, true), (2, false), (4, false), (8, false)]
                {
                    n += 1;
                    let label = format!("{order:?}, answered after {answered}, our id {ours}");
                    let (id, sid) = (format!("m{n}"), format!("SM{n}"));
                    house.text(&id, None, "Thank you.", None).await;
                    let held = claim(&house).await;
                    for (step, index) in order.iter().chain(&order).enumerate() {
                        if step == answered {
                            answer(&house, &held, &sid).await;
                        }
                        let (state, code) = said[*index];
                        tell(&house, ours.then_some(id.as_str()), &sid, state, code).await;
                    }
                    if answered == 8 {
                        answer(&house, &held, &sid).await;
                    }
                    let ended =
                        order.iter().map(|index| said[*index].0).find(|state| state.is_final()).unwrap();
                    let code = if ended == MessageState::Delivered { "-" } else { "30005" };
                    let row = "state || ' ' || provider_id || ' ' || coalesce(error_code, '-')";
                    assert_eq!(
                        house.see(&format!("select {row} from message where id = '{id}'")).await,
                        format!("{} {sid} {code}", ended.name()),
                        "{label}"
                    );
                    let kept = format!("select count(*) from message_event where message_id = '{id}'");
                    assert_eq!(house.see(&kept).await, "8", "{label}");
                }
            }
        }
    }
    assert_eq!(n, 144);
}

async fn claim(house: &House) -> Vec<DueText> {
    let now = house.clock.now();
    let mut tx = house.store.begin().await.unwrap();
    let held = tx.claim_texts(now, now + SignedDuration::from_mins(1), 8).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(held.len(), 1);
    held
}

async fn answer(house: &House, held: &[DueText], sid: &str) {
    let results: Vec<_> =
        held.iter().map(|text| (text.clone(), Step::Sent { provider_ids: vec![sid.to_owned()] })).collect();
    settle(&house.store, &results, None, house.clock.now(), TextCarrier::explain_of).await.unwrap();
}

async fn tell(house: &House, ours: Option<&str>, sid: &str, state: MessageState, code: Option<u32>) {
    let report = Report {
        provider: Provider::Twilio,
        message: ours.map(MessageId::trusted),
        provider_id: sid.to_owned(),
        state: Some(state),
        word: state.name().to_owned(),
        code,
        raw: String::new(),
    };
    file_report(&house.store, &report, house.clock.now(), TextCarrier::explain_of).await.unwrap();
}

#[tokio::test]
async fn sms_09_a_late_failure_without_a_code_never_erases_the_reason_and_a_late_code_adds_one() {
    let house = House::new().await;
    let gate = gate(&house).await;
    house.text("m0", Some("p1"), "Thank you.", None).await;
    report(&gate, Some("m0"), "undelivered", Some("30005")).await;
    let why = house.see("select error from message").await;
    report(&gate, Some("m0"), "failed", None).await;
    report(&gate, Some("m0"), "failed", Some("30007")).await;
    assert_eq!(
        house.see("select state || error_code || error from message").await,
        format!("undelivered30005{why}")
    );
    house.run("update message set state = 'queued', error_code = null").await;
    report(&gate, Some("m0"), "failed", None).await;
    report(&gate, Some("m0"), "failed", Some("30005")).await;
    assert_eq!(
        house.see("select state || error_code || error from message").await,
        format!("failed30005{why}")
    );
}

#[tokio::test]
async fn sms_10_a_report_with_our_id_names_the_text_as_the_provider_does() {
    let house = House::new().await;
    let gate = gate(&house).await;
    house.text("m0", Some("p1"), "Thank you.", None).await;
    report(&gate, Some("m0"), "queued", None).await;
    assert_eq!(house.see("select state || ' ' || provider_id from message").await, format!("sent {SID}"));
    assert_eq!(house.see("select due_at from message").await, "-", "nobody sends it again");
    report(&gate, None, "delivered", None).await;
    assert_eq!(house.state("m0").await, "delivered");
}

#[tokio::test]
async fn sms_10_a_report_that_names_no_text_waits_for_one() {
    let house = House::new().await;
    let gate = gate(&house).await;
    report(&gate, None, "undelivered", Some("30003")).await;
    report(&gate, Some("nobody"), "sent", None).await;
    report(&gate, None, "received", None).await;
    assert_eq!(house.see("select count(*) from message_event where message_id is null").await, "3");
    house.text("m0", Some("p1"), "Thank you.", None).await;
    report(&gate, Some("m0"), "sent", None).await;
    assert_eq!(house.see("select state || error_code from message").await, "undelivered30003");
    assert_eq!(house.see("select count(*) from message_event where message_id = 'm0'").await, "4");
    assert_eq!(house.alerts().await, "system_undelivered/amber/open/1");
}

#[tokio::test]
async fn a_text_that_comes_back_is_an_alert_and_a_second_counts_on_it() {
    let house = House::new().await;
    let gate = gate(&house).await;
    for (id, severity) in [("m0", None), ("m1", Some(Severity::Red)), ("m2", Some(Severity::Amber))] {
        house.text(id, Some("p1"), "Thank you.", severity).await;
    }
    report(&gate, Some("m0"), "undelivered", Some("30005")).await;
    assert_eq!(house.alerts().await, "system_undelivered/amber/open/1");
    house.run("update alert set state = 'acknowledged'").await;
    report(&gate, Some("m1"), "failed", Some("12345")).await;
    assert_eq!(house.alerts().await, "system_undelivered/red/open/2", "worse, so it is open again");
    house.run("update alert set state = 'acknowledged'").await;
    report(&gate, Some("m2"), "failed", Some("30006")).await;
    report(&gate, Some("m2"), "failed", Some("30006")).await;
    assert_eq!(house.alerts().await, "system_undelivered/red/acknowledged/3");
    assert_eq!(house.see("select group_concat(title || why || proposal) like '%+44%' from alert").await, "0");
    let counts = house.telemetry.render();
    assert!(counts.contains("lamplight_alerts_opened_total{outcome=\"amber\"} 1\n"), "{counts}");
    assert!(counts.contains("lamplight_outbox_exhausted_total 3\n"), "{counts}");
}

#[tokio::test]
async fn a_lost_text_to_no_patient_is_a_task() {
    let house = House::new().await;
    let gate = gate(&house).await;
    house.text("m0", None, "This is an automatic service.", None).await;
    report(&gate, Some("m0"), "undelivered", Some("30006")).await;
    assert_eq!(house.alerts().await, "-");
    assert_eq!(house.tasks().await, "undelivered/m0/1");
}

#[tokio::test]
async fn who_opted_out_at_the_provider_is_not_texted_and_the_team_knows() {
    let house = House::new().await;
    let gate = gate(&house).await;
    house.text("m0", Some("p1"), "Thank you.", None).await;
    report(&gate, Some("m0"), "failed", Some("21610")).await;
    assert_eq!(house.see("select standing from patient").await, "stopped");
    assert_eq!(house.tasks().await, "left_monitoring/p1/1");
    assert_eq!(house.alerts().await, "-");
    house.text("m1", Some("p1"), "Please call 999.", Some(Severity::Red)).await;
    report(&gate, Some("m1"), "failed", Some("21610")).await;
    assert_eq!(house.alerts().await, "system_undelivered/red/open/1", "red advice is never lost quietly");
}

#[tokio::test]
async fn a_provider_that_refuses_our_account_is_a_task_for_an_operator() {
    let house = House::new().await;
    let gate = gate(&house).await;
    house.text("m0", Some("p1"), "Thank you.", None).await;
    report(&gate, Some("m0"), "failed", Some("30002")).await;
    assert_eq!(house.tasks().await, "provider_refuses/sms/1");
    assert_eq!(house.alerts().await, "system_undelivered/amber/open/1");
}

#[tokio::test]
async fn a_word_that_we_do_not_know_is_kept_and_changes_nothing() {
    let house = House::new().await;
    let gate = gate(&house).await;
    house.text("m0", Some("p1"), "Thank you.", None).await;
    report(&gate, Some("m0"), "teleported", None).await;
    assert_eq!(house.state("m0").await, "queued");
    assert_eq!(house.see("select state from message_event where message_id = 'm0'").await, "teleported");
}

#[tokio::test]
async fn a_forged_report_changes_nothing() {
    let house = House::new().await;
    let gate = gate(&house).await;
    house.text("m0", Some("p1"), "Thank you.", None).await;
    let body = format!("MessageSid={SID}&MessageStatus=delivered");
    let answer = gate.post("/sms/twilio/status?m=m0", body, "AAAA").send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::FORBIDDEN);
    assert_eq!(house.state("m0").await, "queued");
    assert_eq!(house.see("select count(*) from message_event").await, "0");
}

#[tokio::test]
async fn a_report_that_cannot_be_stored_is_asked_for_again() {
    let house = House::new().await;
    let gate = gate(&house).await;
    house.store.close().await;
    let pairs = [("MessageSid", SID), ("MessageStatus", "delivered")];
    let answer = gate.signed("/sms/twilio/status?m=m0", &pairs).await;
    assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(answer.headers()["retry-after"], "5");
}

#[tokio::test]
async fn a_signed_report_that_makes_no_sense_is_kept_on_the_text_edge() {
    let house = House::new().await;
    let (intake, mut waiting) = channel(1);
    let gate = Gate::open(&house, intake).await;
    let asking =
        tokio::spawn(
            async move { gate.signed("/sms/twilio/status?m=m0", &[("MessageSid", SID)]).await.status() },
        );
    let kept = waiting.recv().await.unwrap();
    assert_eq!((kept.event.edge(), kept.event.address()), (Edge::Text, "/sms/twilio/status"));
    kept.asker.answer(Ok(Settled::Rejected));
    assert_eq!(asking.await.unwrap(), StatusCode::BAD_REQUEST);
}
