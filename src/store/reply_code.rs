//! What staff answer with from their phones: which codes are live, and what became of them.

use std::collections::{BTreeSet, HashMap};

use jiff::Timestamp;
use serde_json::json;
use sqlx::Row;

use crate::domain::alert::Severity;
use crate::domain::escalation::{ContactCheck, LiveCode, StaffPhone, WRONG_WINDOW};
use crate::domain::id::{ContactId, PatientId, UserName};
use crate::domain::phone::Phone;

use super::watch::Watched;
use super::{StoreError, Tx, from_ms, to_ms};

/// How often the code of a contact may be tried.
pub const MOST_TRIES: i64 = 5;

const PEOPLE: &str = "
select c.address as phone, c.user_name, c.id, iif(c.code_until > $2 and c.code_tries < $3, c.code_hash, null) as code_hash
from contact c join user u on u.name = c.user_name and u.disabled_at is null
where c.channel = 'sms' and c.removed_at is null and c.address in (select value from json_each($1))
order by c.user_name";

/// A code that was told to somebody who has left answers nothing.
const CODES: &str = "
select r.phone, r.code, r.patient_id, r.person, r.used_at,
       (select max(n.at) from notice n where n.patient_id = r.patient_id and n.address = r.phone) as told_at
from reply_code r
where r.expires_at > $2 and r.phone in (select value from json_each($1))
  and (r.person is null or exists (select 1 from user u where u.name = r.person and u.disabled_at is null))
order by r.phone, r.code";

impl Tx {
    /// Which of `phones` are of people who work here, or have a code to answer with; and all that their answers need.
    pub async fn staff_phones(
        &mut self,
        phones: &[&Phone],
        now: Timestamp,
    ) -> Result<HashMap<Phone, StaffPhone>, StoreError> {
        let mut found: HashMap<Phone, StaffPhone> = HashMap::new();
        let asked = json!(phones).to_string();
        let people = sqlx::query(PEOPLE)
            .bind(&asked)
            .bind(to_ms(now))
            .bind(MOST_TRIES)
            .fetch_all(self.connection().await?)
            .await?;
        for row in &people {
            let staff = staff_phone(&mut found, row.try_get("phone")?);
            let person = UserName::trusted(row.try_get::<String, _>("user_name")?);
            if let Some(hash) = row.try_get::<Option<String>, _>("code_hash")? {
                let contact = ContactId::trusted(row.try_get::<String, _>("id")?);
                staff.checks.push(ContactCheck { contact, person: Some(person.clone()), hash });
            }
            staff.people.push(person);
        }
        let codes =
            sqlx::query(CODES).bind(&asked).bind(to_ms(now)).fetch_all(self.connection().await?).await?;
        let mut patients = BTreeSet::new();
        for row in &codes {
            let patient = PatientId::trusted(row.try_get::<String, _>("patient_id")?);
            patients.insert(patient.clone());
            staff_phone(&mut found, row.try_get("phone")?).codes.push(LiveCode {
                code: row.try_get("code")?,
                patient,
                team: None,
                person: row.try_get::<Option<String>, _>("person")?.map(UserName::trusted),
                used: row.try_get::<Option<i64>, _>("used_at")?.is_some(),
                told_at: row.try_get::<Option<i64>, _>("told_at")?.map(from_ms),
                alerts: Vec::new(),
            });
        }
        if found.is_empty() {
            return Ok(found);
        }
        if !patients.is_empty() {
            let watched = self.watched(&patients.into_iter().collect::<Vec<_>>()).await?;
            let watched: HashMap<&PatientId, &Watched> =
                watched.iter().map(|one| (&one.patient, one)).collect();
            for live in found.values_mut().flat_map(|staff| &mut staff.codes) {
                let Some(one) = watched.get(&live.patient) else { continue };
                live.team = one.team.clone();
                let alerts = one.alerts.iter().filter(|alert| alert.severity > Severity::Advice);
                live.alerts = alerts.cloned().collect();
            }
        }
        let since = to_ms(now) - i64::try_from(WRONG_WINDOW.as_millis()).unwrap_or(i64::MAX);
        let wrong = sqlx::query(
            "select phone, wrong from staff_phone
             where since > $2 and phone in (select value from json_each($1))",
        )
        .bind(&asked)
        .bind(since)
        .fetch_all(self.connection().await?)
        .await?;
        for row in &wrong {
            if let Some(staff) = found.get_mut(&Phone::trusted(row.try_get::<String, _>("phone")?)) {
                staff.wrong = row.try_get("wrong")?;
            }
        }
        Ok(found)
    }

    /// Counts a text without a right code; the first after a while begins a new count.
    pub async fn count_wrong_code(&mut self, phone: &Phone, now: Timestamp) -> Result<(), StoreError> {
        let since = to_ms(now) - i64::try_from(WRONG_WINDOW.as_millis()).unwrap_or(i64::MAX);
        sqlx::query(
            "insert into staff_phone (phone, wrong, since) values ($1, 1, $2)
             on conflict (phone) do update set wrong = iif(since > $3, wrong + 1, 1), since = iif(since > $3, since, $2)",
        )
        .bind(phone.as_str())
        .bind(to_ms(now))
        .bind(since)
        .execute(self.connection().await?)
        .await?;
        Ok(())
    }

    pub async fn use_reply_code(
        &mut self,
        phone: &Phone,
        code: &str,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        sqlx::query("update reply_code set used_at = $3 where phone = $1 and code = $2")
            .bind(phone.as_str())
            .bind(code)
            .bind(to_ms(now))
            .execute(self.connection().await?)
            .await?;
        Ok(())
    }
}

fn staff_phone(found: &mut HashMap<Phone, StaffPhone>, phone: String) -> &mut StaffPhone {
    let phone = Phone::trusted(phone);
    found.entry(phone.clone()).or_insert_with(|| StaffPhone {
        phone,
        people: Vec::new(),
        codes: Vec::new(),
        checks: Vec::new(),
        wrong: 0,
    })
}
