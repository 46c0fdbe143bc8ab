//! `lamplight patient carer add`, `list` and `remove`.

use std::io::Write;

use clap::{Args, Subcommand, ValueEnum};
use jiff::Timestamp;

use super::failure::Failure;
use crate::domain::carer::Copies;
use crate::domain::id::PatientId;
use crate::engine::carer::{CarerError, NewCarer, add_carer, carers, remove_carer};
use crate::store::Store;

#[derive(Debug, Subcommand)]
pub enum CarerCommand {
    /// Adds a carer, or brings one up to date
    Add(NewCarerArgs),
    /// Lists a patient's carers: phone, name, what they may, who agreed; tabs between
    List {
        /// The patient's id
        patient: String,
    },
    /// Takes a carer off
    Remove {
        /// The patient's id
        patient: String,
        /// The carer's phone
        phone: String,
    },
}

#[derive(Debug, Args)]
pub struct NewCarerArgs {
    /// The patient's id
    patient: String,
    /// The carer's own phone
    phone: String,
    #[arg(long)]
    name: String,
    /// Who agreed that this person is told of the patient
    #[arg(long, value_name = "WHO")]
    consent_by: String,
    /// Texts from this phone are taken as the patient's readings
    #[arg(long)]
    may_report: bool,
    /// Which of our advice to the patient the carer gets too
    #[arg(long, value_enum, default_value = "none")]
    copies: CopiesArg,
    /// Prompts and answers go to this phone instead of the patient's
    #[arg(long)]
    answers_for: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum CopiesArg {
    None,
    Advice,
    Red,
}

pub(super) async fn run(
    command: &CarerCommand,
    store: &Store,
    now: Timestamp,
    actor: &str,
    out: &mut impl Write,
) -> Result<(), Failure> {
    match command {
        CarerCommand::Add(args) => {
            let new = NewCarer {
                phone: args.phone.clone(),
                name: args.name.clone(),
                may_report: args.may_report,
                gets_copies: Some(match args.copies {
                    CopiesArg::None => Copies::None,
                    CopiesArg::Advice => Copies::Advice,
                    CopiesArg::Red => Copies::Red,
                }),
                answers_for: args.answers_for,
                consent_by: args.consent_by.clone(),
            };
            let carer = add_carer(store, &patient(&args.patient)?, &new, actor, now).await?;
            writeln!(out, "{} cares for {}", carer.phone, carer.patient)?;
        }
        CarerCommand::List { patient: id } => {
            for carer in carers(store, &patient(id)?).await? {
                let may = [
                    carer.may_report.then_some("reports"),
                    carer.answers_for.then_some("answers"),
                    carer.stopped.then_some("stopped"),
                ];
                let may: Vec<&str> = may.into_iter().flatten().collect();
                let (may, copies) = (may.join(","), carer.gets_copies.name());
                writeln!(
                    out,
                    "{}\t{}\t{may}\tcopies:{copies}\t{}",
                    carer.phone, carer.name, carer.consent.by
                )?;
            }
        }
        CarerCommand::Remove { patient: id, phone } => {
            remove_carer(store, &patient(id)?, phone, actor, now).await?;
        }
    }
    Ok(())
}

fn patient(id: &str) -> Result<PatientId, Failure> {
    PatientId::parse(id).map_err(|bad| Failure::Usage(bad.to_string()))
}

impl From<CarerError> for Failure {
    fn from(error: CarerError) -> Self {
        match error {
            CarerError::Store(error) => error.into(),
            CarerError::UnknownPatient | CarerError::UnknownCarer | CarerError::TwoProxies => {
                Self::DoesNotHold(error.to_string())
            }
            CarerError::Phone(_) | CarerError::OwnPhone | CarerError::Words(_) => {
                Self::Usage(error.to_string())
            }
        }
    }
}
