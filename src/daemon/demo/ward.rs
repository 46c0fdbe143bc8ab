//! A believable ward: two dozen made-up people at home, their devices, their own limits, and two members of staff.
//!
//! Every number is of Ofcom's range for drama (07700 900000 to 900999): nobody has them.

use crate::daemon::{DaemonError, Ground};
use crate::domain::id::DeviceId;
use crate::domain::phone::Phone;
use crate::engine::account::{self, AccountError, NewUser, Passwords};
use crate::mqtt::simulator::{DeviceKind, SimulatedDevice};
use crate::store::token::Scope;
use crate::store::user::Role;

/// One person of the ward.
struct Person {
    name: &'static str,
    born: &'static str,
    team: &'static str,
    device: Option<(DeviceKind, f64)>,
    thresholds: &'static str,
}

const fn person(
    name: &'static str,
    born: &'static str,
    team: &'static str,
    device: Option<(DeviceKind, f64)>,
    thresholds: &'static str,
) -> Person {
    Person { name, born, team, device, thresholds }
}

const HEART: &str = "heart-failure";
const PRESSURE: &str = "blood-pressure";
const LUNGS: &str = "respiratory-ward";
const SUGAR: &str = "diabetes";

use DeviceKind::{Cuff, GlucoseMeter, Oximeter, Scale};

const PEOPLE: [Person; 24] = [
    person(
        "Agnes Whitlock",
        "1941-03-09",
        PRESSURE,
        Some((Cuff, 142.0)),
        "blood_pressure_high.systolic_amber=160;blood_pressure_high.systolic_advice=150",
    ),
    person("Bernard Okafor", "1953-11-21", PRESSURE, Some((Cuff, 127.0)), ""),
    person("Cerys Pritchard", "1967-06-02", PRESSURE, Some((Cuff, 122.0)), ""),
    person("Dilip Raman", "1949-01-30", PRESSURE, Some((Cuff, 131.0)), ""),
    person("Elsie Garner", "1936-08-17", PRESSURE, None, ""),
    person("Farida Hussain", "1974-04-25", PRESSURE, None, ""),
    person("Gordon Pike", "1958-09-12", HEART, Some((Scale, 92.4)), ""),
    person("Hannah Lowe", "1962-12-05", HEART, Some((Scale, 71.2)), ""),
    person("Ivor Bowen", "1945-05-19", HEART, Some((Cuff, 118.0)), ""),
    person("Joan Tattersall", "1939-10-28", HEART, Some((Cuff, 112.0)), ""),
    person("Kwame Mensah", "1956-02-14", HEART, None, ""),
    person("Lidia Nowak", "1950-07-07", HEART, None, ""),
    person(
        "Maureen Slade",
        "1947-03-23",
        LUNGS,
        Some((Oximeter, 92.0)),
        "spo2_low.spo2_amber=90;spo2_low.spo2_red=88",
    ),
    person("Norman Ashby", "1952-11-11", LUNGS, Some((Oximeter, 96.0)), ""),
    person("Olwen Rees", "1944-06-30", LUNGS, Some((Oximeter, 97.0)), ""),
    person("Peter Dunmore", "1960-01-08", LUNGS, Some((Oximeter, 97.0)), ""),
    person("Queenie Marsh", "1938-09-03", LUNGS, None, ""),
    person("Ruth Abara", "1969-05-16", LUNGS, None, ""),
    person("Stanley Voss", "1955-08-22", SUGAR, Some((GlucoseMeter, 8.4)), ""),
    person("Tariq Aziz Malik", "1971-12-19", SUGAR, Some((GlucoseMeter, 7.1)), ""),
    person("Una Fairclough", "1948-04-04", SUGAR, Some((GlucoseMeter, 9.6)), ""),
    person("Victor Lindqvist", "1963-10-10", SUGAR, None, ""),
    person("Winifred Oakes", "1942-02-26", SUGAR, None, ""),
    person("Yusuf Demir", "1959-07-29", SUGAR, None, ""),
];

/// What some of them text in the first half minute: a fair day's mixture, the worst first.
pub(super) const FIRST_TEXTS: &[(&str, &str)] = &[
    ("+447700900106", "186/122"),
    ("+447700900122", "sugar 3.4"),
    ("+447700900105", "bp 152 over 96 pulse 80 thanks"),
    (STRANGER, "Hello this is Mrs Bell, my BP is 144/88. I have a new phone"),
    ("+447700900112", "BP one fifty one over ninety seven"),
    ("+447700900117", "sats 93 pulse 96"),
    ("+447700900104", "141/80 pulse 72"),
    ("+447700900111", "Weight 12st 11"),
    ("+447700900118", "temp 38.4"),
    ("+447700900123", "BM 11.2"),
    ("+447700900116", "12/8"),
    ("+447700900124", "Thank you nurse"),
];
/// A phone that no patient has.
const STRANGER: &str = "+447700900977";

/// The ward. Patient `n` has the number 07700 900`100+n` and, if any, the device `kind-n`.
pub(super) struct Ward(&'static [Person]);

impl Ward {
    pub(super) fn believable() -> Self {
        Self(&PEOPLE)
    }

    pub(super) fn patients(&self) -> usize {
        self.0.len()
    }

    /// The ward as the list that a clinic would import.
    pub(super) fn list(&self) -> String {
        let mut list = "patient_id,name,phone,date_of_birth,team,consent,devices,thresholds\n".to_owned();
        for (n, person) in self.numbered() {
            let device = device_id(n, person).map(|id| id.to_string()).unwrap_or_default();
            list.push_str(&format!(
                "p{n:02},{},{},{},{},opt_out,{device},{}\n",
                person.name,
                phone(n),
                person.born,
                person.team,
                person.thresholds
            ));
        }
        list
    }

    /// Every phone with its owner's name; the stranger's has none.
    pub(super) fn phones(&self) -> Vec<(Phone, String)> {
        let patients = self.numbered().map(|(n, person)| (phone(n), person.name.to_owned()));
        patients.chain([(Phone::trusted(STRANGER), String::new())]).collect()
    }

    pub(super) fn devices(&self) -> Vec<SimulatedDevice> {
        self.numbered()
            .filter_map(|(n, person)| {
                let (kind, usual) = person.device?;
                Some(SimulatedDevice { id: device_id(n, person)?, kind, usual })
            })
            .collect()
    }

    fn numbered(&self) -> impl Iterator<Item = (usize, &'static Person)> + '_ {
        (1..).zip(self.0)
    }
}

fn phone(n: usize) -> Phone {
    Phone::trusted(format!("+447700900{:03}", 100 + n))
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
