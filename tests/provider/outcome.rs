//! Whatever goes wrong between us and a provider is read as what to do next: wait, ask, or tell somebody.

use std::time::Duration;

use lamplight::clock::Clock;
use lamplight::domain::id::MessageId;
use lamplight::domain::organisation::Address;
use lamplight::domain::phone::Phone;
use lamplight::domain::secret::Secret;
use lamplight::outbox::carrier::{Carrier, OutText, Reconciled, Rejection, SendOutcome};
use lamplight::sms::android::{AndroidAccount, AndroidCarrier};
use lamplight::sms::carrier::TextCarrier;
use lamplight::sms::client::Timeouts;
use lamplight::sms::http::{Accepted, Body, HttpAccount, HttpCarrier, Template, Verb};
use lamplight::sms::notify::{ApiKey, NotifyAccount, NotifyCarrier, classify};
use lamplight::sms::twilio::{Sender, TwilioAccount, TwilioCarrier};

use super::edge::{API_KEY, Edge, SECRET, TEMPLATE};
use super::stub::{Act, Stub};
use crate::peers::daemon::{ACCOUNT, NUMBER, TOKEN};
use crate::sms::house::House;
use crate::sms::wait_out;
use crate::support::broker::free_port;

/// Long enough on a machine with much to do.
const PATIENCE: Duration = Duration::from_secs(20);

/// The carrier of one provider, to this address, which waits so long for an answer.
pub fn carrier(edge: Edge, base: &str, clock: &Clock, patience: Duration) -> TextCarrier {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let timeouts = Timeouts { connect: Duration::from_secs(5), total: patience };
    let api_base = base.to_owned();
    match edge {
        Edge::Twilio => {
            let account = TwilioAccount {
                account_sid: ACCOUNT.to_owned(),
                auth_token: Secret::new(TOKEN),
                sender: Sender::From(Phone::trusted(NUMBER)),
                api_base,
                public_url: "https://gw.example.nhs.uk".to_owned(),
            };
            TextCarrier::Twilio(TwilioCarrier::new(account, timeouts).unwrap())
        }
        Edge::Notify => {
            let account = NotifyAccount {
                api_key: ApiKey::parse(API_KEY).unwrap(),
                template_id: TEMPLATE.to_owned(),
                placeholder: "message".to_owned(),
                sender_id: None,
                api_base,
            };
            TextCarrier::Notify(NotifyCarrier::new(account, clock.clone(), timeouts).unwrap())
        }
        Edge::Android => {
            let password = Secret::new(SECRET);
            let account = AndroidAccount { api_base, username: "sms".to_owned(), password, sim: None };
            TextCarrier::Android(AndroidCarrier::new(account, timeouts).unwrap())
        }
        Edge::Http => {
            let body = r#"{"to":"{to}","text":"{text}","ref":"{id}"}"#;
            let account = HttpAccount {
                method: Verb::Post,
                url: Template::parse(&format!("{base}/send")),
                headers: vec![("authorization".to_owned(), Template::parse("Key {secret}"))],
                secret: Some(Secret::new(SECRET)),
                body: Some(Body::Json(Template::parse(body))),
                from: "Lamplight".to_owned(),
                accepted: Accepted {
                    when: Some(("/messages/0/status".to_owned(), "0".to_owned())),
                    id_at: Some("/messages/0/message-id".to_owned()),
                },
            };
            TextCarrier::Http(Box::new(HttpCarrier::new(account, timeouts).unwrap()))
        }
    }
}

pub fn text(body: &str) -> OutText {
    OutText {
        via: None,
        id: MessageId::trusted("e1m0"),
        to: Address::Sms(Phone::trusted("+447700900124")),
        subject: None,
        body: body.to_owned(),
        occasion: None,
        validity: Duration::from_secs(3600),
    }
}

async fn outcome(edge: Edge, act: Act) -> SendOutcome {
    let stub = Stub::start(&[act]).await;
    let patience = if matches!(act, Act::Hang) { Duration::from_millis(300) } else { PATIENCE };
    carrier(edge, &stub.base, &Clock::system(), patience).send(&text("Thank you.")).await
}

#[tokio::test]
async fn sms_30_every_carrier_gives_its_provider_the_same_text_under_our_id() {
    for edge in Edge::ALL {
        let stub = Stub::start(&[]).await;
        let words = "Thank you, \"150/95\" + 20% is noted \\ £5";
        let outcome = carrier(edge, &stub.base, &Clock::system(), PATIENCE).send(&text(words)).await;
        let [sent] = stub.sent().try_into().unwrap();
        assert_eq!(
            (sent.to.as_str(), sent.text.as_str(), sent.ours.as_str()),
            ("+447700900124", words, "e1m0")
        );
        assert_eq!(outcome, SendOutcome::Accepted { provider_ids: vec![sent.name] }, "{edge:?}");
        let head = stub.heads()[0].to_lowercase();
        assert!(head.contains("authorization: "), "{edge:?} {head}");
        assert!(head.contains("content-type: application/"), "{edge:?} {head}");
    }
}

#[tokio::test]
async fn what_may_have_left_is_doubtful_with_every_provider() {
    for edge in Edge::ALL {
        for act in [
            Act::Hang,
            Act::TakeThen500,
            Act::TakeThenBreak,
            Act::TakeThenHalf,
            Act::Refuse(502, "", "<html>"),
            Act::Refuse(408, "", ""),
            Act::Refuse(201, "", "not JSON"),
            Act::Refuse(200, "", "{}"),
        ] {
            let outcome = outcome(edge, act).await;
            assert!(matches!(outcome, SendOutcome::Ambiguous { .. }), "{edge:?} {act:?}: {outcome:?}");
        }
    }
}

#[tokio::test]
async fn what_surely_did_not_leave_is_tried_again_and_what_an_operator_must_mend_is_said() {
    for edge in Edge::ALL {
        // Nobody listens there.
        let port = free_port();
        let refused = carrier(edge, &format!("http://127.0.0.1:{port}"), &Clock::system(), PATIENCE)
            .send(&text("Thank you."))
            .await;
        assert!(matches!(refused, SendOutcome::Retry { .. }), "{edge:?}: {refused:?}");
        let slow = outcome(edge, Act::Refuse(429, "retry-after: 7\r\n", "{}")).await;
        let after = Some(Duration::from_secs(7));
        assert!(matches!(slow, SendOutcome::Throttled { after: a, .. } if a == after), "{edge:?}: {slow:?}");
        for status in [301, 401, 403, 404] {
            let config = outcome(edge, Act::Refuse(status, "location: http://127.0.0.1:1/\r\n", "{}")).await;
            let expected = SendOutcome::Rejected { code: None, class: Rejection::Config };
            assert_eq!(config, expected, "{edge:?} {status}");
        }
        let unknown = outcome(edge, Act::Refuse(422, "", "{}")).await;
        assert_eq!(unknown, SendOutcome::Rejected { code: None, class: Rejection::Other }, "{edge:?}");
    }
}

#[tokio::test]
async fn a_service_that_says_no_with_200_is_heard() {
    let no = outcome(Edge::Http, Act::Refuse(200, "", r#"{"messages":[{"status":"6"}]}"#)).await;
    assert_eq!(no, SendOutcome::Rejected { code: None, class: Rejection::Other });
}

#[test]
fn an_answer_of_notify_reads_as_what_to_do_next() {
    use Rejection::{Config, Number, Other};
    let never = |class| SendOutcome::Rejected { code: None, class };
    for (status, error, words, expected) in [
        (400, "ValidationError", "phone_number Not enough digits", never(Number)),
        (400, "ValidationError", "phone_number Not a UK mobile number", never(Number)),
        (400, "ValidationError", "reference is too long", never(Other)),
        (400, "BadRequestError", "Cannot send to international mobile numbers", never(Number)),
        (
            400,
            "BadRequestError",
            "Cannot send to this recipient when service is in trial mode",
            never(Config),
        ),
        (400, "BadRequestError", "Missing personalisation: message", never(Config)),
        (400, "", "", never(Other)),
        (403, "AuthError", "Your system clock must be accurate to within 30 seconds", never(Config)),
        (404, "", "", never(Config)),
        (429, "TooManyRequestsError", "Exceeded send limits (sms: 250) for today", never(Config)),
        (418, "", "", never(Other)),
    ] {
        assert_eq!(classify(status, error, words, None), expected, "{status} {error} {words}");
    }
    let slow = classify(429, "RateLimitError", "Exceeded rate limit", None);
    assert!(matches!(slow, SendOutcome::Throttled { after: None, .. }), "{slow:?}");
    assert!(matches!(classify(500, "", "", None), SendOutcome::Ambiguous { .. }));
}

#[tokio::test]
async fn notify_is_never_given_what_it_would_turn_into_question_marks() {
    let stub = Stub::start(&[]).await;
    let outcome = carrier(Edge::Notify, &stub.base, &Clock::system(), PATIENCE).send(&text("شکریہ")).await;
    assert_eq!(outcome, SendOutcome::Rejected { code: None, class: Rejection::Content });
    assert_eq!(stub.asked(), 0);
}

#[tokio::test]
async fn a_doubtful_text_is_looked_up_by_our_id_where_that_can_be_done() {
    for edge in [Edge::Notify, Edge::Android] {
        let stub = Stub::start(&[Act::TakeThen500]).await;
        let carrier = carrier(edge, &stub.base, &Clock::system(), PATIENCE);
        let now = Clock::system().now();
        assert_eq!(carrier.reconcile(&text("a"), now).await, Reconciled::Absent, "{edge:?}");
        carrier.send(&text("a")).await;
        let name = stub.sent()[0].name.clone();
        assert_eq!(carrier.reconcile(&text("a"), now).await, Reconciled::Found { provider_ids: vec![name] });
    }
    for edge in Edge::ALL.into_iter().filter(|edge| *edge != Edge::Http) {
        let nowhere = carrier(edge, "http://127.0.0.1:1", &Clock::system(), PATIENCE);
        let unknown = nowhere.reconcile(&text("a"), Clock::system().now()).await;
        assert!(matches!(unknown, Reconciled::Unknown { .. }), "{edge:?}: {unknown:?}");
    }
}

#[tokio::test]
async fn a_second_copy_of_one_id_is_the_phones_first() {
    let stub = Stub::start(&[]).await;
    let carrier = carrier(Edge::Android, &stub.base, &Clock::system(), PATIENCE);
    for _ in 0..3 {
        let taken = SendOutcome::Accepted { provider_ids: vec!["e1m0".to_owned()] };
        assert_eq!(carrier.send(&text("a")).await, taken);
    }
    assert_eq!(stub.sent().len(), 1);
}

#[tokio::test]
async fn a_storm_of_429_costs_time_and_neither_loses_nor_doubles_a_text() {
    for edge in Edge::ALL {
        let house = House::new().await;
        let stub = Stub::start(&[Act::Refuse(429, "", "{}"); 5]).await;
        house.text("m0", Some("p1"), "Thank you.", None).await;
        let worker = house.work(carrier(edge, &stub.base, &house.clock, PATIENCE));
        wait_out(&house, "m0", "sent").await;
        worker.stop().await;
        assert_eq!((stub.sent().len(), stub.asked()), (1, 6), "{edge:?}");
        assert_eq!(house.alerts().await, "-");
    }
}

#[tokio::test]
async fn an_answer_that_is_lost_sends_nothing_twice_where_the_provider_can_be_asked() {
    for edge in Edge::ALL {
        for act in [Act::TakeThen500, Act::TakeThenBreak, Act::TakeThenHalf] {
            let house = House::new().await;
            let stub = Stub::start(&[act]).await;
            house.text("m0", Some("p1"), "Thank you.", None).await;
            let worker = house.work(carrier(edge, &stub.base, &house.clock, PATIENCE));
            wait_out(&house, "m0", "sent").await;
            worker.stop().await;
            // A service that nobody can ask gets a second copy, once: better than none.
            let copies = if edge == Edge::Http { 2 } else { 1 };
            assert_eq!(stub.sent().len(), copies, "{edge:?} {act:?}");
            assert_eq!(house.alerts().await, "-", "{edge:?} {act:?}");
        }
    }
}
