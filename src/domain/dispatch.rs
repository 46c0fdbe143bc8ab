//! Which texts may leave now, by whom, and which must wait: judged text by text, in the order in which they leave.
//!
//! Three things hold a text back. Its provider is at its pace: it waits a moment. A budget is used up: it is put off and
//! a human looks. Neither ever holds back red advice or what staff are told, and no budget holds back amber advice.

use std::collections::HashMap;

use super::alert::Severity;
use super::message::Purpose;
use super::provider::Provider;

/// How long a text waits that a budget holds back, and what counts as a burst: ten minutes.
pub const SLOT_MS: i64 = 600_000;
/// Slots that a day has.
pub const SLOTS_A_DAY: i64 = 144;

/// Who carries texts just now, and how much of it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Dispatch {
    /// The first for choice first; whoever rests is left out while another is there. Empty: there is no choice, and no
    /// pace or budget either.
    pub lanes: Vec<Lane>,
    pub budget: Budget,
}

/// A provider, and how many segments it takes now without queueing them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lane {
    pub provider: Provider,
    /// Nothing: as many as there are. Below zero: more left than its pace allows.
    pub segments: Option<i64>,
}

/// How many segments may leave. Nothing: as many as there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Budget {
    /// To one number in 24 hours.
    pub number: Option<u32>,
    /// To everybody in 24 hours.
    pub day: Option<u32>,
    /// To everybody in ten minutes.
    pub burst: Option<u32>,
}

impl Budget {
    pub const fn is_set(&self) -> bool {
        self.number.is_some() || self.day.is_some() || self.burst.is_some()
    }
}

/// The budget that is used up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Limit {
    Number,
    Day,
    Burst,
}

/// Segments that have left lately.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Spent {
    pub day: u64,
    pub burst: u64,
    pub numbers: HashMap<String, u64>,
}

/// A text that is due, as far as this judgement goes.
#[derive(Debug, Clone, Copy)]
pub struct Wish<'a> {
    pub to: &'a str,
    pub purpose: Purpose,
    pub segments: u32,
    /// Who is to be tried, if the last attempt said so.
    pub next: Option<Provider>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admission {
    /// It leaves, by this provider. `over`: a budget is used up, and it is too urgent for that to matter.
    Go { by: Option<Provider>, over: Option<Limit> },
    /// The provider is at its pace.
    Wait,
    /// A budget is used up.
    Hold(Limit),
}

/// Judges the texts of one claim.
#[derive(Debug)]
pub struct Gate {
    lanes: Vec<Lane>,
    budget: Budget,
    spent: Spent,
    /// Segments let through.
    passed: u64,
}

impl Gate {
    pub fn new(dispatch: &Dispatch, spent: Spent) -> Self {
        Self { lanes: dispatch.lanes.clone(), budget: dispatch.budget, spent, passed: 0 }
    }

    /// How many segments were let through.
    pub const fn passed(&self) -> u64 {
        self.passed
    }

    pub fn admit(&mut self, wish: &Wish<'_>) -> Admission {
        let Some(first) = self.lanes.first() else { return Admission::Go { by: None, over: None } };
        let by = wish
            .next
            .filter(|next| self.lanes.iter().any(|lane| lane.provider == *next))
            .unwrap_or(first.provider);
        let over = self.over(wish);
        if let Some(limit) = over.filter(|_| !is_above_budgets(wish.purpose)) {
            return Admission::Hold(limit);
        }
        let room =
            self.lanes.iter_mut().find(|lane| lane.provider == by).and_then(|lane| lane.segments.as_mut());
        if let Some(room) = room {
            if *room <= 0 && !is_above_pace(wish.purpose) {
                return Admission::Wait;
            }
            *room -= i64::from(wish.segments);
        }
        let segments = u64::from(wish.segments);
        self.spent.day += segments;
        self.spent.burst += segments;
        *self.spent.numbers.entry(wish.to.to_owned()).or_default() += segments;
        self.passed += segments;
        Admission::Go { by: Some(by), over }
    }

    /// The narrowest budget that this text would break.
    fn over(&self, wish: &Wish<'_>) -> Option<Limit> {
        let breaks = |budget: Option<u32>, spent: u64| {
            budget.is_some_and(|budget| spent + u64::from(wish.segments) > u64::from(budget))
        };
        let to_number = self.spent.numbers.get(wish.to).copied().unwrap_or(0);
        if breaks(self.budget.number, to_number) {
            Some(Limit::Number)
        } else if breaks(self.budget.burst, self.spent.burst) {
            Some(Limit::Burst)
        } else if breaks(self.budget.day, self.spent.day) {
            Some(Limit::Day)
        } else {
            None
        }
    }
}

/// The provider may queue it: it goes to the head of ours, and so few of these are written that its queue stays short.
const fn is_above_pace(purpose: Purpose) -> bool {
    matches!(purpose, Purpose::Reply(Some(Severity::Red)) | Purpose::Notification)
}

const fn is_above_budgets(purpose: Purpose) -> bool {
    matches!(purpose, Purpose::Reply(Some(Severity::Red | Severity::Amber)) | Purpose::Notification)
}

#[cfg(test)]
mod tests {
    use super::*;

    const RED: Purpose = Purpose::Reply(Some(Severity::Red));
    const AMBER: Purpose = Purpose::Reply(Some(Severity::Amber));

    fn lane(provider: Provider, segments: Option<i64>) -> Lane {
        Lane { provider, segments }
    }

    fn wish(to: &str, purpose: Purpose, segments: u32) -> Wish<'_> {
        Wish { to, purpose, segments, next: None }
    }

    fn by(admission: Admission) -> Option<Provider> {
        match admission {
            Admission::Go { by, .. } => by,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn sms_25_a_pace_is_counted_in_segments_and_red_advice_does_not_wait_for_it() {
        let dispatch = Dispatch { lanes: vec![lane(Provider::Twilio, Some(3))], budget: Budget::default() };
        let mut gate = Gate::new(&dispatch, Spent::default());
        assert_eq!(by(gate.admit(&wish("a", Purpose::Prompt, 2))), Some(Provider::Twilio));
        // The last one may overdraw, so that a long text is not stuck for ever.
        assert_eq!(by(gate.admit(&wish("b", Purpose::Prompt, 2))), Some(Provider::Twilio));
        assert_eq!(gate.admit(&wish("c", Purpose::Prompt, 1)), Admission::Wait);
        assert_eq!(gate.admit(&wish("c", AMBER, 1)), Admission::Wait);
        assert_eq!(by(gate.admit(&wish("d", RED, 3))), Some(Provider::Twilio));
        assert_eq!(by(gate.admit(&wish("e", Purpose::Notification, 1))), Some(Provider::Twilio));
        assert_eq!(gate.passed(), 8);
    }

    #[test]
    fn sms_25_budgets_hold_what_is_routine_and_let_advice_and_staff_through_and_say_so() {
        let budget = Budget { number: Some(3), day: Some(100), burst: Some(5) };
        let dispatch = Dispatch { lanes: vec![lane(Provider::Twilio, None)], budget };
        let mut gate = Gate::new(&dispatch, Spent { day: 90, ..Spent::default() });
        let go = |over| Admission::Go { by: Some(Provider::Twilio), over };
        assert_eq!(gate.admit(&wish("a", Purpose::Prompt, 3)), go(None));
        assert_eq!(gate.admit(&wish("a", Purpose::Prompt, 1)), Admission::Hold(Limit::Number));
        assert_eq!(gate.admit(&wish("a", AMBER, 1)), go(Some(Limit::Number)));
        assert_eq!(gate.admit(&wish("b", Purpose::Notice, 2)), Admission::Hold(Limit::Burst));
        assert_eq!(gate.admit(&wish("b", RED, 2)), go(Some(Limit::Burst)));
        assert_eq!(gate.admit(&wish("c", Purpose::Notification, 2)), go(Some(Limit::Burst)));
        let mut gate = Gate::new(&dispatch, Spent { day: 100, ..Spent::default() });
        assert_eq!(gate.admit(&wish("d", Purpose::Copy, 1)), Admission::Hold(Limit::Day));
    }

    #[test]
    fn a_text_goes_by_whom_the_last_attempt_named_while_they_are_there() {
        let lanes = vec![lane(Provider::Twilio, None), lane(Provider::Notify, None)];
        let mut gate = Gate::new(&Dispatch { lanes, budget: Budget::default() }, Spent::default());
        let to = |next| Wish { next, ..wish("a", Purpose::Prompt, 1) };
        assert_eq!(by(gate.admit(&to(None))), Some(Provider::Twilio));
        assert_eq!(by(gate.admit(&to(Some(Provider::Notify)))), Some(Provider::Notify));
        assert_eq!(by(gate.admit(&to(Some(Provider::Android)))), Some(Provider::Twilio));
        let mut nobody = Gate::new(&Dispatch::default(), Spent::default());
        assert_eq!(by(nobody.admit(&to(Some(Provider::Notify)))), None);
    }
}
