//! Texts as patients type them, made up without end: readings with their labels, units and separators, dates and times
//! beside them, other languages, pictures, words that steer the service, and what thumbs and phones do to all of that.
//!
//! The same seed types the same texts.

use lamplight::domain::reply::Asked;

/// Marsaglia's xorshift with Vigna's multiplier.
pub struct Typist(u64);

/// A vital sign as people write it: what was asked, its labels, its units, from and to in tenths, with a point or without.
type Habit = (Asked, &'static [&'static str], &'static [&'static str], u64, u64, bool);

const HABITS: [Habit; 8] = [
    (
        Asked::Pulse,
        &["pulse", "p", "HR", "heart rate", "hr:", "pulse is"],
        &["", " bpm", "bpm", "/min"],
        300,
        2200,
        false,
    ),
    (
        Asked::Spo2,
        &["sats", "O2", "spo2", "Sp02:", "oxygen", "ox"],
        &["", "%", " %", " percent"],
        500,
        1040,
        false,
    ),
    (
        Asked::RespiratoryRate,
        &["resps", "RR", "breaths", "resp rate"],
        &["", "/min", " a minute"],
        50,
        500,
        false,
    ),
    (
        Asked::Temperature,
        &["temp", "T", "temperature", "temp is"],
        &["", "C", "c", " degrees", "°C", "F", "f"],
        330,
        1060,
        true,
    ),
    (
        Asked::Weight,
        &["weight", "wt", "wt.", "I weigh", "W"],
        &["", "kg", " kg", "kgs", "lb", " lbs", " st", "st 4", " stone 4 lb"],
        80,
        2500,
        true,
    ),
    (
        Asked::Glucose,
        &["sugar", "BM", "bg", "glucose", "blood sugar"],
        &["", " mmol", "mmol/L", "mmol/l", " mg/dl"],
        5,
        4000,
        true,
    ),
    (Asked::PeakFlow, &["pf", "peak flow", "PEF", "peak"], &["", " l/min", "L/min"], 500, 9500, false),
    (Asked::Ketones, &["ketones", "ket", "blood ketones"], &["", " mmol", "mmol/L"], 0, 120, true),
];
const QUESTIONS: [Asked; 4] = [Asked::BloodPressure, Asked::Number, Asked::YesNo, Asked::Scale1To5];
const BP_LABELS: [&str; 14] = [
    "",
    "",
    "",
    "BP ",
    "bp",
    "BP: ",
    "B.P. ",
    "My BP is ",
    "blood pressure ",
    "bp=",
    "Bp-",
    "pressure was ",
    "sys ",
    "top ",
];
const BP_JOINS: [&str; 16] =
    ["/", "/", "/", " / ", " over ", "-", "–", " ", ",", ", ", "\\", ".", " and ", " dia ", " bottom ", "⁄"];
const HEADS: [&str; 14] = [
    "",
    "",
    "",
    "",
    "Hi ",
    "Good morning ",
    "hello flo. ",
    "Sorry ",
    "was ",
    "today ",
    "Morning reading: ",
    "*",
    "re: ",
    "this is ada. ",
];
const TAILS: [&str; 22] = [
    "",
    "",
    "",
    "",
    "",
    " thanks",
    ".",
    "!",
    " xx",
    " 👍",
    " 🙂🙂",
    " this morning",
    " am",
    " feeling ok",
    "\n",
    " at 7:30",
    " 12/06",
    " (left arm)",
    " again",
    " after breakfast",
    "*",
    " no change",
];
const ASIDES: [&str; 26] = [
    "12/06/2026",
    "7:30am",
    "22 Nov",
    "0117 496 0123",
    "07700 900123",
    "2 tablets",
    "50mg",
    "3 days",
    "no. 4",
    "£20",
    "100%",
    "at 8",
    "week 2",
    "room 12",
    "yesterday",
    "last week 180/110",
    "my wife's",
    "for my husband",
    "20 mins walk",
    "1 of 2",
    "x2",
    "#3",
    "ward 7b",
    "since 2019",
    "40 fags",
    "8 out of 10",
];
const WORDS: [&str; 40] = [
    "STOP",
    "stop please",
    "START",
    "HELP",
    "yes",
    "no",
    "Y",
    "N",
    "ok thanks",
    "👍",
    "😷😷",
    "I feel dizzy",
    "chest pain",
    "cant breathe",
    "dont text me",
    "what is this",
    "tak",
    "nie",
    "ydw",
    "nac ydw",
    "ہاں",
    "جی نہیں",
    "dziękuję",
    "diolch",
    "HI",
    "LO",
    "err",
    "E3",
    "one forty over eighty",
    "hundred and twenty",
    "less than 1",
    "over 30",
    "BP ___ / ___",
    "Liked “BP 141 80”",
    "Loved “Please text your BP e.g. 120/80”",
    "<script>",
    "'; drop table",
    "\u{200e}\u{200f}",
    "½",
    "a bit better",
];
const SCRAPS: [&str; 24] = [
    "/", "-", ".", ",", ":", ";", "(", ")", "*", "#", "\n", "  ", "\u{a0}", "é", "ł", "ٹ", "०", "𝟗", "①",
    "²", "\u{301}", "\u{202e}", "e9", "0x1f",
];

impl Typist {
    pub fn new(seed: u64) -> Self {
        Self(seed | 1)
    }

    fn roll(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn below(&mut self, end: usize) -> usize {
        usize::try_from((self.roll() >> 11) % end as u64).unwrap_or_default()
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }

    fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    /// The next text, and what was asked before it, if anything was.
    pub fn text(&mut self) -> (String, Option<Asked>) {
        let (mut text, meant) = match self.below(20) {
            0..=6 => self.pressure(),
            7..=12 => self.single(),
            13..=14 => self.two(),
            15..=16 => self.beside(),
            17 => (self.pick(&WORDS).to_owned(), None),
            18 => self.talk(),
            _ => self.rubble(),
        };
        if self.chance(40) {
            for _ in 0..=self.below(3) {
                self.slip(&mut text);
            }
        }
        let asked = match self.below(10) {
            0..=5 => meant,
            6..=7 => None,
            8 => Some(self.pick(&QUESTIONS)),
            _ => Some(self.pick(&HABITS).0),
        };
        (text, asked)
    }

    fn pressure(&mut self) -> (String, Option<Asked>) {
        let (upper, lower) = (70 + self.below(180), 30 + self.below(120));
        let (head, label, join) = (self.pick(&HEADS), self.pick(&BP_LABELS), self.pick(&BP_JOINS));
        let mut text = format!("{head}{label}{upper}{join}{lower}");
        if self.chance(35) {
            let before = self.pick(&[" ", "/", " p", " pulse ", " HR", ", ", " P: ", " hr "]);
            text.push_str(&format!("{before}{}", 35 + self.below(150)));
        }
        if self.chance(8) {
            text.push_str(&format!(" {}/{}", 90 + self.below(100), 50 + self.below(60)));
        }
        text.push_str(self.pick(&TAILS));
        (text, Some(Asked::BloodPressure))
    }

    fn measured(&mut self) -> (String, Asked) {
        let (asked, labels, units, from, to, with_point) = self.pick(&HABITS);
        let tenths = from + self.roll() % (to - from);
        let number = match (with_point, self.below(12)) {
            (true, 0) => format!("{},{}", tenths / 10, tenths % 10),
            (true, 1) => format!("{} {}", tenths / 10, tenths % 10),
            (true, 2) => format!("{tenths}"),
            (true, 3) => format!("{}", tenths / 10),
            (true, _) => format!("{}.{}", tenths / 10, tenths % 10),
            (false, _) => format!("{}", tenths / 10),
        };
        let label = if self.chance(60) { self.pick(labels) } else { "" };
        let gap = if label.is_empty() { "" } else { self.pick(&[" ", " ", "", ": ", "= ", " is "]) };
        (format!("{label}{gap}{number}{}", self.pick(units)), asked)
    }

    fn single(&mut self) -> (String, Option<Asked>) {
        let (said, asked) = self.measured();
        (format!("{}{said}{}", self.pick(&HEADS), self.pick(&TAILS)), Some(asked))
    }

    fn two(&mut self) -> (String, Option<Asked>) {
        let (first, asked) = self.measured();
        let second = if self.chance(40) { self.pressure().0 } else { self.measured().0 };
        (format!("{first}{}{second}", self.pick(&[" ", ", ", "\n", " and ", "; "])), Some(asked))
    }

    /// A reading among numbers that are none.
    fn beside(&mut self) -> (String, Option<Asked>) {
        let (said, asked) = if self.chance(60) { self.pressure() } else { self.single() };
        let aside = self.pick(&ASIDES);
        (if self.chance(50) { format!("{aside} {said}") } else { format!("{said} {aside}") }, asked)
    }

    fn talk(&mut self) -> (String, Option<Asked>) {
        let words: Vec<&str> = (0..1 + self.below(5))
            .map(|_| if self.chance(60) { self.pick(&WORDS) } else { self.pick(&ASIDES) })
            .collect();
        (words.join(" "), None)
    }

    fn rubble(&mut self) -> (String, Option<Asked>) {
        let mut text = String::new();
        for _ in 0..self.below(12) {
            match self.below(4) {
                0 => text.push_str(self.pick(&SCRAPS)),
                1 => text.push_str(&(self.roll() % 100_000).to_string()),
                2 => text.push_str(self.pick(&WORDS)),
                _ => text.push_str(&self.measured().0),
            }
        }
        (text, None)
    }

    /// What a thumb, a phone or a carrier does to a text.
    fn slip(&mut self, text: &mut String) {
        let mut letters: Vec<char> = text.chars().collect();
        let at = self.below(letters.len().max(1));
        match self.below(13) {
            _ if letters.is_empty() => letters.push('0'),
            0 => drop(letters.remove(at)),
            1 => letters.insert(at, letters[at]),
            2 if at > 0 => letters.swap(at - 1, at),
            3 => swap_in(&mut letters, &[('0', 'O'), ('1', 'l'), ('5', 'S'), ('8', 'B')]),
            4 => letters.iter_mut().for_each(|c| *c = other_digit(*c, '０')),
            5 => letters.iter_mut().for_each(|c| *c = other_digit(*c, '٠')),
            6 => letters = letters.iter().flat_map(|c| c.to_uppercase()).collect(),
            7 => letters.retain(|c| *c != ' '),
            8 => letters.truncate(at),
            9 => swap_in(&mut letters, &[('/', '\\'), ('.', ','), ('-', '−'), ('\'', '’')]),
            10 => letters.splice(at..at, self.pick(&SCRAPS).chars()).for_each(drop),
            11 => letters.splice(at..at, self.pick(&ASIDES).chars()).for_each(drop),
            _ => letters.insert(at, char::from_u32(self.below(0x3_0000) as u32).unwrap_or(' ')),
        }
        *text = letters.into_iter().collect();
    }
}

fn swap_in(letters: &mut [char], twins: &[(char, char)]) {
    for letter in letters {
        if let Some((_, other)) = twins.iter().find(|(one, _)| one == letter) {
            *letter = *other;
        }
    }
}

fn other_digit(c: char, zero: char) -> char {
    c.to_digit(10).and_then(|digit| char::from_u32(zero as u32 + digit)).unwrap_or(c)
}
