//! Clinical protocols: what patients are asked, when, and what follows from the answers.
//!
//! A [`Protocol`] is what its file says, believed only once the catalog has proved it. An [`Enrolment`] is one patient on
//! one protocol; a [`Prompt`] is one question of it, from the minute it is planned to the reading, the answer or the
//! recorded miss that closes it. Nothing here reads a clock: what is due is a function of these and `now`.

pub mod due;
pub mod enrolment;
pub mod follow_up;
pub mod moves;
pub mod prompt;
pub mod question;
pub mod schedule;
pub mod speech;

use std::collections::BTreeMap;

use jiff::civil::{Time, time};

pub use enrolment::{ConsentRecord, ConsentSource, EndReason, Enrolment, EnrolmentState, Pause};
pub use follow_up::{FollowUp, Trigger, Wanted};
pub use prompt::{MissCause, Misses, Prompt, PromptState, Sent};
pub use question::{Asks, Choice, Question};
pub use schedule::{Days, Does, Entry, Slot};
pub use speech::{Speech, first_name};

use super::id::{ProtocolId, QuestionId, RuleId};
use super::patient::Consent;
use super::vital::Vital;

/// A protocol as its folder states it. The catalog has checked that every name in it leads somewhere.
#[derive(Debug, Clone, PartialEq)]
pub struct Protocol {
    pub id: ProtocolId,
    /// Content hash of all its files: the version that prompts and messages name.
    pub version: String,
    pub title: String,
    pub evidence: String,
    /// How patients come onto it: asked first, told that they may leave, or consent taken by staff.
    pub consent: Consent,
    /// A word that enrols whoever texts it.
    pub keyword: Option<String>,
    /// The last day counted from the first, 1; nothing for a protocol that runs until somebody ends it.
    pub days: Option<u32>,
    /// How long records of it are kept.
    pub retention_years: u16,
    /// Rules that hold only for those on it…
    pub rules: Vec<RuleId>,
    /// …and rules for everyone that these stand in for.
    pub replaces: Vec<RuleId>,
    /// Put before what nurses are proposed while a patient is on it (a preference for the end of life).
    pub proposal: Option<String>,
    /// Reminders, tips and late prompts wait while it is quiet. Evaluation and red advice never do.
    pub quiet: Quiet,
    pub questions: BTreeMap<QuestionId, Question>,
    pub schedule: Vec<Entry>,
    pub follow_ups: Vec<FollowUp>,
    pub completion: Option<Completion>,
    /// By ISO 639-1 code; English is always there.
    pub messages: BTreeMap<String, Messages>,
}

/// Civil times between which a patient is left in peace; it may run over midnight. Empty when both are equal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quiet {
    pub from: Time,
    pub to: Time,
}

impl Quiet {
    /// When patients are left in peace, unless a protocol's file says otherwise.
    pub const NIGHT: Self = Self { from: time(21, 0, 0, 0), to: time(7, 30, 0, 0) };

    pub fn holds(self, time: Time) -> bool {
        if self.from <= self.to {
            self.from <= time && time < self.to
        } else {
            time >= self.from || time < self.to
        }
    }
}

/// What is said when the last day is over.
#[derive(Debug, Clone, PartialEq)]
pub struct Completion {
    /// Averages over the whole course fill `{average}`, without the first day when `drop_first_day` (NICE NG136).
    pub average: Vec<Vital>,
    pub drop_first_day: bool,
    /// Fewer readings of a vital than this make no average; the text then comes from `say.too_few`.
    pub at_least: u32,
}

/// A protocol's texts in one language, by their keys: `welcome`, `ask.bp`, `remind.bp`, `say.tip_salt`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Messages {
    pub texts: BTreeMap<String, String>,
    /// A translator has signed these off. Until then English is what a clinician relies on.
    pub signed_off: bool,
}

impl Protocol {
    /// The text under `key` in `language`, else in English.
    pub fn text(&self, language: &str, key: &str) -> Option<&str> {
        [language, "en"]
            .into_iter()
            .filter_map(|code| self.messages.get(code)?.texts.get(key))
            .map(String::as_str)
            .next()
    }

    pub fn question(&self, id: &QuestionId) -> Option<&Question> {
        self.questions.get(id)
    }

    /// What a schedule entry or a follow-up does, by its id.
    pub fn does(&self, entry: &str) -> Option<&Does> {
        let scheduled = self.schedule.iter().find(|known| known.id == entry).map(|known| &known.does);
        scheduled.or_else(|| self.follow_ups.iter().find(|known| known.id == entry).map(|known| &known.does))
    }

    /// The question that a prompt asks; nothing for one that says a text.
    pub fn asked_by(&self, prompt: &Prompt) -> Option<&Question> {
        match self.does(&prompt.entry) {
            Some(Does::Say(_)) => None,
            Some(Does::Ask(_)) | None => self.question(&prompt.question),
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::time;

    use super::Quiet;

    #[test]
    fn quiet_hours_run_over_midnight() {
        let night = Quiet { from: time(21, 0, 0, 0), to: time(7, 30, 0, 0) };
        for (at, quiet) in [(time(20, 59, 0, 0), false), (time(21, 0, 0, 0), true), (time(3, 0, 0, 0), true)]
        {
            assert_eq!(night.holds(at), quiet, "{at}");
        }
        assert!(night.holds(time(7, 29, 0, 0)));
        assert!(!night.holds(time(7, 30, 0, 0)));
        assert!(!Quiet { from: time(7, 0, 0, 0), to: time(7, 0, 0, 0) }.holds(time(7, 0, 0, 0)), "empty");
    }
}
