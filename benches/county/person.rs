//! A simulated patient: what they are on, how they are, how they write, and how often they answer.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use lamplight::domain::id::{PatientId, PromptId, ProtocolId, RuleId};
use lamplight::domain::patient::Patient;
use lamplight::domain::phone::Phone;
use lamplight::domain::protocol::{Asks, Prompt, PromptState};
use lamplight::domain::rehearsal::Rehearsal;
use lamplight::domain::reply::Asked;
use lamplight::domain::threshold::Threshold;

use super::chance::Chance;
use super::truth::{Circumstances, Said, red};

/// Protocols and their share of a county's patients, in per cent.
const MIX: [(&str, u32); 13] = [
    ("home_bp_diagnosis", 14),
    ("bp_poor_control", 16),
    ("bp_stable", 20),
    ("pregnancy_bp", 5),
    ("heart_failure", 8),
    ("copd", 8),
    ("asthma", 4),
    ("diabetes_glucose", 9),
    ("gestational_diabetes", 3),
    ("covid_virtual_ward", 2),
    ("chemo_fever", 2),
    ("medication_reminder", 5),
    ("weight_management", 4),
];

/// The share of questions answered, by week: 83 % in the first (AIM, BMC Fam Pract 2015;16:83), then falling.
const ADHERENCE: [f64; 5] = [0.83, 0.74, 0.66, 0.60, 0.55];
/// A day on which something is badly wrong.
const BAD_DAY: f64 = 0.003;

#[derive(Debug)]
pub struct Person {
    number: u32,
    protocol: &'static str,
    about: Circumstances,
    /// One in four never writes as asked (PMC7746494: 25 % of 155).
    free_writer: bool,
    upper: f64,
    lower: f64,
    glucose: f64,
    oxygen: f64,
    weight: f64,
    flow: f64,
    bad: bool,
    seen: BTreeSet<PromptId>,
    waiting: Vec<Text>,
}

/// A text that will be sent.
#[derive(Debug, Clone)]
pub struct Text {
    pub at: Timestamp,
    pub body: String,
    pub red: Option<&'static str>,
}

impl Person {
    pub fn make(number: u32, chance: &mut Chance) -> Self {
        let mut draw = number * 37 % 100;
        let protocol = MIX
            .iter()
            .find(|(_, share)| {
                let found = draw < *share;
                draw = draw.saturating_sub(*share);
                found
            })
            .map_or("bp_stable", |(name, _)| *name);
        let treated = matches!(protocol, "bp_poor_control" | "home_bp_diagnosis");
        let pregnant = matches!(protocol, "pregnancy_bp" | "gestational_diabetes");
        let (upper, lower) = match (treated, pregnant) {
            (true, _) => (chance.around(138.0, 9.0), chance.around(82.0, 6.0)),
            (_, true) => (chance.around(118.0, 8.0), chance.around(72.0, 6.0)),
            _ => (chance.around(127.0, 8.0), chance.around(76.0, 6.0)),
        };
        Self {
            number,
            protocol,
            about: Circumstances {
                pregnant: protocol == "pregnancy_bp",
                chemotherapy: protocol == "chemo_fever",
                own_oxygen: protocol == "copd",
            },
            free_writer: chance.happens(0.25),
            upper,
            lower,
            glucose: if pregnant { chance.around(4.8, 0.3) } else { chance.around(8.2, 1.2) },
            oxygen: if protocol == "copd" { 93.0 } else { 97.0 },
            weight: chance.around(81.0, 12.0).clamp(45.0, 160.0),
            flow: chance.around(430.0, 60.0).clamp(200.0, 650.0),
            bad: false,
            seen: BTreeSet::new(),
            waiting: Vec::new(),
        }
    }

    pub fn patient(&self) -> Patient {
        let mut patient = Patient::unknown(PatientId::trusted(format!("county-{}", self.number)));
        patient.name = Some("Sam Example".to_owned());
        patient.phone = Phone::from_carrier("+447700900121");
        patient
    }

    /// What a clinician sets for whoever has lungs or a heart of their own: without it every reading would be an alert.
    pub fn limits(&self) -> Vec<Threshold> {
        let own: &[(&str, &str, f64)] = match self.protocol {
            // Target 88 to 92 %: the usual level is this patient's, and the limits for everyone lie below it.
            "copd" => &[
                ("spo2_below_usual", "usual_spo2", 92.0),
                ("spo2_low", "spo2_amber", 88.0),
                ("spo2_low", "spo2_red", 85.0),
            ],
            _ => &[],
        };
        own.iter()
            .map(|(rule, parameter, value)| Threshold {
                rule: RuleId::trusted(*rule),
                parameter: (*parameter).to_owned(),
                value: *value,
                author: "county".to_owned(),
                reason: "simulated".to_owned(),
                since: Timestamp::UNIX_EPOCH,
            })
            .collect()
    }

    pub fn protocol(&self) -> ProtocolId {
        ProtocolId::trusted(self.protocol)
    }

    /// A new day: a good one or a bad one.
    pub fn wake(&mut self, _day: u32, chance: &mut Chance) {
        self.bad = chance.happens(BAD_DAY);
        self.weight += chance.around(0.0, 0.12);
    }

    /// What is texted until `until`: answers to what was asked, for those who answer.
    pub fn texts(
        &mut self,
        house: &Rehearsal<'_>,
        day: u32,
        until: Timestamp,
        chance: &mut Chance,
    ) -> Vec<Text> {
        let week = usize::try_from(day / 7).unwrap_or(0).min(ADHERENCE.len() - 1);
        let open = |prompt: &&Prompt| prompt.state == PromptState::Asked && !self.seen.contains(&prompt.id);
        let fresh: Vec<Prompt> = house.state().prompts.iter().filter(open).cloned().collect();
        for prompt in fresh {
            self.seen.insert(prompt.id.clone());
            if !chance.happens(ADHERENCE[week]) {
                continue;
            }
            let Some(question) =
                house.catalog().protocols.get(&prompt.protocol).and_then(|p| p.question(&prompt.question))
            else {
                continue;
            };
            let wait = SignedDuration::from_secs(120 + 60 * i64::from(chance.whole(50)));
            let at = prompt.since.checked_add(wait).unwrap_or(prompt.since).max(house.now());
            if let Some((body, said)) = self.answer(prompt.question.as_str(), &question.asks, chance) {
                self.waiting.push(Text { at, body, red: red(said, self.about) });
            }
        }
        self.waiting.sort_by_key(|text| text.at);
        let ready = self.waiting.partition_point(|text| text.at <= until);
        self.waiting.drain(..ready).collect()
    }

    fn answer(&mut self, question: &str, asks: &Asks, chance: &mut Chance) -> Option<(String, Said)> {
        let free = self.free_writer;
        Some(match asks {
            Asks::Vital(Asked::BloodPressure) => {
                let worse = if self.bad { 48.0 } else { 0.0 };
                let upper = chance.around(self.upper + worse, 6.0).clamp(82.0, 218.0).round();
                let lower =
                    chance.around(self.lower + worse / 2.0, 4.0).clamp(42.0, 128.0).round().min(upper - 15.0);
                let ways = [
                    format!("{upper}/{lower}"),
                    format!("my bp is {upper} over {lower} thanks"),
                    format!("Bp{upper} {lower}"),
                    format!("{upper}-{lower} this morning"),
                ];
                let body = if free { chance.one_of(&ways).clone() } else { format!("BP {upper} {lower}") };
                (body, Said::Pressure { upper, lower })
            }
            Asks::Vital(Asked::Spo2) => {
                let worse = if self.bad { 8.0 } else { 0.0 };
                let percent = chance.around(self.oxygen - worse, 0.7).clamp(82.0, 99.0).round();
                let body = if free { format!("oxygen is {percent}%") } else { format!("SPO2 {percent}") };
                (body, Said::Oxygen(percent))
            }
            Asks::Vital(Asked::Glucose) => {
                let level =
                    if self.bad { chance.around(2.8, 0.1) } else { chance.around(self.glucose, 0.35) };
                let level = (level.clamp(2.5, 20.0) * 10.0).round() / 10.0;
                let body = if free { format!("sugar {level}") } else { format!("GLUCOSE {level}") };
                (body, Said::Glucose(level))
            }
            Asks::Vital(Asked::Ketones) => {
                let level = if self.bad { 3.4 } else { 0.2 };
                (format!("KETONES {level}"), Said::Ketones(level))
            }
            Asks::Vital(Asked::Temperature) => {
                let degrees = if self.bad { chance.around(38.8, 0.2) } else { chance.around(36.7, 0.2) };
                let degrees = (degrees * 10.0).round() / 10.0;
                (format!("TEMP {degrees}"), Said::Temperature(degrees))
            }
            Asks::Vital(Asked::Weight) => {
                let weight = if self.bad { self.weight + 3.0 } else { self.weight };
                let weight = (weight * 10.0).round() / 10.0;
                let body = if free { format!("weight today {weight} kg") } else { format!("WT {weight}") };
                (body, Said::Harmless)
            }
            Asks::Vital(Asked::Pulse) => {
                (format!("PULSE {}", chance.around(74.0, 6.0).round()), Said::Harmless)
            }
            Asks::Vital(Asked::RespiratoryRate) => {
                (format!("BREATHS {}", chance.around(16.0, 1.0).round()), Said::Harmless)
            }
            Asks::Vital(Asked::PeakFlow) => {
                let flow = chance.around(self.flow, 18.0).round();
                (format!("PF {flow}"), Said::Harmless)
            }
            Asks::Vital(_) => return None,
            // To these yes is the good answer, to the others no.
            Asks::YesNo => {
                let good = match question {
                    "medication_taken" | "rescue_pack_better" | "hypo_recovered" | "reliever_working" => {
                        "yes"
                    }
                    _ => "no",
                };
                let bad = if good == "yes" { "no" } else { "yes" };
                let word = if self.bad || chance.happens(0.015) { bad } else { good };
                (word.to_owned(), Said::Harmless)
            }
            // Phlegm from clear to green; elsewhere five is best.
            Asks::Scale1To5 if question == "sputum_colour" => {
                let step = if self.bad { "4" } else { *chance.one_of(&["1", "2", "2", "3"]) };
                (step.to_owned(), Said::Harmless)
            }
            Asks::Scale1To5 => ((*chance.one_of(&["3", "4", "4", "5"])).to_owned(), Said::Harmless),
            Asks::Number { min, max } => {
                (format!("{}", (min + (max - min) * 0.25).floor().max(*min)), Said::Harmless)
            }
            Asks::Choice(choices) => {
                let first = choices.first()?;
                (first.words.first().unwrap_or(&first.value).clone(), Said::Harmless)
            }
            Asks::Words => {
                if self.bad {
                    ("I have bad chest pain".to_owned(), Said::Emergency)
                } else {
                    ("all fine, walked to the shop".to_owned(), Said::Harmless)
                }
            }
        })
    }
}
