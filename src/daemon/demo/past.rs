//! The fortnight before: lived through by the real engine under a clock of its own, before any door opens.
//!
//! Protocols ask, people and devices answer or do not, rules judge, a nurse goes through the queue twice a day. Only the
//! air is missing: texts are in hand at once, and nobody signs them.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use jiff::civil::Time;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};

use crate::clock::Clock;
use crate::daemon::{DaemonError, Ground, HOUSE_ZONE};
use crate::domain::alert::{AlertState, Severity};
use crate::domain::delivery::Step;
use crate::domain::dispatch::Dispatch;
use crate::domain::event::{DeviceReading, Event, Origin, TextIn, Way};
use crate::domain::id::{DeviceId, PatientId, PromptId, ProtocolId};
use crate::domain::lost::Cause;
use crate::domain::organisation::Address;
use crate::domain::payload::{decode, key};
use crate::domain::phone::Phone;
use crate::domain::protocol::PromptState;
use crate::domain::provider::Provider;
use crate::engine::delivery::{Nudge, Room, settle};
use crate::engine::enrolment::{Desk, Move, Wish};
use crate::engine::intake::{self, Intake};
use crate::engine::nurse::{Closing, Hand, Nurse, Via, resolve_task};
use crate::engine::prompt::run_due;
use crate::engine::writer::Writer;
use crate::mqtt::simulator::{Chance, SimulatedDevice};
use crate::sms::simulator::Phones;
use crate::store::queue::AlertFilter;
use crate::telemetry::Telemetry;
use tokio_util::sync::CancellationToken;

use super::answer::{measures, words};
use super::people::{PAST_DAYS, Temper};
use super::ward::{Neighbour, Soon, Ward};

/// The same fortnight every time.
const SEED: u64 = 0x5eed_1a3b;
/// Texts and prompts at a time; the ward has fewer.
const MANY: u32 = 200;
/// Never, and late: how often a question is not answered at once.
const NEVER: f64 = 0.07;
const LATE: f64 = 0.18;
/// How long somebody silent has been so, and how much of the queue nobody has closed yet.
const SILENT_FOR: SignedDuration = SignedDuration::from_hours(4 * 24);
const UNSETTLED: SignedDuration = SignedDuration::from_hours(20);
/// When the nurse goes through the queue.
const ROUNDS: [i64; 2] = [10, 16];

/// What happens at a minute of the past.
enum Deed {
    Text(Phone, String),
    Publish(SimulatedDevice),
    Enrol(PatientId, ProtocolId),
    /// The patient agrees on a time of their own.
    Agree(Soon),
    Round,
}

struct Past<'a> {
    ground: &'a Ground,
    ward: &'a Ward,
    phones: &'a Phones,
    clock: Clock,
    intake: Intake,
    chance: Chance,
    zone: TimeZone,
    until: Timestamp,
    plan: BTreeMap<(Timestamp, u32), Deed>,
    planned: u32,
    /// Questions that somebody has made up their mind about.
    heard: HashSet<PromptId>,
}

/// When the past begins, for somebody who comes at `now`.
pub(super) fn beginning(now: Timestamp) -> Timestamp {
    now.saturating_sub(SignedDuration::from_hours(PAST_DAYS * 24)).unwrap_or(now)
}

/// Lives through the fortnight up to `until`. `soon` are those who are asked as soon as the doors are open.
pub(super) async fn live(
    ground: &Ground,
    ward: &Ward,
    phones: &Phones,
    soon: &[Soon],
    until: Timestamp,
) -> Result<(), DaemonError> {
    let clock = Clock::fixed(beginning(until));
    let (intake, waiting) = intake::channel(MANY as usize);
    let writer = Writer {
        store: ground.store.clone(),
        catalog: ground.catalog.clone(),
        clock: clock.clone(),
        // The figures of the gateway begin when its doors open.
        telemetry: Telemetry::new(),
        outbox: Nudge::default(),
    };
    let writing = tokio::spawn(writer.run(waiting, CancellationToken::new()));
    let zone = TimeZone::get(HOUSE_ZONE).unwrap_or(TimeZone::UTC);
    let mut past = Past {
        ground,
        ward,
        phones,
        clock,
        intake,
        chance: Chance::of(SEED),
        zone,
        until,
        plan: BTreeMap::new(),
        planned: 0,
        heard: HashSet::new(),
    };
    past.foresee(soon);
    let lived = past.run().await;
    drop(past);
    // The writer ends with the last way in.
    let _ = writing.await;
    lived.map_err(|why| DaemonError::Settings(format!("the demo's past cannot be lived through: {why}")))
}

type Lived = Result<(), Box<dyn std::error::Error + Send + Sync>>;

impl Past<'_> {
    /// What is certain to come: rounds, those who join later, times that are agreed on the day before.
    fn foresee(&mut self, soon: &[Soon]) {
        let begin = beginning(self.until);
        for day in 0..=PAST_DAYS {
            let date = begin.to_zoned(self.zone.clone()).date().saturating_add(day.days());
            for hour in ROUNDS {
                let time = Time::midnight().saturating_add(hour.hours());
                if let Ok(at) = date.to_datetime(time).to_zoned(self.zone.clone()) {
                    self.plan_at(at.timestamp(), Deed::Round);
                }
            }
        }
        let ago = |days: i64| {
            let then = SignedDuration::from_hours(days * 24);
            self.until.saturating_sub(then).unwrap_or(begin)
        };
        let later: Vec<_> = self.ward.later().map(|(p, protocol, days)| (ago(days), p, protocol)).collect();
        let yesterday = ago(1).saturating_add(SignedDuration::from_mins(10)).unwrap_or(begin);
        for (at, patient, protocol) in later {
            self.plan_at(at, Deed::Enrol(patient, protocol));
        }
        for soon in soon {
            self.plan_at(yesterday, Deed::Agree(soon.clone()));
        }
    }

    fn plan_at(&mut self, at: Timestamp, deed: Deed) {
        self.planned += 1;
        self.plan.insert((at, self.planned), deed);
    }

    async fn run(&mut self) -> Lived {
        loop {
            let now = self.clock.now();
            let planned = self.plan.first_key_value().map(|((at, _), _)| *at);
            let woken = self.ground.store.next_wake().await?;
            let Some(next) = planned.into_iter().chain(woken).min() else { return Ok(()) };
            let next = next.max(now.saturating_add(SignedDuration::from_secs(20))?);
            if next >= self.until {
                return Ok(());
            }
            self.clock.set(next);
            self.pass(next).await?;
        }
    }

    /// All that happens by `now`, and what is set off by it.
    async fn pass(&mut self, now: Timestamp) -> Lived {
        while let Some(((at, _), deed)) = self.plan.pop_first() {
            if at > now {
                self.plan_at(at, deed);
                break;
            }
            self.act(deed, now).await?;
        }
        let catalog = self.ground.catalog.hold().await;
        run_due(&self.ground.store, &catalog, &self.ground.ids, now).await?;
        drop(catalog);
        self.deliver(now).await
    }

    async fn act(&mut self, deed: Deed, now: Timestamp) -> Lived {
        let Ground { store, catalog, ids, .. } = self.ground;
        // Nobody changes the files of a ward that is still being made up.
        let catalog = &*catalog.hold().await;
        let desk = Desk { store, catalog, ids, now };
        let rosa = Hand { actor: "rosa".to_owned(), via: Via::Page };
        match deed {
            Deed::Text(phone, body) => {
                self.phones.recall(&phone, &body, false, now);
                let event = self.text(&phone, &body, now);
                self.intake.submit(event).await?;
            }
            Deed::Publish(device) => {
                let event = self.publish(&device, now);
                self.intake.submit(event).await?;
            }
            Deed::Enrol(patient, protocol) => {
                let wish = Wish { protocol, first_day: None, last_day: None, consent: None };
                desk.start(&patient, &wish, &rosa).await?;
            }
            Deed::Agree(soon) => {
                let times = soon.entries.iter().map(|entry| ((*entry).to_owned(), vec![soon.at]));
                let times = Move::Times(times.collect());
                desk.change(&soon.patient, &soon.protocol, times, &rosa).await?;
            }
            Deed::Round => self.round(&rosa, now).await?,
        }
        Ok(())
    }

    fn text(&self, phone: &Phone, body: &str, now: Timestamp) -> Event {
        let id = self.ground.ids.event(now);
        let provider_id = format!("past-{id}");
        let text = TextIn {
            provider: Provider::Twilio,
            way: Way::Pushed,
            part: None,
            from: phone.to_string(),
            to: super::NUMBER.to_owned(),
            body: body.to_owned(),
            provider_id: provider_id.clone(),
            opt_out: None,
            media: 0,
        };
        let key = format!("twilio:{provider_id}");
        Event { id, key, received_at: now, origin: Origin::Text(text), raw: body.as_bytes().to_vec() }
    }

    fn publish(&mut self, device: &SimulatedDevice, now: Timestamp) -> Event {
        let raw = device.reading(&mut self.chance, now).to_string().into_bytes();
        let payload = decode(&raw);
        let name: DeviceId = device.id.clone();
        let key = key::reading(&name, &payload, &raw, false, now);
        let topic = format!("lamplight/v1/{name}/reading");
        let reading =
            DeviceReading { device: name, topic, retained: false, battery: None, stream: None, payload };
        Event { id: self.ground.ids.event(now), key, received_at: now, origin: Origin::Reading(reading), raw }
    }

    /// Everything in the outbox is on its phone at once, and whoever is asked makes up their mind.
    async fn deliver(&mut self, now: Timestamp) -> Lived {
        let store = &self.ground.store;
        let explain = |_, _| Cause::Other;
        let lease_until = now.saturating_add(SignedDuration::from_mins(1))?;
        let room = Room { texts: MANY as usize, lease_until, dispatch: Dispatch::default() };
        let (_, due) = settle(store, &[], Some(room), now, explain).await?;
        if due.is_empty() {
            return Ok(());
        }
        let asked: Vec<PatientId> = due.iter().filter_map(|text| text.patient.clone()).collect();
        let mut sent = Vec::with_capacity(due.len());
        for text in due {
            if let Some(Address::Sms(to)) = &text.to {
                self.phones.recall(to, &text.body, true, now);
            }
            let provider_ids = vec![format!("simulated-{}", text.id)];
            sent.push((text, Step::Sent { provider_ids }));
        }
        settle(store, &sent, None, now, explain).await?;
        for patient in asked {
            self.consider(&patient, now).await?;
        }
        Ok(())
    }

    async fn consider(&mut self, patient: &PatientId, now: Timestamp) -> Lived {
        let Some(neighbour) = self.ward.neighbour(patient) else { return Ok(()) };
        let mut open = self.ground.store.prompts(patient, None, 12).await?;
        open.retain(|prompt| prompt.state == PromptState::Asked && !self.heard.contains(&prompt.id));
        open.reverse();
        let days_left = (self.until.duration_since(now)).as_hours() / 24;
        let mut after = self.patience(&neighbour, now);
        let catalog = self.ground.catalog.hold().await;
        for prompt in open {
            self.heard.insert(prompt.id.clone());
            let Some(protocol) = catalog.protocols.get(&prompt.protocol) else { continue };
            let Some(question) = protocol.asked_by(&prompt) else { continue };
            let Some(minutes) = after else { continue };
            let at = now.saturating_add(SignedDuration::from_mins(minutes))?;
            after = Some(minutes + 2);
            match neighbour.device.clone().filter(|device| measures(device, question)) {
                Some(device) => self.plan_at(at, Deed::Publish(device)),
                None => {
                    let name = prompt.question.as_str();
                    if let Some(said) = words(neighbour.person, name, question, days_left, &mut self.chance) {
                        self.plan_at(at, Deed::Text(neighbour.phone.clone(), said));
                    }
                }
            }
        }
        Ok(())
    }

    /// After how many minutes an answer comes; nothing: never.
    fn patience(&mut self, neighbour: &Neighbour, now: Timestamp) -> Option<i64> {
        let draw = self.chance.unit();
        let late = draw < LATE;
        #[expect(clippy::cast_possible_truncation, reason = "minutes of a day")]
        let minutes = (self.chance.unit() * if late { 60.0 } else { 35.0 }) as i64;
        let is_silent =
            neighbour.person.temper == Temper::Silent && self.until.duration_since(now) < SILENT_FOR;
        (draw >= NEVER && !is_silent).then_some(minutes + if late { 100 } else { 2 })
    }

    /// The nurse closes what is there; today's queue is still to be worked through.
    async fn round(&self, rosa: &Hand, now: Timestamp) -> Lived {
        let store = &self.ground.store;
        let filter = AlertFilter {
            states: vec![AlertState::Open, AlertState::Acknowledged],
            ..AlertFilter::default()
        };
        let site = Arc::clone(&self.ground.catalog.hold().await.site);
        let nurse = Nurse { store, site: &site, hand: rosa, now };
        let is_today = self.until.duration_since(now) < UNSETTLED;
        for (n, alert) in store.alerts(&filter, MANY).await?.into_iter().enumerate() {
            // Nobody lets a red wait for a day.
            if is_today && alert.severity != Severity::Red {
                if n % 2 == 1 && alert.state == AlertState::Open {
                    nurse.acknowledge(&alert.id).await?;
                }
                continue;
            }
            let outcome = site.outcomes.get(n % 3).map(|outcome| outcome.name.clone());
            nurse.resolve(&alert.id, &Closing { outcome, note: None }).await?;
        }
        if !is_today {
            for task in store.open_tasks(None, MANY).await? {
                resolve_task(store, &task.id, rosa, None, now).await?;
            }
        }
        Ok(())
    }
}
