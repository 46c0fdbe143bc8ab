//! Texts that did not reach their readers, and what that means for the patients who wait for them.

use jiff::Timestamp;

use super::alert::{AlertChange, JoinAlert, NewAlert, OpenAlert, Severity};
use super::dispatch::Limit;
use super::id::{AlertId, MessageId, PatientId, RuleId, TaskId, UserName};
use super::message::Purpose;
use super::organisation::Channel;
use super::task::{NewTask, TaskKind};

/// The rule that alerts about lost texts name. It lives in the program, not in a file.
pub const UNDELIVERED_RULE: &str = "system_undelivered";

/// The version of [`UNDELIVERED_RULE`]; raise it when what it says or when it fires changes.
pub const UNDELIVERED_VERSION: &str = "built-in-1";

/// Why a text did not reach its reader, by what somebody must do about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Cause {
    /// The number is wrong, gone or cannot take texts.
    Number,
    /// The recipient opted out at the provider.
    OptedOut,
    /// Refused for what it says.
    Content,
    /// The provider refuses our account or settings.
    Config,
    /// The phone is off, out of reach or full.
    Unreachable,
    /// The network or the provider's queue did not get it out.
    Congested,
    /// It was no longer of use before it could leave.
    Expired,
    /// Tried as often as is sensible.
    Exhausted,
    /// Whether it left cannot be found out.
    Doubtful,
    /// The patient has no number on record.
    NoNumber,
    /// The patient has texted STOP.
    Stopped,
    /// Nothing is set up here that carries it.
    NoCarrier,
    /// The number is a landline, or of a kind that nobody can be sure of.
    Landline,
    /// Its country is not texted, or whoever texts it pays a premium.
    Barred,
    /// The number is nobody's who is enrolled or works here.
    Stranger,
    /// Anything else.
    Other,
}

impl Cause {
    pub const ALL: [Self; 16] = [
        Self::Number,
        Self::OptedOut,
        Self::Content,
        Self::Config,
        Self::Unreachable,
        Self::Congested,
        Self::Expired,
        Self::Exhausted,
        Self::Doubtful,
        Self::NoNumber,
        Self::Stopped,
        Self::NoCarrier,
        Self::Landline,
        Self::Barred,
        Self::Stranger,
        Self::Other,
    ];

    /// One sentence for the nurse.
    pub const fn explanation(self) -> &'static str {
        match self {
            Self::Number => "The number does not take texts: it may be wrong, out of use or a landline.",
            Self::OptedOut => "The phone has opted out of our texts.",
            Self::Content => "The network refused the text for what it says.",
            Self::Config => "The text provider refuses our account or settings.",
            Self::Unreachable => "The phone could not be reached: it may be switched off or have no signal.",
            Self::Congested => "The network was too busy to deliver it.",
            Self::Expired => "It could not leave before it was out of date.",
            Self::Exhausted => "Every attempt to hand it to the text provider failed.",
            Self::Doubtful => "The text provider did not answer, so it may or may not have arrived.",
            Self::NoNumber => "The patient has no phone number on record.",
            Self::Stopped => "The patient has texted STOP, so we may not text them.",
            Self::NoCarrier => "Nothing is set up here that could send it.",
            Self::Landline => {
                "The number is no mobile phone for sure: a landline would read the text aloud to whoever answers."
            }
            Self::Barred => "Numbers of this country, or at a premium rate, are not texted from here.",
            Self::Stranger => "The number belongs to nobody who is enrolled or works here.",
            Self::Other => "The text provider could not deliver it.",
        }
    }

    /// The same of a message that went by this way.
    pub const fn explanation_by(self, channel: Channel) -> &'static str {
        match (channel, self) {
            (Channel::Sms, _) | (_, Self::Expired | Self::NoCarrier) => self.explanation(),
            (Channel::Email, Self::Number) => "The mailbox does not take mail: it may be wrong or closed.",
            (Channel::Email, Self::Content) => "The mail server refused the mail for what it says.",
            (Channel::Email, Self::Config) => "The mail server refuses our account or settings.",
            (Channel::Email, Self::Exhausted) => "Every attempt to hand it to the mail server failed.",
            (Channel::Email, Self::Doubtful) => {
                "The mail server did not answer, so it may or may not have arrived."
            }
            (Channel::Email, _) => "The mail server refused it.",
            (Channel::Webhook, Self::Number) => "There is no such hook any more.",
            (Channel::Webhook, Self::Exhausted) => "Every attempt to reach the hook failed.",
            (Channel::Webhook, Self::Doubtful) => {
                "The hook did not answer, so it may or may not have arrived."
            }
            (Channel::Webhook, _) => "The hook refused it.",
        }
    }

    /// What the nurse might do.
    const fn proposal(self) -> &'static str {
        match self {
            Self::Number | Self::NoNumber | Self::Landline | Self::Barred | Self::Stranger => {
                "Reach the patient another way and put the right number on their record."
            }
            Self::OptedOut | Self::Stopped => {
                "Telephone the patient. They can text START if they want our texts again."
            }
            Self::Doubtful => "Check with the patient that they know what the text said.",
            _ => "Telephone the patient and tell them what the text said.",
        }
    }

    /// Somebody who asked for no texts misses this one on purpose.
    const fn is_by_choice(self) -> bool {
        matches!(self, Self::OptedOut | Self::Stopped)
    }
}

/// A text that was given up, or that came back.
#[derive(Debug, Clone, Copy)]
pub struct Lost<'a> {
    pub message: &'a MessageId,
    pub patient: Option<&'a PatientId>,
    /// It went to a carer's phone, not to the patient's own.
    pub to_carer: bool,
    /// The patient's last word about our texts was START.
    pub has_returned: bool,
    pub purpose: Purpose,
    pub cause: Cause,
    pub at: Timestamp,
}

/// What a lost text leads to.
#[derive(Debug, Clone, PartialEq)]
pub struct Consequence {
    pub alert: Option<AlertChange>,
    pub tasks: Vec<NewTask>,
    /// We may not text this patient any more.
    pub stop: bool,
}

impl Lost<'_> {
    /// What follows, given the patient's unresolved alert of [`UNDELIVERED_RULE`], if there is one.
    ///
    /// Every text to a patient is worth an alert when it is lost: at least amber, red when it bore red advice. Only
    /// those whom we may not text are spared it for less than red. A copy that a carer misses is a task.
    pub fn consequence(&self, standing: Option<&OpenAlert>) -> Consequence {
        let red = self.purpose.severity() == Some(Severity::Red);
        let severity = if red { Severity::Red } else { Severity::Amber };
        let alert = self
            .patient
            .filter(|_| self.purpose != Purpose::Copy && (red || !self.cause.is_by_choice()))
            .map(|patient| self.alert(patient, severity, standing));
        let kinds = [
            (self.patient.is_none() || self.purpose == Purpose::Copy && !self.cause.is_by_choice())
                .then_some(TaskKind::Undelivered),
            (self.cause == Cause::OptedOut && self.patient.is_some()).then_some(self.opted_out()),
            (self.cause == Cause::Config).then_some(TaskKind::ProviderRefuses),
            (self.cause == Cause::Number && self.patient.is_some()).then_some(TaskKind::DoubtfulNumber),
        ];
        Consequence {
            alert,
            tasks: kinds.into_iter().flatten().map(|kind| self.task(kind)).collect(),
            stop: self.cause == Cause::OptedOut && self.patient.is_some() && !self.to_carer,
        }
    }

    /// Whoever came back to us is still on the provider's list, and nobody but a human can take them off it.
    const fn opted_out(&self) -> TaskKind {
        if self.has_returned && !self.to_carer { TaskKind::StillBlocked } else { TaskKind::LeftMonitoring }
    }

    fn alert(&self, patient: &PatientId, severity: Severity, standing: Option<&OpenAlert>) -> AlertChange {
        let why = self.cause.explanation().to_owned();
        let proposal = self.cause.proposal().to_owned();
        let rule_version = UNDELIVERED_VERSION.to_owned();
        let timely = standing.and_then(|before| before.timely_after(severity, false, self.at));
        match standing {
            Some(before) => AlertChange::Join(JoinAlert {
                id: before.id.clone(),
                severity: before.severity.max(severity),
                raised: severity > before.severity,
                worsened: severity > before.severity,
                timely,
                surpasses: before.is_surpassed_by(timely),
                is_cry: false,
                restated: severity >= before.severity,
                repeat: true,
                state: before.state.joined(before.severity, severity),
                rule_version,
                why,
                proposal,
                at: self.at,
                evidence: None,
            }),
            None => AlertChange::Open(NewAlert {
                id: AlertId::trusted(format!("{}a", self.message)),
                patient: patient.clone(),
                rule: RuleId::trusted(UNDELIVERED_RULE),
                rule_version,
                severity,
                title: match severity {
                    Severity::Red => "Urgent advice did not reach the patient",
                    _ => "A text did not reach the patient",
                }
                .to_owned(),
                why,
                proposal,
                opened_at: self.at,
                late: false,
                evidence: None,
            }),
        }
    }

    fn task(&self, kind: TaskKind) -> NewTask {
        match kind {
            TaskKind::ProviderRefuses => refusal(self.message, Channel::Sms, None, self.at),
            TaskKind::LeftMonitoring if self.to_carer => {
                let patient = self.patient.map_or(self.message.as_str(), PatientId::as_str);
                let detail = "A carer's phone has opted out of our texts, so none are sent there.";
                self.task_about(kind, &format!("{patient}/carer"), detail)
            }
            TaskKind::LeftMonitoring => self.task_about(
                kind,
                self.patient.map_or(self.message.as_str(), PatientId::as_str),
                "The patient's phone has opted out of our texts, so none are sent. Readings are still judged.",
            ),
            TaskKind::DoubtfulNumber => self.task_about(
                kind,
                self.patient.map_or(self.message.as_str(), PatientId::as_str),
                if self.to_carer {
                    "A carer's number does not take texts. Ask for the right one and put it on the record."
                } else {
                    "The patient's number does not take texts. Ask for the right one and put it on their record."
                },
            ),
            TaskKind::StillBlocked => self.task_about(
                kind,
                self.patient.map_or(self.message.as_str(), PatientId::as_str),
                "The patient texted START, and the text provider still blocks the phone, so nothing is sent. Ask them to \
                 text START from that phone to the very number that our texts come from, or have the block taken off at \
                 the provider. Then ask them to text START once more. Readings are still judged.",
            ),
            TaskKind::Undelivered if self.purpose == Purpose::Copy => self.task_about(
                kind,
                self.message.as_str(),
                &format!("A text to a carer of the patient: {}", self.cause.explanation()),
            ),
            _ => self.task_about(kind, self.message.as_str(), self.cause.explanation()),
        }
    }

    fn task_about(&self, kind: TaskKind, subject: &str, detail: &str) -> NewTask {
        NewTask {
            id: task_id(self.message, kind, self.at),
            kind,
            subject: subject.to_owned(),
            patient: self.patient.cloned(),
            detail: detail.to_owned(),
        }
    }
}

/// The one task for an operator whose account or settings the provider refuses. All messages that meet it count on it.
pub fn refusal(message: &MessageId, channel: Channel, code: Option<u32>, at: Timestamp) -> NewTask {
    let code = code.map_or(String::new(), |code| format!(" It gave the code {code}."));
    let detail = match channel {
        Channel::Sms => {
            "The text provider refuses our account or settings, so texts are waiting. Check the [sms] settings and the \
             account."
        }
        Channel::Email => {
            "The mail server refuses our account or settings, so no mail leaves. Check the [email] settings and the \
             account."
        }
        Channel::Webhook => {
            "A hook refuses what we send, so nobody is told that way. Check the [webhook] secret at both ends."
        }
    };
    NewTask {
        id: task_id(message, TaskKind::ProviderRefuses, at),
        kind: TaskKind::ProviderRefuses,
        subject: channel.name().to_owned(),
        patient: None,
        detail: format!("{detail}{code}"),
    }
}

/// The one task for an operator when a budget for texts is used up. Texts to one number make a task of their own.
pub fn over_budget(limit: Limit, message: &MessageId, patient: Option<&PatientId>, at: Timestamp) -> NewTask {
    let (subject, patient, detail) = match limit {
        Limit::Number => (
            patient.map_or_else(|| message.to_string(), |patient| format!("{patient}/number")),
            patient.cloned(),
            "This number was sent as many texts in 24 hours as sms.budget.number allows, so routine ones wait. See what \
             they are; something may be answering itself.",
        ),
        Limit::Day => (
            "day".to_owned(),
            None,
            "As many texts left in 24 hours as sms.budget.day allows, so routine ones wait. Urgent advice and what staff \
             are told still leave. If all of them are meant, raise the budget.",
        ),
        Limit::Burst => (
            "burst".to_owned(),
            None,
            "As many texts left in ten minutes as sms.budget.burst allows, so routine ones wait. Urgent advice and what \
             staff are told still leave. If all of them are meant, raise the budget.",
        ),
    };
    let id = task_id(message, TaskKind::TextBudget, at);
    NewTask { id, kind: TaskKind::TextBudget, subject, patient, detail: detail.to_owned() }
}

/// The one task that a notification leads to when it is lost. Whom it was for is told another way; how they are reached
/// must be mended. `person`: nobody for a team's own address.
pub fn unreached(
    message: &MessageId,
    channel: Channel,
    person: Option<&UserName>,
    cause: Cause,
    at: Timestamp,
) -> NewTask {
    let (kind, subject, detail) = match cause {
        Cause::Config => return refusal(message, channel, None, at),
        Cause::NoCarrier => (
            TaskKind::NoCarrier,
            channel.name().to_owned(),
            format!(
                "Staff are to be told by {}, and nothing is set up here that could do it: add [{}] to the configuration.",
                channel.word(),
                channel.name()
            ),
        ),
        _ => {
            let whom = person.map_or("A team's own address", UserName::as_str);
            (
                TaskKind::StaffUnreached,
                person.map_or_else(|| format!("a team's {}", channel.word()), UserName::to_string),
                format!(
                    "{whom} was not told by {}. {} Whoever is next has been told; check how they are reached.",
                    channel.word(),
                    cause.explanation_by(channel)
                ),
            )
        }
    };
    NewTask { id: task_id(message, kind, at), kind, subject, patient: None, detail }
}

/// A text can meet the same trouble again after somebody has closed the task, hence the time.
fn task_id(message: &MessageId, kind: TaskKind, at: Timestamp) -> TaskId {
    TaskId::trusted(format!("{message}t{}-{}", at.as_millisecond(), kind.name()))
}
