use jiff::civil::{Date, DateTime, Time, Weekday, date, time};
use jiff::{SignedDuration, ToSpan};
use lamplight::domain::organisation::{Days, HolidayRule, Hours, Organisation, WeekSpan};
use proptest::prelude::*;

use super::minute::{WINDOWS, at, minutes};

const WEEK: [Weekday; 7] = [
    Weekday::Monday,
    Weekday::Tuesday,
    Weekday::Wednesday,
    Weekday::Thursday,
    Weekday::Friday,
    Weekday::Saturday,
    Weekday::Sunday,
];

pub(super) fn days() -> impl Strategy<Value = Days> {
    (0..7_usize, 0..7_usize).prop_map(|(first, last)| Days::through(WEEK[first], WEEK[last]))
}

/// To the quarter of an hour, most often in the night, where clocks change.
pub(super) fn times() -> impl Strategy<Value = Time> {
    let quarter = |quarters: i8| time(quarters / 4, (quarters % 4) * 15, 0, 0);
    prop_oneof![(0..20_i8).prop_map(quarter), (0..96_i8).prop_map(quarter)]
}

fn hours() -> impl Strategy<Value = Hours> {
    let span = (days(), times(), times()).prop_map(|(days, from, to)| WeekSpan { days, from, to });
    let rule =
        prop_oneof![Just(HolidayRule::AsUsual), Just(HolidayRule::Closed), Just(HolidayRule::LikeSunday)];
    (proptest::collection::vec(span, 1..4), rule).prop_map(|(spans, holidays)| Hours { spans, holidays })
}

fn site() -> Organisation {
    let holidays = [date(2026, 3, 28), date(2026, 10, 25), date(2026, 5, 4)];
    Organisation { holidays: holidays.into(), ..Organisation::unwritten() }
}

/// Whether something that has these times on this date is on, by the clock on the wall.
pub(super) fn is_on(date: Date, from: Time, to: Time, wall: DateTime) -> bool {
    let end = if to > from { date } else { date.tomorrow().unwrap() };
    date.to_datetime(from) <= wall && wall < end.to_datetime(to)
}

fn is_open(hours: &Hours, wall: DateTime, site: &Organisation) -> bool {
    [wall.date().yesterday().unwrap(), wall.date()].into_iter().any(|date| {
        let weekday = match (site.holidays.contains(&date), hours.holidays) {
            (true, HolidayRule::Closed) => return false,
            (true, HolidayRule::LikeSunday) => Weekday::Sunday,
            _ => date.weekday(),
        };
        hours.spans.iter().any(|span| span.days.contains(weekday) && is_on(date, span.from, span.to, wall))
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn hours_are_what_the_clock_on_the_wall_says_over_every_change_and_holiday(hours in hours()) {
        let site = site();
        for (from, to) in WINDOWS.map(|(from, to)| (at(from), at(to))) {
            let stretches = hours.stretches(from, to, &site);
            prop_assert!(stretches.windows(2).all(|pair| pair[0].to < pair[1].from), "{stretches:?}");
            for (now, wall) in minutes(from, to) {
                let open = is_open(&hours, wall, &site);
                let told = stretches.iter().any(|stretch| stretch.contains(now));
                prop_assert_eq!(told, open, "{} ({})", now, wall);
                if now.as_second() % 900 == 0 {
                    prop_assert_eq!(hours.is_open(now, &site), open, "{}", now);
                }
            }
        }
    }

    #[test]
    fn a_promise_is_due_when_so_many_open_minutes_have_passed(hours in hours(), promised in 1..2000_usize) {
        let site = site();
        for (from, to) in WINDOWS.map(|(from, to)| (at(from), at(to))) {
            let open = minutes(from, to).into_iter().filter(|(_, wall)| is_open(&hours, *wall, &site));
            let expected = open.map(|(now, _)| now + SignedDuration::from_mins(1)).nth(promised - 1);
            let told = hours.after(from, SignedDuration::from_mins(promised as i64), &site);
            match expected {
                Some(due) => prop_assert_eq!(told, Some(due)),
                None => prop_assert!(told.is_none_or(|due| due > to), "{:?}", told),
            }
        }
    }
}

fn only(days: Days, from: Time, to: Time) -> Hours {
    Hours { spans: vec![WeekSpan { days, from, to }], holidays: HolidayRule::AsUsual }
}

#[test]
fn a_night_is_an_hour_shorter_in_spring_and_longer_in_autumn() {
    let night = only(Days::ALL, time(20, 0, 0, 0), time(8, 0, 0, 0));
    for (noon, hours) in
        [("2026-03-28T12:00:00Z", 11), ("2026-06-06T11:00:00Z", 12), ("2026-10-24T11:00:00Z", 13)]
    {
        let night = night.stretches(at(noon), at(noon) + SignedDuration::from_hours(24), &site());
        let [night] = night.as_slice() else { panic!("{night:?}") };
        assert_eq!(night.to.duration_since(night.from), SignedDuration::from_hours(hours), "{noon}");
    }
}

#[test]
fn what_ends_in_the_hour_that_is_skipped_ends_when_the_next_begins() {
    let (from, to) = (at("2026-03-28T18:00:00Z"), at("2026-03-29T10:00:00Z"));
    let late = only(Days::ALL, time(20, 0, 0, 0), time(1, 30, 0, 0)).stretches(from, to, &site());
    let early = only(Days::ALL, time(1, 30, 0, 0), time(7, 0, 0, 0)).stretches(from, to, &site());
    assert_eq!((late[0].to, early[0].from), (at("2026-03-29T01:00:00Z"), at("2026-03-29T01:00:00Z")));
    let skipped = only(Days::ALL, time(1, 15, 0, 0), time(1, 45, 0, 0));
    assert_eq!(skipped.stretches(from, to, &site()), []);
}

#[test]
fn hours_that_never_come_promise_nothing() {
    let site = Organisation { holidays: date(2026, 1, 1).series(1.day()).take(400).collect(), ..site() };
    let closed = Hours { holidays: HolidayRule::Closed, ..Hours::always() };
    assert_eq!(closed.after(at("2026-05-01T00:00:00Z"), SignedDuration::from_mins(1), &site), None);
    assert!(!closed.is_open(at("2026-05-01T00:00:00Z"), &site));
}
