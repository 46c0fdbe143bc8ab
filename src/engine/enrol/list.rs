//! A CSV list of patients, read and checked as far as that goes without the database.

use std::collections::HashMap;
use std::fmt;
use std::io::Read;

use jiff::civil::Date;

use crate::domain::decide::Catalog;
use crate::domain::enrolment::{COLUMNS, Fault, NewPatient, Row};
use crate::domain::id::DeviceId;
use crate::engine::sheet::{Record, Records};

/// The largest list that is read: some 300,000 patients with every column filled.
const BYTES_LIMIT: u64 = 64 * 1024 * 1024;

/// What is wrong, and where: the line on which the row begins, as an editor counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineFault {
    pub line: usize,
    pub column: Option<String>,
    pub why: String,
}

/// A checked row and where it begins.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Listed {
    pub line: usize,
    pub patient: NewPatient,
}

/// The rows that are good, and all that is wrong with the others.
pub(super) fn read(
    csv: impl Read,
    catalog: &Catalog,
    today: Date,
) -> std::io::Result<(Vec<Listed>, Vec<LineFault>)> {
    let mut file = Vec::new();
    csv.take(BYTES_LIMIT + 1).read_to_end(&mut file)?;
    let whole_file = |why: &str| Ok((Vec::new(), vec![LineFault::of(1, why)]));
    if file.len() as u64 > BYTES_LIMIT {
        return whole_file("begins a file larger than 64 MiB; split the list");
    }
    if file.starts_with(b"\xff\xfe") || file.starts_with(b"\xfe\xff") {
        return whole_file("begins a file in UTF-16; save it as 'CSV UTF-8'");
    }
    let mut records = Records::new(&file);
    let Some(header) = records.next() else {
        return whole_file("holds nothing; the first line must name the columns, patient_id among them");
    };
    let columns = match read_header(header) {
        Ok(columns) => columns,
        Err(faults) => return Ok((Vec::new(), faults)),
    };
    let mut list = List { columns, listed: Vec::new(), faults: Vec::new(), seen: Seen::default() };
    for record in records {
        list.read(record, catalog, today);
    }
    if list.listed.is_empty() && list.faults.is_empty() {
        return whole_file("is followed by no patients");
    }
    Ok((list.listed, list.faults))
}

/// A list in the middle of being read.
struct List {
    columns: Vec<String>,
    listed: Vec<Listed>,
    faults: Vec<LineFault>,
    seen: Seen,
}

/// Where patients and devices stood first. Patients are known by their cell, so that one whose row has a fault is
/// still missed by nobody who repeats it.
#[derive(Default)]
struct Seen {
    patients: HashMap<String, usize>,
    devices: HashMap<DeviceId, usize>,
}

impl List {
    fn read(&mut self, record: Record, catalog: &Catalog, today: Date) {
        let line = record.line;
        match self.patient(record, catalog, today) {
            Ok(patient) => self.listed.push(Listed { line, patient }),
            Err(faults) => self.faults.extend(faults),
        }
    }

    fn patient(
        &mut self,
        record: Record,
        catalog: &Catalog,
        today: Date,
    ) -> Result<NewPatient, Vec<LineFault>> {
        let line = record.line;
        let row = self.row(record)?;
        let mut faults = Vec::new();
        let id = row.get("patient_id").map(|cell| cell.trim().to_owned()).unwrap_or_default();
        let first = *self.seen.patients.entry(id).or_insert(line);
        if first != line {
            faults.push(Fault::of("patient_id", format!("is already on line {first}")));
        }
        let patient = NewPatient::parse(&row, catalog, today);
        for device in patient.iter().flat_map(|patient| &patient.devices) {
            let given = *self.seen.devices.entry(device.clone()).or_insert(line);
            if given != line && first == line {
                faults.push(Fault::of("devices", format!("{device} is already given out on line {given}")));
            }
        }
        match patient {
            Ok(patient) if faults.is_empty() => return Ok(patient),
            Ok(_) => {}
            // An id that is missing is not also there twice.
            Err(more) if more.iter().any(|fault| fault.column.as_deref() == Some("patient_id")) => {
                faults = more
            }
            Err(more) => faults.extend(more),
        }
        Err(faults.into_iter().map(|fault| LineFault::at(line, fault)).collect())
    }

    /// The cells under their columns' names.
    fn row(&self, record: Record) -> Result<Row, Vec<LineFault>> {
        let line = record.line;
        let cells = record.cells.map_err(|why| vec![LineFault::of(line, why)])?;
        if cells.len() != self.columns.len() {
            let why =
                format!("has {} cells where the header names {} columns", cells.len(), self.columns.len());
            return Err(vec![LineFault::of(line, why)]);
        }
        let mut row = Row::new();
        let mut faults = Vec::new();
        for (column, cell) in self.columns.iter().zip(cells) {
            match String::from_utf8(cell) {
                Ok(cell) => drop(row.insert(column.clone(), cell)),
                Err(_) => {
                    let why = "is not UTF-8; save the list as 'CSV UTF-8'";
                    faults.push(LineFault::at(line, Fault::of(column, why)));
                }
            }
        }
        if faults.is_empty() { Ok(row) } else { Err(faults) }
    }
}

/// The columns' names, or all that is wrong with them.
fn read_header(header: Record) -> Result<Vec<String>, Vec<LineFault>> {
    let line = header.line;
    let cells = header.cells.map_err(|why| vec![LineFault::of(line, why)])?;
    let columns: Vec<_> = cells.iter().map(|cell| String::from_utf8_lossy(cell).trim().to_owned()).collect();
    let mut faults = Vec::new();
    for (place, column) in columns.iter().enumerate() {
        if column.is_empty() {
            faults.push(LineFault::of(line, format!("gives column {} no name", place + 1)));
        } else if !COLUMNS.contains(&column.as_str()) {
            faults.push(LineFault::at(line, Fault::unknown_column(column)));
        } else if columns[..place].contains(column) {
            faults.push(LineFault::at(line, Fault::of(column, "stands twice in the header")));
        }
    }
    if !columns.iter().any(|column| column == "patient_id") {
        faults.push(LineFault::at(line, Fault::of("patient_id", "is missing from the header")));
    }
    if faults.is_empty() { Ok(columns) } else { Err(faults) }
}

impl LineFault {
    /// A fault of one column; reads on from its name.
    pub(super) fn at(line: usize, fault: Fault) -> Self {
        Self { line, column: fault.column, why: fault.why }
    }

    /// A fault of the row as a whole; reads on from `line 7`.
    fn of(line: usize, why: impl Into<String>) -> Self {
        Self { line, column: None, why: why.into() }
    }
}

impl fmt::Display for LineFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.column {
            Some(column) => write!(f, "line {}: {column} {}", self.line, self.why),
            None => write!(f, "line {} {}", self.line, self.why),
        }
    }
}
