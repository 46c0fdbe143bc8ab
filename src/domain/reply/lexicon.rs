//! The words that name a vital sign or a unit, in all the ways that patients write them.

use std::sync::LazyLock;

use super::drawers::Drawers;
use super::lexer::{Lexeme, Token};
use super::number::Number;
use super::words::Words;
use crate::domain::unit::Unit;
use crate::domain::vital::Vital;

/// A word that says which vital a number is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Label {
    /// Both numbers of a blood pressure.
    Pressure,
    One(Vital),
}

/// What one or more lexemes stand for.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Sense {
    Number(Number),
    Label(Label),
    Unit(Unit),
    Word(String),
    Mark(char),
    /// A number, or words around one, that cannot be a reading: see [`super::aside`].
    Aside,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Piece {
    pub sense: Sense,
    pub spaced: bool,
}

impl Piece {
    pub(super) fn number(&self) -> Option<&Number> {
        match &self.sense {
            Sense::Number(number) => Some(number),
            _ => None,
        }
    }

    pub(super) fn word(&self) -> Option<&str> {
        match &self.sense {
            Sense::Word(word) => Some(word),
            _ => None,
        }
    }

    pub(super) fn is_mark(&self, mark: char) -> bool {
        self.sense == Sense::Mark(mark)
    }
}

const PRESSURE: Label = Label::Pressure;
const SYSTOLIC: Label = Label::One(Vital::Systolic);
const DIASTOLIC: Label = Label::One(Vital::Diastolic);
const PULSE: Label = Label::One(Vital::Pulse);
const OXYGEN: Label = Label::One(Vital::Spo2);
const BREATHS: Label = Label::One(Vital::RespiratoryRate);
const TEMPERATURE: Label = Label::One(Vital::Temperature);
const WEIGHT: Label = Label::One(Vital::Weight);
const GLUCOSE: Label = Label::One(Vital::Glucose);
const PEAK_FLOW: Label = Label::One(Vital::PeakFlow);
const KETONES: Label = Label::One(Vital::Ketones);

/// Labels, one line a meaning; a phrase's words and marks are parted by spaces, phrases by `|`.
const LABELS: &[(Label, &str)] = &[
    (
        PRESSURE,
        "blood pressure|blood presure|blood pressur|blood preasure|blood press|bloodpressure|b / p|b p|bp|bps|\
         pressure|presure|mmhg reading|tension|presion|presion arterial|cisnienie",
    ),
    (
        SYSTOLIC,
        "systolic bp|systolic pressure|systolic blood pressure|systolic|systollic|sistolic|sys|syst|sbp",
    ),
    (
        DIASTOLIC,
        "diastolic bp|diastolic pressure|diastolic blood pressure|diastolic|dystolic|diastollic|dia|diast|dias|dbp",
    ),
    (
        PULSE,
        "heart rate|heart beat|pul|pulse / min|pul / min|heartrate|heartbeat|heart - rate|pulse rate|puls|pulse|plse|pusle|pulses|hr|h / r|\
         hrt rate|pr|pr bpm|prbpm|bpm|beats per minute|beats per min|beats a minute|beats / min|beats|pulso|tetno",
    ),
    (
        OXYGEN,
        "oxygen saturation|oxygen saturations|oxygen sats|oxygen sat|oxygen level|oxygen levels|blood oxygen|\
         blood oxygen level|oxygen reading|oxygen|oxigen|oxgen|oxegen|oxy|pulse ox|pulse oximeter|pulse oxy|\
         spo2 sats|spo2 sat|spo2 level|spo2 levels|spo2 saturation|sats|satts|saturation|saturations|spo2|spo|\
         oximeter|oximetry|saturacion|saturacja",
    ),
    (
        BREATHS,
        "respiratory rate|respiration rate|respirations|respiration|respirtory rate|resp rate|resps rate|resps|\
         resp|breathing rate|breath rate|breaths per minute|breaths per min|breaths a minute|breaths / min|\
         breaths / minute|breaths|rr|r / r",
    ),
    (
        TEMPERATURE,
        "body temperature|body temp|temperature|temprature|tempreture|temperture|tempature|temperatur|temps|temp|\
         tmp|tempr|fever|fever of|temperatura",
    ),
    (
        WEIGHT,
        "body weight|weight|wieght|weigth|weght|waight|wheight|wght|wgt|wt|weigh|weighs|weighed|weighing|weighing in|\
         weighin|peso|waga",
    ),
    (
        GLUCOSE,
        "blood sugar|blood sugars|blood suger|blood glucose|blood gluc|bloodsugar|sugar|sugars|suger|shugar|glucose|\
         glucos|gluocse|glucoes|gluc|glu|bm|bms|b m|bg|bgl|bgs|cbg|fbg|bs|blood sugar level|sugar level|\
         sugar levels|blood sugar levels|glucose level|glucose levels|azucar|glucosa|glukoza|cukier",
    ),
    (
        PEAK_FLOW,
        "peak expiratory flow|peak flow|peakflow|peak - flow|peek flow|peak flows|pefr|pef|pf|p / f|peak flow rate",
    ),
    (KETONES, "blood ketones|blood ketone|ketones|ketone|keytones|keytone|keton|ketons|kets"),
];

const UNITS: &[(Unit, &str)] = &[
    (Unit::MmHg, "mm hg|mmhg|mm / hg|mmgh|mgh|mmghg"),
    (Unit::Kilopascal, "kpa"),
    (Unit::PerMinute, "/ min|/ minute|per minute|per min|a minute"),
    (Unit::Percent, "%|percent|per cent|pct|percentage"),
    (
        Unit::Celsius,
        "° c|degrees c|degrees celsius|degree c|deg c|degc|celsius|celcius|centigrade|oc|degrees centigrade",
    ),
    (
        Unit::Fahrenheit,
        "° f|degrees f|degrees fahrenheit|degree f|deg f|degf|fahrenheit|farenheit|fahrenheight|of f|degrees farenheit",
    ),
    (Unit::Kilogram, "kg|kgs|kilo|kilos|kilogram|kilograms|kilogramme|kilogrammes|kilgrams|kgms"),
    (Unit::Pound, "lb|lbs|ib|ibs|pound|pounds|llbs"),
    (Unit::Stone, "st|stone|stones|ston|stn|sts"),
    (
        Unit::MillimolePerLitre,
        "mmol / l|mmols / l|mmol / litre|mmol per litre|mmol per l|mmol l - 1|mmol l|mmol|mmols|mmo / l|mmoll|\
         millimoles per litre|millimoles|millimole|mm / l|mmol / ltr",
    ),
    (Unit::MilligramPerDecilitre, "mg / dl|mg dl - 1|mg dl|mgdl|mg per dl|mg / dcl|mg / 100 ml|mgs / dl"),
    (
        Unit::LitrePerMinute,
        "l / min|l / m|lpm|litres per minute|liters per minute|litres per min|litres / min|litres a minute|l min|\
         lt / min|ltr / min|l / minute",
    ),
];

/// One letter that names a vital when a number follows: `p 72`, `t:38.2`.
const LETTERS: &[(&str, Label)] =
    &[("p", PULSE), ("t", TEMPERATURE), ("w", WEIGHT), ("s", SYSTOLIC), ("d", DIASTOLIC)];

/// The senses of the lexemes, longest phrase first.
pub(super) fn read(lexemes: &[Lexeme]) -> Vec<Piece> {
    let mut pieces: Vec<Piece> = Vec::new();
    let mut at = 0;
    while let Some(lexeme) = lexemes.get(at) {
        let rest = lexemes.get(at..).unwrap_or_default();
        let after_number = pieces.last().is_some_and(|piece| piece.number().is_some());
        let (sense, length) = unit(rest, after_number)
            .or_else(|| label(rest))
            .or_else(|| letter(rest))
            .unwrap_or_else(|| (single(&lexeme.token), 1));
        pieces.push(Piece { sense, spaced: lexeme.spaced });
        at += length;
    }
    pieces
}

fn single(token: &Token) -> Sense {
    match token {
        Token::Number(number) => Sense::Number(number.clone()),
        Token::Word(word) => Sense::Word(word.clone()),
        Token::Mark(mark) => Sense::Mark(*mark),
    }
}

fn label(lexemes: &[Lexeme]) -> Option<(Sense, usize)> {
    // "sat" is a label beside a number and a chair otherwise.
    let sat = is_word(lexemes.first(), "sat") && next_number(lexemes).is_some();
    if sat {
        return Some((Sense::Label(OXYGEN), 1));
    }
    // 02 in front of another number is O2 typed with a zero.
    let zero_two = matches!(lexemes, [Lexeme { token: Token::Number(two), .. }, Lexeme { token: Token::Number(_), spaced: true }, ..] if two.text() == "02");
    if zero_two {
        return Some((Sense::Label(OXYGEN), 1));
    }
    LABEL_TABLE.longest(lexemes).map(|(label, length)| (Sense::Label(label), length))
}

fn unit(lexemes: &[Lexeme], after_number: bool) -> Option<(Sense, usize)> {
    if let Some((unit, length)) = UNIT_TABLE.longest(lexemes) {
        let needs_number = matches!(unit, Unit::Stone | Unit::Pound | Unit::PerMinute);
        return (after_number || !needs_number).then_some((Sense::Unit(unit), length));
    }
    let letter = match lexemes.first().map(|lexeme| &lexeme.token) {
        Some(Token::Word(word)) if after_number => word.as_str(),
        _ => return None,
    };
    match letter {
        "c" => Some((Sense::Unit(Unit::Celsius), 1)),
        "f" => Some((Sense::Unit(Unit::Fahrenheit), 1)),
        "k" => Some((Sense::Unit(Unit::Kilogram), 1)),
        _ => None,
    }
}

fn letter(lexemes: &[Lexeme]) -> Option<(Sense, usize)> {
    let (_, label) = LETTERS.iter().find(|(letter, _)| is_word(lexemes.first(), letter))?;
    next_number(lexemes).map(|_| (Sense::Label(*label), 1))
}

/// The number right after the first lexeme, or after a `:`, `=` or `-` that follows it.
fn next_number(lexemes: &[Lexeme]) -> Option<&Number> {
    lexemes
        .iter()
        .skip(1)
        .find(|lexeme| !matches!(lexeme.token, Token::Mark(':' | '=' | '-' | '.')))
        .and_then(|lexeme| match &lexeme.token {
            Token::Number(number) => Some(number),
            _ => None,
        })
}

/// A table of phrases, taken apart once.
#[derive(Debug)]
struct Table<T> {
    phrases: Drawers<(Vec<&'static str>, T)>,
}

static LABEL_TABLE: LazyLock<Table<Label>> = LazyLock::new(|| Table::of(LABELS));
static UNIT_TABLE: LazyLock<Table<Unit>> = LazyLock::new(|| Table::of(UNITS));

impl<T: Copy> Table<T> {
    fn of(rows: &[(T, &'static str)]) -> Self {
        let phrases = rows.iter().flat_map(|(meaning, phrases)| {
            phrases.split('|').map(|phrase| (phrase, (phrase.split(' ').collect(), *meaning)))
        });
        Self { phrases: Drawers::of(phrases) }
    }

    /// What the longest phrase that the lexemes start with means, and how many of them it takes.
    fn longest(&self, lexemes: &[Lexeme]) -> Option<(T, usize)> {
        let first = lexemes.first()?;
        let drawer = match &first.token {
            Token::Word(word) => self.phrases.at(word),
            Token::Number(number) => self.phrases.at(number.text()),
            Token::Mark(mark) => self.phrases.at(mark.encode_utf8(&mut [0; 4])),
        };
        drawer
            .iter()
            .filter(|(phrase, _)| starts_with(lexemes, phrase))
            .map(|(phrase, meaning)| (*meaning, phrase.len()))
            .max_by_key(|(_, length)| *length)
    }

    /// Whether the word alone is one of the phrases.
    fn has(&self, word: &str) -> bool {
        self.phrases.at(word).iter().any(|(phrase, _)| phrase == &[word])
    }
}

fn starts_with(lexemes: &[Lexeme], phrase: &[&str]) -> bool {
    let fits = |(lexeme, part): (&Lexeme, &&str)| match &lexeme.token {
        Token::Word(word) => word == part,
        Token::Mark(mark) => part.chars().eq(std::iter::once(*mark)),
        Token::Number(number) => number.text() == *part,
    };
    phrase.len() <= lexemes.len() && lexemes.iter().zip(phrase).all(fits)
}

fn is_word(lexeme: Option<&Lexeme>, wanted: &str) -> bool {
    matches!(lexeme, Some(Lexeme { token: Token::Word(word), .. }) if word == wanted)
}

/// The rest of a run that starts with a label for oxygen, whose digit is no number: `o2`, `Sp02`, `sao294`.
pub(super) fn after_oxygen_label(run: &str) -> Option<&str> {
    ["spo2", "sp02", "spo02", "sao2", "s02", "so2", "o2"]
        .into_iter()
        .find_map(|label| run.strip_prefix(label))
}

pub(super) fn is_ordinal(run: &str) -> bool {
    let digits = run.trim_end_matches(|c: char| c.is_alphabetic());
    let ending = run.trim_start_matches(|c: char| c.is_ascii_digit());
    // 11st is eleven stone, so "st" is an ordinal after a single 1 alone.
    matches!((digits, ending), ("1", "st") | (_, "nd" | "rd" | "th"))
}

/// Whether letters may stand against digits without making the whole run a code.
pub(super) fn may_be_glued(letters: &str, leads: bool, digits_behind: usize) -> bool {
    static OTHERS: Words = Words::of(
        "am|pm|hr|hrs|h|hour|hours|min|mins|day|days|wk|wks|week|weeks|month|months|yr|yrs|years|\
                          over|and|on|ml|mg|g|mcg|cm|mm|km|ft|in|x|l|litre|litres|degrees|deg|c|f|k|sat|top|bottom|\
                          high|low|upper|lower|tabs|tablets|units|steps|at|is|was",
    );
    // T1 and P2 are types and grades; T38 and P72 are measured.
    let letter = digits_behind >= 2 && LETTERS.iter().any(|(letter, _)| *letter == letters);
    let single = letters.chars().count() == 1;
    letter
        || (OTHERS.has(letters) && !(single && leads))
        || LABEL_TABLE.has(letters)
        || UNIT_TABLE.has(letters)
}

/// Reads "top 123 bottom 88" and "high 141 low 80" as the two numbers of a blood pressure.
///
/// One of the words alone stays a word: sugars and moods are high and low as well.
pub(super) fn soften(pieces: &mut [Piece], pressure_asked: bool) {
    static UPPER: Words = Words::of("top|high|upper|highest|higher|hi");
    static LOWER: Words = Words::of("bottom|low|lower|lowest|lo|btm");
    let listed = |piece: &Piece, words: &Words| piece.word().is_some_and(|word| words.has(word));
    let both =
        pieces.iter().any(|piece| listed(piece, &UPPER)) && pieces.iter().any(|piece| listed(piece, &LOWER));
    let named = pieces.iter().any(|piece| piece.sense == Sense::Label(PRESSURE));
    if !both || !(pressure_asked || named) {
        return;
    }
    for piece in pieces {
        if listed(piece, &UPPER) {
            piece.sense = Sense::Label(SYSTOLIC);
        } else if listed(piece, &LOWER) {
            piece.sense = Sense::Label(DIASTOLIC);
        }
    }
}
