//! The chain of the audit trail: every row carries the hash of the row before it, so that none can be changed, taken
//! out, put in or moved without the rows after it telling.
//!
//! Who may write to the file can write the whole chain anew from some row on. That is what [`Head`]s are kept elsewhere
//! for: a chain that was written anew does not hold a head from before.

use std::fmt::{self, Display};
use std::str::FromStr;

use ring::digest;
use thiserror::Error;

/// What the first row names as the hash before it.
pub const GENESIS: &str = "0000000000000000000000000000000000000000000000000000000000000000";
/// What every hash begins with, so that it can be nothing else's hash.
const SEAL: &[u8] = b"lamplight audit 1";
const HASH_LENGTH: usize = GENESIS.len();

/// One row of the trail as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// From 1, without a gap.
    pub seq: i64,
    /// Epoch milliseconds.
    pub at: i64,
    pub actor: String,
    pub action: String,
    pub subject: String,
    /// JSON, as the very text that is stored.
    pub detail: String,
    /// The hash of the row before.
    pub prev: String,
    pub hash: String,
}

/// A place in the chain: everything up to `seq` is as it was when `hash` was noted. Written `HASH:SEQ`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    pub hash: String,
    pub seq: i64,
}

/// A chain that is walked from its first row on.
#[derive(Debug, Clone)]
pub struct Walk {
    head: Head,
    /// A head that was noted before and must still be in it.
    kept: Option<Head>,
}

/// Why a chain does not hold, and from which row on.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Broken {
    #[error("row {seq} was changed: its hash is not that of what it says")]
    Changed { seq: i64 },
    #[error("row {seq} is missing: row {found} stands in its place")]
    Missing { seq: i64, found: i64 },
    #[error(
        "row {seq} does not follow the row before it: something was changed, taken out, put in or moved there"
    )]
    Unlinked { seq: i64 },
    #[error("row {seq} has another hash than the head that was kept: the chain was written anew")]
    Rewritten { seq: i64 },
    #[error("the chain ends at row {end}, before row {seq} of the head that was kept: its end was cut off")]
    CutOff { seq: i64, end: i64 },
}

/// Why words are no head.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("a head is 64 hex digits, a colon and the number of a row, as 'lamplight audit head' prints it")]
pub struct NoHead;

impl Link {
    /// The row after `head`, sealed.
    pub fn after(head: &Head, at: i64, actor: &str, action: &str, subject: &str, detail: String) -> Self {
        let mut link = Self {
            seq: head.seq + 1,
            at,
            actor: actor.to_owned(),
            action: action.to_owned(),
            subject: subject.to_owned(),
            detail,
            prev: head.hash.clone(),
            hash: String::new(),
        };
        link.hash = link.seal();
        link
    }

    /// What its hash must be: SHA-256, in hex, over everything else that it says. Every field goes in behind its length,
    /// so that no two rows have the same bytes.
    pub fn seal(&self) -> String {
        let mut context = digest::Context::new(&digest::SHA256);
        context.update(SEAL);
        context.update(&self.seq.to_be_bytes());
        context.update(&self.at.to_be_bytes());
        for field in [&self.actor, &self.action, &self.subject, &self.detail, &self.prev] {
            context.update(&(field.len() as u64).to_be_bytes());
            context.update(field.as_bytes());
        }
        context.finish().as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
    }

    pub fn head(&self) -> Head {
        Head { hash: self.hash.clone(), seq: self.seq }
    }
}

/// What the trail keeps of something that stands elsewhere: SHA-256 of its text, in hex.
pub fn seal_of(text: &str) -> String {
    let hash = digest::digest(&digest::SHA256, text.as_bytes());
    hash.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

impl Head {
    /// Before the first row.
    pub fn genesis() -> Self {
        Self { hash: GENESIS.to_owned(), seq: 0 }
    }
}

impl Walk {
    pub fn new(kept: Option<Head>) -> Self {
        Self { head: Head::genesis(), kept }
    }

    /// Takes the next row that is stored.
    ///
    /// # Errors
    /// The first thing that does not hold.
    pub fn take(&mut self, link: &Link) -> Result<(), Broken> {
        let seq = self.head.seq + 1;
        if link.seq != seq {
            return Err(Broken::Missing { seq, found: link.seq });
        }
        if link.prev != self.head.hash {
            return Err(Broken::Unlinked { seq });
        }
        if link.hash != link.seal() {
            return Err(Broken::Changed { seq });
        }
        if self.kept.as_ref().is_some_and(|kept| kept.seq == seq && kept.hash != link.hash) {
            return Err(Broken::Rewritten { seq });
        }
        self.head = link.head();
        Ok(())
    }

    /// The head of a chain that holds to its end.
    ///
    /// # Errors
    /// When it ends before a head that was kept.
    pub fn end(self) -> Result<Head, Broken> {
        match self.kept {
            Some(kept) if kept.seq > self.head.seq => {
                Err(Broken::CutOff { seq: kept.seq, end: self.head.seq })
            }
            _ => Ok(self.head),
        }
    }
}

impl Display for Head {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.hash, self.seq)
    }
}

impl FromStr for Head {
    type Err = NoHead;

    fn from_str(text: &str) -> Result<Self, NoHead> {
        let (hash, seq) = text.trim().split_once(':').ok_or(NoHead)?;
        let is_hash = hash.len() == HASH_LENGTH && hash.bytes().all(|b| b.is_ascii_hexdigit());
        let seq = seq.parse().ok().filter(|seq| *seq >= 1 && is_hash).ok_or(NoHead)?;
        Ok(Self { hash: hash.to_ascii_lowercase(), seq })
    }
}
