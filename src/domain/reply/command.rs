//! STOP, START, HELP, YES and NO: words that steer the service.
//!
//! A command is the whole text. Carriers match so, and "my pain won't stop" must never end a patient's monitoring.

use std::sync::LazyLock;

use super::phrases::Phrases;
use super::spoken::Spoken;
use super::words::Words;
use super::{Asked, Command, Context, tongue};

/// Twilio's, AWS's and the carriers' words for leaving, in the languages that they know.
static STOP: Words = Words::of(
    "stop|stopall|stop all|unsubscribe|cancel|end|quit|revoke|optout|opt out|arret|remove|td|stopp|alto|parar|\
    baja|unsub|unsubscribe me|stop stop|stop stop stop",
);
static START: Words = Words::of("start|unstop|optin|opt in|subscribe|restart|resume");
static HELP: Words = Words::of("help|info|help help|aide|ayuda");
static YES: Words = Words::of(
    "yes|y|yep|yeah|yeh|ye|yea|yup|yes please|yes thanks|yes thank you|yess|yesss|si|oui|ja|tak|da|ie|ydw|ydy|oes|\
    haan|yes it is|yes thats right|yes correct|yes that is right|yes that is correct|yes thats correct|yes right|yes ok|\
    ok yes|yes yes|yes it was|yes its right|yes its correct|yes that was right",
);
static YES_TO_US: Words = Words::of(
    "correct|thats right|that is right|thats correct|that is correct|right|ok|okay|k|confirm|confirmed|\
    sure|ok thanks|ok thank you|its correct|its right|it is correct|it is right|affirmative|fine",
);
static NO: Words = Words::of(
    "no|n|nope|nah|no thanks|no thank you|noo|non|nein|nie|na|nage|no no|nahi|no it isnt|no it is not|no wrong|\
    no thats wrong|no its wrong|no not right|no thats not right|no it wasnt|not correct no",
);
static NO_TO_US: Words = Words::of(
    "wrong|thats wrong|that is wrong|incorrect|not right|not correct|thats not right|its wrong|negative|\
    that is not right|thats incorrect",
);

/// The command that the whole text is.
pub(super) fn alone(spoken: &Spoken, context: &Context<'_>) -> Option<Command> {
    let text = spoken.plain().collect::<Vec<_>>().join(" ");
    let is = |words: &Words| words.has(&text);
    let asked_yes_no = context.asked == Some(Asked::YesNo);
    let in_tongue = tongue::said(context.language, spoken);
    // A word of the patient's own language means what it means there.
    let (yes, no) = match in_tongue {
        Some(said) => (said.is_yes() == Some(true), said.is_yes() == Some(false)),
        None => (
            is(&YES) || (context.awaits_confirmation && is(&YES_TO_US)),
            is(&NO) || (context.awaits_confirmation && is(&NO_TO_US)),
        ),
    };
    let found = [
        (Command::Stop, is(&STOP)),
        (Command::Start, is(&START)),
        (Command::Help, is(&HELP)),
        (Command::Yes, !asked_yes_no && yes),
        (Command::No, !asked_yes_no && no),
    ];
    found.into_iter().find_map(|(command, present)| present.then_some(command))
}

/// A wish to leave in other words than the command, or in more: obeyed, and a human looks.
pub(super) fn wants_to_leave(spoken: &Spoken) -> bool {
    static WISHES: LazyLock<Phrases> = LazyLock::new(|| {
        Phrases::of(&[
            "stop|quit|cancel .. messag*|messages|text*|txt*|sms|contacting|bothering|alerts|reminders|service|subscription|flo",
            "stop .. sending .. me|messages|texts|these|this",
            "stop sending",
            "dont|do|not .. text|message|txt|contact me .. again|anymore|more|please",
            "dont|not text|message|txt|contact me",
            "no more texts|messages|txts|reminders|msgs",
            "take|remove me .. off|from .. list|lists|texts|messages|service|system|this|programme|scheme",
            "remove me $",
            "unsubscribe*",
            "opt|opting|opted out",
            "leave me alone",
            "leave .. service|programme|program|scheme",
            "dont want .. texts|messages|these|this|txts .. anymore|more|again",
            "dont want .. texts|messages|txts|texting|messaging",
            "want|like|wish to stop|leave|unsubscribe|quit|cancel $",
            "want|like|wish to stop|leave|unsubscribe|quit|cancel this|these|it|now|please|getting|receiving",
            "stop .. texting|messaging|txting",
            "texts|messages|txts stop $",
            // Polish, Welsh, Urdu in Latin letters.
            "nie pisz|piszcie|wysylaj|wysylajcie|przysylaj|przysylajcie|pisac|wysylac .. do|mi|mnie|wiadomosci|smsow|sms",
            "przestan|przestancie .. pisac|wysylac|przysylac",
            "prosze .. nie|przestac .. pisac|wysylac|przysylac",
            "wypisz|wypisac|wypiszcie .. mnie",
            "dajcie mi spokoj",
            "peidiwch|paid|stopiwch|stopia .. tecstio|anfon|decstio",
            "dim mwy .. negeseuon|decstiau|tecstiau",
            "gadewch .. lonydd",
            "message|messages|msg|msgs|text|texts mat|band bhejo|bhejain|bhejein|bhejna|karo|karein|karain|kar",
            "mujhe|muje .. message|messages|msg|text|texts .. mat|nahi|na|band bhejo|bhejain|bhejein|karo|karein|karain|kar",
        ])
    });
    static OTHER_THINGS: LazyLock<Phrases> = LazyLock::new(|| {
        Phrases::of(&[
            "stop|quit|stopped .. smoking|taking|drinking|tablets|medication|eating|inhaler|insulin|bleeding|coughing|meds",
            "dont|not|wont|cant|never|doesnt|didnt|isnt stop",
            "why|did|have|has|when .. stop",
            "pain|bleeding|coughing stop",
            "dont|not|never .. want|like to stop|leave|quit",
            "stop|cancel|end .. appointment*|appt",
        ])
    });
    let leaves = spoken.has(&WISHES) && !spoken.has(&OTHER_THINGS);
    leaves || is_stop_and_courtesy(spoken) || is_stop_and_numbers(spoken)
}

/// "STOP PLEASE", "stop thanks": more than the command, and no less.
fn is_stop_and_courtesy(spoken: &Spoken) -> bool {
    static ABOUT_US: Words = Words::of(
        "stop|stopall|unsubscribe|optout|please|pls|plz|thanks|thank|you|now|it|this|\
        cancel|quit|end|hi|hello|kindly|all|immediately|i|want|to|can|just|me|asap",
    );
    let mut words = spoken.plain().peekable();
    let stops = spoken
        .plain()
        .any(|word| matches!(word, "stop" | "stopall" | "unsubscribe" | "optout" | "quit" | "cancel"));
    words.peek().is_some() && stops && words.all(|word| ABOUT_US.has(word))
}

/// "STOP 141/80": both are taken.
fn is_stop_and_numbers(spoken: &Spoken) -> bool {
    let mut words = spoken.plain();
    matches!(words.next(), Some("stop" | "stopall" | "unsubscribe"))
        && words.all(|word| word.contains(|c: char| c.is_ascii_digit()) || matches!(word, "bp" | "over"))
}
