//! A county for a month: 2,400 patients on mixed protocols, thirty simulated days, in one run.
//!
//! `cargo bench --bench county -- [--patients N] [--days N] [--seed N]`
//!
//! Everything goes the house's own way: questions fall due, patients answer in their own words or do not, every text is
//! understood, judged and answered. Prints texts, missed questions, alerts by severity, and how many alerts a day and
//! patient need a human. Ends with an error when a reading that is red by a table of its own (`truth.rs`) raised no red
//! alert.

mod chance;
mod person;
mod tally;
mod truth;

use std::process::ExitCode;
use std::time::Instant;

use jiff::civil::{Date, date};
use jiff::tz::TimeZone;
use lamplight::domain::rehearsal::Rehearsal;

use chance::Chance;
use person::Person;
use tally::Tally;

/// The first simulated day: a month that holds the change to summer time.
const FIRST_DAY: Date = date(2026, 3, 10);
/// When nurses go through the queue.
const ROUNDS: [i8; 3] = [9, 13, 17];

struct Options {
    patients: u32,
    days: u32,
    seed: u64,
}

fn main() -> ExitCode {
    let options = match Options::read(std::env::args().skip(1)) {
        Ok(options) => options,
        Err(why) => {
            eprintln!("{why}");
            return ExitCode::from(2);
        }
    };
    let catalog = match lamplight::catalog::built_in() {
        Ok(catalog) => catalog,
        Err(faults) => {
            eprintln!("the built-in clinical files do not load: {} faults", faults.len());
            return ExitCode::from(1);
        }
    };
    let begun = Instant::now();
    let mut tally = Tally::default();
    for number in 0..options.patients {
        let mut chance = Chance::new(options.seed, number);
        let person = Person::make(number, &mut chance);
        if let Err(why) = live(&catalog, person, options.days, &mut chance, &mut tally) {
            eprintln!("patient {number}: {why}");
            return ExitCode::FAILURE;
        }
    }
    tally.print(options.patients, options.days, begun.elapsed());
    if tally.missed_reds() { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

/// One patient's month, hour by hour.
fn live(
    catalog: &lamplight::domain::decide::Catalog,
    mut person: Person,
    days: u32,
    chance: &mut Chance,
    tally: &mut Tally,
) -> Result<(), Box<dyn std::error::Error>> {
    let zone = TimeZone::get("Europe/London")?;
    let noon_before = FIRST_DAY.yesterday()?.at(12, 0, 0, 0);
    let start = noon_before.to_zoned(zone.clone())?.timestamp();
    let mut house = Rehearsal::new(catalog, person.patient(), start);
    for limit in person.limits() {
        house.state_mut().thresholds.set(limit);
    }
    house.enrol(&person.protocol(), FIRST_DAY, None)?;
    for day in 0..days {
        let date = FIRST_DAY.checked_add(jiff::Span::new().days(i64::from(day)))?;
        person.wake(day, chance);
        for hour in 0..24 {
            let at = date.at(hour, 59, 0, 0).to_zoned(zone.clone())?.timestamp();
            for text in person.texts(&house, day, at, chance) {
                house.pass_to(text.at);
                house.text(&text.body);
                if let Some(red) = text.red {
                    tally.judge_red(&house, red, &text.body);
                }
                tally.look(&house);
            }
            house.pass_to(at);
            tally.look(&house);
            if ROUNDS.contains(&hour) {
                house.attend();
            }
        }
    }
    tally.take(&house);
    Ok(())
}

impl Options {
    fn read(mut words: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut options = Self { patients: 2_400, days: 30, seed: 1 };
        while let Some(word) = words.next() {
            if word == "--bench" {
                continue;
            }
            let value = words.next().and_then(|value| value.parse::<u64>().ok());
            let value = value.ok_or_else(|| format!("{word} needs a whole number after it"))?;
            let small = || u32::try_from(value).map_err(|_| format!("{word} {value} is too much"));
            match word.as_str() {
                "--patients" => options.patients = small()?,
                "--days" => options.days = small()?,
                "--seed" => options.seed = value,
                _ => return Err(format!("{word} is not an option; there are --patients, --days and --seed")),
            }
        }
        Ok(options)
    }
}
