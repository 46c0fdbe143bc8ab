//! `lamplight patient import`, `export` and `erase`.

use std::fmt::Write as _;
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

use clap::Subcommand;
use jiff::Timestamp;

use super::carer::{self, CarerCommand};
use super::failure::Failure;
use crate::domain::decide::Catalog;
use crate::domain::id::PatientId;
use crate::engine::enrol::{Bound, ImportError, LineFault, import};
use crate::engine::erase::{NotErased, erase};
use crate::store::Store;

#[derive(Debug, Subcommand)]
pub enum PatientCommand {
    /// Enrols the patients of a CSV list, or none of them when a line has a fault
    Import {
        /// Columns: patient_id, name, phone, nhs_number, date_of_birth, language, time_zone, team, consent, devices,
        /// protocols, thresholds
        file: PathBuf,
    },
    /// Prints everything held on a person as JSON
    Export {
        /// The patient's id
        id: String,
    },
    /// Removes a person and everything held on them for ever; the deed, its reason and the number of rows stay on record
    Erase {
        /// The patient's id
        id: String,
        /// Why, for the audit trail: whose request, which decision. No clinical detail
        #[arg(long)]
        reason: String,
    },
    /// Who looks after a patient from a phone of their own
    #[command(subcommand)]
    Carer(CarerCommand),
}

/// Gives what is newly bound, so that the caller can replay what the journal holds of it.
pub async fn run(
    command: &PatientCommand,
    store: &Store,
    catalog: &Catalog,
    now: Timestamp,
    actor: &str,
    out: &mut impl Write,
) -> Result<Bound, Failure> {
    match command {
        PatientCommand::Import { file } => import_list(file, store, catalog, now, actor, out).await,
        PatientCommand::Carer(command) => {
            carer::run(command, store, now, actor, out).await?;
            Ok(Bound::default())
        }
        PatientCommand::Export { id } => {
            let id = PatientId::parse(id).map_err(|bad| Failure::Usage(bad.to_string()))?;
            let Some(held) = store.export_patient(&id).await? else {
                return Err(Failure::DoesNotHold(format!("there is no patient {id}")));
            };
            writeln!(out, "{held:#}")?;
            Ok(Bound::default())
        }
        PatientCommand::Erase { id, reason } => {
            let id = PatientId::parse(id).map_err(|bad| Failure::Usage(bad.to_string()))?;
            let gone = erase(store, &id, actor, reason, now).await.map_err(|error| match error {
                NotErased::Store(error) => error.into(),
                refused => Failure::DoesNotHold(refused.to_string()),
            })?;
            let rows: u64 = gone.values().sum();
            writeln!(
                out,
                "{id} is erased: {rows} rows in {} tables; backups from before still hold them",
                gone.len()
            )?;
            Ok(Bound::default())
        }
    }
}

async fn import_list(
    path: &Path,
    store: &Store,
    catalog: &Catalog,
    now: Timestamp,
    actor: &str,
    out: &mut impl Write,
) -> Result<Bound, Failure> {
    let unreadable =
        |why: std::io::Error| Failure::Usage(format!("{} cannot be read: {why}", path.display()));
    let file = File::open(path).map_err(unreadable)?;
    let report = import(store, now, actor, catalog, file).await.map_err(|error| match error {
        ImportError::Faults(faults) => Failure::DoesNotHold(all_of(path, &faults)),
        ImportError::Unreadable(why) => unreadable(why),
        ImportError::Store(error) => error.into(),
    })?;
    writeln!(
        out,
        "{} enrolled, {} updated, {} unchanged, {} devices newly bound, {} enrolments begun",
        report.enrolled,
        report.updated,
        report.unchanged,
        report.bound.devices.len(),
        report.started
    )?;
    for team in &report.stray_teams {
        writeln!(out, "warning: {}", team.why(&catalog.site))?;
    }
    Ok(report.bound)
}

/// One fault a line, then what became of the list.
fn all_of(path: &Path, faults: &[LineFault]) -> String {
    let mut text = String::new();
    for fault in faults {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{}: {fault}", path.display());
    }
    let count = match faults.len() {
        1 => "1 fault".to_owned(),
        many => format!("{many} faults"),
    };
    text + &format!("nothing was imported: {count} in {}", path.display())
}
