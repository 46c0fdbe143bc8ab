//! Texts that report nothing and ask nothing: thanks, greetings, tapbacks, the echo of our own example.

use super::spoken::Spoken;
use super::words::Words;

static POLITE: Words = Words::spaced(
    "\
thanks thank thankyou thx thanx ta cheers ok okay k kk great good lovely brilliant perfect fine nice super fab \
fabulous excellent wonderful hi hello hiya hey helo hallo morning afternoon evening night goodnight bye goodbye cheerio \
you u very much so a lot many again flo lamplight nurse nurses doctor dr team everyone all both there dear love xx x xxx \
xxxx god bless have nice day weekend one noted will do understood got it received message text your for the that thats \
been am is are i im me my well and too take care see soon later kind kindly regards best wishes happy christmas new year \
easter merry lol haha ha help helping helpful appreciated appreciate it's its really no problem problems worries prob \
welcome alright right cool sure of course to hope hoping keeping how today tomorrow speak ttyl sorry late \
diolch gracias merci danke dziekuje shukriya dhanyavad grazie obrigado obrigada hola bonjour salaam salam namaste",
);

/// Words that make a polite text more than polite.
static NEEDED: Words = Words::spaced(
    "\
thanks thank thankyou thx thanx ta cheers ok okay k kk great good lovely brilliant perfect fine nice super fab \
fabulous excellent wonderful hi hello hiya hey helo hallo morning afternoon evening goodnight bye goodbye cheerio xx x xxx \
noted understood received bless care soon regards wishes christmas year easter lol haha welcome alright cool \
diolch gracias merci danke dziekuje shukriya dhanyavad grazie obrigado obrigada hola bonjour salaam salam namaste worries prob",
);

/// Thanks and greetings, or nothing but pictures.
pub(super) fn is_polite(spoken: &Spoken, plain: &str) -> bool {
    let mut words = spoken.plain().peekable();
    if words.peek().is_none() {
        return plain.chars().any(is_picture);
    }
    let polite = spoken.plain().all(|word| POLITE.has(word));
    polite && words.any(|word| NEEDED.has(word))
}

/// Emoji and other pictures: neither letters nor punctuation of a keyboard.
fn is_picture(c: char) -> bool {
    !c.is_ascii() && !c.is_alphanumeric() && !c.is_whitespace()
}

/// A phone's reaction to one of our texts. It quotes us, so nothing in it is the patient's.
pub(super) fn is_tapback(plain: &str) -> bool {
    const VERBS: [&str; 22] = [
        "liked",
        "loved",
        "laughed at",
        "emphasised",
        "emphasized",
        "questioned",
        "disliked",
        "reacted",
        "removed a",
        "removed an",
        "le gusto",
        "le encanto",
        "a aime",
        "a adore",
        "gefallt",
        "polubil",
        "polubila",
        "hat",
        "hoffi",
        "gave",
        "replied",
        "me gusta",
    ];
    let text = plain.trim().to_lowercase();
    let quoted = text.find(['"', '\'']).map(|at| text.split_at(at));
    let image = ["an image", "a photo", "a message", "a movie", "an audio message", "an attachment"];
    let (before, after) = match quoted {
        Some(parts) => parts,
        None => {
            return VERBS.iter().any(|verb| {
                text.strip_prefix(verb).is_some_and(|rest| image.iter().any(|image| rest.trim() == *image))
            });
        }
    };
    let ends = after.chars().count() > 1 && after.trim_end().ends_with(['"', '\'', '.']);
    let words = before.split_whitespace().count();
    let has_verb = VERBS.iter().any(|verb| before.starts_with(verb));
    let picture_to = before.chars().next().is_some_and(is_picture) && before.trim_end().ends_with(" to");
    let digits = before.chars().any(|c| c.is_ascii_digit());
    (has_verb || picture_to) && words <= 5 && !digits && (ends || after.starts_with('"'))
}

/// Whether the text is our own example, sent back as it was.
pub(super) fn is_echo(plain: &str, example: &str) -> bool {
    let essence = |text: &str| -> String {
        text.chars()
            .filter(|c| c.is_alphanumeric() || matches!(c, '/' | '.'))
            .flat_map(char::to_lowercase)
            .collect()
    };
    let (text, example) = (essence(plain), essence(example));
    !example.is_empty() && text == example
}
