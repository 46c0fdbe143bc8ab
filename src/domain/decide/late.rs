//! Answers to texts that reach us long after they were sent. The nurse gets the alert; the patient gets no answer that
//! was meant for another hour of the day.

use jiff::{SignedDuration, Timestamp};

use crate::domain::alert::Severity;
use crate::domain::event::{Event, Origin, TextIn, Way};
use crate::domain::message::{NewMessage, Purpose};
use crate::domain::protocol::due::zone_of;
use crate::domain::wording::Phrase;

use super::Decision;
use super::reply::Answer;

/// After so long "rest for half an hour and measure again", a question or the next step of a protocol is for another day.
const STALE: SignedDuration = SignedDuration::from_hours(1);
/// Red advice ("call 999 now") on a reading that is older frightens, and helps nobody: the nurse rings.
const ADVICE_HOLDS: SignedDuration = SignedDuration::from_hours(24);
/// Whoever was told that a text came late knows it of the others that came with it.
pub const TOLD_FOR: SignedDuration = SignedDuration::from_hours(12);

/// Whether an event is a text that the carrier did not bring, and that is too old for the usual answer.
pub(super) fn is_stale(event: &Event, now: Timestamp) -> bool {
    let listed = matches!(&event.origin, Origin::Text(TextIn { way: Way::Listed { .. }, .. }));
    listed && now.duration_since(event.said_at()) > STALE
}

/// Whether a message says that a text came late.
pub(super) fn tells(message: &NewMessage) -> bool {
    message.says.iter().any(|said| said == Phrase::Late.key())
}

/// Takes back questions to whoever shares a phone, hours after they texted. Who cries for help is answered.
pub(super) fn hush(decision: &mut Decision) {
    let cry = Phrase::Urgent.key();
    decision
        .messages
        .retain(|message| message.purpose != Purpose::Neutral || message.says.iter().any(|said| said == cry));
}

impl Answer<'_> {
    /// Red advice goes out with a word on what it is about. Of anything else the patient hears once that it came late, and
    /// nothing follows on it: what would have been read back is for a nurse to ask.
    pub(super) fn close_late(mut self) {
        if self.reply.is_empty() {
            return self.decision.keep_quiet(self.event);
        }
        let said_at = self.event.said_at();
        let when = said_at.to_zoned(zone_of(&self.state.patient)).strftime("%d/%m %H:%M").to_string();
        let late = self.wording.say(Phrase::Late, &[("when", &when)]);
        let holds = self.now.duration_since(said_at) <= ADVICE_HOLDS;
        if self.severity != Some(Severity::Red) || !holds {
            self.decision.keep_quiet(self.event);
            if self.state.told_late {
                return;
            }
            self.severity = None;
            self.reply = Default::default();
        }
        self.reply.begin_with(Phrase::Late.key(), late);
        self.queue();
    }
}
