//! Tells whoever is next.

use jiff::{SignedDuration, Timestamp};

use super::{Notice, Reason, Stage, Told, Watch};
use crate::domain::organisation::{Address, ChainStep, Roster};

/// A chain that reaches nobody at all is tried again so soon: somebody may come on call any minute.
const UNREACHED: SignedDuration = SignedDuration::from_mins(1);

/// A watch after its step, and who is to be told.
#[derive(Debug, Clone, PartialEq)]
pub struct Advanced {
    pub watch: Watch,
    /// Also the targets that reached nobody: the record must show that they were tried.
    pub notices: Vec<Notice>,
}

/// Takes the next step of a chain if it is due. A step that reaches nobody does not cost its wait: the one after it comes
/// at once. After the last round the chain goes round for ever, slower, and the watch counts as exhausted.
pub fn advance(mut watch: Watch, roster: &Roster<'_>, now: Timestamp) -> Advanced {
    let mut notices = Vec::new();
    let Stage::Running { round, step } = watch.stage else { return Advanced { watch, notices } };
    if watch.next_at > now {
        return Advanced { watch, notices };
    }
    let mut place = Place { round, step };
    if usize::from(step) >= watch.chain.steps.len() {
        place = Place { round: round.saturating_add(1), step: 0 };
    }
    for _ in 0..watch.chain.steps.len() {
        let Some(current) = watch.chain.steps.get(usize::from(place.step)).cloned() else { break };
        if place.step == 0 && place.round >= u16::from(watch.chain.rounds) {
            watch.exhausted_at.get_or_insert(now);
        }
        let reason = match (watch.announced, place.step) {
            (false, _) => watch.reason,
            (true, 0) => Reason::RepeatDue,
            (true, _) => Reason::Escalated,
        };
        let reached = tell(&watch, &current, place, reason, roster, now, &mut notices);
        let next = place.next(watch.chain.steps.len());
        if reached {
            watch.announced = true;
            let goes_round = next.step == 0 && next.round >= u16::from(watch.chain.rounds);
            let wait = match goes_round && watch.exhausted_at.is_some() {
                true => current.wait_minutes.max(watch.chain.again_minutes),
                false => current.wait_minutes,
            };
            watch.stage = Stage::Running { round: next.round, step: next.step };
            watch.next_at = later(now, SignedDuration::from_mins(i64::from(wait.max(1))));
            return Advanced { watch, notices };
        }
        place = next;
    }
    watch.exhausted_at.get_or_insert(now);
    watch.next_at = later(now, UNREACHED);
    Advanced { watch, notices }
}

/// Where a chain stands.
#[derive(Debug, Clone, Copy)]
struct Place {
    round: u16,
    step: u16,
}

impl Place {
    fn next(self, steps: usize) -> Self {
        if usize::from(self.step) + 1 < steps {
            Self { step: self.step + 1, ..self }
        } else {
            Self { round: self.round.saturating_add(1), step: 0 }
        }
    }
}

/// Notes every target of a step, and nobody twice whom several targets lead to. Whether any of them reaches somebody.
fn tell(
    watch: &Watch,
    step: &ChainStep,
    place: Place,
    reason: Reason,
    roster: &Roster<'_>,
    now: Timestamp,
    notices: &mut Vec<Notice>,
) -> bool {
    let team = roster.site.team(&watch.team);
    let mut reached = false;
    for target in &step.notify {
        let told: Vec<Told> = match roster.reach(target, team, now) {
            Ok(recipients) => recipients.into_iter().map(Told::Recipient).collect(),
            Err(why) => why.into_iter().map(Told::Nobody).collect(),
        };
        reached |= told.iter().any(|told| matches!(told, Told::Recipient(_)));
        let before = notices.len();
        notices.extend(told.into_iter().map(|told| Notice {
            patient: watch.patient.clone(),
            team: watch.team.clone(),
            severity: watch.severity,
            episode: watch.episode,
            round: place.round,
            step: place.step,
            reason,
            target: target.clone(),
            told,
        }));
        drop_repeats(notices, before);
    }
    reached
}

/// Takes out of the notices from `new` on whoever an earlier one of the same step tells at the same address.
fn drop_repeats(notices: &mut Vec<Notice>, new: usize) {
    let mut kept = new;
    for place in new..notices.len() {
        let here = &notices[place];
        let is_told = |before: &Notice| {
            before.step == here.step && before.round == here.round && address(before) == address(here)
        };
        if address(here).is_none() || !notices[..kept].iter().any(is_told) {
            notices.swap(kept, place);
            kept += 1;
        }
    }
    notices.truncate(kept);
}

fn address(notice: &Notice) -> Option<&Address> {
    match &notice.told {
        Told::Recipient(recipient) => Some(&recipient.address),
        Told::Nobody(_) => None,
    }
}

fn later(now: Timestamp, wait: SignedDuration) -> Timestamp {
    now.saturating_add(wait).unwrap_or(now)
}
