//! A gateway where Amina is on duty and Bo after her, and a patient whose readings are bad enough to tell them.

use std::collections::BTreeMap;
use std::sync::Arc;

use lamplight::catalog;
use lamplight::domain::alert::Severity;
use lamplight::domain::id::UserName;
use lamplight::domain::organisation::{Chain, ChainStep, MemberRole, Organisation, Target};
use lamplight::engine::escalation::run_watches;

use crate::engine::house::{ADA, House, NOW, STRANGER};

pub const AMINA: &str = "+447700900777";
pub const BO: &str = "+447700900778";
/// A team's own phone: nobody in particular.
pub const DUTY: &str = "+447700900779";

pub struct Ward {
    pub house: House,
}

impl Ward {
    pub async fn open() -> Self {
        let step = |name: &str| ChainStep {
            notify: vec![Target::Person(UserName::trusted(name))],
            wait_minutes: 10,
        };
        let chain = Chain { steps: vec![step("amina"), step("bo")], rounds: 2, again_minutes: 30 };
        let mut site = Organisation::unwritten();
        for team in site.teams.values_mut() {
            team.chains = BTreeMap::from([(Severity::Amber, chain.clone())]);
            team.members = BTreeMap::from([
                (UserName::trusted("amina"), MemberRole::Clinician),
                (UserName::trusted("bo"), MemberRole::Clinician),
                (UserName::trusted("cleo"), MemberRole::Clerk),
            ]);
        }
        let mut files = catalog::built_in().unwrap();
        files.site = Arc::new(site);
        let ward = Self { house: House::under(files, NOW.parse().unwrap()).await };
        ward.somebody("amina", AMINA).await;
        ward.somebody("bo", BO).await;
        ward
    }

    /// Who may sign in, with a phone that was proved.
    pub async fn somebody(&self, name: &str, phone: &str) {
        let now = self.house.clock.now().as_millisecond();
        self.house
            .run(&format!(
                "insert into user (name, full_name, role, password_hash, created_at) values ('{name}', '{name}', 'nurse', 'x', 0);
                 insert into contact (id, user_name, channel, address, created_at, verified_at)
                 values ('c-{name}', '{name}', 'sms', '{phone}', 0, {now});"
            ))
            .await;
    }

    /// Ada's cuff says what nobody may miss.
    pub async fn alarm(&self) {
        self.house.accepts(self.house.pressure("bp-1", 190, 125)).await;
        self.look().await;
    }

    pub async fn look(&self) {
        let now = self.house.clock.now();
        run_watches(&self.house.store, &self.house.catalog, &self.house.ids, now).await.unwrap();
    }

    /// The newest code that this phone was told.
    pub async fn code(&self, phone: &str) -> String {
        let sql = format!(
            "select code from (select code from reply_code where phone = '{phone}' order by expires_at desc, episode desc limit 1)"
        );
        self.house.see(&sql).await.pop().unwrap_or_else(|| panic!("{phone} was told no code"))
    }

    /// A code of our own making.
    pub async fn give(&self, phone: &str, code: &str, person: Option<&str>) {
        let until = self.house.clock.now().as_millisecond() + 3_600_000;
        let person = person.map_or("null".to_owned(), |person| format!("'{person}'"));
        self.house
            .run(&format!(
                "insert into reply_code (phone, code, patient_id, episode, person, expires_at)
                 values ('{phone}', '{code}', 'ada', 1, {person}, {until})"
            ))
            .await;
    }

    /// What is answered to a text, if anything.
    pub async fn says(&self, from: &str, body: &str) -> Option<String> {
        let event = self.house.text(from, body);
        let id = event.id.message(1);
        self.house.take([event]).await.pop().unwrap().unwrap();
        self.house
            .see(&format!("select body from message where id = '{id}' and direction = 'out'"))
            .await
            .pop()
    }

    /// `severity state owner` of Ada's alerts.
    pub async fn alerts(&self) -> Vec<String> {
        self.house
            .see(
                "select severity || ' ' || state || ' ' || coalesce(acknowledged_by, resolved_by, '-') from alert
                 where patient_id = 'ada' and severity <> 'advice' order by id",
            )
            .await
    }

    /// What the trail says that this person did.
    pub async fn deeds(&self, actor: &str) -> Vec<String> {
        self.house.see(&format!("select action from audit where actor = '{actor}' order by seq")).await
    }

    pub async fn end(self) {
        self.house.leaves_whatever().await;
    }
}

pub const PATIENT: &str = ADA;
pub const NOBODY: &str = STRANGER;
