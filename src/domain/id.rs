//! Names of things, each its own type, so that one can never stand where another belongs. They are shared, not copied:
//! whatever is remembered or written bears several of them.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use thiserror::Error;

/// Why a string is not an id.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("'{0}' is not a valid id: use 1 to 64 letters, digits, '.', '_', ':' or '-'")]
pub struct BadId(pub String);

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(Arc<str>);

        impl $name {
            /// Takes an id that Lamplight itself made or has stored.
            pub fn trusted(id: impl AsRef<str>) -> Self {
                Self(Arc::from(id.as_ref()))
            }

            /// Checks an id that came from outside.
            pub fn parse(id: &str) -> Result<Self, BadId> {
                let fits = (1..=64).contains(&id.len())
                    && id.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-' | b':'));
                if fits { Ok(Self(id.into())) } else { Err(BadId(id.chars().take(80).collect())) }
            }

            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// The same text, for whoever keeps it.
            pub fn shared(&self) -> Arc<str> {
                Arc::clone(&self.0)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer).map(Self::trusted)
            }
        }
    };
}

id!(
    /// One thing that came in. Time-ordered; readings, alerts, messages and tasks that it causes are named after it.
    EventId
);
id!(
    /// Who is monitored.
    PatientId
);
id!(
    /// A registered home device: one whole MQTT topic level, so it never holds `/`, `+` or `#`.
    DeviceId
);
id!(
    /// A raised alert.
    AlertId
);
id!(
    /// A text in or out.
    MessageId
);
id!(
    /// A piece of work for a human that is no alert of a vital.
    TaskId
);
id!(
    /// An alert rule: the stem of its file.
    RuleId
);

id!(
    /// A clinical protocol: the name of its folder.
    ProtocolId
);
id!(
    /// A question by its meaning, whichever protocols ask it.
    QuestionId
);
id!(
    /// One question put to one patient.
    PromptId
);

id!(
    /// A person who works here: the name that they sign in with.
    UserName
);
id!(
    /// A group of people who look after the same patients: a ward, a locality, a care delivery group.
    TeamId
);
id!(
    /// A plan of who is on call when.
    RotaId
);
id!(
    /// An outside service that alerts can be passed to.
    ServiceId
);
id!(
    /// One way to reach one person.
    ContactId
);

impl EventId {
    /// The id of the `n`th message that this event causes. Derived, so that a replay names it alike.
    pub fn message(&self, n: usize) -> MessageId {
        MessageId::trusted(format!("{}m{n}", self.0))
    }

    /// The id of the message that this event causes while it is held. Its release may cause one of its own.
    pub fn held_message(&self) -> MessageId {
        MessageId::trusted(format!("{}h", self.0))
    }

    /// The id of the `n`th alert that this event opens while it is held.
    pub fn held_alert(&self, n: usize) -> AlertId {
        AlertId::trusted(format!("{}b{n}", self.0))
    }

    /// Whether this event opened the alert while it was held.
    pub fn opened_held(&self, alert: &AlertId) -> bool {
        alert.0.strip_prefix(&*self.0).is_some_and(|rest| rest.starts_with('b'))
    }

    /// The id of the `n`th task that this event causes while it is held.
    pub fn held_task(&self, n: usize) -> TaskId {
        TaskId::trusted(format!("{}h{n}", self.0))
    }

    /// The id of the `n`th prompt that this event puts up.
    pub fn prompt(&self, n: usize) -> PromptId {
        PromptId::trusted(format!("{}p{n}", self.0))
    }

    pub fn alert(&self, n: usize) -> AlertId {
        AlertId::trusted(format!("{}a{n}", self.0))
    }

    pub fn task(&self, n: usize) -> TaskId {
        TaskId::trusted(format!("{}t{n}", self.0))
    }
}
