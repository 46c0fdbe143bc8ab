//! What is kept of some texts and of all that came of them: what a proof that nothing is lost looks at.

use sqlx::Row;

use super::{Store, StoreError, set};

/// A text in, by the provider's name for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeptText {
    pub journalled: u32,
    /// Numbers that were read from it.
    pub numbers: u32,
    /// Texts out that answer it.
    pub answers: u32,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// In the order in which they were asked for.
    pub texts: Vec<KeptText>,
    /// Texts that are not sent and not given up, and watches that nobody has looked at.
    pub under_way: u32,
    pub given_up: u32,
    /// Watches of whose alerts nobody was told.
    pub untold: u32,
    /// The ids of all texts out that have left.
    pub sent: Vec<String>,
    /// The ledger says of itself and of the journal what is so.
    pub is_balanced: bool,
}

const TEXTS: &str = "
select count(inbox.id) as journalled,
       (select count(*) from reading where set_id = inbox.id) as numbers,
       (select count(*) from message where direction = 'out' and message.id = inbox.id || 'm1') as answers
from json_each($1) as asked left join inbox on inbox.provider_id = asked.value
group by asked.key order by asked.key";

const REST: &str = "
select (select count(*) from message where state in ('queued', 'sending', 'ambiguous'))
         + (select count(*) from watch where look_at = 0 or begun = 0) as under_way,
       (select count(*) from message where state in ('failed', 'undelivered')) as given_up,
       (select count(*) from watch where patient_id not in
         (select patient_id from notice where address is not null)) as untold,
       (select sum(received) = sum(accepted + duplicate + rejected + held)
           and sum(received) = (select count(*) + sum(copies) from inbox) from ledger) as is_balanced";

impl Store {
    pub async fn kept(&self, provider_ids: &[String]) -> Result<Kept, StoreError> {
        let asked = set::texts(provider_ids.iter().map(String::as_str));
        let texts = sqlx::query(TEXTS).bind(asked).fetch_all(&self.readers).await?;
        let texts = texts.iter().map(|row| {
            Ok(KeptText {
                journalled: row.try_get("journalled")?,
                numbers: row.try_get("numbers")?,
                answers: row.try_get("answers")?,
            })
        });
        let rest = sqlx::query(REST).fetch_one(&self.readers).await?;
        let sent =
            sqlx::query("select id from message where direction = 'out' and state in ('sent', 'delivered')")
                .fetch_all(&self.readers)
                .await?;
        Ok(Kept {
            texts: texts.collect::<Result<_, StoreError>>()?,
            under_way: rest.try_get("under_way")?,
            given_up: rest.try_get("given_up")?,
            untold: rest.try_get("untold")?,
            sent: sent.iter().map(|row| Ok(row.try_get("id")?)).collect::<Result<_, StoreError>>()?,
            is_balanced: rest.try_get::<Option<bool>, _>("is_balanced")?.unwrap_or(false),
        })
    }
}
