//! Words that a human must see now, whatever else the text says.
//!
//! A missed emergency costs more than a false one, so only a plain negation ("no chest pain") silences a sign,
//! and a doubtful one does not.

use std::sync::LazyLock;

use super::abroad;
use super::clean::clean;
use super::phrases::Phrases;
use super::spoken::{Found, Spoken};
use super::words::Words;

/// Signs of an emergency, by what they tell. The lists are defaults for a clinician to confirm.
static SIGNS: LazyLock<Phrases> = LazyLock::new(|| {
    let signs = [HEART, BREATH, BRAIN, SENSES, BLOOD, MIND, OVERDOSE, FALL, ALLERGY, PREGNANCY, RESCUE];
    let signs = signs.concat().into_iter().map(str::to_owned);
    let abroad = abroad::signs().map(clean);
    Phrases::of(&signs.chain(abroad).collect::<Vec<_>>())
});

const HEART: &[&str] = &[
    "chest .. pain*|painful|tight*|hurt*|heavy|heaviness|crush*|squeez*|discomfort|ache*|aching|agony|sore",
    "chest infection .. worse",
    "pain*|tight*|tightness|pressure|weight|heaviness|crushing|ache|aching|burning in|on|across|over|around|round .. chest",
    "pain*|tight*|tightness chest",
    "chestpain*|chestpains",
    "angina",
    "heart attack|attacks",
    "cardiac arrest",
    "pain* .. down|in|up my|the|left .. arm|jaw",
];
const BREATH: &[&str] = &[
    "cant|cannot|couldnt|carnt|cnt|cant .. breath|breathe|breathing|breth|breeth|breth*|breathin",
    "can|could not|hardly|barely|scarcely .. breath|breathe|breathing",
    "hardly|barely breath*|breathe",
    "not able to .. breath*",
    "unable to .. breath*",
    "struggl* .. breath*|air",
    "difficult*|trouble|problem*|hard .. breath|breathe|breathing",
    "fight*|gasp* .. breath|air",
    "gasping",
    "not|stopped|stops breathing",
    "choking",
    "breathless .. at|when|while|even rest|resting|sitting|still",
    "out|short .. breath .. at|when|while|even rest|resting|sitting",
    "very|really|so|extremely|severely|terribly|badly|too|more|increasingly|getting|much breathless",
    "very|really|so|extremely|severely|terribly|badly|too|more|much short|out of breath",
    "short of breath",
    "shortness of breath",
    "shortness .. breath",
    "out of breath",
    "breathless*",
    "breathlesness|breathles",
    "wheez* .. badly|worse|severe*|bad",
];
const BRAIN: &[&str] = &[
    "stroke",
    "face|mouth .. droop*|drop*|fallen|numb|lopsided|crooked",
    "droop* .. face|mouth|eye",
    "slur* speech|words|my",
    "speech .. slur*|gone|funny",
    "slurring|slurred",
    "cant|cannot .. speak|talk",
    "arm|leg|side|hand .. numb|weak|paralysed|paralyzed|dead",
    "numb|weak|paralysed .. arm|leg|side|face",
    "cant|cannot .. move|lift|feel .. arm*|leg*|side|face",
    "collaps*",
    "unconscious*",
    "unresponsive",
    "pass|passed|passing|black|blacked|blacking out",
    "faint|fainted|fainting",
    "seizure*|convuls*",
    "having|had .. fit|fits",
    "fitting",
    "cant|cannot|wont|not .. wake*|waking|respond*",
    "very|really|so|suddenly|more confused|drowsy",
    "confused .. and|dont|cant|cannot",
    "im|is|am|feel|feeling confused",
];
const SENSES: &[&str] = &[
    "sever*|terrible|awful|worst|thunderclap|splitting|blinding|banging|really|very|bad .. headache*|head",
    "headache* .. vision|sight|blur*|eyes|sever*|terrible|worst|unbearable|confus*|vomit*",
    "vision|sight|eyes .. blur*|gone|lost|double|headache*|flash*",
    "blur*|double|lost|losing|loss|flash* .. vision|sight|eyes|lights",
    "cant|cannot .. see",
    "sudden* .. headache*|blind*",
    "unbearable|excruciating .. pain*",
    "pain* .. unbearable|excruciating",
];
const BLOOD: &[&str] = &[
    "bleed*|bled|haemorrhag*|hemorrhag*",
    "coughing|coughed|vomiting|vomited|spitting|passing|throwing|sick|peeing .. blood",
    "blood in|from .. urine|wee|pee|poo|stool*|sick|vomit|phlegm|sputum",
    "lips|face|fingers|toes|skin .. blue|grey|gray|purple",
    "blue|grey|purple .. lips|face|fingers|toes",
    "sepsis|septic",
];
const MIND: &[&str] = &[
    "suicid*",
    "kill|killing|hang|hanging|harm|harming|hurt|hurting|cut|cutting my self|selves|life",
    "kill|killing|hang|hanging|harm|harming|hurt|hurting|cutting myself|meself|me",
    "end|ending|take|taking .. my .. life",
    "end|ending it|things .. all|now|everything",
    "end it",
    "ending it",
    "want|wanna|wish|wanted|going|ready to|i .. die",
    "dont|not|no|never .. want|wish|wanna .. live|wake|exist",
    "dont|not|never .. want|wish|wanna .. carry|carrying on",
    "dont|not|never .. want|wish|wanna .. be here|alive",
    "wish .. wasnt|werent|not|never here|alive|born",
    "better off dead",
    "life .. not|isnt|no worth|point .. living|it",
    "cant|cannot cope",
    "better off without me",
    "no|any reason|point .. live|living",
    "no|any reason|point .. going|carrying on",
    "nothing .. live for",
    "wish .. dead",
    "self harm*",
    "selfharm*",
    "cant|cannot go on",
    "cant|cannot do|take|bear this|it|things any|anymore|longer|more",
    "had enough of life|living",
    "cut|cutting|burn|burnt|burned|burning myself|meself",
    "been cutting $",
    "unaliv*",
    "kms",
    "no|not|cant|dont .. way out",
    "dont|not|never feel|feeling safe",
    "not safe with|from|alone",
    "might|going|gonna .. do something stupid|silly|bad|terrible",
    "jump|jumping .. bridge|roof|train|window|balcony|cliff",
    "want|wanna|wish to disappear|vanish",
    "want|wish .. it|everything .. to be over",
];
const OVERDOSE: &[&str] = &[
    "overdos*",
    "od on",
    "oded",
    "over dose*",
    "took|taken|swallowed|had .. too many|much .. tablet*|pill*|insulin|medic*|paracetamol|dose*|meds",
    "too many|much .. tablets|pills|insulin|paracetamol",
    "double dose .. insulin",
    "poison*",
];
const FALL: &[&str] = &[
    "i|have|ive|had|just|he|she|has fallen",
    "i fell",
    "ive|have had a fall",
    "had a .. fall",
    "had .. bad fall",
    "fell .. over|down|out|off|downstairs|stairs|bed|bathroom|shower|floor|head|hip|garden|kitchen",
    "fallen .. over|down|out|off|stairs|bed|floor|bathroom|shower|cant",
    "cant|cannot|unable .. get up",
    "lying|laying|stuck|lay .. floor",
];
const ALLERGY: &[&str] = &[
    "anaphyla*",
    "allergic reaction",
    "throat .. clos*|swell*|swollen",
    "tongue|lips|face .. swell*|swollen|swelled",
    "swell*|swollen .. tongue|lips|throat|face",
];
const PREGNANCY: &[&str] = &[
    "baby .. not|stopped|isnt|hasnt|less|no .. mov*",
    "waters .. broke*|gone",
    "pain .. under|below .. ribs",
];
const RESCUE: &[&str] = &[
    "999",
    "ambulance*",
    "paramedic*",
    "emergency",
    "call*|ring*|rang|phon*|dial* .. 111|112|911",
    "help me",
    "help us",
    "please|pls|plz help",
    "need|needs|send|want|get .. help",
    "help .. please|pls|plz|quick|urgent*|now",
    "dying",
    "im|i am|going to die",
    "in|to|at hospital|a&e|casualty|resus",
    "urgent*",
    "feel|feeling|im .. very|really|so|extremely ill|unwell|poorly|bad|rough|sick",
    "tell .. nurse|doctor .. urgent*|now",
];

/// Words beside a softer sign that make it the patient's everyday state.
const BREATHLESS: &[&str] =
    &["breathless*", "short of breath", "out of breath", "shortness of breath", "shortness .. breath"];
static EVERYDAY_BEFORE: Words =
    Words::of("bit|little|slightly|mildly|mild|slight|less|usual|normal|usually|normally|bitof|tad|touch");
static EVERYDAY_AFTER: Words =
    Words::of("on|walking|stairs|upstairs|hill|hills|exercise|exertion|uphill|than|as|usual");

/// Words that turn a sign into its absence, and what may stand between them and the sign.
static NEGATIONS: Words = Words::of(
    "no|not|without|never|dont|doesnt|didnt|havent|hasnt|hadnt|isnt|arent|aint|wasnt|denies|nor|nil|zero",
);
static AFTER_NO: Words =
    Words::of("any|more|further|new|real|actual|sign|signs|symptom|symptoms|of|a|other|or|nor");
/// A bare "no" before one of these is an answer of its own: "no have chest pain" is no denial.
static AFTER_NOT: Words = Words::of(
    "have|had|having|has|get|getting|got|feel|feeling|felt|been|experienced|experiencing|suffered|\
    suffering|currently|noticed|the|my|an|in|at|all|either",
);
/// Signs by name: a list of denied signs goes on over them when "or" joins it.
static NAMED: Words = Words::of(
    "chest|breathless|breathlessness|breath|shortness|bleeding|headache|headaches|dizzy|dizziness|\
    blurred|vision|swelling|dizziness|pain|pains|fainting|blackouts|palpitations|fever|cough|sickness|vomiting|nausea|\
    numbness|weakness|slurred|speech|confusion|falls|wheeze|wheezing|tightness|of",
);
/// Things that a sign's words name harmlessly.
static HARMLESS: LazyLock<Phrases> = LazyLock::new(|| {
    Phrases::of(&[
        "stroke nurse|clinic|ward|unit|group|team|association|consultant|physio|survivor",
        "hospital appointment|appt|letter|clinic|transport|tomorrow|next",
        "to hospital .. appointment|appt|clinic|tomorrow|next|visit",
        "fell asleep",
        "fallen asleep",
        "not .. emergency",
        "isnt .. emergency",
        "help .. with .. machine|monitor|cuff|meter|phone|app|scales|batter*|text*|thermometer|oximeter",
        "not urgent*",
        "non urgent*",
        "isnt urgent*",
        "nothing urgent*",
        "life insurance",
        "ring|fitting .. cuff|monitor|kitchen|boiler|carpet*|appointment|strap",
        "cuff|strap|monitor|mask .. fitting",
        "confused .. about|how|what|by|which",
        "cant|cannot .. see .. screen|display|numbers|number|doctor|gp|nurse|you|reading",
        "emergency contact|services|number|inhaler|card",
        "bp|pressure|weight|sugar|sugars|temp|temperature|pulse|sats|it|oxygen|levels|level|has|have fallen to|by|from|a",
        "bp|pressure|weight|sugar|sugars|temp|temperature|pulse|sats|it|oxygen|levels|level .. fallen",
    ])
});

/// Whether the words of an emergency are in it and not plainly denied.
pub(super) fn is_emergency(spoken: &Spoken) -> bool {
    spoken.find(&SIGNS).any(|Found { pattern, at }| {
        let everyday = BREATHLESS.contains(&pattern) && is_everyday(spoken, at.start, at.end);
        let harmless = is_denied(spoken, at.start, at.end) || is_harmless(spoken, at.start, at.end);
        !everyday && !harmless
    })
}

/// "no chest pain", "not having any chest pain or breathlessness", "chest pain: no".
fn is_denied(spoken: &Spoken, start: usize, end: usize) -> bool {
    is_denied_after(spoken, end) || is_denied_before(spoken, start)
}

/// A "no" that ends the clause: "chest pain, no better" denies nothing.
fn is_denied_after(spoken: &Spoken, end: usize) -> bool {
    let no = if spoken.word(end) == Some(",") { end + 1 } else { end };
    spoken.word(no).is_some_and(|word| matches!(word, "no" | "none" | "nil" | "nahi" | "nahin" | "نہیں"))
        && spoken.word(no + 1).is_none_or(|word| matches!(word, "." | "," | "hai" | "ہے"))
}

fn is_denied_before(spoken: &Spoken, start: usize) -> bool {
    let (mut at, mut joined, mut needs_not) = (start, false, false);
    while let Some(word) = at.checked_sub(1).and_then(|before| spoken.word(before)) {
        at -= 1;
        if NEGATIONS.has(word) {
            // "No, chest pain": the comma ends the no.
            return spoken.word(at + 1) != Some(",") && !(needs_not && word == "no");
        }
        let joins = matches!(word, "or" | "nor") || (word == "," && is_list(spoken, at));
        joined |= joins;
        needs_not |= AFTER_NOT.has(word);
        let named = joined && NAMED.has(word);
        let carries_on = joins || named || AFTER_NO.has(word) || AFTER_NOT.has(word);
        if !carries_on {
            return false;
        }
    }
    false
}

/// Whether the comma at `at` parts a list that an "or" closes.
fn is_list(spoken: &Spoken, at: usize) -> bool {
    (at + 1..)
        .map_while(|next| spoken.word(next))
        .take_while(|word| *word != ".")
        .any(|word| matches!(word, "or" | "nor"))
}

fn is_harmless(spoken: &Spoken, start: usize, end: usize) -> bool {
    spoken.find(&HARMLESS).any(|Found { at, .. }| at.start < end && start < at.end)
}

fn is_everyday(spoken: &Spoken, start: usize, end: usize) -> bool {
    let before = (start.saturating_sub(2)..start).filter_map(|at| spoken.word(at));
    let after = (end..end + 2).filter_map(|at| spoken.word(at));
    let at_rest = (end..end + 4)
        .filter_map(|at| spoken.word(at))
        .any(|word| matches!(word, "rest" | "resting" | "sitting" | "still"));
    let worse = (start.saturating_sub(2)..start)
        .filter_map(|at| spoken.word(at))
        .any(|word| matches!(word, "more" | "very" | "too" | "worse"));
    let mut softened =
        before.map(|word| EVERYDAY_BEFORE.has(word)).chain(after.map(|word| EVERYDAY_AFTER.has(word)));
    softened.any(|soft| soft) && !at_rest && !worse
}
