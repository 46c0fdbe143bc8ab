//! A provider's pace: so many segments a second, and a second's worth at once.

use jiff::Timestamp;

/// What a second holds, in thousandths of a segment.
const WHOLE: i64 = 1000;

/// Segments that may leave. It fills with time and may be overdrawn; then nothing but what is urgent leaves until it has
/// filled again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bucket {
    /// Segments a second; 0 for as many as there are.
    rate: u32,
    /// Thousandths of segments.
    level: i64,
    at: Option<Timestamp>,
}

impl Bucket {
    pub const fn new(rate: u32) -> Self {
        Self { rate, level: rate as i64 * WHOLE, at: None }
    }

    /// Whole segments that may leave now, none or fewer when it is overdrawn. Nothing: as many as there are.
    pub fn room(&mut self, now: Timestamp) -> Option<i64> {
        if self.rate == 0 {
            return None;
        }
        self.fill(now);
        Some(self.level.div_euclid(WHOLE))
    }

    pub fn take(&mut self, segments: u32, now: Timestamp) {
        if self.rate > 0 {
            self.fill(now);
            self.level -= i64::from(segments) * WHOLE;
        }
    }

    /// Milliseconds until a segment may leave.
    pub fn wait(&mut self, now: Timestamp) -> u64 {
        if self.rate == 0 {
            return 0;
        }
        self.fill(now);
        let missing = u64::try_from(WHOLE - self.level).unwrap_or(0);
        missing.div_ceil(u64::from(self.rate))
    }

    /// A clock that goes back fills nothing and takes nothing away.
    fn fill(&mut self, now: Timestamp) {
        let since = self.at.map_or(0, |at| now.duration_since(at).as_millis());
        self.at = Some(now);
        let rate = i64::from(self.rate);
        // Thousandths of a segment in a millisecond are segments in a second. What is longer ago fills no more than a day.
        let gained = i64::try_from(since.clamp(0, 86_400_000)).unwrap_or(0) * rate;
        self.level = (self.level + gained).min(rate * WHOLE);
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;

    #[test]
    fn sms_25_no_more_segments_leave_than_the_pace_allows_whatever_the_texts_are() {
        for rate in [1, 7, 10, 100] {
            for size in [1, 2, 5] {
                let mut now = Timestamp::UNIX_EPOCH;
                let mut bucket = Bucket::new(rate);
                let mut left = 0;
                for _ in 0..60_000 {
                    if bucket.room(now).unwrap() > 0 {
                        bucket.take(size, now);
                        left += size;
                    }
                    now += SignedDuration::from_millis(1);
                }
                // A minute's worth, a second's worth that it began with, and a text that overdrew it.
                let most = rate * 61 + size;
                assert!((rate * 60..=most).contains(&left), "{left} of {size} at {rate}");
            }
        }
    }

    #[test]
    fn an_overdrawn_bucket_says_how_long_it_needs_and_a_clock_that_goes_back_breaks_nothing() {
        let start: Timestamp = "2026-11-22T09:00:00Z".parse().unwrap();
        let mut bucket = Bucket::new(10);
        bucket.take(15, start);
        assert_eq!((bucket.room(start), bucket.wait(start)), (Some(-5), 600));
        assert_eq!(bucket.room(start - SignedDuration::from_hours(1)), Some(-5));
        let later = start - SignedDuration::from_hours(1) + SignedDuration::from_millis(600);
        assert_eq!(bucket.room(later), Some(1));
        assert_eq!(bucket.room(start + SignedDuration::from_hours(9)), Some(10));
        let mut free = Bucket::new(0);
        free.take(1_000_000, start);
        assert_eq!((free.room(start), free.wait(start)), (None, 0));
    }
}
