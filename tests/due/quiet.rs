//! Nights: who is left in peace until when, on every night of the year and above all on those two.

use jiff::civil::date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use lamplight::domain::id::ProtocolId;
use lamplight::domain::protocol::Quiet;
use lamplight::domain::rehearsal::Rehearsal;

use super::file::{ada, asks, at, catalog, entry, protocol, time};

const MINUTE: SignedDuration = SignedDuration::from_mins(1);

/// From noon to noon, minute by minute.
fn minutes(from: &str, to: &str) -> impl Iterator<Item = Timestamp> {
    let (from, to) = (at(from), at(to));
    std::iter::successors(Some(from), |at| Some(*at + MINUTE)).take_while(move |at| *at < to)
}

#[test]
fn sms_24_quiet_hours_end_when_the_clock_on_the_wall_says_so_on_both_days_of_change() {
    let zone = TimeZone::get("Europe/London").unwrap();
    // One ends in the hour that spring leaves out and autumn has twice.
    let nights = [Quiet::NIGHT, Quiet { from: time("21:00"), to: time("01:30") }];
    for quiet in nights {
        for (from, to, whole) in [
            ("2026-03-28 12:00", "2026-03-29 12:00", 23 * 60),
            ("2026-10-24 12:00", "2026-10-25 12:00", 25 * 60),
            ("2026-06-01 12:00", "2026-06-02 12:00", 24 * 60),
        ] {
            assert_eq!(minutes(from, to).count(), whole);
            for now in minutes(from, to) {
                let spoken = quiet.defer(now, &zone);
                let holds = |at: Timestamp| quiet.holds(at.to_zoned(zone.clone()).time());
                assert!(spoken >= now, "{now}: before its time");
                assert!(!holds(spoken), "{now}: spoken at {spoken}, which is quiet");
                // No minute between would have done: nothing waits longer than it must. An end in the hour that spring
                // leaves out comes when it would have come.
                let left_out = at("2026-03-29 00:59") + MINUTE;
                let left_out = left_out..left_out + SignedDuration::from_mins(30);
                let between = std::iter::successors(Some(now), |at| Some(*at + MINUTE));
                for at in between.take_while(|at| *at < spoken) {
                    assert!(
                        holds(at) || left_out.contains(&at) && quiet != Quiet::NIGHT,
                        "{now}: waits until {spoken} though {at} would do"
                    );
                }
            }
        }
    }
}

#[test]
fn sms_24_a_reminder_of_the_night_of_change_comes_once_at_the_end_of_the_quiet() {
    for (day, evening, morning) in [
        (date(2026, 3, 28), "2026-03-28 20:30", "2026-03-29 07:30"),
        (date(2026, 10, 24), "2026-10-24 20:30", "2026-10-25 07:30"),
    ] {
        let mut evenings = protocol("evening", vec![entry("daily", asks(&["bp"]), &["20:30"])]);
        evenings.schedule[0].window_minutes = 840;
        evenings.days = Some(1);
        let catalog = catalog([evenings]);
        let mut house = Rehearsal::new(&catalog, ada(), at(&format!("{day} 12:00")));
        house.enrol(&ProtocolId::trusted("evening"), day, None).unwrap();
        house.pass_to(at(morning) + SignedDuration::from_hours(30));
        let dialogue = house.dialogue();
        for line in [format!("{evening}  >  ask bp"), format!("{morning}  >  remind bp")] {
            assert_eq!(dialogue.matches(&line).count(), 1, "{dialogue}");
        }
        assert_eq!(dialogue.matches("remind bp").count(), 1, "{dialogue}");
        assert_eq!(dialogue.matches("bp silent").count(), 1, "{dialogue}");
    }
}

#[test]
fn sms_24_red_advice_answers_a_reading_at_any_hour() {
    let catalog = lamplight::catalog::built_in().unwrap();
    for night in ["2026-03-29 00:30", "2026-03-29 03:30", "2026-10-25 03:30"] {
        let mut house = Rehearsal::new(&catalog, ada(), at(night) - SignedDuration::from_hours(10));
        house.pass_to(at(night));
        house.text("BP 185 121");
        assert!(house.dialogue().contains(&format!("{night}  >  reply red")), "{}", house.dialogue());
    }
}
