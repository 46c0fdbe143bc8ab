//! Numbers that are no readings: times, dates, durations, tablets, changes, targets.
//!
//! Each becomes [`Sense::Aside`], so that nothing behind this file can take it for a vital sign.

use super::Asked;
use super::lexicon::{Label, Piece, Sense};
use super::number::Number;
use super::words::Words;
use crate::domain::unit::Unit;
use crate::domain::vital::Vital;

/// What was set aside, where that bears on the readings that remain.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Asides {
    /// The reading may be of another day.
    pub date: bool,
    /// A change was told, not a level: "up 2kg".
    pub change: bool,
    /// A target or best value stood in the text.
    pub target: bool,
}

static MONTHS: Words = Words::of(
    "jan|january|feb|february|mar|march|apr|april|may|june|jun|july|jul|aug|august|sep|sept|\
    september|oct|october|nov|november|dec|december",
);
/// What a number in front of it counts.
static COUNTED: Words = Words::of(
    "days|weeks|wks|months|years|yrs|yo|hours|hrs|min|mins|\
    minute|minutes|sec|secs|second|seconds|nights|times|cup|cups|glass|glasses|pint|pints|tablet|tablets|tab|\
    tabs|pill|pills|capsule|capsules|doses|units|puff|puffs|spray|sprays|mg|mcg|ug|ml|mls|mile|miles|\
    step|steps|metre|metres|meter|meters|m|km|cm|ft|feet|foot|inch|inches|calories|calorie|kcal|cals|carbs|slice|\
    slices|biscuit|biscuits|spoon|spoons|cigarettes|fags|cigs|people|kids|grandkids|children|oclock|drink|drinks|\
    meals|attempts|goes|tries|stairs|flights|laps|lengths|pillows|hypo|hypos|nd|rd|th|pence|quid|pages",
);
/// What a number behind it counts or names.
static NAMED: Words = Words::of(
    "height|age|aged|bmi|hba1c|a1c|room|ward|flat|house|bed|took|taken|insulin|dob|postcode|tel|phone|\
    mobile|page|type|stage|covid|step|steps|walked|slept|ate|drank|grade|version|code|pin|appointment|apt|error|err|\
    er|e|novorapid|lantus|levemir|humalog|tresiba|metformin|ramipril|dose|bought|spent|map|day|week",
);
/// A limit or a best, not today's.
static TARGETS: Words =
    Words::of("target|goal|limit|best|usual|usually|normally|ideal|aim|aiming|range|max|min|predicted");

/// Sets aside what is no reading.
///
/// After a question for a plain number, what is counted is the answer.
pub(super) fn set_aside(pieces: &mut [Piece], asked: Option<Asked>) -> Asides {
    let mut asides = Asides::default();
    for at in 0..pieces.len() {
        if pieces.get(at).is_some_and(|piece| piece.number().is_some()) {
            let view = View { pieces, at, asked };
            let (length, kind) = match view.kind() {
                Some(found) => found,
                None => continue,
            };
            asides.date |= kind == Kind::Date;
            asides.change |= kind == Kind::Change;
            asides.target |= kind == Kind::Target;
            for piece in pieces.iter_mut().skip(at).take(length) {
                piece.sense = Sense::Aside;
            }
        }
    }
    asides
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Clock,
    Date,
    Count,
    Change,
    Target,
}

/// A number and its neighbours.
#[derive(Debug, Clone, Copy)]
struct View<'a> {
    pieces: &'a [Piece],
    at: usize,
    asked: Option<Asked>,
}

impl<'a> View<'a> {
    fn piece(self, offset: isize) -> Option<&'a Piece> {
        self.at.checked_add_signed(offset).and_then(|at| self.pieces.get(at))
    }

    fn number(self, offset: isize) -> Option<&'a Number> {
        self.piece(offset).and_then(Piece::number)
    }

    fn word(self, offset: isize) -> &'a str {
        self.piece(offset).and_then(Piece::word).unwrap_or("")
    }

    fn is_mark(self, offset: isize, mark: char) -> bool {
        self.piece(offset).is_some_and(|piece| piece.is_mark(mark))
    }

    fn is_any_mark(self, offset: isize, marks: &str) -> bool {
        marks.chars().any(|mark| self.is_mark(offset, mark))
    }

    fn value(self, offset: isize) -> Option<f64> {
        self.number(offset).and_then(Number::value)
    }

    /// How many pieces to set aside from here, and as what.
    fn kind(self) -> Option<(usize, Kind)> {
        let question = matches!(self.asked, Some(Asked::Number | Asked::Scale1To5 | Asked::YesNo));
        let counts = self.asked != Some(Asked::Number);
        self.clock()
            .map(|length| (length, Kind::Clock))
            .or_else(|| self.date().map(|length| (length, Kind::Date)))
            .or_else(|| (!question && self.change()).then_some((1, Kind::Change)))
            .or_else(|| self.target().then_some((1, Kind::Target)))
            .or_else(|| self.hours().then_some((2, Kind::Count)))
            .or_else(|| (counts && self.count()).then_some((1, Kind::Count)))
    }

    fn clock(self) -> Option<usize> {
        let number = self.number(0)?;
        let pair = self.is_mark(1, ':') && !self.piece(2).is_some_and(|piece| piece.spaced);
        if let (true, Some(hour), Some(minute)) = (pair, number.value(), self.number(2)) {
            let seconds = if self.is_mark(3, ':') && self.number(4).is_some() { 2 } else { 0 };
            let is_time = hour < 24.0 && minute.length() == 2 && minute.value()? < 60.0;
            return is_time.then(|| 3 + seconds + self.half_of_day(3));
        }
        let half = self.half_of_day(1);
        if half > 0 && is_hour(number, 12.0) {
            return Some(1 + half);
        }
        let oclock = self.word(1) == "oclock" || (self.word(1) == "o" && self.word(2) == "clock");
        let at_time = matches!(
            self.word(-1),
            "at" | "around" | "about" | "since" | "from" | "till" | "until" | "by" | "@"
        );
        let named = self.piece(-2).is_some_and(|piece| matches!(piece.sense, Sense::Label(_)));
        let joined = self.is_any_mark(1, "/\\|-") || matches!(self.word(1), "over" | "and" | "on");
        let measured =
            matches!(self.piece(1).map(|piece| &piece.sense), Some(Sense::Unit(_) | Sense::Label(_)));
        let at_time =
            at_time && self.word(-1) == "at" && is_hour(number, 24.0) && !named && !joined && !measured;
        let serial = number.length() == 4 && number.starts_with_zero() && is_hour(number, 24.0);
        let hours =
            number.length() == 4 && number.is_whole() && matches!(self.word(1), "hrs" | "hours" | "h");
        (oclock || at_time || serial || hours).then_some(1)
    }

    fn half_of_day(self, offset: isize) -> usize {
        usize::from(matches!(self.word(offset), "am" | "pm"))
    }

    fn date(self) -> Option<usize> {
        let number = self.number(0)?;
        if let Some([a, b, c]) = number.parts().as_deref() {
            return (is_date(a, b, c) && same_marks(number)).then_some(1);
        }
        for mark in ['/', '-', '.'] {
            if self.is_mark(1, mark)
                && self.is_mark(3, mark)
                && let (Some(b), Some(c)) = (self.number(2), self.number(4))
                && is_date(number, b, c)
            {
                return Some(5);
            }
        }
        let day = number.is_whole() && number.value().is_some_and(|day| (1.0..=31.0).contains(&day));
        let month_after = MONTHS.has(self.word(1)) || (self.word(1) == "of" && MONTHS.has(self.word(2)));
        let month_before = MONTHS.has(self.word(-1)) && self.word(-1) != "may";
        let ordinal = matches!(self.word(1), "nd" | "rd" | "th")
            || (self.piece(1).map(|piece| &piece.sense) == Some(&Sense::Unit(Unit::Stone))
                && MONTHS.has(self.word(2)));
        let year = number.is_whole() && number.value().is_some_and(|year| (1990.0..=2099.0).contains(&year));
        let dated = day && (month_after || month_before || ordinal);
        let follows_date = year && self.is_after_month();
        if dated && ordinal {
            return Some(2);
        }
        (dated || follows_date).then_some(1)
    }

    fn is_after_month(self) -> bool {
        MONTHS.has(self.word(-1))
            || (self.piece(-1).is_some_and(|piece| piece.sense == Sense::Aside) && MONTHS.has(self.word(-2)))
    }

    /// A difference: "up 2kg", "lost 3 lbs", "change in weight -0.4", "2 kg heavier". "Up to 80" is a level.
    fn change(self) -> bool {
        static VERBS: Words = Words::of(
            "up|down|gained|gain|lost|lose|losing|gaining|dropped|drop|by|plus|minus|another|extra|\
            loss|increase|decrease|increased|decreased|on|of|off|about|nearly|almost|around|a|only|just|over",
        );
        static SURE: Words = Words::of(
            "up|down|gained|gain|lost|lose|losing|gaining|dropped|drop|plus|minus|loss|increase|\
            decrease|increased|decreased|another|extra",
        );
        static AFTER: Words = Words::of(
            "up|down|heavier|lighter|gain|loss|more|less|gained|lost|increase|decrease|extra|off|over",
        );
        let value = self.value(0).unwrap_or(0.0);
        let mut back = -1;
        while VERBS.has(self.word(back)) && !SURE.has(self.word(back)) {
            back -= 1;
        }
        let put_on = self.word(-1) == "on" && self.word(-2) == "put";
        let led = SURE.has(self.word(back)) || put_on;
        let unit = usize::from(matches!(self.piece(1).map(|piece| &piece.sense), Some(Sense::Unit(_))));
        let followed =
            AFTER.has(self.word(1 + unit.cast_signed())) && self.number(2 + unit.cast_signed()).is_none();
        let signed = self.is_any_mark(-1, "+-")
            && !self.piece(0).is_some_and(|piece| piece.spaced)
            && self.is_loose_sign();
        let pair = self.is_any_mark(1, "/\\|");
        let weighed =
            self.is_weight() && !self.piece(-1).is_some_and(|piece| piece.sense == Sense::Unit(Unit::Stone));
        // A level may follow "up" too, so a possible weight after it is left to be asked about.
        let small = value < 20.0;
        !pair && weighed && small && (led || followed || signed || self.is_change_of_weight())
            || (!pair && self.is_change_of_weight())
    }

    /// A sign that is no hyphen after a label: it follows white space, or starts the text.
    fn is_loose_sign(self) -> bool {
        self.piece(-1).is_some_and(|piece| piece.spaced || self.at == 1)
    }

    fn is_weight(self) -> bool {
        let unit = match self.piece(1).map(|piece| &piece.sense) {
            Some(Sense::Unit(unit)) => Some(*unit),
            _ => None,
        };
        let weight_unit = matches!(unit, Some(Unit::Kilogram | Unit::Pound | Unit::Stone));
        let named = self.pieces.iter().any(|piece| piece.sense == Sense::Label(Label::One(Vital::Weight)));
        let others = self
            .pieces
            .iter()
            .any(|piece| matches!(piece.sense, Sense::Label(label) if label != Label::One(Vital::Weight)));
        weight_unit || (unit.is_none() && named) || (unit.is_none() && !others)
    }

    fn is_change_of_weight(self) -> bool {
        let before = self.pieces.get(..self.at).unwrap_or_default();
        let named = before.iter().any(|piece| piece.sense == Sense::Label(Label::One(Vital::Weight)));
        named && before.iter().any(|piece| matches!(piece.word(), Some("change" | "changed" | "difference")))
    }

    fn target(self) -> bool {
        let back = match self.word(-1) {
            "is" | "was" | "of" | "at" => -2,
            _ if self.is_any_mark(-1, ":=") => -2,
            _ => -1,
        };
        let part_of_pair =
            self.is_any_mark(-1, "/") && self.piece(-2).is_some_and(|piece| piece.sense == Sense::Aside);
        let best_of = self.word(-2) == "best" && self.word(-1) == "of";
        (TARGETS.has(self.word(back)) && !best_of) || part_of_pair
    }

    /// "2 hr after food" is a time, "72 hr" a heart rate.
    fn hours(self) -> bool {
        let labelled =
            self.piece(1).map(|piece| &piece.sense) == Some(&Sense::Label(Label::One(Vital::Pulse)));
        let hourly = self.value(0).is_some_and(|value| value <= 24.0);
        labelled && hourly && matches!(self.word(2), "after" | "post" | "before" | "later" | "ago")
    }

    fn count(self) -> bool {
        let is_below = |limit: f64| self.value(0).is_some_and(|value| value <= limit);
        let counted = match self.word(1) {
            "x" | "l" | "litre" | "litres" | "liter" | "liters" | "ltr" | "ltrs" | "reading" | "readings" => {
                is_below(20.0)
            }
            "h" => is_below(24.0),
            "day" | "week" | "wk" | "month" | "year" | "yr" | "night" | "hour" | "hr" | "meal" | "dose"
            | "unit" => is_below(31.0),
            "g" | "gram" | "grams" => is_below(99.0),
            word => COUNTED.has(word),
        };
        let linked = matches!(self.word(-1), "is" | "was" | "of") && NAMED.has(self.word(-2));
        let named = linked || NAMED.has(self.word(-1));
        let joined = self.is_any_mark(1, "/\\|") || self.is_any_mark(-1, "/\\|");
        let share = self.piece(1).map(|piece| &piece.sense) == Some(&Sense::Unit(Unit::Percent))
            && matches!(self.word(2), "of" | "battery" | "charge" | "charged" | "better" | "sure");
        !joined && (share || counted || named || self.is_any_mark(-1, "£$€"))
    }
}

fn is_hour(number: &Number, below: f64) -> bool {
    let (hour, minute) = match number.parts().as_deref() {
        Some([hour, minute]) if minute.length() == 2 => (hour.value(), minute.value()),
        Some(_) => return false,
        None if number.length() >= 3 => {
            let serial = number.value().unwrap_or(9999.0);
            (Some((serial / 100.0).floor()), Some(serial % 100.0))
        }
        None => (number.value(), Some(0.0)),
    };
    hour.is_some_and(|hour| hour <= below) && minute.is_some_and(|minute| minute < 60.0)
}

/// Day, month, year in either order of the first two, or year, month, day.
fn is_date(a: &Number, b: &Number, c: &Number) -> bool {
    let (Some(x), Some(y), Some(z)) = (a.value(), b.value(), c.value()) else { return false };
    let day = |n: f64| (1.0..=31.0).contains(&n);
    let month = |n: f64| (1.0..=12.0).contains(&n);
    let year =
        |n: f64, number: &Number| (1900.0..=2099.0).contains(&n) || (number.length() == 2 && n < 100.0);
    ((day(x) && month(y)) || (month(x) && day(y))) && year(z, c)
        || (a.length() == 4 && (1900.0..=2099.0).contains(&x) && month(y) && day(z))
}

fn same_marks(number: &Number) -> bool {
    let mut marks = number.marks();
    matches!((marks.next(), marks.next(), marks.next()), (Some(a), Some(b), None) if a == b)
}
