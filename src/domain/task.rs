//! Work for a human that is no alert of a vital sign.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::id::{PatientId, TaskId, TeamId, UserName};
use super::queue::Lane;

/// What kind of work. One open task stands for all repeats of a kind and subject.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TaskKind {
    /// A number that belongs to no patient texted.
    UnknownSender,
    /// A device that is not registered published.
    UnknownDevice,
    /// Two or more patients share the number that texted.
    SharedPhone,
    /// A registered device sent what cannot be read.
    UnreadablePayload,
    /// An event could not be processed; its raw form is in the journal.
    PoisonedEvent,
    /// A rule could not be evaluated.
    FailingRule,
    /// What a protocol has to ask of a patient could not be worked out.
    FailingProtocol,
    /// What is to be done so that somebody looks at a patient's alerts could not be worked out.
    FailingWatch,
    /// The patient texted STOP.
    LeftMonitoring,
    /// The patient was asked to join a protocol and has not answered.
    InvitationUnanswered,
    /// The patient asked for help, or used words of an emergency.
    AskedForHelp,
    /// A text that could not be understood.
    UnreadableText,
    /// The patient said NO to the invitation to a protocol.
    Declined,
    /// Somebody texted the keyword of a protocol and could not be enrolled by it.
    SelfEnrolment,
    /// A reading was read back and not confirmed.
    Unconfirmed,
    /// A text to somebody who is no patient could not be sent.
    Undelivered,
    /// The text provider refuses our account or settings.
    ProviderRefuses,
    /// We did not run when patients were to be asked.
    OurOutage,
    /// Changed clinical files do not hold; those before are in force.
    CatalogRefused,
    /// A notification was lost on its way to somebody who works here.
    StaffUnreached,
    /// Staff are to be told by a way that is not set up.
    NoCarrier,
    /// Too many wrong codes came from one phone.
    WrongCodes,
    /// What somebody has asked of somebody. Its title, team and standard are its own.
    AdHoc,
    /// Patients are on a protocol of which there is no file: they are asked nothing.
    MissingProtocol,
    /// Patients' records name a team that the site's file does not have.
    StrayTeam,
    /// A device has caught up: readings beyond a limit that are too old to tell anybody of as new.
    LateReadings,
    /// A budget for texts is used up: routine ones wait.
    TextBudget,
    /// Texts to a patient's number come back as to nobody.
    DoubtfulNumber,
    /// A piece of a long text did not arrive.
    TextIncomplete,
    /// The provider does not let us look for texts that did not reach us.
    ListingFails,
    /// The provider has texts to us that are not taken in.
    TextsMissing,
    /// One sender texts the same words again and again, and is answered no more.
    SameWords,
    /// The patient texted START, and the provider still refuses to text them.
    StillBlocked,
}

impl TaskKind {
    pub const ALL: [Self; 33] = [
        Self::UnknownSender,
        Self::UnknownDevice,
        Self::SharedPhone,
        Self::UnreadablePayload,
        Self::PoisonedEvent,
        Self::FailingRule,
        Self::FailingProtocol,
        Self::FailingWatch,
        Self::LeftMonitoring,
        Self::InvitationUnanswered,
        Self::AskedForHelp,
        Self::UnreadableText,
        Self::Declined,
        Self::SelfEnrolment,
        Self::Unconfirmed,
        Self::Undelivered,
        Self::ProviderRefuses,
        Self::OurOutage,
        Self::CatalogRefused,
        Self::StaffUnreached,
        Self::NoCarrier,
        Self::WrongCodes,
        Self::AdHoc,
        Self::MissingProtocol,
        Self::StrayTeam,
        Self::LateReadings,
        Self::TextBudget,
        Self::DoubtfulNumber,
        Self::TextIncomplete,
        Self::ListingFails,
        Self::TextsMissing,
        Self::SameWords,
        Self::StillBlocked,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Self::UnknownSender => "unknown_sender",
            Self::UnknownDevice => "unknown_device",
            Self::SharedPhone => "shared_phone",
            Self::UnreadablePayload => "unreadable_payload",
            Self::PoisonedEvent => "poisoned_event",
            Self::FailingRule => "failing_rule",
            Self::FailingProtocol => "failing_protocol",
            Self::FailingWatch => "failing_watch",
            Self::LeftMonitoring => "left_monitoring",
            Self::InvitationUnanswered => "invitation_unanswered",
            Self::AskedForHelp => "asked_for_help",
            Self::UnreadableText => "unreadable_text",
            Self::Declined => "declined",
            Self::SelfEnrolment => "self_enrolment",
            Self::Unconfirmed => "unconfirmed",
            Self::Undelivered => "undelivered",
            Self::ProviderRefuses => "provider_refuses",
            Self::OurOutage => "our_outage",
            Self::CatalogRefused => "catalog_refused",
            Self::StaffUnreached => "staff_unreached",
            Self::NoCarrier => "no_carrier",
            Self::WrongCodes => "wrong_codes",
            Self::AdHoc => "ad_hoc",
            Self::MissingProtocol => "missing_protocol",
            Self::StrayTeam => "stray_team",
            Self::LateReadings => "late_readings",
            Self::TextBudget => "text_budget",
            Self::DoubtfulNumber => "doubtful_number",
            Self::TextIncomplete => "text_incomplete",
            Self::ListingFails => "listing_fails",
            Self::TextsMissing => "texts_missing",
            Self::SameWords => "same_words",
            Self::StillBlocked => "still_blocked",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// Whether a person in distress may be behind it: such tasks stand above the others.
    pub const fn is_urgent(self) -> bool {
        matches!(
            self,
            Self::AskedForHelp
                | Self::PoisonedEvent
                | Self::FailingProtocol
                | Self::MissingProtocol
                | Self::FailingWatch
                | Self::SharedPhone
                | Self::Undelivered
                | Self::StaffUnreached
                | Self::NoCarrier
                | Self::TextBudget
                | Self::TextsMissing
                | Self::SameWords
        )
    }

    /// Where it stands in the queue.
    pub const fn lane(self) -> Lane {
        match self {
            Self::AdHoc => Lane::AdHoc,
            _ => Lane::Tasks,
        }
    }

    /// The heading on the queue.
    pub const fn title(self) -> &'static str {
        match self {
            Self::UnknownSender => "Text from an unknown number",
            Self::UnknownDevice => "Readings from an unregistered device",
            Self::SharedPhone => "Text from a phone that patients share",
            Self::UnreadablePayload => "A device sends what cannot be read",
            Self::PoisonedEvent => "A message could not be processed",
            Self::FailingRule => "An alert rule cannot be evaluated",
            Self::FailingProtocol => "A patient cannot be asked what is due",
            Self::FailingWatch => "Nobody can be told of a patient's alerts",
            Self::LeftMonitoring => "Patient texted STOP",
            Self::InvitationUnanswered => "Patient has not answered an invitation",
            Self::AskedForHelp => "Patient asked for help",
            Self::UnreadableText => "Text that could not be understood",
            Self::Declined => "Patient declined a protocol",
            Self::SelfEnrolment => "Somebody asks to join a protocol",
            Self::Unconfirmed => "Reading not confirmed by the patient",
            Self::Undelivered => "Text could not be delivered",
            Self::ProviderRefuses => "The text provider refuses to send",
            Self::OurOutage => "Patients were not asked while we were down",
            Self::CatalogRefused => "Changed clinical files were refused",
            Self::StaffUnreached => "Somebody on duty could not be told",
            Self::NoCarrier => "A way to tell staff is not set up",
            Self::WrongCodes => "Wrong codes from a staff phone",
            Self::AdHoc => "Task",
            Self::MissingProtocol => "Patients are on a protocol that is missing",
            Self::StrayTeam => "Patients are of a team that is not there",
            Self::LateReadings => "A device has caught up on old readings",
            Self::TextBudget => "A budget for texts is used up",
            Self::DoubtfulNumber => "A patient's number does not take texts",
            Self::TextIncomplete => "Part of a text is missing",
            Self::ListingFails => "Texts that did not reach us cannot be looked for",
            Self::TextsMissing => "Texts at the provider have not reached us",
            Self::SameWords => "The same text comes again and again",
            Self::StillBlocked => "Patient is back, and the provider still blocks them",
        }
    }
}

/// A task to open, or to count a repeat on.
#[derive(Debug, Clone, PartialEq)]
pub struct NewTask {
    pub id: TaskId,
    pub kind: TaskKind,
    /// What it is about: a device, a patient, an event. Unique with `kind` among open tasks.
    pub subject: String,
    pub patient: Option<PatientId>,
    pub detail: String,
}

/// Work that somebody asks of somebody.
#[derive(Debug, Clone, PartialEq)]
pub struct AdHocTask {
    pub id: TaskId,
    pub patient: Option<PatientId>,
    /// Nothing: the patient's.
    pub team: Option<TeamId>,
    pub title: String,
    pub detail: String,
    /// Nothing: the team's standard, as for amber when it is urgent and as for advice when it is not.
    pub due_at: Option<Timestamp>,
    pub urgent: bool,
    pub made_by: String,
    pub owner: Option<UserName>,
}
