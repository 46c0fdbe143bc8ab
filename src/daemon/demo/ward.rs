//! A believable ward: made-up people at home, their devices, their own limits and protocols, and two members of staff.
//!
//! Every number is of Ofcom's range for drama (07700 900000 to 900999): nobody has them.

use jiff::civil::Time;
use jiff::{ToSpan, Zoned};

use crate::daemon::{DaemonError, Ground};
use crate::domain::id::DeviceId;
use crate::domain::id::{PatientId, ProtocolId};
use crate::domain::phone::Phone;
use crate::engine::account::{self, AccountError, NewUser, Passwords};
use crate::mqtt::simulator::{
    DeviceKind::{Cuff, GlucoseMeter, Oximeter, Scale},
    SimulatedDevice,
};
use crate::store::token::Scope;
use crate::store::user::Role;

use super::people::{PAST_DAYS, PEOPLE, Person};

/// What some of them text in the first half minute: a fair day's mixture, the worst first.
pub(super) const FIRST_TEXTS: &[(&str, &str)] = &[
    ("+447700900106", "186/122"),
    ("+447700900122", "sugar 3.4"),
    ("+447700900102", "bp 152 over 96 pulse 80 thanks"),
    (STRANGER, "Hello this is Mrs Bell, my BP is 144/88. I have a new phone"),
    ("+447700900112", "BP one fifty one over ninety seven"),
    ("+447700900117", "sats 93 pulse 96"),
    ("+447700900104", "141/80 pulse 72"),
    ("+447700900110", "Weight 12st 11"),
    ("+447700900118", "temp 38.4"),
    ("+447700900123", "BM 11.2"),
    ("+447700900116", "12/8"),
    ("+447700900124", "Thank you nurse"),
];
/// A phone that no patient has.
const STRANGER: &str = "+447700900977";

/// The phone that the ward's nurse on duty carries (site.toml).
const DUTY_PHONE: (&str, &str) = ("+447700900990", "The duty nurse");

/// Somebody who is asked soon after the demo has begun, at a time of their own.
#[derive(Debug, Clone)]
pub(super) struct Soon {
    pub patient: PatientId,
    pub name: &'static str,
    pub protocol: ProtocolId,
    pub entries: &'static [&'static str],
    /// Civil time of the ward.
    pub at: Time,
    /// What is asked, and what may be answered.
    pub what: &'static str,
    pub answers: &'static str,
}

/// Who is asked in the first minutes: none of them has just sent what they are asked for.
const SOON: [(usize, &str, &[&str], &str, &str); 4] = [
    (5, "bp_stable", &["first_week"], "her blood pressure", "BP 141 82"),
    (11, "heart_failure", &["morning", "symptoms"], "his weight, and how he feels", "weight 84.6, then Y"),
    (26, "medication_reminder", &["daily"], "whether he has taken his medicine", "N, then 1"),
    (17, "copd", &["daily"], "whether she is unwell", "Y, and see where it leads"),
];

/// Somebody of the ward, with what is in their hands.
pub(super) struct Neighbour {
    pub person: &'static Person,
    pub phone: Phone,
    pub device: Option<SimulatedDevice>,
}

/// The ward. Patient `n` has the number 07700 900`100+n` and, if any, the device `kind-n`.
pub(super) struct Ward(&'static [Person]);

impl Ward {
    pub(super) fn believable() -> Self {
        Self(&PEOPLE)
    }

    pub(super) fn patients(&self) -> usize {
        self.0.len()
    }

    /// The ward as the list that a clinic would have imported when it began. Later courses are not in it.
    pub(super) fn list(&self) -> String {
        let mut list =
            "patient_id,name,phone,date_of_birth,language,team,consent,devices,protocols,thresholds\n"
                .to_owned();
        for (n, person) in self.numbered() {
            let device = device_id(n, person).map(|id| id.to_string()).unwrap_or_default();
            let protocols: Vec<_> = begun(person, |days| days >= PAST_DAYS).collect();
            list.push_str(&format!(
                "p{n:02},{},{},{},{},{},opt_out,{device},{},{}\n",
                person.name,
                phone(n),
                person.born,
                person.language,
                person.team,
                protocols.join(";"),
                person.thresholds
            ));
        }
        list
    }

    /// Every phone with its owner's name, the duty nurse's too; the stranger's has none.
    pub(super) fn phones(&self) -> Vec<(Phone, String)> {
        let patients = self.numbered().map(|(n, person)| (phone(n), person.name.to_owned()));
        let (duty, owner) = DUTY_PHONE;
        let others = [(Phone::trusted(duty), owner.to_owned()), (Phone::trusted(STRANGER), String::new())];
        patients.chain(others).collect()
    }

    pub(super) fn devices(&self) -> Vec<SimulatedDevice> {
        self.numbered().filter_map(|(n, person)| device(n, person)).collect()
    }

    /// Who came onto a protocol later, and how many days ago.
    pub(super) fn later(&self) -> impl Iterator<Item = (PatientId, ProtocolId, i64)> + '_ {
        self.numbered().flat_map(|(n, person)| {
            let later = person.courses.iter().filter(|(_, days)| *days < PAST_DAYS);
            later.map(move |(protocol, days)| (patient_id(n), ProtocolId::trusted(*protocol), *days))
        })
    }

    pub(super) fn neighbour(&self, patient: &PatientId) -> Option<Neighbour> {
        let (n, person) = self.numbered().find(|(n, _)| patient_id(*n) == *patient)?;
        Some(Neighbour { person, phone: phone(n), device: device(n, person) })
    }

    /// Who is asked in the minutes after `now`, the ward's civil time: the first half a minute from then or later.
    pub(super) fn soon(&self, now: &Zoned) -> Vec<Soon> {
        let first = now.saturating_add(90.seconds()).with().second(0).subsec_nanosecond(0).build();
        let first = first.unwrap_or_else(|_| now.clone());
        let asked = (0_i64..).zip(SOON).filter_map(|(minutes, (n, protocol, entries, what, answers))| {
            Some(Soon {
                patient: patient_id(n),
                name: self.0.get(n - 1)?.name,
                protocol: ProtocolId::trusted(protocol),
                entries,
                at: first.saturating_add(minutes.minutes()).time(),
                what,
                answers,
            })
        });
        asked.collect()
    }

    fn numbered(&self) -> impl Iterator<Item = (usize, &'static Person)> + '_ {
        (1..).zip(self.0)
    }
}

fn phone(n: usize) -> Phone {
    Phone::trusted(format!("+447700900{:03}", 100 + n))
}

fn patient_id(n: usize) -> PatientId {
    PatientId::trusted(format!("p{n:02}"))
}

fn begun(person: &Person, when: impl Fn(i64) -> bool) -> impl Iterator<Item = &'static str> {
    person.courses.iter().filter(move |(_, days)| when(*days)).map(|(protocol, _)| *protocol)
}

fn device(n: usize, person: &Person) -> Option<SimulatedDevice> {
    let (kind, usual) = person.device?;
    Some(SimulatedDevice { id: device_id(n, person)?, kind, usual })
}

fn device_id(n: usize, person: &Person) -> Option<DeviceId> {
    let kind = match person.device?.0 {
        Cuff => "cuff",
        Oximeter => "oximeter",
        Scale => "scale",
        GlucoseMeter => "meter",
    };
    Some(DeviceId::trusted(format!("{kind}-{n:02}")))
}

/// Makes the ward's staff: their log-ins, and a token for the API.
pub(super) async fn staff(
    ground: &Ground,
) -> Result<(Vec<(String, String, &'static str)>, String), DaemonError> {
    let passwords = Passwords::default();
    let now = ground.clock.now();
    let fault = |error: AccountError| DaemonError::Settings(error.to_string());
    let mut people = Vec::new();
    for (name, full_name, role) in
        [("rosa", "Rosa Quill, nurse", Role::Nurse), ("admin", "Sam Hale, administrator", Role::Admin)]
    {
        let password = account::random_password();
        let user = NewUser { name, full_name, role, password: &password };
        account::add_user(&ground.store, &passwords, "demo", &user, now).await.map_err(fault)?;
        people.push((name.to_owned(), password.expose().to_owned(), full_name));
    }
    let token =
        account::add_token(&ground.store, &ground.ids, "demo", "demo", Scope::Write, Some("rosa"), now)
            .await
            .map_err(fault)?;
    Ok((people, token.expose().to_owned()))
}
