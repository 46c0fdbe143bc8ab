//! Hours of the week in civil time, with the site's holidays: when a team is staffed, when a service is open.

use jiff::civil::{Date, Time, Weekday};
use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{SignedDuration, Span, Timestamp};

use super::Organisation;

/// How many days ahead open time is looked for. No promise is kept longer than the last of them: hours that never come
/// again give no deadline.
const NEAR_AND_FAR: [i64; 2] = [4, 62];

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hours {
    pub spans: Vec<WeekSpan>,
    pub holidays: HolidayRule,
}

/// The same hours on several days of the week. An end that is not after the beginning lies on the next day, so that
/// 00:00 to 00:00 is the whole day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WeekSpan {
    pub days: Days,
    pub from: Time,
    pub to: Time,
}

/// Days of the week, one bit each, Monday lowest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Days(u8);

/// What hours make of the site's holidays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HolidayRule {
    AsUsual,
    Closed,
    /// The hours of a Sunday.
    LikeSunday,
}

/// From an instant to another, the end excluded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stretch {
    pub from: Timestamp,
    pub to: Timestamp,
}

impl Days {
    pub const ALL: Self = Self(0b111_1111);

    /// From one weekday to another, over the week's end if need be.
    pub fn through(first: Weekday, last: Weekday) -> Self {
        let (mut days, mut day) = (0, first);
        loop {
            days |= bit(day);
            if day == last {
                return Self(days);
            }
            day = day.next();
        }
    }

    /// Every day that one of them has.
    pub const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub fn contains(self, day: Weekday) -> bool {
        self.0 & bit(day) != 0
    }
}

fn bit(day: Weekday) -> u8 {
    1 << day.to_monday_zero_offset()
}

impl Hours {
    pub fn always() -> Self {
        let whole = WeekSpan { days: Days::ALL, from: Time::midnight(), to: Time::midnight() };
        Self { spans: vec![whole], holidays: HolidayRule::AsUsual }
    }

    pub fn is_open(&self, at: Timestamp, site: &Organisation) -> bool {
        let next = at.saturating_add(SignedDuration::from_millis(1)).unwrap_or(at);
        !self.stretches(at, next, site).is_empty()
    }

    /// When it is open between two instants: in order, apart from each other.
    pub fn stretches(&self, from: Timestamp, to: Timestamp, site: &Organisation) -> Vec<Stretch> {
        let mut found = Vec::new();
        for date in days_of(from, to, site) {
            let Some(day) = self.reads_as(date, site) else { continue };
            for span in self.spans.iter().filter(|span| span.days.contains(day)) {
                found.extend(stretch(date, span.from, span.to, site).and_then(|open| open.within(from, to)));
            }
        }
        merged(found)
    }

    /// The instant by which so much open time has passed since `from`; nothing when it does not pass in two months.
    pub fn after(&self, from: Timestamp, open: SignedDuration, site: &Organisation) -> Option<Timestamp> {
        // Most often it passes within days, and a queue asks for every row of it.
        NEAR_AND_FAR.into_iter().find_map(|days| self.after_within(from, open, days, site))
    }

    fn after_within(
        &self,
        from: Timestamp,
        open: SignedDuration,
        days: i64,
        site: &Organisation,
    ) -> Option<Timestamp> {
        let end = from.checked_add(SignedDuration::from_hours(24 * days)).ok()?;
        let mut left = open;
        for stretch in self.stretches(from, end, site) {
            let here = stretch.to.duration_since(stretch.from);
            if left <= here {
                return stretch.from.checked_add(left).ok();
            }
            left -= here;
        }
        None
    }

    /// Which day of the week a date counts as; nothing when it is closed all day.
    fn reads_as(&self, date: Date, site: &Organisation) -> Option<Weekday> {
        match (site.holidays.contains(&date), self.holidays) {
            (false, _) | (true, HolidayRule::AsUsual) => Some(date.weekday()),
            (true, HolidayRule::LikeSunday) => Some(Weekday::Sunday),
            (true, HolidayRule::Closed) => None,
        }
    }
}

impl Stretch {
    /// The part of it that lies between two instants.
    pub fn within(self, from: Timestamp, to: Timestamp) -> Option<Self> {
        let part = Self { from: self.from.max(from), to: self.to.min(to) };
        (part.from < part.to).then_some(part)
    }

    pub fn contains(self, at: Timestamp) -> bool {
        self.from <= at && at < self.to
    }
}

/// When a civil time comes, or would have come: one that the clock skips in spring is the moment of the change, one that
/// comes twice in autumn is the first. So later times never come earlier, and what one shift leaves the next one takes.
pub(super) fn instant(date: Date, time: Time, zone: &TimeZone) -> Option<Timestamp> {
    let civil = date.to_datetime(time);
    let ambiguous = zone.to_ambiguous_timestamp(civil);
    match ambiguous.offset() {
        // Read with the offset after the gap it lies before it, and nothing but the gap is between.
        AmbiguousOffset::Gap { after, .. } => {
            let before = after.to_timestamp(civil).ok()?;
            zone.following(before).next().map(|change| change.timestamp())
        }
        _ => ambiguous.earlier().ok(),
    }
}

/// The civil dates that may have a part between two instants: from the day before, whose hours may pass midnight.
pub(super) fn days_of(from: Timestamp, to: Timestamp, site: &Organisation) -> impl Iterator<Item = Date> {
    let date = |at: Timestamp| at.to_zoned(site.zone.clone()).date();
    let first = date(from).saturating_sub(Span::new().days(1));
    let last = date(to);
    first.series(Span::new().days(1)).take_while(move |day| *day <= last)
}

/// Hours of one date as instants; nothing where the clock skips them whole.
pub(super) fn stretch(date: Date, from: Time, to: Time, site: &Organisation) -> Option<Stretch> {
    let ends_on = if to > from { date } else { date.checked_add(Span::new().days(1)).ok()? };
    let stretch = Stretch { from: instant(date, from, &site.zone)?, to: instant(ends_on, to, &site.zone)? };
    (stretch.from < stretch.to).then_some(stretch)
}

fn merged(mut found: Vec<Stretch>) -> Vec<Stretch> {
    found.sort_by_key(|stretch| stretch.from);
    let mut whole: Vec<Stretch> = Vec::with_capacity(found.len());
    for next in found {
        match whole.last_mut() {
            Some(last) if next.from <= last.to => last.to = last.to.max(next.to),
            _ => whole.push(next),
        }
    }
    whole
}
