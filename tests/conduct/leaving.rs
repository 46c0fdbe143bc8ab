//! STOP and what means it, START, HELP, and the provider's own list of those who left.

use lamplight::domain::delivery::Report;
use lamplight::domain::event::OptOut;
use lamplight::domain::id::MessageId;
use lamplight::domain::message::MessageState;
use lamplight::domain::provider::Provider;
use lamplight::engine::delivery::file_report;
use lamplight::outbox::carrier::Carrier;
use lamplight::sms::carrier::TextCarrier;

use crate::engine::house::{ADA, BOB, House, Left};

const STANDING: &str = "select standing from patient where id = 'ada'";

/// As carriers know them, in any case, padded and with marks.
const STOPS: [&str; 22] = [
    "STOP",
    "stop",
    "Stop",
    " stop ",
    "STOP.",
    "stop!!",
    "\nSTOP\n",
    "\u{a0}Stop\u{200b}",
    "Stop \u{1f64f}",
    "STOPALL",
    "stop all",
    "Unsubscribe",
    "CANCEL",
    "End",
    "quit",
    "REVOKE",
    "optout",
    "OPT OUT",
    "opt-out",
    "Arret",
    "ARRÊT",
    "unsub",
];

/// In words of their own: obeyed, and somebody reads them.
const WISHES: [&str; 20] = [
    "please stop messaging me",
    "Stop texting me",
    "dont text me any more",
    "don’t text me anymore!",
    "leave me alone",
    "Stop sending me these",
    "no more texts please",
    "take me off this list",
    "STOP PLEASE",
    "I dont want these messages",
    "I want to opt out",
    "please unsubscribe me from this",
    "I'm fed up, make these texts stop",
    "I want to leave the service",
    "can you stop these messages",
    "Proszę do mnie nie pisać",
    "Nie piszcie do mnie więcej",
    "Przestańcie do mnie pisać",
    "Peidiwch â thecstio fi, peidiwch anfon mwy",
    "mujhe message mat bhejo",
];

/// Words beside which nobody leaves.
const NO_WISHES: [&str; 12] = [
    "I want to stop taking my tablets",
    "I stopped smoking",
    "please dont stop texting me",
    "cancel my appointment",
    "my cough wont stop",
    "when does this stop",
    "the dizziness comes in the end",
    "nie wzięłam tabletki",
    "dim poen heddiw",
    "mujhe bukhar nahi",
    "BP 126 74 no messages from you yesterday",
    "at the end of the week 78.4 kg",
];

#[tokio::test]
async fn sms_16_every_word_for_stop_ends_the_texts_and_tells_the_team() {
    for body in STOPS {
        let house = House::new().await;
        house.accepts(house.text(ADA, body)).await;
        assert_eq!(house.see(STANDING).await, ["stopped"], "{body:?}");
        assert_eq!(house.tasks().await, ["left_monitoring ada x1"], "{body:?}");
        house.leaves(Left::NOTHING).await;
    }
}

#[tokio::test]
async fn sms_16_a_wish_to_leave_in_free_words_is_obeyed_and_read_by_a_human() {
    for body in WISHES {
        let house = House::new().await;
        house.accepts(house.text(ADA, body)).await;
        assert_eq!(house.see(STANDING).await, ["stopped"], "{body:?}");
        assert!(house.tasks().await.contains(&"left_monitoring ada x1".to_owned()), "{body:?}");
        house.leaves(Left::NOTHING).await;
    }
}

#[tokio::test]
async fn sms_16_words_that_only_look_like_leaving_stop_nothing() {
    let house = House::new().await;
    for body in NO_WISHES {
        house.take([house.text(ADA, body)]).await;
        assert_eq!(house.see(STANDING).await, ["active"], "{body:?}");
    }
    house.leaves_whatever().await;
}

#[tokio::test]
async fn sms_16_a_stop_is_of_one_patient_and_silences_no_alert() {
    let house = House::new().await;
    house.accepts(house.text(ADA, "BP 191 99")).await;
    house.accepts(house.text(ADA, "STOP")).await;
    house.accepts(house.pressure("bp-1", 192, 99)).await;
    house.accepts(house.text(BOB, "BP 126 74")).await;
    assert_eq!(house.alerts().await, ["ada blood_pressure_high red open x2"]);
    // Hers before she left, and his.
    house.leaves(Left::texts(2)).await;
}

#[tokio::test]
async fn sms_16_the_carriers_word_wins_over_the_text() {
    let house = House::new().await;
    house.accepts(house.carried(ADA, "Nein danke", Some(OptOut::Stop))).await;
    assert_eq!(house.see(STANDING).await, ["stopped"]);
    house.accepts(house.carried(ADA, "yes please go on", Some(OptOut::Start))).await;
    assert_eq!(house.see(STANDING).await, ["active"]);
    house.leaves(Left::texts(1)).await;
}

#[tokio::test]
async fn sms_16_start_restores_and_the_consent_is_on_record_with_its_time() {
    let house = House::new().await;
    house.run("update patient set consent = 'opt_out', consent_at = 5 where id = 'ada'").await;
    house.accepts(house.text(ADA, "STOP")).await;
    house.wait(jiff::SignedDuration::from_hours(1));
    house.accepts(house.text(ADA, "start")).await;
    let now = house.clock.now().as_millisecond();
    assert_eq!(
        house
            .see("select standing || ' ' || consent || ' ' || consent_at from patient where id = 'ada'")
            .await,
        [format!("active opt_in {now}")]
    );
    let trail = "select detail from audit where action = 'patient.restarted'";
    assert!(house.see(trail).await[0].contains("opt_in"));
    house.leaves(Left::texts(1)).await;
}

/// What the provider says of the one text that is on its way: the phone has opted out.
async fn blocked(house: &House) {
    let id = house.see("select max(id) from message where direction = 'out'").await.remove(0);
    let report = Report {
        provider: Provider::Twilio,
        message: Some(MessageId::trusted(id.clone())),
        provider_id: format!("SM{id}"),
        state: Some(MessageState::Failed),
        word: "failed".to_owned(),
        code: Some(21610),
        raw: String::new(),
    };
    file_report(&house.store, &report, house.clock.now(), TextCarrier::explain_of).await.unwrap();
}

#[tokio::test]
async fn sms_16_a_block_at_the_provider_is_recorded_as_a_stop() {
    let house = House::new().await;
    house.accepts(house.text(ADA, "BP 126 74")).await;
    blocked(&house).await;
    assert_eq!(house.see(STANDING).await, ["stopped"]);
    assert_eq!(house.tasks().await, ["left_monitoring ada x1"]);
    house.take([house.text(ADA, "BP 126 75")]).await;
    house.leaves(Left::NOTHING).await;
}

#[tokio::test]
async fn sms_16_a_block_that_outlives_our_start_is_a_task_that_says_what_to_do() {
    let house = House::new().await;
    house.take([house.text(ADA, "STOP"), house.text(ADA, "START")]).await;
    blocked(&house).await;
    assert_eq!(house.see(STANDING).await, ["stopped"], "nothing is sent into the void");
    assert_eq!(house.tasks().await, ["still_blocked ada x1"]);
    let detail = house.see("select detail from task where kind = 'still_blocked'").await.remove(0);
    assert!(detail.contains("text START from that phone to the very number"), "{detail}");
    // A real STOP afterwards is one.
    house.take([house.text(ADA, "START"), house.text(ADA, "STOP")]).await;
    assert!(house.tasks().await.contains(&"left_monitoring ada x1".to_owned()));
    house.leaves_whatever().await;
}

#[tokio::test]
async fn sms_17_help_and_info_are_looked_at_urgently_and_answered_with_the_emergency_line() {
    for (body, carried) in [
        ("HELP", None),
        ("help!", None),
        (" Info ", None),
        ("HELP", Some(OptOut::Help)),
        ("aide", Some(OptOut::Help)),
    ] {
        let house = House::new().await;
        house.accepts(house.carried(ADA, body, carried)).await;
        assert_eq!(house.see("select kind || ' ' || urgent from task").await, ["asked_for_help 1"], "{body}");
        assert!(house.texts().await[0].contains("call 999"), "{body}");
        house.leaves(Left::texts(1)).await;
    }
}
