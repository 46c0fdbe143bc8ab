//! Whose reading it is, from when, and how sure the patient was.

use std::sync::LazyLock;

use super::finding::Doubt;
use super::phrases::Phrases;
use super::spoken::Spoken;

/// What forbids taking the numbers as this patient's reading of now, without a human.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Obstacle {
    SomeoneElse,
    Correction,
}

impl Obstacle {
    pub(super) const fn sentence(self) -> &'static str {
        match self {
            Self::SomeoneElse => "The reading is another person's; somebody must sort out whose.",
            Self::Correction => "The patient corrects an earlier reading; somebody must put it right.",
        }
    }
}

const RELATION: &str = "wife|husband|hubby|mum|mums|mom|mother|dad|father|son|daughter|partner|friend|neighbour|neighbor|\
    brother|sister|nan|nana|gran|grandma|grandad|aunt|auntie|uncle|girlfriend|boyfriend|missus|granddaughter|grandson|\
    baby|fiance|fiancee|mam|inlaw|flatmate";
const RELATIONS: &str = "wifes|wives|husbands|hubbys|hubbies|mums|moms|mothers|dads|fathers|sons|daughters|partners|friends|\
    neighbours|neighbors|brothers|sisters|nans|nanas|grans|grandmas|grandads|aunts|aunties|uncles|girlfriends|\
    boyfriends|babys|mams|missus";
const EQUIPMENT: &str =
    "machine|monitor|cuff|meter|scales|phone|house|thermometer|kit|device|mobile|oximeter|birthday|place";
const MEASURED: &str = "bp|blood|pressure|reading|readings|pulse|sats|spo2|oxygen|temp|temperature|weight|sugar|sugars|\
    glucose|bm|is|has|weighs|results|result|levels|level|heart|numbers|one";

static OWNED: LazyLock<Phrases> = LazyLock::new(|| {
    Phrases::of(&[
        format!("{RELATIONS} .. {MEASURED}"),
        format!("my|our {RELATION} {MEASURED}"),
        format!("for|of my|our {RELATION}"),
    ])
});
static NOT_MINE: LazyLock<Phrases> = LazyLock::new(|| {
    Phrases::of(&["someone|somebody else*", "not mine", "not my reading|readings|bp", "belongs to"])
});
/// "My wife's machine" is no other patient.
static BORROWED: LazyLock<Phrases> =
    LazyLock::new(|| Phrases::of(&[format!("{RELATION}|{RELATIONS} {EQUIPMENT}")]));
static CORRECTED: LazyLock<Phrases> = LazyLock::new(|| {
    Phrases::of(&[
        "sorry|oops|correction|mistake|wrong|typo|meant|mean|should .. not",
        "not .. sorry|oops|correction|mistake|wrong|typo|meant|mean|should",
        "0*|1*|2*|3*|4*|5*|6*|7*|8*|9* not 0*|1*|2*|3*|4*|5*|6*|7*|8*|9*",
        "instead of",
        "should have been|said|read",
        "shouldve been|said|read",
        "i meant|mean",
        "meant to",
        "made .. mistake",
        "wrong reading|number|numbers|one|figure|figures",
        "ignore|disregard|delete|scrap|forget .. last|previous|that|first|earlier|reading|text|message",
        "correction",
        "typo",
    ])
});

pub(super) fn obstacle(spoken: &Spoken) -> Option<Obstacle> {
    if (spoken.has(&OWNED) || spoken.has(&NOT_MINE)) && !spoken.has(&BORROWED) {
        return Some(Obstacle::SomeoneElse);
    }
    spoken.has(&CORRECTED).then_some(Obstacle::Correction)
}

/// Any number, as the patterns write it.
const NUMBER: &str = "0*|1*|2*|3*|4*|5*|6*|7*|8*|9*";
const MONTH: &str = "jan|january|feb|february|mar|april|apr|june|jun|july|jul|aug|august|sep|sept|september|oct|\
    october|nov|november|dec|december";

static SOMEONE: LazyLock<Phrases> = LazyLock::new(|| {
    Phrases::of(&[
        format!("{RELATION}|{RELATIONS} .. {NUMBER}|{MEASURED}"),
        format!("{NUMBER} .. {RELATION}|{RELATIONS}"),
    ])
});
static DAY: LazyLock<Phrases> = LazyLock::new(|| {
    Phrases::of(&[
        format!("{NUMBER} {MONTH}"),
        format!("{NUMBER} of {MONTH}|may|march"),
        format!("{MONTH} {NUMBER}"),
    ])
});
static CORRECTS: LazyLock<Phrases> =
    LazyLock::new(|| Phrases::of(&[format!("not|isnt|wasnt|no|nope {NUMBER}")]));
static UNSURE: LazyLock<Phrases> = LazyLock::new(|| {
    Phrases::of(&[
        format!("about|around|roughly|approx*|circa|nearly|almost {NUMBER}"),
        format!("or {NUMBER}"),
    ])
});
/// "I am 75" is an age at least as often.
static AGE: LazyLock<Phrases> =
    LazyLock::new(|| Phrases::of(&[format!("i am {NUMBER}"), format!("im {NUMBER}")]));
static IRREGULAR: LazyLock<Phrases> = LazyLock::new(|| Phrases::of(&["irregular*|ihb|arrhythm*"]));
static REGULAR: LazyLock<Phrases> = LazyLock::new(|| Phrases::of(&["no|not .. irregular*|ihb"]));

/// Words that leave a reading in doubt.
pub(super) fn doubts(spoken: &Spoken, starred: bool) -> Vec<Doubt> {
    let rules = [
        (Doubt::Correction, starred || apologises(spoken) || spoken.has(&CORRECTS)),
        (Doubt::Earlier, is_earlier(spoken)),
        (Doubt::Hypothetical, spoken.has(&HYPOTHETICAL)),
        (Doubt::Approximate, spoken.has(&APPROXIMATE) || spoken.has(&UNSURE)),
        (Doubt::SomeoneElse, spoken.has(&SOMEONE)),
        (Doubt::OtherDay, spoken.has(&DAY)),
        (Doubt::LooseWords, spoken.has(&AGE)),
        (Doubt::Irregular, spoken.has(&IRREGULAR) && !spoken.has(&REGULAR)),
    ];
    rules.into_iter().filter_map(|(doubt, present)| present.then_some(doubt)).collect()
}

static SORRY: LazyLock<Phrases> = LazyLock::new(|| Phrases::of(&["sorry|oops|whoops|ooops"]));
static SORRY_FOR_DELAY: LazyLock<Phrases> =
    LazyLock::new(|| Phrases::of(&["sorry .. late|later|delay|delayed|forgot|forgotten|missed|didnt"]));

/// "131/80 sorry" corrects; "sorry for the late reply" does not.
fn apologises(spoken: &Spoken) -> bool {
    spoken.has(&SORRY) && !spoken.has(&SORRY_FOR_DELAY)
}

static HYPOTHETICAL: LazyLock<Phrases> = LazyLock::new(|| {
    Phrases::of(&[
        "should|target|goal|aim|limit|supposed|ideally",
        "if",
        "normal range",
        "what .. does|do mean",
        "is .. normal|right|correct for",
        "would|could be",
        "eg|example|instance",
    ])
});
static APPROXIMATE: LazyLock<Phrases> = LazyLock::new(|| {
    Phrases::of(&[
        "between",
        "maybe|guess|probably|possibly|perhaps|unsure|think|reckon|estimate*|guessing",
        "not sure|certain",
        "something like",
        "ish",
    ])
});

static EARLIER: LazyLock<Phrases> = LazyLock::new(|| {
    Phrases::of(&[
        "last week|weeks|month|months|year|time|night|nights|mon*|tue*|wed*|thu*|fri*|sat|saturday|sun*",
        "yesterday*|yday|yest",
        "days|weeks|months|years|week|month|year|hours ago",
        "day|night before",
        "previous*|earlier|prior",
        "used to",
        "before .. stroke|op|operation|tablets|meds|medication",
        "at .. clinic|surgery|gp|doctors|hospital|pharmacy|chemist",
        "in hospital",
    ])
});

/// Last week's number is no number of today.
pub(super) fn is_earlier(spoken: &Spoken) -> bool {
    spoken.has(&EARLIER)
}

static CHANGE: LazyLock<Phrases> = LazyLock::new(|| {
    Phrases::of(&[
        "lost|gained|gain|lose|losing|gaining .. stone|stones|pound|pounds|lb|lbs|kilo|kilos|kg",
        "put|putting on .. stone|stones|pound|pounds|lb|lbs|kilo|kilos|kg|weight",
        "gained|gaining|lost|losing .. weight",
    ])
});

/// A change of weight told in words: "put on half a stone".
pub(super) fn is_change(spoken: &Spoken) -> bool {
    spoken.has(&CHANGE)
}

static LONG_AGO: LazyLock<Phrases> = LazyLock::new(|| {
    Phrases::of(&[
        "last week|weeks|month|months|year|time",
        "days|weeks|months|years|week|month|year ago",
        "used to",
        "previous*",
    ])
});

/// So long ago that a reading of now beside it is the only one meant.
pub(super) fn is_long_ago(spoken: &Spoken) -> bool {
    spoken.has(&LONG_AGO)
}

/// Words that mark the reading of now beside an earlier one.
pub(super) fn is_now(word: &str) -> bool {
    matches!(
        word,
        "now" | "today" | "todays" | "tonight" | "currently" | "current" | "latest" | "am" | "morning"
    )
}
