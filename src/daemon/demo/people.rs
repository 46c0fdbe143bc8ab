//! Who lives in the ward, what is usual for them, and what they are asked.
//!
//! Everybody is made up.

use crate::mqtt::simulator::DeviceKind;

/// One person of the ward.
pub(super) struct Person {
    pub name: &'static str,
    pub born: &'static str,
    pub team: &'static str,
    pub device: Option<(DeviceKind, f64)>,
    pub thresholds: &'static str,
    pub language: &'static str,
    /// Protocols, and how many days ago each began.
    pub courses: &'static [(&'static str, i64)],
    pub temper: Temper,
}

/// How somebody lives with being asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Temper {
    /// Answers most of what they are asked, and it is mostly as usual.
    Steady,
    /// The weight climbs by the day.
    Swelling,
    /// Has not answered for some days.
    Silent,
}

/// How long the ward has been watched over.
pub(super) const PAST_DAYS: i64 = 14;

const fn person(
    name: &'static str,
    born: &'static str,
    team: &'static str,
    device: Option<(DeviceKind, f64)>,
    thresholds: &'static str,
) -> Person {
    let temper = Temper::Steady;
    Person { name, born, team, device, thresholds, language: "", courses: &[], temper }
}

impl Person {
    const fn on(mut self, courses: &'static [(&'static str, i64)]) -> Self {
        self.courses = courses;
        self
    }

    const fn who(mut self, temper: Temper) -> Self {
        self.temper = temper;
        self
    }

    const fn speaking(mut self, language: &'static str) -> Self {
        self.language = language;
        self
    }
}

const HEART: &str = "heart-failure";
const PRESSURE: &str = "blood-pressure";
const LUNGS: &str = "respiratory-ward";
const SUGAR: &str = "diabetes";
const MATERNITY: &str = "maternity";
const SURGERY: &str = "surgery";

use DeviceKind::{Cuff, GlucoseMeter, Oximeter, Scale};

pub(super) const PEOPLE: [Person; 28] = [
    person(
        "Agnes Whitlock",
        "1941-03-09",
        PRESSURE,
        Some((Cuff, 142.0)),
        "blood_pressure_high.systolic_amber=160;blood_pressure_high.systolic_advice=150",
    )
    .on(&[("bp_poor_control", PAST_DAYS)]),
    person("Bernard Okafor", "1953-11-21", PRESSURE, Some((Cuff, 127.0)), "").on(&[("bp_stable", PAST_DAYS)]),
    person("Cerys Pritchard", "1967-06-02", PRESSURE, Some((Cuff, 122.0)), "")
        .on(&[("home_bp_diagnosis", PAST_DAYS)]),
    person("Dilip Raman", "1949-01-30", PRESSURE, Some((Cuff, 131.0)), "")
        .on(&[("bp_poor_control", PAST_DAYS)]),
    person("Elsie Garner", "1936-08-17", PRESSURE, None, "").on(&[("bp_stable", 3)]),
    person("Farida Hussain", "1974-04-25", PRESSURE, None, "").on(&[("home_bp_diagnosis", 4)]),
    person("Gordon Pike", "1958-09-12", HEART, Some((Scale, 92.4)), "").on(&[("heart_failure", PAST_DAYS)]),
    person("Hannah Lowe", "1962-12-05", HEART, Some((Scale, 71.2)), "").on(&[("heart_failure", PAST_DAYS)]),
    person("Ivor Bowen", "1945-05-19", HEART, Some((Cuff, 118.0)), "").on(&[("heart_failure", PAST_DAYS)]),
    person("Joan Tattersall", "1939-10-28", HEART, Some((Cuff, 112.0)), "")
        .on(&[("heart_failure", PAST_DAYS)]),
    person("Kwame Mensah", "1956-02-14", HEART, None, "").on(&[("heart_failure", PAST_DAYS)]),
    person("Lidia Nowak", "1950-07-07", HEART, None, "")
        .on(&[("heart_failure", PAST_DAYS)])
        .who(Temper::Swelling),
    person(
        "Maureen Slade",
        "1947-03-23",
        LUNGS,
        Some((Oximeter, 92.0)),
        "spo2_low.spo2_amber=90;spo2_low.spo2_red=88",
    )
    .on(&[("copd", PAST_DAYS)]),
    person("Norman Ashby", "1952-11-11", LUNGS, Some((Oximeter, 96.0)), "").on(&[("copd", PAST_DAYS)]),
    person("Olwen Rees", "1944-06-30", LUNGS, Some((Oximeter, 97.0)), "").on(&[("copd", PAST_DAYS)]),
    person("Peter Dunmore", "1960-01-08", LUNGS, Some((Oximeter, 97.0)), "").on(&[("copd", PAST_DAYS)]),
    person("Queenie Marsh", "1938-09-03", LUNGS, None, "").on(&[("copd", PAST_DAYS)]),
    person("Ruth Abara", "1969-05-16", LUNGS, None, "").on(&[("copd", PAST_DAYS)]).who(Temper::Silent),
    person("Stanley Voss", "1955-08-22", SUGAR, Some((GlucoseMeter, 8.4)), "")
        .on(&[("diabetes_glucose", PAST_DAYS)]),
    person("Tariq Aziz Malik", "1971-12-19", SUGAR, Some((GlucoseMeter, 7.1)), "")
        .on(&[("diabetes_glucose", PAST_DAYS)]),
    person("Una Fairclough", "1948-04-04", SUGAR, Some((GlucoseMeter, 9.6)), "")
        .on(&[("diabetes_glucose", PAST_DAYS)]),
    person("Victor Lindqvist", "1963-10-10", SUGAR, None, "").on(&[("diabetes_glucose", PAST_DAYS)]),
    person("Winifred Oakes", "1942-02-26", SUGAR, None, "").on(&[("diabetes_glucose", PAST_DAYS)]),
    person("Yusuf Demir", "1959-07-29", SUGAR, None, "").on(&[("diabetes_glucose", PAST_DAYS)]),
    person("Ada Bright", "1994-02-11", MATERNITY, None, "").on(&[("pregnancy_bp", PAST_DAYS)]),
    person("Brendan Foyle", "1957-06-18", SURGERY, None, "").on(&[("medication_reminder", PAST_DAYS)]),
    person("Chandra Iyer", "1951-10-03", SURGERY, None, "")
        .on(&[("bp_poor_control", PAST_DAYS), ("medication_reminder", PAST_DAYS)]),
    person("Zofia Nowicka", "1948-12-29", LUNGS, None, "").on(&[("copd", PAST_DAYS)]).speaking("pl"),
];
