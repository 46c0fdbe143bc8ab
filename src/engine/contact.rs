//! How people are reached: added by hand, and believed only once a code that was sent there has come back.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use thiserror::Error;

use crate::domain::id::{ContactId, UserName};
use crate::domain::message::NewNotification;
use crate::domain::organisation::{Address, Channel, Contact};
use crate::store::{Store, StoreError, Tx};

use super::id::IdSource;
use super::nurse::Hand;

/// How long a code can come back.
const CODE_LASTS: SignedDuration = SignedDuration::from_hours(24);
/// Nobody's phone is rung with codes faster than this.
const BETWEEN: SignedDuration = SignedDuration::from_mins(1);

/// Why a contact is as it was.
#[derive(Debug, Error)]
pub enum ContactError {
    #[error("there is no such {0}")]
    Unknown(&'static str),
    #[error("{0}")]
    BadAddress(String),
    #[error("they are reached there already")]
    Known,
    #[error("a code was sent there less than a minute ago: wait for it")]
    TooSoon,
    #[error("no code is awaited from there, or it is out of date: send a new one")]
    NoCode,
    #[error("that code was tried too often: send a new one")]
    Spent,
    #[error("that is not the code that was sent there")]
    WrongCode,
    #[error("this machine gives no random numbers, so no code can be made")]
    NoRandomness,
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Somebody who looks after how people are reached.
#[derive(Debug, Clone, Copy)]
pub struct ContactDesk<'a> {
    pub store: &'a Store,
    pub ids: &'a IdSource,
    pub hand: &'a Hand,
    pub now: Timestamp,
}

impl ContactDesk<'_> {
    /// Adds a way to somebody, and sends a code there.
    pub async fn add(&self, person: &str, channel: Channel, address: &str) -> Result<Contact, ContactError> {
        let address = match channel {
            Channel::Sms => crate::domain::phone::Phone::for_texts(address)
                .map(Address::Sms)
                .map_err(|why| ContactError::BadAddress(format!("the phone {why}")))?,
            Channel::Email | Channel::Webhook => {
                Address::parse(channel, address).map_err(ContactError::BadAddress)?
            }
        };
        let mut tx = self.store.begin_quietly().await?;
        let user = tx.user(person).await?.filter(|user| user.disabled_at.is_none());
        let person = UserName::trusted(user.ok_or(ContactError::Unknown("user"))?.name);
        let id = ContactId::trusted(format!("{}c", self.ids.event(self.now)));
        if !tx.add_contact(&id, &person, &address, self.now).await? {
            return Err(ContactError::Known);
        }
        let detail = json!({ "person": person, "channel": channel });
        self.record(&mut tx, "contact.add", &id, detail).await?;
        let contact = Contact { id, person, address, verified_at: None, failed_at: None };
        self.send(&mut tx, &contact).await?;
        tx.commit().await?;
        Ok(contact)
    }

    /// Sends another code; the one before counts no more.
    pub async fn send_code(&self, id: &ContactId) -> Result<(), ContactError> {
        let mut tx = self.store.begin_quietly().await?;
        let contact = tx.contact(id).await?.ok_or(ContactError::Unknown("contact"))?;
        let recent = self.now.saturating_add(CODE_LASTS - BETWEEN).unwrap_or(self.now);
        if tx.code_until(id).await?.is_some_and(|until| until > recent) {
            return Err(ContactError::TooSoon);
        }
        self.send(&mut tx, &contact).await?;
        self.record(&mut tx, "contact.send_code", id, json!({})).await?;
        Ok(tx.commit().await?)
    }

    /// Takes a code that came back. A wrong one counts, whoever gives it.
    pub async fn verify(&self, id: &ContactId, digits: &str) -> Result<(), ContactError> {
        let mut tx = self.store.begin_quietly().await?;
        tx.contact(id).await?.ok_or(ContactError::Unknown("contact"))?;
        let sent = tx.try_code(id).await?.filter(|sent| sent.until > self.now).ok_or(ContactError::NoCode)?;
        if sent.spent {
            return Err(ContactError::Spent);
        }
        let digits: String = digits.chars().filter(|c| !c.is_whitespace()).collect();
        if sent.hash != Contact::code_hash(id, &digits) {
            tx.commit().await?;
            return Err(ContactError::WrongCode);
        }
        tx.mark_verified(id, self.now).await?;
        self.record(&mut tx, "contact.verify", id, json!({})).await?;
        Ok(tx.commit().await?)
    }

    /// Takes a way to somebody away.
    pub async fn remove(&self, id: &ContactId) -> Result<(), ContactError> {
        let mut tx = self.store.begin_quietly().await?;
        if !tx.remove_contact(id, self.now).await? {
            return Err(ContactError::Unknown("contact"));
        }
        self.record(&mut tx, "contact.remove", id, json!({})).await?;
        Ok(tx.commit().await?)
    }

    async fn send(&self, tx: &mut Tx, contact: &Contact) -> Result<(), ContactError> {
        let digits = self.ids.digits(6).ok_or(ContactError::NoRandomness)?;
        let until = self.now.saturating_add(CODE_LASTS).unwrap_or(self.now);
        tx.expect_code(&contact.id, &Contact::code_hash(&contact.id, &digits), until).await?;
        let back = match contact.address.channel() {
            Channel::Sms => "Text it back from this phone",
            Channel::Email | Channel::Webhook => "Give it to whoever asked you for it",
        };
        let notification = NewNotification {
            id: self.ids.event(self.now).message(0),
            address: contact.address.clone(),
            subject: "Lamplight: your code".to_owned(),
            body: format!(
                "{digits} is your Lamplight code. {back} within a day: it proves that alerts reach you here."
            ),
            not_after: until,
            created_at: self.now,
        };
        Ok(tx.queue_notification(&notification).await?)
    }

    async fn record(
        &self,
        tx: &mut Tx,
        action: &str,
        id: &ContactId,
        detail: Value,
    ) -> Result<(), StoreError> {
        tx.audit(&self.hand.entry(self.now, action, id.as_str(), detail)).await
    }
}
