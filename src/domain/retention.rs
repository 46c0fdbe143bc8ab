//! How long the words of texts are kept. What was understood of them, readings, answers and alerts, is the record and
//! stays; what goes is the raw text.
//!
//! The periods are those of the NHS Records Management Code of Practice 2021: records of care are kept for eight years
//! after it ended, of maternity 25, of mental health 20, and those of a child until the 26th birthday. A protocol states its
//! own. Every doubt is settled by keeping.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp, Zoned};

/// Nobody's words go before this birthday: the later of the two that the code names for children.
const OF_AGE_YEARS: i32 = 26;

/// How long a site keeps the words of texts, in days.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RawTexts {
    pub days: u32,
}

/// A patient's time on a protocol, however long ago.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Course {
    /// How long the protocol wants its records kept; nothing when its file is there no more.
    pub years: Option<u16>,
    /// Nothing while it runs, or is still to be agreed to.
    pub ended_at: Option<Timestamp>,
}

/// Who a text is from or to, as far as it matters for how long its words are kept.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Subject {
    pub born: Option<Date>,
    pub courses: Vec<Course>,
}

impl RawTexts {
    /// Words of texts older than this may go, of people of whom nothing longer is asked.
    pub fn before(self, now: Timestamp) -> Option<Timestamp> {
        earlier(now, Span::new().try_days(self.days).ok()?)
    }

    /// Words of `subject`'s texts older than this may go. Nothing: none of them.
    ///
    /// Whoever was on protocols has theirs kept for as long as the longest of them wants, counted from the end of each:
    /// while one runs nothing goes, and nothing while nobody can say how long one wants.
    pub fn before_of(self, subject: &Subject, now: Timestamp) -> Option<Timestamp> {
        let is_child = subject.born.is_some_and(|born| !is_of_age(born, now));
        if is_child {
            return None;
        }
        let mut before = self.before(now)?;
        for course in &subject.courses {
            let kept_since = earlier(now, Span::new().try_years(course.years?).ok()?)?;
            if course.ended_at? > kept_since {
                return None;
            }
            before = before.min(kept_since);
        }
        Some(before)
    }
}

fn earlier(now: Timestamp, span: Span) -> Option<Timestamp> {
    utc(now).checked_sub(span).ok().map(|then| then.timestamp())
}

fn is_of_age(born: Date, now: Timestamp) -> bool {
    born.checked_add(Span::new().years(OF_AGE_YEARS)).is_ok_and(|birthday| birthday <= utc(now).date())
}

fn utc(at: Timestamp) -> Zoned {
    at.to_zoned(TimeZone::UTC)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        format!("{text}T12:00:00Z").parse().unwrap()
    }

    #[test]
    fn the_longest_that_anybody_asks_for_counts_and_every_doubt_keeps() {
        let course = |years, ended: Option<&str>| Course { years, ended_at: ended.map(at) };
        let (young, grown) = (Some("2015-03-01".parse().unwrap()), Some("2000-03-01".parse().unwrap()));
        for (label, days, born, courses, before) in [
            ("nobody's in particular", 365, None, vec![], Some("2035-06-01")),
            (
                "a course that is long over",
                365,
                None,
                vec![course(Some(8), Some("2020-01-01"))],
                Some("2028-05-31"),
            ),
            (
                "the site asks for longer",
                3653,
                None,
                vec![course(Some(8), Some("2020-01-01"))],
                Some("2026-05-31"),
            ),
            (
                "the longest of two",
                365,
                grown,
                vec![course(Some(8), Some("2010-01-01")), course(Some(20), Some("2009-01-01"))],
                Some("2016-05-31"),
            ),
            ("it ended lately", 365, None, vec![course(Some(8), Some("2030-01-01"))], None),
            ("it runs", 365, None, vec![course(Some(8), None)], None),
            ("its file is gone", 365, None, vec![course(None, Some("2001-01-01"))], None),
            (
                "one of two ended lately",
                365,
                None,
                vec![course(Some(8), Some("2010-01-01")), course(Some(25), Some("2015-01-01"))],
                None,
            ),
            ("a child", 365, young, vec![], None),
            ("of age", 365, grown, vec![], Some("2035-06-01")),
        ] {
            let subject = Subject { born, courses };
            let found = RawTexts { days }.before_of(&subject, at("2036-05-31"));
            assert_eq!(found, before.map(at), "{label}");
        }
    }
}
