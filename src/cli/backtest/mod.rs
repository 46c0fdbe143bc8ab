//! `lamplight backtest`: rules tried over past readings, one line of JSON an alert.

mod compare;
mod file;
mod limits;
mod line;

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufReader, Write};
use std::path::{Path, PathBuf};

use clap::Args;
use jiff::{SignedDuration, Timestamp};

use crate::catalog::{self, Source};
use crate::clock::Clock;
use crate::domain::decide::{Catalog, PatientState};
use crate::domain::id::{PatientId, ProtocolId, RuleId};
use crate::domain::patient::Patient;
use crate::domain::rule::Applies;
use crate::engine::backtest::{Arrival, Backtest, Tally, Told};
use crate::store::Store;

use super::Failure;

/// Tries rules over past readings: one line of JSON an alert that opens, worsens or recovers
#[derive(Debug, Clone, Args)]
pub struct BacktestArgs {
    /// Readings: `{"patient":…,"vital":…,"value":…,"unit":…,"taken_at":…}` a line
    #[arg(long, value_name = "FILE.jsonl", required_unless_present = "database")]
    pub readings: Option<PathBuf>,
    /// The database to take readings from, and to compare its alerts with
    #[arg(long, value_name = "FILE", conflicts_with = "readings")]
    pub database: Option<PathBuf>,
    /// How far back to look in the database, such as 90d or 12h
    #[arg(long, default_value = "90d", requires = "database")]
    pub since: String,
    /// Folder of alert rules [default: alert_rules, else those built in]
    #[arg(long, value_name = "DIR")]
    pub rules: Option<PathBuf>,
    /// Patients' own limits: TOML, `[patient.ID]` with rule parameters
    #[arg(long, value_name = "FILE")]
    pub thresholds: Option<PathBuf>,
    /// Only the rules that hold on this protocol; without it every rule of the folder, and of a database each patient's own:
    /// those of the protocols that they are on now
    #[arg(long, value_name = "ID")]
    pub protocol: Option<String>,
    /// Folder of protocols, with `clinical/` in it [default: protocols, else those built in]
    #[arg(long, value_name = "DIR")]
    pub protocols: Option<PathBuf>,
}

/// Which rules are on trial.
struct Trial {
    catalog: Catalog,
    /// Everybody is judged as if they were on one protocol, whatever they are on.
    on_one_protocol: bool,
    added: BTreeSet<RuleId>,
    replaced: BTreeSet<RuleId>,
    own: BTreeMap<PatientId, limits::Own>,
}

/// Prints the alerts. Says whether every line of the input could be read.
pub async fn run(args: &BacktestArgs, clock: &Clock, out: &mut impl Write) -> Result<bool, Failure> {
    let trial = Trial::prepare(args)?;
    match (&args.readings, &args.database) {
        (Some(path), _) => {
            let input = std::fs::File::open(path).map_err(|error| unreadable(path, &error))?;
            let readings = file::gather(BufReader::new(input)).map_err(|error| unreadable(path, &error))?;
            for (line, why) in &readings.faults {
                eprintln!("{}, line {line}: {why}", path.display());
            }
            let (_, tally) = trial.run(&readings.arrivals, &BTreeMap::new(), out)?;
            summary(&tally);
            Ok(readings.faults.is_empty())
        }
        (None, Some(path)) => {
            let since = clock.now().saturating_sub(span(&args.since)?).unwrap_or(Timestamp::MIN);
            if !path.is_file() {
                return Err(Failure::Usage(format!("there is no database {}", path.display())));
            }
            let store = Store::open(path).await?;
            let past = compare::load(&store, since).await?;
            let (told, tally) = trial.run(&past.arrivals, &past.states, out)?;
            summary(&tally);
            compare::differences(&told, &past.alerts);
            store.close().await;
            Ok(true)
        }
        (None, None) => Err(Failure::Usage("name --readings or --database".to_owned())),
    }
}

impl Trial {
    fn prepare(args: &BacktestArgs) -> Result<Self, Failure> {
        let rules =
            super::check::choose(args.rules.as_deref(), Path::new("alert_rules"), Source::BuiltInRules);
        let wording =
            super::check::choose(args.protocols.as_deref(), Path::new("protocols"), Source::BuiltInProtocols);
        let wording = match wording {
            Source::Directory(folder) => Source::Directory(folder.join("clinical")),
            built_in => built_in,
        };
        let catalog = catalog::load(&rules, &wording).map_err(|faults| {
            let lines: Vec<_> = faults.iter().map(ToString::to_string).collect();
            Failure::DoesNotHold(lines.join("\n"))
        })?;
        let (added, replaced) = match &args.protocol {
            // What patients are on says which rules watch them, as it did then.
            None if args.database.is_some() => Default::default(),
            None => {
                let enrolled = catalog.rules.iter().filter(|rule| rule.applies == Applies::Enrolled);
                (enrolled.map(|rule| rule.id.clone()).collect(), BTreeSet::new())
            }
            Some(id) => {
                let protocol = ProtocolId::parse(id).ok().and_then(|id| catalog.protocols.get(&id));
                let Some(protocol) = protocol else {
                    let known: Vec<_> = catalog.protocols.keys().map(ProtocolId::as_str).collect();
                    let why = format!("there is no protocol '{id}'; there are: {}", known.join(", "));
                    return Err(Failure::Usage(why));
                };
                (protocol.rules.iter().cloned().collect(), protocol.replaces.iter().cloned().collect())
            }
        };
        let own = match &args.thresholds {
            None => BTreeMap::new(),
            Some(path) => {
                let text = std::fs::read_to_string(path).map_err(|error| unreadable(path, &error))?;
                limits::read(&text, &catalog.rules)
                    .map_err(|why| Failure::Usage(format!("{}: {why}", path.display())))?
            }
        };
        Ok(Self { catalog, on_one_protocol: args.protocol.is_some(), added, replaced, own })
    }

    fn run(
        &self,
        arrivals: &[Arrival],
        states: &BTreeMap<PatientId, PatientState>,
        out: &mut impl Write,
    ) -> Result<(Vec<Told>, Tally), Failure> {
        let mut backtest = Backtest::new(&self.catalog);
        let mut all = Vec::new();
        for arrival in arrivals {
            if !backtest.knows(&arrival.patient) {
                backtest.admit(self.state(&arrival.patient, states));
            }
            for told in backtest.take(arrival) {
                serde_json::to_writer(&mut *out, &told).map_err(std::io::Error::from)?;
                out.write_all(b"\n")?;
                all.push(told);
            }
        }
        Ok((all, backtest.tally))
    }

    fn state(&self, id: &PatientId, states: &BTreeMap<PatientId, PatientState>) -> PatientState {
        let unknown = || PatientState::of(Patient::unknown(id.clone()));
        let mut state = states.get(id).cloned().unwrap_or_else(unknown);
        if self.on_one_protocol {
            state.enrolments.clear();
        }
        state.rules_added.clone_from(&self.added);
        state.rules_replaced.clone_from(&self.replaced);
        if let Some(own) = self.own.get(id) {
            for threshold in own.thresholds.iter() {
                state.thresholds.set(threshold.clone());
            }
            if let Some(zone) = &own.time_zone {
                state.patient.time_zone.clone_from(zone);
            }
            state.patient.date_of_birth = own.date_of_birth.clone().or(state.patient.date_of_birth);
        }
        state
    }
}

fn summary(tally: &Tally) {
    let count = |name| tally.opened.get(name).copied().unwrap_or_default();
    let (red, amber, advice) = (count("red"), count("amber"), count("advice"));
    let days = tally.patient_days();
    eprintln!(
        "{} readings of {} patients over {days} patient-days: {red} red, {amber} amber and {advice} advice alerts opened.",
        tally.readings,
        tally.patients()
    );
    let worsened = |name| tally.worsened.get(name).copied().unwrap_or_default();
    if !tally.worsened.is_empty() {
        eprintln!("Of alerts that stood, {} became red and {} amber.", worsened("red"), worsened("amber"));
    }
    if days > 0 {
        #[expect(clippy::cast_precision_loss, reason = "a figure of two decimals for people")]
        let a_day = |alerts: usize| alerts as f64 / days as f64;
        eprintln!(
            "Alerts per patient-day: {:.3}; those that wait for a human (red and amber): {:.3}.",
            a_day(red + amber + advice),
            a_day(red + amber)
        );
    }
    for (fault, times) in &tally.faults {
        eprintln!("{times} times: {fault}");
    }
}

fn unreadable(path: &Path, error: &std::io::Error) -> Failure {
    Failure::Usage(format!("{} cannot be read: {error}", path.display()))
}

/// `90d` or `12h`.
fn span(text: &str) -> Result<SignedDuration, Failure> {
    let parsed = [("d", 24), ("h", 1)].into_iter().find_map(|(unit, hours)| {
        let number: i64 = text.strip_suffix(unit)?.parse().ok()?;
        (1..=36_500).contains(&number).then(|| SignedDuration::from_hours(number * hours))
    });
    parsed.ok_or_else(|| Failure::Usage(format!("--since '{text}' is not a span such as 90d or 12h")))
}
