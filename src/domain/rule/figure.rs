//! What a rule draws from a patient's chart before it compares: the kinds of rules.

use crate::domain::vital::Vital;

/// The kind of a rule, with its settings.
#[derive(Debug, Clone, PartialEq)]
pub enum Figure {
    /// Every measurement of the new set by itself.
    Band,
    Consecutive(Consecutive),
    Average(Average),
    Change(Change),
    Distance(Distance),
    News2(News2),
    Answer(Answer),
    Silence(Silence),
    /// Texts in a row that could not be read.
    Unreadable,
    /// Minutes that a reading which was read back waits for its YES.
    Unconfirmed,
}

/// A number that the file states, or a parameter that a patient may have of their own.
#[derive(Debug, Clone, PartialEq)]
pub enum Setting {
    Fixed(f64),
    Parameter(String),
}

/// The `at_least`-th worst of the last `of` readings.
#[derive(Debug, Clone, PartialEq)]
pub struct Consecutive {
    pub at_least: usize,
    pub of: usize,
    /// Older readings are not looked at.
    pub within_days: Setting,
    /// Readings closer together count as one sitting, by its worst.
    pub apart_minutes: u32,
}

/// The mean over civil days, the day of the new reading included.
#[derive(Debug, Clone, PartialEq)]
pub struct Average {
    pub days: Setting,
    /// NICE NG136: the first day that has readings is left out of the mean.
    pub drop_first_day: bool,
    /// Readings that the mean must rest on.
    pub at_least: usize,
    /// Days with readings that there must be, the first included.
    pub at_least_days: usize,
}

/// How far the new reading has gone from one before.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    pub direction: Direction,
    pub against: Against,
    /// Readings from the civil day so many days ago on.
    pub days: Setting,
}

/// How far the new reading is from a baseline that is the patient's own.
#[derive(Debug, Clone, PartialEq)]
pub struct Distance {
    pub direction: Direction,
    /// The parameter; without a threshold of the patient the rule is silent.
    pub from: String,
    pub per_cent: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub struct News2 {
    /// 1 or 2; 2 only where a clinician has set it.
    pub scale: Setting,
    /// Only what was seen within so many minutes adds up.
    pub within_minutes: Setting,
}

/// The last answers to any one of some questions; all of `in_a_row` must agree.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    pub questions: Vec<String>,
    pub in_a_row: usize,
    pub within_days: Setting,
}

/// Answers missed in a row. Without a name any question or vital sign counts.
#[derive(Debug, Clone, PartialEq)]
pub struct Silence {
    pub of: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    Up,
    Down,
}

/// Which reading of the span a change is measured from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Against {
    Lowest,
    Highest,
    Last,
}

impl Figure {
    /// How rule files name the kinds.
    pub const KINDS: [&str; 10] = [
        "band",
        "consecutive",
        "average",
        "change",
        "distance",
        "news2",
        "answer",
        "silence",
        "unreadable",
        "unconfirmed",
    ];

    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Band => "band",
            Self::Consecutive(_) => "consecutive",
            Self::Average(_) => "average",
            Self::Change(_) => "change",
            Self::Distance(_) => "distance",
            Self::News2(_) => "news2",
            Self::Answer(_) => "answer",
            Self::Silence(_) => "silence",
            Self::Unreadable => "unreadable",
            Self::Unconfirmed => "unconfirmed",
        }
    }

    /// Whether it goes on finding the same at every new reading, however good that one is, until the old ones are out of
    /// its sight.
    pub const fn holds_for_days(&self) -> bool {
        matches!(self, Self::Consecutive(_) | Self::Average(_) | Self::Change(_))
    }

    /// The parameters that it is set by.
    pub fn parameters(&self) -> Vec<&str> {
        let settings: Vec<&Setting> = match self {
            Self::Consecutive(figure) => vec![&figure.within_days],
            Self::Average(figure) => vec![&figure.days],
            Self::Change(figure) => vec![&figure.days],
            Self::Answer(figure) => vec![&figure.within_days],
            Self::News2(figure) => vec![&figure.scale, &figure.within_minutes],
            Self::Distance(figure) => return vec![&figure.from],
            Self::Band | Self::Silence(_) | Self::Unreadable | Self::Unconfirmed => Vec::new(),
        };
        settings
            .into_iter()
            .filter_map(|setting| match setting {
                Setting::Parameter(name) => Some(name.as_str()),
                Setting::Fixed(_) => None,
            })
            .collect()
    }
}

impl News2 {
    pub const VITALS: [Vital; 5] =
        [Vital::RespiratoryRate, Vital::Spo2, Vital::Systolic, Vital::Pulse, Vital::Temperature];
    /// The questions whose answers are signs too.
    pub const QUESTIONS: [&str; 2] = ["consciousness", "oxygen"];
}

impl Direction {
    pub const ALL: [Self; 2] = [Self::Up, Self::Down];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Up => "up",
            Self::Down => "down",
        }
    }

    pub const fn of(self, from: f64, to: f64) -> f64 {
        match self {
            Self::Up => to - from,
            Self::Down => from - to,
        }
    }
}

impl Against {
    pub const ALL: [Self; 3] = [Self::Lowest, Self::Highest, Self::Last];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Lowest => "lowest",
            Self::Highest => "highest",
            Self::Last => "last",
        }
    }
}
