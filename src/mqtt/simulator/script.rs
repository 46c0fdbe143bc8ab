//! What a made-up fleet says, message by message: believable numbers, and faults such as real devices have. The same seed
//! says the same; only the times are those of the day.

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::{Chance, SimulatedDevice};
use crate::domain::profile::{DeviceProfile, Example, Variation};

/// What can be wrong with a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Fault {
    /// The message before, once more.
    Duplicate,
    /// A clock that fell back to 1970, or stands two years ahead.
    Clock,
    /// One of many that a device sends at once, as after a time without a connection.
    Burst,
    /// A unit that nobody knows, or a number that its unit makes impossible.
    Unit,
}

/// Which faults there are, and how often one of them: 0 to 1.
#[derive(Debug, Clone, PartialEq)]
pub struct Faults {
    pub kinds: Vec<Fault>,
    pub share: f64,
}

/// The devices, by how they speak.
#[derive(Debug, Clone)]
pub enum Fleet {
    Native(Vec<SimulatedDevice>),
    /// Of a make: its own samples are the templates.
    Make {
        profile: Box<DeviceProfile>,
        templates: Vec<Example>,
        devices: usize,
    },
}

/// One message to publish.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    pub topic: String,
    pub payload: Vec<u8>,
    pub fault: Option<Fault>,
    /// It follows the one before without a pause.
    pub at_once: bool,
}

/// Messages without end.
#[derive(Debug)]
pub struct Script {
    fleet: Fleet,
    faults: Faults,
    chance: Chance,
    last: Option<Message>,
    /// Who is in the middle of a burst, and how many are still to come.
    burst: Option<(usize, u32)>,
}

const BURST: u32 = 10;
/// A person's numbers from one message to the next.
const SPREAD: f64 = 0.02;
const TWO_YEARS: SignedDuration = SignedDuration::from_hours(24 * 730);

impl Fault {
    pub const ALL: [Self; 4] = [Self::Duplicate, Self::Clock, Self::Burst, Self::Unit];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Duplicate => "duplicates",
            Self::Clock => "clock",
            Self::Burst => "bursts",
            Self::Unit => "units",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|fault| fault.name() == name)
    }
}

impl Fleet {
    pub fn native(devices: usize) -> Self {
        Self::Native((0..devices).map(SimulatedDevice::nth).collect())
    }

    /// Nothing when none of the profile's samples is a reading.
    pub fn of_make(profile: &DeviceProfile, devices: usize) -> Option<Self> {
        let templates: Vec<Example> =
            profile.examples.iter().filter(|example| example.is_reading).cloned().collect();
        (!templates.is_empty()).then(|| Self::Make { profile: Box::new(profile.clone()), templates, devices })
    }

    fn size(&self) -> usize {
        match self {
            Self::Native(devices) => devices.len(),
            Self::Make { devices, .. } => *devices,
        }
    }

    /// What a device says at an instant. `wrong`: with this fault, where it is one of the content.
    fn say(
        &self,
        n: usize,
        chance: &mut Chance,
        at: Timestamp,
        wrong: Option<Fault>,
    ) -> Option<(String, Vec<u8>)> {
        let wrong_unit = wrong == Some(Fault::Unit);
        match self {
            Self::Native(devices) => {
                let device = devices.get(n)?;
                let mut reading = device.reading(chance, at);
                if wrong_unit && let Some(unit) = reading.pointer_mut("/readings/0/unit") {
                    *unit = Value::from("furlong");
                }
                Some((format!("lamplight/v1/{}/reading", device.id), reading.to_string().into_bytes()))
            }
            Self::Make { profile, templates, .. } => {
                let template = templates.get(chance.index(templates.len()))?;
                let factors: Vec<f64> = (0..8).map(|_| 1.0 + chance.spread() * SPREAD).collect();
                let device = own_name(profile, template, n);
                let with = Variation { device: &device, at: Some(at), wrong_unit, factors: &factors };
                let said = profile.vary(template, with);
                Some((said.topic, said.payload))
            }
        }
    }
}

/// A name like the one that the sample has: a hardware address in its spelling, or a word.
fn own_name(profile: &DeviceProfile, template: &Example, n: usize) -> String {
    let sample = profile.decode(&template.topic, &template.payload).ok().and_then(|said| said.device);
    let sample = sample.unwrap_or_default();
    let digits = sample.bytes().filter(u8::is_ascii_hexdigit).count();
    let separator = sample.chars().find(|c| matches!(c, ':' | '-'));
    if !matches!(digits, 12 | 16) {
        return format!("sim-{:04}", n + 1);
    }
    // Locally administered: nobody's product has such an address.
    let address = format!("02{:0rest$X}", n + 1, rest = digits - 2);
    let Some(separator) = separator else { return address };
    let pairs: Vec<&str> = (0..digits / 2).filter_map(|pair| address.get(pair * 2..pair * 2 + 2)).collect();
    pairs.join(&separator.to_string())
}

impl Script {
    pub fn new(seed: u64, fleet: Fleet, faults: Faults) -> Self {
        // Small seeds would begin alike.
        let chance = Chance::of(seed.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
        Self { fleet, faults, chance, last: None, burst: None }
    }

    /// The next message. Nothing when there is no device.
    pub fn next(&mut self, now: Timestamp) -> Option<Message> {
        if let Some((device, left)) = self.burst {
            self.burst = (left > 1).then(|| (device, left - 1));
            // Measured one after the other, and sent together.
            return self.write(device, earlier(now, left), Some(Fault::Burst), true);
        }
        let fault = self.fault();
        if fault == Some(Fault::Duplicate)
            && let Some(last) = &self.last
        {
            return Some(Message { fault, at_once: false, ..last.clone() });
        }
        let device = self.chance.index(self.fleet.size());
        let (at, fault) = match fault {
            Some(Fault::Clock) if self.chance.unit() < 0.5 => (Timestamp::UNIX_EPOCH, fault),
            Some(Fault::Clock) => (now.checked_add(TWO_YEARS).unwrap_or(now), fault),
            Some(Fault::Burst) => {
                self.burst = Some((device, BURST - 1));
                (earlier(now, BURST), fault)
            }
            // There is nothing before the first.
            Some(Fault::Duplicate) => (now, None),
            _ => (now, fault),
        };
        self.write(device, at, fault, false)
    }

    /// A good message of one device.
    pub fn first_of(&mut self, device: usize, now: Timestamp) -> Option<Message> {
        self.write(device, now, None, false)
    }

    fn fault(&mut self) -> Option<Fault> {
        let strikes = self.chance.unit() < self.faults.share;
        let kind = self.faults.kinds.get(self.chance.index(self.faults.kinds.len())).copied();
        kind.filter(|_| strikes)
    }

    fn write(
        &mut self,
        device: usize,
        at: Timestamp,
        fault: Option<Fault>,
        at_once: bool,
    ) -> Option<Message> {
        let (topic, payload) = self.fleet.say(device, &mut self.chance, at, fault)?;
        let message = Message { topic, payload, fault, at_once };
        self.last = Some(message.clone());
        Some(message)
    }
}

fn earlier(now: Timestamp, seconds: u32) -> Timestamp {
    now.checked_sub(SignedDuration::from_secs(i64::from(seconds))).unwrap_or(now)
}
