//! A sound protocol, and a folder that has it beside the messages that every protocol shares.

use super::folder::{Folder, MESSAGES};

/// The tables of faults change one thing in it.
pub const PROTOCOL: &str = r#"title = "Pulse for two weeks"
evidence = "Nobody's; an example"
consent = "opt_in"
keyword = "JOINPULSE"
days = 14
retention_years = 8
rules = ["mood_low"]
replaces = ["pulse_high"]
proposal = ""
quiet = { from = "22:00", to = "07:00" }

[question.pulse]
asks = "pulse"
example = "Pulse 72"

[question.well]
asks = "choice"
choices = { yes = ["y"], no = ["n", "not really"] }

[question.steps]
asks = "number"
min = 0
max = 40000

[[schedule]]
id = "morning"
ask = ["pulse"]
at = ["08:00", "18:00"]
to_day = 10
window_minutes = 240
remind_after_minutes = [60, 120]

[[schedule]]
id = "weekly"
ask = ["steps"]
at = ["19:00"]
weekdays = ["sun"]
window_minutes = 600

[[schedule]]
id = "tips"
say = ["tip_walk"]
at = ["12:00"]
every_days = 3

[[follow_up]]
id = "retest"
when = { rule = "pulse_low", severity = "red" }
ask = ["pulse"]
after_minutes = 30
window_minutes = 90
most = 1

[[follow_up]]
id = "how_are_you"
when = { missed = "pulse", in_a_row = 3 }
ask = ["well"]
window_minutes = 90

[[follow_up]]
id = "not_well"
when = { question = "well", is = "no" }
say = ["rest"]

[completion]
average = ["pulse"]
drop_first_day = true
at_least = 6
"#;

/// What it says.
pub const ENGLISH: &str = r#"welcome = "Hello {name}. Please send us your pulse for two weeks."
invite = "Shall we ask you for your pulse for two weeks? Reply YES if we may."

[ask]
pulse = "Please text your pulse like Pulse 72."
well = "Do you feel well? Text Y or N."
steps = "How many steps did you walk today?"

[remind]
pulse = "We still need your pulse."

[thanks]
well = "Thank you."

[say]
tip_walk = "Tip: walk a little each day."
rest = "Rest today. If you feel worse, call 111."
done = "Your two weeks are over. Your average is {average}."
too_few = "Your two weeks are over. There were too few readings."
"#;

/// The same in another language, which needs no letters beyond a text message's own.
pub const WELSH: &str = r#"translator = ""
welcome = "Helo {name}."
invite = "Atebwch YES."

[ask]
pulse = "Eich pwls? Fel 72."
well = "Yn iawn?"
steps = "Sawl cam?"

[remind]
pulse = "Eich pwls?"

[thanks]
well = "Diolch."

[say]
tip_walk = "Cerddwch."
rest = "Gorffwys, neu 111."
done = "Cyfartaledd {average}."
too_few = "Rhy ychydig."
"#;

pub fn folder() -> Folder {
    Folder::new()
        .with("messages.en.toml", MESSAGES)
        .with("pulse/protocol.toml", PROTOCOL)
        .with("pulse/messages.en.toml", ENGLISH)
        .with("pulse/a_test.toml", CONVERSATIONS)
}

/// Conversations that prove it.
pub const CONVERSATIONS: &str = r#"[[case]]
name = "a slow pulse is measured again"
kind = "fires"
first_day = "2026-03-02"
until = "2026-03-02 09:00"
dialogue = """
2026-03-01 12:00  >  invite
2026-03-01 12:05  <  YES
2026-03-01 12:05  >  welcome
2026-03-02 08:00  >  ask pulse
2026-03-02 08:10  <  Pulse 40
2026-03-02 08:10  !  red pulse_low
2026-03-02 08:10  >  reply red
2026-03-02 08:40  >  ask pulse
"""

[[case]]
name = "a good pulse"
kind = "quiet"
first_day = "2026-03-02"
until = "2026-03-02 09:00"
dialogue = """
2026-03-01 12:00  >  invite
2026-03-01 12:05  <  YES
2026-03-01 12:05  >  welcome
2026-03-02 08:00  >  ask pulse
2026-03-02 08:10  <  Pulse 70
2026-03-02 08:10  >  reply
"""

[[case]]
name = "a pulse in the last minute of the window"
kind = "boundary"
first_day = "2026-03-02"
until = "2026-03-02 11:59"
dialogue = """
2026-03-01 12:00  >  invite
2026-03-01 12:05  <  YES
2026-03-01 12:05  >  welcome
2026-03-02 08:00  >  ask pulse
2026-03-02 09:00  >  remind pulse
2026-03-02 10:00  >  remind pulse
2026-03-02 11:59  <  Pulse 51
2026-03-02 11:59  >  reply
"""
"#;
