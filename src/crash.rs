//! The points at which everything that is promised hangs on what has been written, and a way to die there: what
//! `lamplight selfproof` arms in a process of its own, and nothing else ever does.

use std::sync::atomic::{AtomicU8, Ordering};

/// Where to die. In the order in which a text comes to them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Point {
    /// Events have been taken from the queue and nothing is begun.
    Taken = 1,
    /// They are in the journal, and no decision is written.
    Journalled,
    /// All is written and nothing is committed.
    Written,
    /// All is committed and nobody has an answer.
    Committed,
    /// A text is claimed and not sent.
    Claimed,
    /// A text is sent, and that is not recorded.
    Sent,
    /// It is recorded and not committed.
    Recorded,
    /// Who must be told is worked out and written, and not committed.
    Noticed,
    /// It is committed, and nobody has been told.
    Told,
}

/// The number of the armed point; 0 when none is.
static ARMED: AtomicU8 = AtomicU8::new(0);

impl Point {
    pub const ALL: [Self; 9] = [
        Self::Taken,
        Self::Journalled,
        Self::Written,
        Self::Committed,
        Self::Claimed,
        Self::Sent,
        Self::Recorded,
        Self::Noticed,
        Self::Told,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Taken => "taken",
            Self::Journalled => "journalled",
            Self::Written => "written",
            Self::Committed => "committed",
            Self::Claimed => "claimed",
            Self::Sent => "sent",
            Self::Recorded => "recorded",
            Self::Noticed => "noticed",
            Self::Told => "told",
        }
    }

    /// What is done by then and what is not.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Taken => "a text is taken in, nothing is written",
            Self::Journalled => "a text is in the journal, nothing is decided",
            Self::Written => "reading, alert and answer are written, nothing is committed",
            Self::Committed => "all is committed, the provider has no answer",
            Self::Claimed => "an answer is claimed and not sent",
            Self::Sent => "an answer is sent, that is not recorded",
            Self::Recorded => "that it was sent is recorded and not committed",
            Self::Noticed => "whom to tell is written and not committed",
            Self::Told => "whom to tell is committed, nobody is told",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|point| point.name() == name)
    }
}

/// From now on the process dies where it first reaches this point.
pub fn arm(point: Point) {
    ARMED.store(point as u8, Ordering::Relaxed);
}

/// Dies here, as if the power had gone, if this point is armed.
pub fn reach(point: Point) {
    if ARMED.load(Ordering::Relaxed) == point as u8 {
        std::process::abort();
    }
}
