//! What moves from day to day and decides, with the site's file, whom a notification reaches.

use std::collections::BTreeSet;

use jiff::Timestamp;
use sqlx::Row;
use sqlx::sqlite::SqliteConnection;

use crate::domain::id::UserName;
use crate::domain::organisation::{Change, Contact, Organisation, Roster};

use super::{Store, StoreError, Tx, contact, rota};

/// What a [`Roster`] needs that no file says, read in one go.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RosterFacts {
    pub contacts: Vec<Contact>,
    /// Those in force that end after the instant that was asked from.
    pub changes: Vec<Change>,
    /// Those who may sign in. A lock after wrong passwords is no leave: whoever is locked out is reached all the same.
    pub staff: BTreeSet<UserName>,
}

impl RosterFacts {
    pub fn roster<'a>(&'a self, site: &'a Organisation) -> Roster<'a> {
        Roster { site, contacts: &self.contacts, changes: &self.changes, staff: &self.staff }
    }
}

impl Store {
    /// The facts for every instant from `from` on.
    pub async fn roster_facts(&self, from: Timestamp) -> Result<RosterFacts, StoreError> {
        facts(&mut *self.readers.acquire().await?, from).await
    }
}

impl Tx {
    /// As [`Store::roster_facts`], as this transaction sees them.
    pub async fn roster_facts(&mut self, from: Timestamp) -> Result<RosterFacts, StoreError> {
        facts(self.connection().await?, from).await
    }
}

async fn facts(connection: &mut SqliteConnection, from: Timestamp) -> Result<RosterFacts, StoreError> {
    let contacts = contact::contacts(connection).await?;
    let changes = rota::changes(connection, from).await?;
    let rows =
        sqlx::query("select name from user where disabled_at is null").fetch_all(&mut *connection).await?;
    let staff = rows.iter().map(|row| Ok(UserName::trusted(row.try_get::<String, _>("name")?)));
    Ok(RosterFacts { contacts, changes, staff: staff.collect::<Result<_, StoreError>>()? })
}
