//! Answers of staff by text: a code takes a patient's alerts on, resolves them, or passes them on.
//!
//! Nothing happens without a code that was sent to the very phone it comes back from. What is answered names no patient
//! and nothing clinical: whoever must know more has the queue.

use jiff::{SignedDuration, Timestamp};

use crate::domain::alert::AlertState;
use crate::domain::escalation::{
    LiveCode, MOST_WRONG, Snooze, StaffDeed, StaffPhone, StaffReply, WatchedAlert,
};
use crate::domain::event::{Event, TextIn};
use crate::domain::id::{AlertId, UserName};
use crate::domain::message::{NewMessage, Purpose};
use crate::domain::organisation::{MemberRole, Organisation, Outcome};
use crate::domain::reply::{self, Context, Outcome as Heard};
use crate::domain::task::TaskKind;

use super::stranger::is_leaving;
use super::{Catalog, Decision};

/// An answer that comes later than this answers nothing any more.
const ANSWER_WITHIN: SignedDuration = SignedDuration::from_hours(1);
/// Words that turn what stands beside them round, and tell no outcome by themselves.
const TURNING: [&str; 9] = ["no", "not", "never", "cannot", "cant", "couldnt", "didnt", "wasnt", "unable"];
/// Words that every outcome may have.
const SMALL: [&str; 8] = ["a", "an", "and", "the", "to", "of", "patient", "needed"];

pub(super) fn decide(
    phone: &StaffPhone,
    catalog: &Catalog,
    event: &Event,
    text: &TextIn,
    now: Timestamp,
) -> Decision {
    let mut answer =
        Answer { phone, site: &catalog.site, event, now, decision: Decision::accepted(String::new()) };
    let heard = reply::understand(&text.body, &Context::default());
    if is_leaving(text, &heard) {
        answer.leave();
        return answer.decision;
    }
    if heard.outcome == Heard::Urgent {
        let detail = "A phone of somebody who works here used words that a human should look at now.";
        answer.task(TaskKind::AskedForHelp, detail.to_owned());
    }
    match StaffReply::read(&text.body) {
        _ if phone.is_locked() => answer.turn_away(),
        Some(StaffReply::Prove { digits }) => answer.prove(&digits),
        Some(reply) => match reply.code().and_then(|code| phone.code(code)) {
            Some(live) => answer.carry_out(live, &reply),
            None => answer.wrong("it carries a code that is none of its own"),
        },
        None => answer.wrong("it is no answer that we know"),
    }
    answer.decision
}

struct Answer<'a> {
    phone: &'a StaffPhone,
    site: &'a Organisation,
    event: &'a Event,
    now: Timestamp,
    decision: Decision,
}

impl Answer<'_> {
    fn carry_out(&mut self, live: &LiveCode, reply: &StaffReply) {
        self.prove_phone(live.person.clone());
        let acts = match &live.person {
            Some(person) if self.is_clerk(person, live) => {
                Err(format!("Only a clinician of the team can do that. Reply P {} to pass it on.", live.code))
            }
            Some(person) => Ok(person),
            None => Err(format!(
                "This is a shared phone, and only a named person can do that: sign in and do it in the queue, or reply P \
                 {} to pass it on.",
                live.code
            )),
        };
        match (reply, acts) {
            (StaffReply::PassOn { .. }, _) => self.pass_on(live),
            (_, Err(why)) => self.say("whoever answered may only pass on", &why),
            (StaffReply::Resolve { words, .. }, Ok(person)) => self.resolve(live, person, words),
            (StaffReply::Take { .. } | StaffReply::Prove { .. }, Ok(person)) => self.take(live, person),
        }
    }

    fn take(&mut self, live: &LiveCode, person: &UserName) {
        // What they were told of waits, whatever late readings have made of it since.
        let snoozed = |alert: &WatchedAlert| {
            let waits = |snooze: &Snooze| snooze.late.is_some_and(|late| late.waits);
            alert.snooze.as_ref().is_some_and(|snooze| snooze.until > self.now && !waits(snooze))
        };
        let waiting: Vec<_> = live
            .known()
            .filter(|alert| alert.state == AlertState::Open && !snoozed(alert))
            .map(|alert| (alert.id.clone(), alert.severity))
            .collect();
        let next = format!("When it is done: R {0} and what you did. To pass it on: P {0}.", live.code);
        match waiting.len() {
            0 => self.say_whose(live, person, &next),
            n => {
                let count = if n == 1 { "1 alert is".to_owned() } else { format!("{n} alerts are") };
                let deed = StaffDeed::Took {
                    patient: live.patient.clone(),
                    person: person.clone(),
                    alerts: waiting,
                };
                self.decision.deeds.push(deed);
                self.say("alerts were taken on", &format!("You have it: {count} yours now. {next}"));
            }
        }
    }

    /// Nothing waits: because somebody has it, or because it is over.
    fn say_whose(&mut self, live: &LiveCode, person: &UserName, next: &str) {
        let owner = live.known().find_map(|alert| alert.owner.as_ref());
        let words = match owner {
            Some(owner) if owner == person => format!("You have it already. {next}"),
            Some(owner) => format!("{owner} has it already."),
            None if live.known().next().is_some() => {
                "It is put off for now; the queue says until when.".to_owned()
            }
            None => "Nothing waits there any more.".to_owned(),
        };
        self.say("nothing was left to take on", &words);
    }

    fn resolve(&mut self, live: &LiveCode, person: &UserName, words: &str) {
        if live.used {
            return self.say("the code was used", "That code has been used already. Look at the queue.");
        }
        let alerts: Vec<_> = live.known().map(|alert| (alert.id.clone(), alert.severity)).collect();
        if alerts.is_empty() {
            return self.say("nothing was left to resolve", "Nothing waits there any more.");
        }
        let Some(outcome) = outcome_of(&self.site.outcomes, words) else {
            let names: Vec<&str> = self.site.outcomes.iter().map(|outcome| outcome.name.as_str()).collect();
            let ask = format!("What came of it? Reply R {} and one of: {}.", live.code, names.join(", "));
            return self.say("an outcome was asked for", &ask);
        };
        let left = live.alerts.len() > alerts.len();
        let note = Some(words.to_owned()).filter(|words| !words.eq_ignore_ascii_case(&outcome.name));
        self.decision.deeds.push(StaffDeed::Resolved {
            patient: live.patient.clone(),
            person: person.clone(),
            alerts,
            outcome: outcome.name.clone(),
            note,
        });
        self.use_up(live);
        let more = if left { " Something newer still waits: look at the queue." } else { "" };
        self.say("alerts were resolved", &format!("Resolved as '{}'. Thank you.{more}", outcome.name));
    }

    fn pass_on(&mut self, live: &LiveCode) {
        if live.used {
            return self.say("the code was used", "That code has been used already. Look at the queue.");
        }
        if live.alerts.is_empty() {
            return self.say("nothing was left to pass on", "Nothing waits there any more.");
        }
        let by = live
            .person
            .as_ref()
            .map_or_else(|| format!("phone {}", self.phone.phone.masked()), UserName::to_string);
        // What somebody else has is not for this phone to give away.
        let free_or_theirs = |alert: &&WatchedAlert| {
            alert.state == AlertState::Open || (alert.owner.is_some() && alert.owner == live.person)
        };
        let alerts: Vec<AlertId> =
            live.alerts.iter().filter(free_or_theirs).map(|alert| alert.id.clone()).collect();
        if alerts.is_empty() {
            let owner = live.alerts.iter().find_map(|alert| alert.owner.as_ref());
            let owner = owner.map_or("Somebody else", UserName::as_str);
            return self.say("somebody else has it", &format!("{owner} has it already."));
        }
        self.decision.deeds.push(StaffDeed::PassedOn { patient: live.patient.clone(), by, alerts });
        self.use_up(live);
        self.say("alerts were passed on", "Passed on: the next in line is being told.");
    }

    fn prove(&mut self, digits: &str) {
        let Some(check) = self.phone.check(digits) else {
            return self.wrong("it carries a code that is none of its own");
        };
        let person = check.person.clone();
        self.decision.deeds.push(StaffDeed::Verified { contact: check.contact.clone(), person });
        self.say("a phone was proved", "Thank you: this phone is proved, and alerts can reach you here.");
    }

    /// One clear answer to each, until there were too many; then an operator hears of it and the phone nothing.
    fn wrong(&mut self, why: &str) {
        self.decision = Decision {
            tasks: std::mem::take(&mut self.decision.tasks),
            ..Decision::rejected(why.to_owned())
        };
        self.decision.deeds.push(StaffDeed::Wrong { phone: self.phone.phone.clone() });
        if self.phone.wrong + 1 < MOST_WRONG {
            let how = "That is not a code of this phone, or it is out of date. Reply A and the four digits to take an alert, \
                       or look at the queue.";
            return self.answer(how);
        }
        let detail = format!(
            "{MOST_WRONG} texts in a quarter of an hour carried no code of the phone that they came from. Ask whose phone \
             it is whether it was them: somebody may be guessing. Until the quarter is over nothing from it is taken."
        );
        self.task(TaskKind::WrongCodes, detail);
        self.answer(
            "Too many codes were wrong. For 15 minutes no code from this phone is taken: use the queue.",
        );
    }

    fn turn_away(&mut self) {
        self.decision = Decision {
            tasks: std::mem::take(&mut self.decision.tasks),
            ..Decision::rejected("too many wrong codes came from its phone".to_owned())
        };
    }

    /// Obeyed without a word, as the carrier obeys it. Who is on duty cannot be reached there any more.
    fn leave(&mut self) {
        self.decision = Decision::accepted("a phone of staff asks for no more texts".to_owned());
        self.decision.deeds.push(StaffDeed::Left { phone: self.phone.phone.clone() });
        let detail = "A phone of somebody who works here asks for no more texts, so no alert reaches them there. Agree on \
                      another way, or have them text START.";
        self.task(TaskKind::StaffUnreached, detail.to_owned());
    }

    fn prove_phone(&mut self, person: Option<UserName>) {
        self.decision.deeds.push(StaffDeed::Proved { phone: self.phone.phone.clone(), person });
    }

    fn use_up(&mut self, live: &LiveCode) {
        let (phone, code) = (self.phone.phone.clone(), live.code.clone());
        self.decision.deeds.push(StaffDeed::Used { phone, code });
    }

    fn is_clerk(&self, person: &UserName, live: &LiveCode) -> bool {
        let team = self.site.team_of(live.team.as_deref());
        team.members.get(person) == Some(&MemberRole::Clerk)
    }

    fn task(&mut self, kind: TaskKind, detail: String) {
        let subject =
            self.phone.people.first().map_or_else(|| self.phone.phone.masked(), UserName::to_string);
        self.decision.task(self.event, kind, &subject, detail);
    }

    fn say(&mut self, why: &str, words: &str) {
        self.decision.reason = format!("somebody who works here answered: {why}");
        self.answer(words);
    }

    fn answer(&mut self, words: &str) {
        self.decision.messages.push(NewMessage {
            pinned: false,
            id: self.event.id.message(1),
            patient: None,
            to: self.phone.phone.clone(),
            body: words.to_owned(),
            purpose: Purpose::Notification,
            says: vec!["staff".to_owned()],
            basis: Vec::new(),
            created_at: self.now,
            not_after: self.now.saturating_add(ANSWER_WITHIN).unwrap_or(self.now),
        });
    }
}

/// The outcome that a note tells: the longest that it names whole, else the one that its first telling word belongs to.
/// A note that turns its words round ("not called") tells none by single words, and neither does a word of two outcomes.
fn outcome_of<'o>(outcomes: &'o [Outcome], note: &str) -> Option<&'o Outcome> {
    let words = words_of(note);
    let whole = |outcome: &&Outcome| {
        let name = words_of(&outcome.name);
        !name.is_empty() && words.windows(name.len()).any(|window| window == name)
    };
    if let Some(named) = outcomes.iter().filter(whole).max_by_key(|outcome| outcome.name.len()) {
        return Some(named);
    }
    if words.iter().any(|word| TURNING.contains(&word.as_str())) {
        return None;
    }
    words.iter().filter(|word| !SMALL.contains(&word.as_str())).find_map(|word| {
        let mut having = outcomes.iter().filter(|outcome| words_of(&outcome.name).contains(word));
        match (having.next(), having.next()) {
            (Some(only), None) => Some(only),
            _ => None,
        }
    })
}

fn words_of(text: &str) -> Vec<String> {
    text.replace(['\'', '’'], "")
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect()
}
