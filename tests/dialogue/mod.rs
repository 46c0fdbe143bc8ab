//! Conversations as patients have them, with what nurses see in the margin. Read them: the words are the product.

mod script;

use jiff::SignedDuration;
use lamplight::domain::event::OptOut;

use self::script::Script;
use crate::engine::house::{ADA, BOB, STRANGER, pressure};

macro_rules! reads {
    ($script:expr) => {
        insta::assert_snapshot!($script.end().await)
    };
}

#[tokio::test]
async fn a_reading_that_is_fine() {
    let mut script = Script::new().await;
    script.texts(ADA, "BP 126 74").await;
    script.texts(ADA, "Thank you!").await;
    script.texts(ADA, "👍").await;
    reads!(script);
}

#[tokio::test]
async fn a_little_high_and_better_on_the_other_arm() {
    let mut script = Script::new().await;
    script.texts(ADA, "bp 138/82").await;
    script.waits(SignedDuration::from_mins(35)).await;
    script.texts(ADA, "129 over 80").await;
    reads!(script);
}

#[tokio::test]
async fn high_and_then_very_high() {
    let mut script = Script::new().await;
    script.texts(ADA, "BP 155 92").await;
    script.waits(SignedDuration::from_mins(35)).await;
    script.texts(ADA, "BP 184 95 pulse 88").await;
    script.waits(SignedDuration::from_mins(20)).await;
    script.texts(ADA, "BP 152 90").await;
    reads!(script);
}

#[tokio::test]
async fn several_vitals_at_once() {
    let mut script = Script::new().await;
    script.texts(ADA, "BP 126 74 pulse 72 oxygen 97").await;
    script.texts(ADA, "BP 190 125, pulse 135, sats 88").await;
    script.texts(ADA, "BP 190/125 pulse 135 oxygen 88 temp 39.5 breaths 30 glucose 24.1").await;
    script.texts(ADA, "weight 80.2 kg").await;
    script.texts(ADA, "weight 80.4 kg, BP 126 74").await;
    reads!(script);
}

#[tokio::test]
async fn a_slip_that_was_none() {
    let mut script = Script::new().await;
    script.texts(ADA, "BP 235 120").await;
    script.waits(SignedDuration::from_mins(3)).await;
    script.texts(ADA, "Yes").await;
    reads!(script);
}

#[tokio::test]
async fn a_slip_that_was_one() {
    let mut script = Script::new().await;
    script.texts(ADA, "BP 235 75").await;
    script.texts(ADA, "no").await;
    script.texts(ADA, "BP 135 75").await;
    script.texts(ADA, "BP 128 76").await;
    script.texts(ADA, "yes").await;
    reads!(script);
}

#[tokio::test]
async fn a_hypo_is_not_kept_waiting_by_a_question() {
    let mut script = Script::new().await;
    script.texts(BOB, "glucose 1.9").await;
    script.texts(BOB, "YES").await;
    script.waits(SignedDuration::from_mins(15)).await;
    script.texts(BOB, "glucose 3.6").await;
    script.waits(SignedDuration::from_mins(15)).await;
    script.texts(BOB, "glucose 5.8").await;
    reads!(script);
}

#[tokio::test]
async fn the_meter_says_hi_and_lo() {
    let mut script = Script::new().await;
    script.texts(BOB, "meter says HI").await;
    script.texts(BOB, "glucose LO").await;
    reads!(script);
}

#[tokio::test]
async fn words_that_are_no_reading() {
    let mut script = Script::new().await;
    script.texts(ADA, "the thing on my arm keeps beeping").await;
    script.texts(ADA, "BP is blurry").await;
    script.texts(ADA, "HELP").await;
    script.texts(ADA, "yes").await;
    reads!(script);
}

#[tokio::test]
async fn chest_pain_beside_a_good_reading() {
    let mut script = Script::new().await;
    script.texts(ADA, "BP 126 74 but I have chest pain").await;
    script.texts(ADA, "still there").await;
    reads!(script);
}

#[tokio::test]
async fn the_wifes_reading() {
    let mut script = Script::new().await;
    script.texts(BOB, "my wife's bp is 150 over 90").await;
    reads!(script);
}

#[tokio::test]
async fn stop_and_start() {
    let mut script = Script::new().await;
    script.texts(ADA, "BP 184 95").await;
    script.texts(ADA, "STOP").await;
    script.texts(ADA, "BP 186 96").await;
    script.carrier_marks(ADA, "START", OptOut::Start).await;
    script.texts(ADA, "BP 126 74").await;
    script.texts(ADA, "please stop texting me").await;
    reads!(script);
}

#[tokio::test]
async fn a_number_that_nobody_knows_and_then_somebody_does() {
    let mut script = Script::new().await;
    script.texts(STRANGER, "BP 155 92").await;
    script.texts(STRANGER, "Hello? It's Carl").await;
    script.enrols("carl", &format!("patient_id,phone\ncarl,{STRANGER}\n")).await;
    reads!(script);
}

#[tokio::test]
async fn a_phone_that_a_couple_shares() {
    let mut script = Script::new().await;
    script.enrols("beth", &format!("patient_id,phone\nbeth,{BOB}\n")).await;
    script.texts(BOB, "BP 184 95").await;
    reads!(script);
}

#[tokio::test]
async fn a_couple_that_says_whose_reading_it_is() {
    let mut script = Script::new().await;
    script.enrols("beth", &format!("patient_id,name,phone\nbeth,Beth,{BOB}\n")).await;
    script.texts(BOB, "BP 184 95").await;
    script.waits(SignedDuration::from_mins(4)).await;
    script.texts(BOB, "Beth").await;
    script.texts(BOB, "Bob BP 126 74").await;
    reads!(script);
}

#[tokio::test]
async fn a_cuff_that_goes_up_and_comes_down() {
    let mut script = Script::new().await;
    for (minutes, systolic, diastolic) in [(0, 154, 92), (30, 156, 93), (30, 186, 97), (30, 128, 79)] {
        script.waits(SignedDuration::from_mins(minutes)).await;
        script.measures("bp-1", systolic, diastolic).await;
    }
    script.waits(SignedDuration::from_hours(12)).await;
    script.measures("bp-1", 183, 96).await;
    reads!(script);
}

#[tokio::test]
async fn limits_of_ones_own() {
    let mut script = Script::new().await;
    script
        .enrols("own limits", "patient_id,thresholds\nada,spo2_low.spo2_amber=90;spo2_low.spo2_red=87\n")
        .await;
    script.texts(ADA, "oxygen 91").await;
    script.texts(ADA, "oxygen 89").await;
    script.texts(BOB, "oxygen 91").await;
    reads!(script);
}

#[tokio::test]
async fn a_registered_device_with_a_wrong_clock() {
    let mut script = Script::new().await;
    script.publishes("bp-1", &pressure(Some("1970-01-01T00:00:10Z".parse().unwrap()), 186, 97)).await;
    script.publishes("bp-1", "{\"readings\":[{\"vital\":\"systolic\",\"value\":\"high\"}]}").await;
    reads!(script);
}
