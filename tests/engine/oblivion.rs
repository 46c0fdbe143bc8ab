//! A writer that remembers and one that forgets before every message store the same: the same script, the same rows.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use jiff::civil::date;
use lamplight::domain::decide::Catalog;
use lamplight::domain::id::{MessageId, PatientId, ProtocolId};
use lamplight::engine::enrolment::{Desk, Wish};
use lamplight::engine::prompt::run_due;

use super::house::{ADA, BOB, House, STRANGER};
use super::protocol::{files, hand};
use crate::due::file::{asks, at, entry, protocol};
use crate::support::dice::Dice;

const TEXTS: [&str; 20] = [
    "BP 128 76",
    "BP 162 98",
    "BP 190 112",
    "128/76",
    "yes",
    "no",
    "3",
    "weight 78.4",
    "weight 97",
    "79",
    "95",
    "STOP",
    "START",
    "thank you",
    "the cat sat on the machine",
    "zzz",
    "glucose 3.1",
    "glucose 6",
    "HELP",
    "BP 131 79",
];
const ID_LENGTH: usize = 20;
/// What a decision may leave behind. The rest is written by hands that the script does not have.
const TABLES: [&str; 17] = [
    "agenda",
    "alert",
    "alert_evidence",
    "answer",
    "confirmation",
    "device",
    "enrolment",
    "follow_count",
    "inbox",
    "ledger",
    "message",
    "missed",
    "patient",
    "prompt",
    "reading_set",
    "task",
    "unreadable",
];

fn with_weights() -> Catalog {
    let mut files = files();
    let weight = protocol("weight", vec![entry("weigh", asks(&["weight"]), &["08:00", "17:00"])]);
    files.protocols.insert(weight.id.clone(), weight.into());
    files
}

/// One of the two, and whether it may remember.
struct Side {
    house: House,
    forgets: bool,
}

impl Side {
    async fn new(forgets: bool) -> Self {
        let house = House::under(with_weights(), at("2026-03-27 12:00")).await;
        for (patient, id) in [("ada", "home_bp"), ("ada", "mood"), ("bob", "weight")] {
            let wish = Wish {
                protocol: ProtocolId::trusted(id),
                first_day: Some(date(2026, 3, 28)),
                last_day: None,
                consent: None,
            };
            let House { store, catalog, ids, clock, .. } = &house;
            let desk = Desk { store, catalog, ids, now: clock.now() };
            desk.start(&PatientId::trusted(patient), &wish, &hand()).await.unwrap();
        }
        Self { house, forgets }
    }

    /// Time passes; what is due is asked and leaves, as the outbox has it: quietly.
    async fn wait(&self, minutes: i64, sends: bool) {
        self.house.wait(SignedDuration::from_mins(minutes));
        let House { store, catalog, ids, clock, .. } = &self.house;
        run_due(store, catalog, ids, clock.now()).await.unwrap();
        if !sends {
            return;
        }
        let waiting =
            self.house.see("select id from message where direction = 'out' and state = 'queued'").await;
        let mut tx = store.begin_quietly().await.unwrap();
        for id in waiting {
            tx.record_sent(&MessageId::trusted(id), None, None, clock.now()).await.unwrap();
        }
        tx.commit().await.unwrap();
    }

    async fn take(&self, doings: &[Doing]) {
        if self.forgets {
            drop(self.house.store.begin().await.unwrap());
        }
        let events = doings.iter().map(|doing| match doing {
            Doing::Text(from, body) => self.house.text(from, body),
            Doing::Pressure(systolic) => self.house.pressure("bp-1", *systolic, 70),
            Doing::Hub(state) => self.house.status("bp-1", state),
        });
        let kept = self.house.take(events.collect::<Vec<_>>()).await;
        assert!(kept.iter().all(Result::is_ok), "{kept:?}");
    }

    /// Everything stored; ids, which are thrown, are numbered as they come up.
    async fn rows(&self) -> Vec<String> {
        let mut rows = Vec::new();
        let mut names: BTreeMap<String, usize> = BTreeMap::new();
        for table in TABLES {
            let columns = self
                .house
                .see(&format!(
                    "select group_concat('quote(' || name || ')', ' || '' | '' || ') from pragma_table_info('{table}')"
                ))
                .await;
            let all = format!("select {} from {table}", columns[0]);
            for row in self.house.see(&all).await {
                let mut line = table.to_owned();
                for word in row.split_inclusive(|c: char| !c.is_ascii_alphanumeric()) {
                    let name = word.trim_end_matches(|c: char| !c.is_ascii_alphanumeric());
                    let Some(start) = name.len().checked_sub(ID_LENGTH) else {
                        line.push_str(word);
                        continue;
                    };
                    let next = names.len();
                    let number = names.entry(name[start..].to_owned()).or_insert(next);
                    line.push_str(&format!("{}<{number}>{}", &word[..start], &word[name.len()..]));
                }
                rows.push(line);
            }
        }
        rows
    }
}

#[derive(Debug, Clone, Copy)]
enum Doing {
    Text(&'static str, &'static str),
    Pressure(u32),
    Hub(&'static str),
}

fn throw(dice: &mut Dice) -> Doing {
    match dice.below(10) {
        0..=6 => {
            let from = [ADA, ADA, BOB, BOB, STRANGER][usize::try_from(dice.below(5)).unwrap()];
            Doing::Text(from, TEXTS[usize::try_from(dice.below(20)).unwrap()])
        }
        7 | 8 => Doing::Pressure(110 + u32::try_from(dice.below(80)).unwrap()),
        _ => Doing::Hub(["online", "offline"][usize::try_from(dice.below(2)).unwrap()]),
    }
}

async fn memory_changes_nothing(seed: u64) {
    let (one, other) = (Side::new(false).await, Side::new(true).await);
    let mut dice = Dice::new(seed);
    let mut script = Vec::new();
    for _ in 0..40 {
        if dice.below(2) == 0 {
            let (minutes, sends) = (i64::try_from(dice.below(300)).unwrap(), dice.below(4) > 0);
            script.push(format!("{minutes} min, sends {sends}"));
            one.wait(minutes, sends).await;
            other.wait(minutes, sends).await;
        }
        let doings: Vec<Doing> = (0..=dice.below(3)).map(|_| throw(&mut dice)).collect();
        script.push(format!("{doings:?}"));
        one.take(&doings).await;
        other.take(&doings).await;
    }
    let (remembered, looked_up) = (one.rows().await, other.rows().await);
    assert!(remembered.len() > 100, "{remembered:#?}");
    for (one, other) in remembered.iter().zip(&looked_up) {
        assert_eq!(one, other, "seed {seed}\n{}", script.join("\n"));
    }
    assert_eq!(remembered.len(), looked_up.len(), "seed {seed}");
    one.house.leaves_whatever().await;
    other.house.leaves_whatever().await;
}

#[tokio::test]
async fn what_is_remembered_gives_the_rows_that_looking_up_gives() {
    for seed in 0..4 {
        memory_changes_nothing(seed).await;
    }
}

/// A number alone that answers the question for a weight is held against the last weight, as one that says so is.
#[tokio::test]
async fn a_bare_number_that_answers_for_a_weight_is_weighed_against_the_last_one() {
    let side = Side::new(false).await;
    side.house.accepts(side.house.text(BOB, "weight 79")).await;
    side.house.clock.set(at("2026-03-28 08:00"));
    side.wait(1, true).await;
    side.house.accepts(side.house.text(BOB, "97")).await;
    assert_eq!(
        side.house.see("select readings from confirmation").await.len(),
        1,
        "{:?}",
        side.house.see("select body from message").await
    );
    side.house.leaves_whatever().await;
}
