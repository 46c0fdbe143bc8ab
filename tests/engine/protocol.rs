//! The gateway with its database does to the letter what the house without one rehearses: the same texts, readings,
//! outages and moves give the same messages, alerts and misses.

use jiff::civil::date;
use jiff::{SignedDuration, Timestamp};
use lamplight::domain::decide::Catalog;
use lamplight::domain::event::OptOut;
use lamplight::domain::id::{PatientId, ProtocolId};
use lamplight::domain::patient::Patient;
use lamplight::domain::protocol::{Does, FollowUp, Trigger};
use lamplight::domain::reading::Measurement;
use lamplight::domain::rehearsal::{Rehearsal, Sign};
use lamplight::domain::vital::Vital;
use lamplight::engine::enrolment::{Desk, Move, Wish};
use lamplight::engine::known_state;
use lamplight::engine::nurse::{Hand, Via};
use lamplight::engine::prompt::run_due;

use super::house::{ADA, House};
use crate::due::file::{ada, asks, at, catalog, entry, home_bp, protocol, when_missed};
use crate::support::dice::Dice;

const NOON: &str = "2026-03-27 12:00";
const TEXTS: [&str; 12] = [
    "BP 128 76",
    "BP 162 98",
    "BP 190 112",
    "128/76",
    "yes",
    "no",
    "3",
    "weight 78.4",
    "thank you",
    "the cat sat on the machine",
    "NO",
    "glucose 3.1",
];

/// A gateway that sends every text in the minute that it is queued.
pub(crate) struct Gateway {
    pub house: House,
    dark_until: Timestamp,
}

impl Gateway {
    pub async fn under(catalog: Catalog, now: Timestamp) -> Self {
        Self { house: House::under(catalog, now).await, dark_until: now }
    }

    pub fn desk(&self) -> Desk<'_> {
        let House { store, catalog, ids, clock, .. } = &self.house;
        Desk { store, catalog, ids, now: clock.now() }
    }

    /// Asks what is due and sends it, until nothing more comes of it.
    pub async fn settle(&self) {
        let House { store, catalog, ids, clock, .. } = &self.house;
        loop {
            run_due(store, catalog, ids, clock.now()).await.unwrap();
            if self.house.count("message where direction = 'out' and state = 'queued'").await == 0 {
                return;
            }
            let now = clock.now().as_millisecond();
            let sent = format!(
                "update message set state = 'sent', sent_at = {now}, due_at = null
                 where direction = 'out' and state = 'queued'"
            );
            self.house.run(&sent).await;
        }
    }

    pub async fn pass_to(&self, at: Timestamp) {
        loop {
            if self.house.clock.now() >= self.dark_until {
                self.settle().await;
            }
            let next = self.house.store.next_wake().await.unwrap();
            match next.map(|wake| wake.max(self.dark_until).max(self.house.clock.now())) {
                Some(wake) if wake <= at => self.house.clock.set(wake),
                _ => break,
            }
        }
        self.house.clock.set(self.house.clock.now().max(at));
    }

    async fn text(&self, body: &str, opt_out: Option<OptOut>) {
        self.wait_for_light().await;
        let event = self.house.carried(ADA, body, opt_out);
        assert!(self.house.take([event]).await[0].is_ok());
        self.pass_to(self.house.clock.now()).await;
    }

    async fn pressure(&self, systolic: u32, diastolic: u32) {
        self.wait_for_light().await;
        self.house.accepts(self.house.pressure("bp-1", systolic, diastolic)).await;
        self.pass_to(self.house.clock.now()).await;
    }

    async fn wait_for_light(&self) {
        if self.house.clock.now() < self.dark_until {
            self.pass_to(self.dark_until).await;
        }
    }

    async fn start(&self, protocol: &str) {
        let wish = Wish {
            protocol: ProtocolId::trusted(protocol),
            first_day: Some(date(2026, 3, 28)),
            last_day: None,
            consent: None,
        };
        self.desk().start(&PatientId::trusted("ada"), &wish, &hand()).await.unwrap();
    }

    /// Whether the move was made to any.
    async fn change_all(&self, change: &Move) {
        for protocol in self.house.see("select protocol_id from enrolment where state <> 'ended'").await {
            let protocol = ProtocolId::trusted(protocol);
            let ada = PatientId::trusted("ada");
            self.desk().change(&ada, &protocol, change.clone(), &hand()).await.unwrap();
        }
        self.pass_to(self.house.clock.now()).await;
    }

    /// `time > parts body`, `time - question cause`, in order.
    async fn lines(&self) -> Vec<String> {
        let mut lines = self
            .house
            .see(
                "select created_at || ' > ' || coalesce((select group_concat(value, ' + ') from json_each(says)), '')
                        || ' ' || body from message where direction = 'out'",
            )
            .await;
        lines.extend(
            self.house
                .see("select since || ' - ' || question || ' ' || cause from prompt where state = 'missed'")
                .await,
        );
        lines.sort();
        lines
    }
}

pub(crate) fn hand() -> Hand {
    Hand { actor: "rehearsal".to_owned(), via: Via::Page }
}

pub(super) fn files() -> Catalog {
    let follow_up = |id: &str, when: Trigger, does: Does, after_minutes: u32| FollowUp {
        id: id.to_owned(),
        when,
        does,
        after_minutes,
        window_minutes: 90,
        reminders: Vec::new(),
        most: 1,
    };
    let retest = Trigger::Fired {
        rule: lamplight::domain::id::RuleId::trusted("blood_pressure_high"),
        severities: vec![
            lamplight::domain::alert::Severity::Advice,
            lamplight::domain::alert::Severity::Amber,
        ],
    };
    let mut bp = home_bp();
    bp.follow_ups = vec![
        follow_up("retest", retest, asks(&["bp"]), 30),
        when_missed("bp", 2, Does::Say(vec!["ring".to_owned()])),
    ];
    let mood = protocol(
        "mood",
        vec![
            entry("noon", asks(&["mood"]), &["12:30"]),
            entry("well", asks(&["well"]), &["08:00"]),
            entry("tip", Does::Say(vec!["tip_salt".to_owned(), "tip_walk".to_owned()]), &["22:00"]),
        ],
    );
    catalog([bp, mood])
}

/// Throws the same script at both and compares what comes of it.
async fn both_do_the_same(seed: u64) {
    let files = files();
    let start = at(NOON);
    let mut gateway = Gateway::under(files.clone(), start).await;
    let mut rehearsal = Rehearsal::new(&files, Patient { name: Some("Ada".to_owned()), ..ada() }, start);
    let mut dice = Dice::new(seed);
    let mut script = Vec::new();
    for id in ["home_bp", "mood"] {
        gateway.start(id).await;
        rehearsal.enrol(&ProtocolId::trusted(id), date(2026, 3, 28), None).unwrap();
    }
    // What is sent in the minute counts as sent before anything else happens.
    gateway.pass_to(start).await;
    rehearsal.pass_to(start);
    for _ in 0..60 {
        let now = gateway.house.clock.now();
        let wait = SignedDuration::from_mins(i64::try_from(dice.below(420)).unwrap());
        let then = now.saturating_add(wait).unwrap();
        gateway.pass_to(then).await;
        rehearsal.pass_to(then);
        match dice.below(12) {
            0..=6 => {
                let text = TEXTS[usize::try_from(dice.below(12)).unwrap()];
                script.push(format!("{then} < {text}"));
                gateway.text(text, None).await;
                rehearsal.text_as(text, None);
            }
            7 | 8 => {
                let systolic = 110 + u32::try_from(dice.below(80)).unwrap();
                script.push(format!("{then} ~ {systolic} 80"));
                gateway.pressure(systolic, 80).await;
                let exactly = |vital, value: u32| Measurement::exactly(vital, f64::from(value)).unwrap();
                rehearsal.device(vec![exactly(Vital::Systolic, systolic), exactly(Vital::Diastolic, 80)]);
            }
            9 => {
                let until = then.saturating_add(SignedDuration::from_mins(200)).unwrap();
                script.push(format!("{then} = outage until {until}"));
                gateway.dark_until = until;
                rehearsal.outage(until);
            }
            10 => {
                let to = then.saturating_add(SignedDuration::from_hours(9)).unwrap();
                script.push(format!("{then} = pause until {to}"));
                gateway.wait_for_light().await;
                rehearsal.pass_to(gateway.house.clock.now());
                gateway.change_all(&Move::Pause { to: Some(to), reason: "rehearsal".to_owned() }).await;
                rehearsal.pause(Some(to));
            }
            _ => {
                let (word, opt_out) =
                    if dice.below(2) == 0 { ("STOP", OptOut::Stop) } else { ("START", OptOut::Start) };
                script.push(format!("{then} < {word}"));
                gateway.text(word, Some(opt_out)).await;
                rehearsal.text_as(word, Some(opt_out));
            }
        }
    }
    let story = script.join("\n");
    let mut rehearsed: Vec<String> = rehearsal
        .lines()
        .iter()
        .filter_map(|line| {
            let (at, words) = (line.at.as_millisecond(), &line.words);
            match line.sign {
                Sign::Told => Some(format!("{at} > {words} {}", line.body.as_deref().unwrap_or_default())),
                Sign::Miss => Some(format!("{at} - {words}")),
                _ => None,
            }
        })
        .collect();
    rehearsed.sort();
    let lived = gateway.lines().await;
    let odd =
        |a: &[String], b: &[String]| a.iter().filter(|line| !b.contains(line)).cloned().collect::<Vec<_>>();
    assert_eq!(
        (odd(&lived, &rehearsed), odd(&rehearsed, &lived)),
        (Vec::new(), Vec::new()),
        "seed {seed}\n{story}\n\n{}",
        rehearsal.transcript()
    );
    assert_eq!(lived, rehearsed, "seed {seed}\n{story}");
    assert!(lived.len() > 30, "seed {seed} is a dull story: {lived:#?}");

    // And what either of them would go on from.
    let now = gateway.house.clock.now();
    let House { store, .. } = &gateway.house;
    let known = known_state(store, &PatientId::trusted("ada"), now).await.unwrap().unwrap();
    let known_by_heart = rehearsal.state();
    assert_eq!(known.enrolments, known_by_heart.enrolments, "seed {seed}");
    let alerts = |state: &lamplight::domain::decide::PatientState| {
        let mut alerts: Vec<_> = state
            .alerts
            .iter()
            .map(|a| {
                (a.rule.clone(), a.severity, a.state, a.timely.map(|timely| (timely.severity, timely.at)))
            })
            .collect();
        alerts.sort_by(|a, b| a.0.cmp(&b.0));
        alerts
    };
    assert_eq!(alerts(&known), alerts(known_by_heart), "seed {seed}\n{story}");
    assert_eq!(known.misses, known_by_heart.misses, "seed {seed}\n{story}");
    assert_eq!(known.unreadable_in_a_row, known_by_heart.unreadable_in_a_row, "seed {seed}");
    let counts = |state: &lamplight::domain::decide::PatientState| {
        state
            .follow_counts
            .iter()
            .filter(|(_, n)| **n > 0)
            .map(|(id, n)| (id.clone(), *n))
            .collect::<Vec<_>>()
    };
    assert_eq!(counts(&known), counts(known_by_heart), "seed {seed}\n{story}");
    let open = |state: &lamplight::domain::decide::PatientState| {
        let mut open: Vec<_> = state
            .prompts
            .iter()
            .map(|p| {
                (p.planned_at, p.question.clone(), p.entry.clone(), p.state, p.since, p.sent, p.reminded)
            })
            .map(|prompt| format!("{prompt:?}"))
            .collect();
        open.sort();
        open
    };
    assert_eq!(open(&known), open(known_by_heart), "seed {seed}\n{story}");
    gateway.house.leaves_whatever().await;
}

#[tokio::test]
async fn the_gateway_does_what_was_rehearsed_whatever_happens() {
    for seed in 0..6 {
        both_do_the_same(seed).await;
    }
}
