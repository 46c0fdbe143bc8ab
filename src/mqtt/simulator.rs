//! Simulated home devices for the demo: they publish believable readings to a broker, as real ones would.

mod fleet;
mod script;

use std::time::Duration;

use jiff::Timestamp;
use rumqttc::{AsyncClient, EventLoop, MqttOptions, PublishOptions, QoS};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::domain::id::DeviceId;

pub use fleet::{Sum, Unsent, send};
pub use script::{Fault, Faults, Fleet, Message, Script};

/// A device and the person it hangs on.
#[derive(Debug, Clone)]
pub struct SimulatedDevice {
    pub id: DeviceId,
    pub kind: DeviceKind,
    /// The middle of this person's readings; the spread is the kind's own.
    pub usual: f64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeviceKind {
    Cuff,
    Oximeter,
    Scale,
    GlucoseMeter,
}

/// How often a reading is well off what is usual.
const OFF_DAYS: f64 = 0.12;

/// A small generator of numbers that only have to look like chance.
#[derive(Debug)]
pub struct Chance(u64);

impl Chance {
    /// The same seed gives the same numbers.
    pub fn of(seed: u64) -> Self {
        Self(seed | 1)
    }

    /// Between -1 and 1, more often near 0.
    pub fn spread(&mut self) -> f64 {
        (0..3).map(|_| self.unit()).sum::<f64>() / 1.5 - 1.0
    }

    /// A whole number at most `spread` from `usual`.
    pub fn around(&mut self, usual: f64, spread: f64) -> f64 {
        (usual + self.spread() * spread).round()
    }

    /// Between 0 and 1.
    pub fn unit(&mut self) -> f64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn index(&mut self, below: usize) -> usize {
        ((self.unit() * below as f64) as usize).min(below.saturating_sub(1))
    }
}

impl SimulatedDevice {
    /// The `n`th of a made-up fleet: each kind of device in turn, on somebody of their own.
    pub fn nth(n: usize) -> Self {
        let kinds = [
            (DeviceKind::Cuff, 128.0),
            (DeviceKind::Oximeter, 96.0),
            (DeviceKind::Scale, 78.0),
            (DeviceKind::GlucoseMeter, 7.0),
        ];
        let (kind, usual) = kinds[n % kinds.len()];
        let own = (n / kinds.len() % 5) as f64 / 100.0;
        let usual = if kind == DeviceKind::Oximeter { usual } else { usual * (1.0 + own) };
        Self { id: DeviceId::trusted(format!("sim-{:04}", n + 1)), kind, usual }
    }

    /// One reading in the native format: near what is usual for this person, now and then well off it.
    pub fn reading(&self, chance: &mut Chance, at: Timestamp) -> Value {
        let off = if chance.unit() < OFF_DAYS { 1.0 } else { 0.0 };
        let readings = match self.kind {
            DeviceKind::Cuff => {
                let systolic = chance.around(self.usual + 22.0 * off, 7.0);
                json!([
                    {"vital": "systolic", "value": systolic, "unit": "mm[Hg]"},
                    {"vital": "diastolic", "value": chance.around(systolic * 0.56, 4.0), "unit": "mm[Hg]"},
                    {"vital": "pulse", "value": chance.around(72.0, 12.0), "unit": "/min"},
                ])
            }
            DeviceKind::Oximeter => json!([
                {"vital": "spo2", "value": chance.around(self.usual - 2.5 * off, 1.0).min(100.0), "unit": "%"},
                {"vital": "pulse", "value": chance.around(78.0, 14.0), "unit": "/min"},
            ]),
            DeviceKind::Scale => json!([
                {"vital": "weight", "value": chance.around(self.usual * 10.0, 6.0) / 10.0, "unit": "kg"},
            ]),
            DeviceKind::GlucoseMeter => json!([
                {"vital": "glucose", "value": chance.around(self.usual * 10.0 + 65.0 * off, 14.0) / 10.0,
                 "unit": "mmol/L"},
            ]),
        };
        json!({"taken_at": at.to_string(), "readings": readings})
    }
}

/// Publishes until `stop`: a reading of each device, one every `first_pace`, and from then on one of any every `pace`.
pub async fn run(
    port: u16,
    devices: Vec<SimulatedDevice>,
    (first_pace, pace): (Duration, Duration),
    clock: Clock,
    stop: CancellationToken,
) {
    let options = MqttOptions::new("simulated-devices", ("127.0.0.1", port));
    let (client, events) = AsyncClient::builder(options).capacity(64).build();
    let publishing = publish(client, &devices, (first_pace, pace), &clock);
    tokio::select! {
        () = publishing => {}
        () = poll(events) => {}
        () = stop.cancelled() => {}
    }
}

async fn publish(
    client: AsyncClient,
    devices: &[SimulatedDevice],
    (first_pace, pace): (Duration, Duration),
    clock: &Clock,
) {
    let seed = u64::try_from(clock.now().as_millisecond()).unwrap_or(1);
    let mut chance = Chance::of(seed);
    let retained = PublishOptions::new(QoS::AtLeastOnce).retained();
    for device in devices {
        let status = json!({"status": "online", "battery": (40.0 + chance.unit() * 60.0).round()});
        let topic = format!("lamplight/v1/{}/status", device.id);
        let _ = client.publish(topic, status.to_string(), retained).await;
    }
    for sent in 0.. {
        let any = chance.index(devices.len());
        let Some(device) = devices.get(sent).or_else(|| devices.get(any)) else { return };
        let reading = device.reading(&mut chance, clock.now()).to_string();
        let topic = format!("lamplight/v1/{}/reading", device.id);
        // The broker is in this process; when it is gone the demo is over.
        let _ = client.publish(topic, reading, PublishOptions::new(QoS::AtLeastOnce)).await;
        tokio::time::sleep(if sent < devices.len() { first_pace } else { pace }).await;
    }
}

/// Keeps the connection alive and makes it again when it is lost.
async fn poll(mut events: EventLoop) {
    loop {
        if events.poll().await.is_err() {
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::payload;

    #[test]
    fn what_simulated_devices_send_is_what_real_ones_may() {
        let mut chance = Chance::of(7);
        for (kind, usual) in [
            (DeviceKind::Cuff, 150.0),
            (DeviceKind::Oximeter, 95.0),
            (DeviceKind::Scale, 82.0),
            (DeviceKind::GlucoseMeter, 8.0),
        ] {
            let device = SimulatedDevice { id: DeviceId::trusted("d"), kind, usual };
            for _ in 0..1_000 {
                let json = device.reading(&mut chance, Timestamp::UNIX_EPOCH).to_string();
                assert!(payload::decode(json.as_bytes()).is_ok(), "{json}");
            }
        }
    }
}
