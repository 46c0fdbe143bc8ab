//! Simulated home devices for the demo: they publish believable readings to a broker, as real ones would.

use std::time::Duration;

use jiff::Timestamp;
use rumqttc::{AsyncClient, EventLoop, MqttOptions, PublishOptions, QoS};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::domain::id::DeviceId;

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

/// A small generator of numbers that only have to look like chance.
#[derive(Debug)]
struct Chance(u64);

impl Chance {
    /// Between -1 and 1, more often near 0.
    fn spread(&mut self) -> f64 {
        (0..3).map(|_| self.unit()).sum::<f64>() / 1.5 - 1.0
    }

    /// Between 0 and 1.
    fn unit(&mut self) -> f64 {
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
    /// One reading in the native format.
    fn reading(&self, chance: &mut Chance, at: Timestamp) -> Value {
        let around =
            |chance: &mut Chance, usual: f64, spread: f64| (usual + chance.spread() * spread).round();
        let readings = match self.kind {
            DeviceKind::Cuff => {
                let systolic = around(chance, self.usual, 14.0);
                json!([
                    {"vital": "systolic", "value": systolic, "unit": "mm[Hg]"},
                    {"vital": "diastolic", "value": around(chance, systolic * 0.6, 6.0), "unit": "mm[Hg]"},
                    {"vital": "pulse", "value": around(chance, 72.0, 14.0), "unit": "/min"},
                ])
            }
            DeviceKind::Oximeter => json!([
                {"vital": "spo2", "value": around(chance, self.usual, 2.0).min(100.0), "unit": "%"},
                {"vital": "pulse", "value": around(chance, 78.0, 16.0), "unit": "/min"},
            ]),
            DeviceKind::Scale => json!([
                {"vital": "weight", "value": around(chance, self.usual * 10.0, 8.0) / 10.0, "unit": "kg"},
            ]),
            DeviceKind::GlucoseMeter => json!([
                {"vital": "glucose", "value": around(chance, self.usual * 10.0, 35.0) / 10.0, "unit": "mmol/L"},
            ]),
        };
        json!({"taken_at": at.to_string(), "readings": readings})
    }
}

/// Publishes a reading of some device every `pace`, until `stop`.
pub async fn run(
    port: u16,
    devices: Vec<SimulatedDevice>,
    pace: Duration,
    clock: Clock,
    stop: CancellationToken,
) {
    let options = MqttOptions::new("simulated-devices", ("127.0.0.1", port));
    let (client, events) = AsyncClient::builder(options).capacity(64).build();
    let publishing = publish(client, &devices, pace, &clock);
    tokio::select! {
        () = publishing => {}
        () = poll(events) => {}
        () = stop.cancelled() => {}
    }
}

async fn publish(client: AsyncClient, devices: &[SimulatedDevice], pace: Duration, clock: &Clock) {
    let seed = u64::try_from(clock.now().as_millisecond()).unwrap_or(1);
    let mut chance = Chance(seed | 1);
    for device in devices {
        let status = json!({"status": "online", "battery": (40.0 + chance.unit() * 60.0).round()});
        let topic = format!("lamplight/v1/{}/status", device.id);
        let _ = client.publish(topic, status.to_string(), PublishOptions::new(QoS::AtLeastOnce)).await;
    }
    while !devices.is_empty() {
        let device = &devices[chance.index(devices.len())];
        let reading = device.reading(&mut chance, clock.now()).to_string();
        let topic = format!("lamplight/v1/{}/reading", device.id);
        // The broker is in this process; when it is gone the demo is over.
        let _ = client.publish(topic, reading, PublishOptions::new(QoS::AtLeastOnce)).await;
        tokio::time::sleep(pace).await;
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
        let mut chance = Chance(7);
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
