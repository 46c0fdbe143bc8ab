//! Machines that answer machines, and people who say a thing twice.

use jiff::SignedDuration;
use lamplight::domain::phone::Phone;
use lamplight::engine::intake::Settled;

use crate::engine::house::{ADA, BOB, House, Left, STRANGER};

/// As long as no settled pair of machines ever talks.
const FOR_EVER: usize = 40;

/// What is sent to the house, as the answer to what it says.
type Machine = fn(usize, &str) -> String;

const MACHINES: [(&str, Machine); 10] = [
    ("a holiday notice", |_, _| "I am on leave and will read your message in the new year.".to_owned()),
    ("a notice with other numbers each time", |n, _| {
        format!("Ticket number {n}{n}7 has been opened for you.")
    }),
    ("a notice with other words each time", |n, _| format!("Caller {} rang.", "abcdefghij".repeat(n + 1))),
    ("two notices in turn", |n, _| {
        ["This mailbox is full.", "The person you texted is busy."][n % 2].to_owned()
    }),
    ("an echo", |_, ours| ours.to_owned()),
    ("a bounce that quotes us", |_, ours| format!("Not delivered: \"{ours}\"")),
    ("a bounce that quotes all that was quoted", |n, ours| format!("{n} Not delivered: {ours}")),
    ("a surgery", |_, _| "In an emergency call 999. The surgery opens at 8.".to_owned()),
    ("a word of command", |_, _| "HELP".to_owned()),
    ("a yes man", |_, _| "Yes".to_owned()),
];

/// Lets a machine at this phone talk with the house until the house has nothing to say; how often the house spoke.
async fn talk(house: &House, phone: &str, machine: Machine, pause: SignedDuration) -> usize {
    // What it answers first is a text of ours.
    let (mut said, mut ours) = (machine(0, "Thank you. We have your reading: blood pressure 126/74."), 0);
    for n in 1..FOR_EVER {
        let before = house.texts().await.len();
        house.take([house.text(phone, &said)]).await;
        house.wait(pause);
        let texts = house.texts().await;
        let Some(last) = texts[before..].last() else { return ours };
        ours += texts.len() - before;
        said = machine(n, last);
    }
    panic!("they talk for ever: {said}");
}

#[tokio::test]
async fn sms_18_a_machine_that_answers_us_is_answered_at_most_three_times() {
    for (label, machine) in MACHINES {
        let house = House::new().await;
        let ours = talk(&house, ADA, machine, SignedDuration::from_secs(3)).await;
        assert!((1..=3).contains(&ours), "{label}: answered {ours} times");
        house.leaves_whatever().await;
    }
}

#[tokio::test]
async fn sms_18_a_machine_at_a_shared_phone_settles_too() {
    for (label, machine) in MACHINES {
        let house = House::new().await;
        house.enrol(&format!("patient_id,name,phone\nbeth,Beth,{BOB}\n")).await;
        let ours = talk(&house, BOB, machine, SignedDuration::from_secs(3)).await;
        assert!(ours <= 3, "{label}: answered {ours} times");
        house.leaves_whatever().await;
    }
}

#[tokio::test]
async fn sms_18_two_gateways_that_text_each_other_settle_within_three_replies() {
    for opening in
        ["Hello, who is this?", "BP 128 76", "BP 191 99", "I have chest pain", "HELP", "START", "gl 5.5 x"]
    {
        let (one, other) = (House::new().await, House::new().await);
        let (mut said, mut spoken) = (opening.to_owned(), [0, 0]);
        for n in 0..FOR_EVER {
            let house = if n % 2 == 0 { &one } else { &other };
            let before = house.texts().await.len();
            house.take([house.text(ADA, &said)]).await;
            one.wait(SignedDuration::from_secs(2));
            other.wait(SignedDuration::from_secs(2));
            let texts = house.texts().await;
            let Some(last) = texts[before..].last() else { break };
            spoken[n % 2] += texts.len() - before;
            said.clone_from(last);
            assert!(n + 1 < FOR_EVER, "{opening}: they talk for ever");
        }
        // Whoever began was no machine: the answer to them is not one of the loop's.
        assert!(spoken[0] <= 4 && spoken[1] <= 3, "{opening}: {spoken:?}");
        one.leaves_whatever().await;
        other.leaves_whatever().await;
    }
}

#[tokio::test]
async fn sms_18_words_that_come_a_sixth_time_are_an_urgent_task_and_all_are_kept() {
    let house = House::new().await;
    for n in 1..=7 {
        house.settles(house.text(ADA, "the machine said so"), Settled::Rejected).await;
        house.wait(SignedDuration::from_mins(3));
        let urgent = house.see("select count from task where kind = 'same_words' and urgent = 1").await;
        assert_eq!(urgent.len(), usize::from(n > 5), "after {n}");
    }
    assert_eq!(
        house.see("select subject || ' x' || count from task where kind = 'same_words'").await,
        ["ada x2"]
    );
    assert_eq!(house.count("inbox").await, 7);
    assert_eq!(house.count("message where direction = 'in' and patient_id = 'ada'").await, 7);
    house.leaves(Left::texts(3)).await;
}

#[tokio::test]
async fn sms_18_half_an_hour_later_the_same_words_are_answered_again() {
    let house = House::new().await;
    let ask = async || {
        for _ in 0..5 {
            house.take([house.text(ADA, "what is this")]).await;
        }
        house.texts().await.len()
    };
    assert_eq!(ask().await, 3);
    house.wait(SignedDuration::from_mins(31));
    assert_eq!(ask().await, 6);
    house.leaves(Left::texts(6)).await;
}

#[tokio::test]
async fn sms_18_the_count_is_stored_and_outlives_a_restart() {
    let mut house = House::new().await;
    for _ in 0..5 {
        house.take([house.text(ADA, "what is this")]).await;
        house = house.restart().await;
    }
    house.leaves(Left::texts(3)).await;
}

#[tokio::test]
async fn sms_18_within_one_batch_it_counts_as_well() {
    let house = House::new().await;
    house.take((0..20).map(|_| house.text(ADA, "what is this"))).await;
    assert_eq!(house.count("inbox").await, 20);
    house.leaves(Left::texts(3)).await;
}

#[tokio::test]
async fn sms_18_a_reading_that_comes_again_and_again_stays_a_reading() {
    let house = House::new().await;
    for _ in 0..7 {
        house.accepts(house.text(ADA, "BP 126 74")).await;
        house.wait(SignedDuration::from_mins(1));
    }
    assert_eq!(house.count("reading where vital = 'systolic'").await, 7);
    assert!(house.tasks().await.contains(&"same_words ada x2".to_owned()));
    house.leaves(Left::texts(5)).await;
}

#[tokio::test]
async fn sms_18_a_red_is_never_muted() {
    let house = House::new().await;
    for _ in 0..9 {
        house.accepts(house.text(ADA, "BP 191 99")).await;
        house.wait(SignedDuration::from_secs(150));
    }
    // Every one of them is in the alert, and whoever types them is told what to do each time.
    assert_eq!(house.alerts().await, ["ada blood_pressure_high red open x9"]);
    assert_eq!(house.count("reading where vital = 'systolic'").await, 9);
    house.leaves(Left::texts(9)).await;
}

#[tokio::test]
async fn sms_18_a_red_at_a_machines_pace_still_raises_its_alert_each_time() {
    let house = House::new().await;
    for _ in 0..9 {
        house.accepts(house.text(ADA, "BP 191 99")).await;
    }
    assert_eq!(house.alerts().await, ["ada blood_pressure_high red open x9"]);
    house.leaves(Left::texts(5)).await;
}

#[tokio::test]
async fn sms_18_whoever_cries_for_help_four_times_is_answered_four_times() {
    let house = House::new().await;
    for _ in 0..4 {
        house.accepts(house.text(ADA, "I have chest pain")).await;
        house.wait(SignedDuration::from_mins(4));
    }
    house.leaves(Left::texts(4)).await;
}

#[tokio::test]
async fn sms_18_our_own_numbers_short_codes_and_words_never_get_a_reply() {
    let house = House::new().await;
    house.store.note_own_numbers(&[Phone::trusted("+447700900777")], house.clock.now()).await.unwrap();
    // One of our own numbers has even been given to a patient.
    house.enrol("patient_id,name,phone\nwrong,Wrong,+447700900777\n").await;
    // The first is the number that all of these are sent to.
    let senders =
        ["+447700900456", "+447700900777", "60777", "+60777", "7726", "86888", "NHSNoReply", "Florence", ""];
    for from in senders {
        for body in ["Your appointment is on Monday", "BP 191 99", "STOP", "HELP", "I have chest pain"] {
            house.settles(house.text(from, body), Settled::Held).await;
        }
    }
    house.release().await;
    let kept = i64::try_from(senders.len() * 5).unwrap();
    assert_eq!(house.count("inbox where outcome = 'held'").await, kept);
    assert_eq!(house.count("message where direction = 'in'").await, kept, "they are shown");
    for from in senders {
        let told = house.count(&format!("task where subject = '{from}'")).await;
        assert!(told > 0, "nobody is told of {from:?}");
    }
    house.leaves(Left::held(kept)).await;
}

#[tokio::test]
async fn sms_21_an_unknown_sender_is_answered_once_in_neutral_words() {
    let house = House::new().await;
    house.take([house.text(STRANGER, "BP 191 99"), house.text(STRANGER, "its Ada")]).await;
    house.wait(SignedDuration::from_hours(2));
    house.take([house.text(STRANGER, "HELP")]).await;
    let texts = house.texts().await;
    assert_eq!(texts, ["Sorry, we do not know this phone number, so we cannot answer your text."]);
    house.leaves(Left { texts: 1, held: 3 }).await;
}

#[tokio::test]
async fn sms_19_an_identical_reading_with_another_sid_is_a_second_event_and_marked() {
    let house = House::new().await;
    house.accepts(house.text(ADA, "BP 126 74")).await;
    house.wait(SignedDuration::from_mins(2));
    house.accepts(house.text(ADA, "bp 126/74")).await;
    house.wait(SignedDuration::from_mins(40));
    house.accepts(house.text(ADA, "BP 126 74")).await;
    assert_eq!(
        house.count("reading where vital = 'systolic' and state = 'accepted'").await,
        3,
        "none is merged"
    );
    let marked = "select (select count(*) from message b where b.id = m.repeats) from message m
                  where direction = 'in' order by id";
    assert_eq!(house.see(marked).await, ["0", "1", "0"], "the second says which one it repeats");
    house.leaves(Left::texts(3)).await;
}
