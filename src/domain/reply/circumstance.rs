//! Whose reading it is, from when, and how sure the patient was.

use super::finding::Doubt;
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

pub(super) fn obstacle(spoken: &Spoken) -> Option<Obstacle> {
    let owned = format!("{RELATIONS} .. {MEASURED}");
    let named = format!("my|our {RELATION} {MEASURED}");
    let behalf = format!("for|of my|our {RELATION}");
    let equipment = format!("{RELATION}|{RELATIONS} {EQUIPMENT}");
    let else_s = ["someone|somebody else*", "not mine", "not my reading|readings|bp", "belongs to"];
    if !spoken.has(&equipment)
        && (spoken.has(&owned) || spoken.has(&named) || spoken.has(&behalf) || spoken.has_any(&else_s))
    {
        return Some(Obstacle::SomeoneElse);
    }
    let corrected = [
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
    ];
    spoken.has_any(&corrected).then_some(Obstacle::Correction)
}

/// Any number, as the patterns write it.
const NUMBER: &str = "0*|1*|2*|3*|4*|5*|6*|7*|8*|9*";
const MONTH: &str = "jan|january|feb|february|mar|april|apr|june|jun|july|jul|aug|august|sep|sept|september|oct|\
    october|nov|november|dec|december";

/// Words that leave a reading in doubt.
pub(super) fn doubts(spoken: &Spoken, starred: bool) -> Vec<Doubt> {
    let someone = [
        format!("{RELATION}|{RELATIONS} .. {NUMBER}|{MEASURED}"),
        format!("{NUMBER} .. {RELATION}|{RELATIONS}"),
    ];
    let day =
        [format!("{NUMBER} {MONTH}"), format!("{NUMBER} of {MONTH}|may|march"), format!("{MONTH} {NUMBER}")];
    let corrects = format!("not|isnt|wasnt|no|nope {NUMBER}");
    let unsure =
        [format!("about|around|roughly|approx*|circa|nearly|almost {NUMBER}"), format!("or {NUMBER}")];
    // "I am 75" is an age at least as often.
    let age = [format!("i am {NUMBER}"), format!("im {NUMBER}")];
    let has = |patterns: &[String]| patterns.iter().any(|pattern| spoken.has(pattern));
    let rules = [
        (Doubt::Correction, starred || apologises(spoken) || spoken.has(&corrects)),
        (Doubt::Earlier, is_earlier(spoken)),
        (Doubt::Hypothetical, spoken.has_any(HYPOTHETICAL)),
        (Doubt::Approximate, spoken.has_any(APPROXIMATE) || has(&unsure)),
        (Doubt::SomeoneElse, has(&someone)),
        (Doubt::OtherDay, has(&day)),
        (Doubt::LooseWords, has(&age)),
        (Doubt::Irregular, spoken.has("irregular*|ihb|arrhythm*") && !spoken.has("no|not .. irregular*|ihb")),
    ];
    rules.into_iter().filter_map(|(doubt, present)| present.then_some(doubt)).collect()
}

/// "131/80 sorry" corrects; "sorry for the late reply" does not.
fn apologises(spoken: &Spoken) -> bool {
    spoken.has("sorry|oops|whoops|ooops")
        && !spoken.has("sorry .. late|later|delay|delayed|forgot|forgotten|missed|didnt")
}

const HYPOTHETICAL: &[&str] = &[
    "should|target|goal|aim|limit|supposed|ideally",
    "if",
    "normal range",
    "what .. does|do mean",
    "is .. normal|right|correct for",
    "would|could be",
    "eg|example|instance",
];
const APPROXIMATE: &[&str] = &[
    "between",
    "maybe|guess|probably|possibly|perhaps|unsure|think|reckon|estimate*|guessing",
    "not sure|certain",
    "something like",
    "ish",
];

/// Last week's number is no number of today.
pub(super) fn is_earlier(spoken: &Spoken) -> bool {
    spoken.has_any(&[
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
}

/// A change of weight told in words: "put on half a stone".
pub(super) fn is_change(spoken: &Spoken) -> bool {
    spoken.has_any(&[
        "lost|gained|gain|lose|losing|gaining .. stone|stones|pound|pounds|lb|lbs|kilo|kilos|kg",
        "put|putting on .. stone|stones|pound|pounds|lb|lbs|kilo|kilos|kg|weight",
        "gained|gaining|lost|losing .. weight",
    ])
}

/// So long ago that a reading of now beside it is the only one meant.
pub(super) fn is_long_ago(spoken: &Spoken) -> bool {
    spoken.has_any(&[
        "last week|weeks|month|months|year|time",
        "days|weeks|months|years|week|month|year ago",
        "used to",
        "previous*",
    ])
}

/// Words that mark the reading of now beside an earlier one.
pub(super) fn is_now(word: &str) -> bool {
    matches!(
        word,
        "now" | "today" | "todays" | "tonight" | "currently" | "current" | "latest" | "am" | "morning"
    )
}
