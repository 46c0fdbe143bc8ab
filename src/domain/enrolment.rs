//! What an enrolment list says of a patient: cells of text in, checked values out.
//!
//! The same columns serve the CSV import and the API. An empty cell says nothing: it leaves what is known as it
//! is, so that a list with gaps never cuts off a patient's phone or limits.

mod column;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use jiff::civil::Date;

use super::decide::Catalog;
use super::id::{DeviceId, PatientId, ProtocolId, RuleId};
use super::patient::{Consent, NhsNumber, Patient};
use super::phone::Phone;

/// Column name to cell.
pub type Row = BTreeMap<String, String>;

/// Every column there is. `patient_id` alone is required.
pub const COLUMNS: [&str; 12] = [
    "patient_id",
    "name",
    "phone",
    "nhs_number",
    "date_of_birth",
    "language",
    "time_zone",
    "team",
    "consent",
    "devices",
    "protocols",
    "thresholds",
];

/// What the API takes beside them: see [`Patient::label`].
pub const LABEL: &str = "label";

/// What is wrong with one cell, or with a row as a whole. Reads on from the column's name: `phone is not …`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    pub column: Option<String>,
    pub why: String,
}

/// What one row says. What it leaves open is `None` or empty.
#[derive(Debug, Clone, PartialEq)]
pub struct NewPatient {
    pub id: PatientId,
    pub name: Option<String>,
    pub label: Option<String>,
    pub phone: Option<Phone>,
    pub nhs_number: Option<NhsNumber>,
    /// ISO 8601 calendar date.
    pub date_of_birth: Option<String>,
    /// ISO 639-1, lower case.
    pub language: Option<String>,
    /// IANA name, spelled as the time zone database spells it.
    pub time_zone: Option<String>,
    pub team: Option<String>,
    pub consent: Option<Consent>,
    pub devices: BTreeSet<DeviceId>,
    pub protocols: BTreeSet<ProtocolId>,
    pub limits: Vec<Limit>,
}

/// A limit of the patient's own, within the bounds of its rule.
#[derive(Debug, Clone, PartialEq)]
pub struct Limit {
    pub rule: RuleId,
    pub parameter: String,
    pub value: f64,
}

impl NewPatient {
    /// Reads a row, or names everything that is wrong with it. `today` bounds the date of birth.
    pub fn parse(row: &Row, catalog: &Catalog, today: Date) -> Result<Self, Vec<Fault>> {
        let mut reader = Reader { row, faults: Vec::new() };
        let is_known = |column: &str| COLUMNS.contains(&column) || column == LABEL;
        for unknown in row.keys().filter(|column| !is_known(column)) {
            reader.faults.push(Fault::unknown_column(unknown));
        }
        let id = reader.read("patient_id", column::patient_id);
        if id.is_none() && reader.faults.iter().all(|fault| fault.column.as_deref() != Some("patient_id")) {
            reader.faults.push(Fault::of("patient_id", "is missing"));
        }
        let name = reader.read("name", column::words);
        let label = reader.read(LABEL, column::label);
        let phone = reader.read("phone", |cell| Phone::for_texts(cell).map_err(|bad| bad.to_string()));
        let nhs_number = reader.read("nhs_number", column::nhs_number);
        let date_of_birth = reader.read("date_of_birth", |cell| column::date_of_birth(cell, today));
        let language = reader.read("language", column::language);
        let time_zone = reader.read("time_zone", column::time_zone);
        let team = reader.read("team", column::words);
        let consent = reader.read("consent", column::consent);
        let devices = reader.read_list("devices", column::device);
        let protocols = reader.read_list("protocols", |item| column::protocol(item, catalog));
        let limits = reader.read_list("thresholds", |item| column::limit(item, &catalog.rules));
        let mut named = BTreeSet::new();
        for limit in &limits {
            if !named.insert((&limit.rule, &limit.parameter)) {
                let twice = format!("sets {}.{} twice", limit.rule, limit.parameter);
                reader.faults.push(Fault::of("thresholds", twice));
            }
        }
        match id {
            Some(id) if reader.faults.is_empty() => Ok(Self {
                id,
                name,
                label,
                phone,
                nhs_number,
                date_of_birth,
                language,
                time_zone,
                team,
                consent,
                devices: devices.into_iter().collect(),
                protocols: protocols.into_iter().collect(),
                limits,
            }),
            _ => Err(reader.faults),
        }
    }

    /// The patient once this row is taken over: what it says, else what is known, else the defaults.
    ///
    /// Standing is never touched: only the patient's own START undoes a STOP. Devices and protocols are not
    /// part of the answer; they are kept on their own.
    pub fn onto(&self, known: Option<&Patient>) -> Patient {
        let mut patient = known.cloned().unwrap_or_else(|| Patient::unknown(self.id.clone()));
        fn take<T: Clone>(to: &mut Option<T>, from: &Option<T>) {
            if from.is_some() {
                to.clone_from(from);
            }
        }
        take(&mut patient.name, &self.name);
        take(&mut patient.label, &self.label);
        take(&mut patient.phone, &self.phone);
        take(&mut patient.nhs_number, &self.nhs_number);
        take(&mut patient.date_of_birth, &self.date_of_birth);
        take(&mut patient.team, &self.team);
        patient.language = self.language.clone().unwrap_or(patient.language);
        patient.time_zone = self.time_zone.clone().unwrap_or(patient.time_zone);
        patient.consent = self.consent.unwrap_or(patient.consent);
        patient
    }
}

/// The columns in which two states of one patient differ.
pub fn changed_columns(before: &Patient, after: &Patient) -> Vec<&'static str> {
    [
        ("name", before.name != after.name),
        (LABEL, before.label != after.label),
        ("phone", before.phone != after.phone),
        ("nhs_number", before.nhs_number != after.nhs_number),
        ("date_of_birth", before.date_of_birth != after.date_of_birth),
        ("language", before.language != after.language),
        ("time_zone", before.time_zone != after.time_zone),
        ("team", before.team != after.team),
        ("consent", before.consent != after.consent),
    ]
    .into_iter()
    .filter_map(|(column, differs)| differs.then_some(column))
    .collect()
}

impl Fault {
    pub fn of(column: &str, why: impl Into<String>) -> Self {
        Self { column: Some(column.to_owned()), why: why.into() }
    }

    /// Names the columns that there are.
    pub fn unknown_column(column: &str) -> Self {
        Self::of(&column::shown(column), format!("is not a column; the columns are {}", COLUMNS.join(", ")))
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.column {
            Some(column) => write!(f, "{column} {}", self.why),
            None => f.write_str(&self.why),
        }
    }
}

/// Reads cell after cell and remembers every fault on the way.
struct Reader<'r> {
    row: &'r Row,
    faults: Vec<Fault>,
}

impl Reader<'_> {
    fn read<T>(&mut self, column: &str, parse: impl FnOnce(&str) -> Result<T, String>) -> Option<T> {
        let cell = self.row.get(column)?.trim();
        if cell.is_empty() {
            return None;
        }
        parse(cell).map_err(|why| self.faults.push(Fault::of(column, why))).ok()
    }

    fn read_list<T>(&mut self, column: &str, parse: impl Fn(&str) -> Result<T, String>) -> Vec<T> {
        let items = self.row.get(column).map(String::as_str).unwrap_or_default().split(';');
        let items: Vec<_> = items.map(str::trim).filter(|item| !item.is_empty()).map(parse).collect();
        let mut read = Vec::with_capacity(items.len());
        for item in items {
            match item {
                Ok(item) => read.push(item),
                Err(why) => self.faults.push(Fault::of(column, why)),
            }
        }
        read
    }
}
