//! The patients and what their devices send: a blood pressure with pulse, three numbers a message.

use lamplight::clock::Clock;

/// About one message in twenty is beyond the amber limit for high blood pressure.
const BREACH_IN: u64 = 20;

/// One device message of one patient.
#[derive(Debug, Clone)]
pub struct Message {
    pub patient: u32,
    pub number: usize,
    pub taken_at_ms: i64,
    pub systolic: u32,
    pub diastolic: u32,
    pub pulse: u32,
}

/// Numbers that look random and are the same in every run.
#[derive(Debug, Clone)]
pub struct Dice(u64);

pub fn patient_id(patient: u32) -> String {
    format!("p{patient:06}")
}

pub fn device_id(patient: u32) -> String {
    format!("cuff-{patient:06}")
}

pub fn phone(patient: u32) -> String {
    format!("+447400{patient:06}")
}

pub fn now_ms() -> i64 {
    Clock::system().now().as_millisecond()
}

/// `count` messages of `patients` patients, taken one a millisecond until now. Different seeds, different messages.
pub fn messages(count: usize, patients: u32, seed: u64) -> Vec<Message> {
    let mut dice = Dice::new(seed);
    let first = now_ms() - count as i64;
    (0..count)
        .map(|number| {
            let patient = dice.below(u64::from(patients)) as u32;
            let beyond = dice.below(BREACH_IN) == 0;
            Message {
                patient,
                number,
                taken_at_ms: first + number as i64,
                systolic: if beyond { 155 } else { 108 } + dice.below(20) as u32,
                diastolic: 62 + dice.below(18) as u32,
                pulse: 58 + dice.below(30) as u32,
            }
        })
        .collect()
}

impl Message {
    pub fn topic(&self) -> String {
        format!("lamplight/v1/{}/reading", device_id(self.patient))
    }

    pub fn payload(&self) -> String {
        let taken_at = jiff::Timestamp::from_millisecond(self.taken_at_ms).unwrap_or_default();
        format!(
            "{{\"id\":\"{}\",\"taken_at\":\"{taken_at:.3}\",\"readings\":[\
             {{\"vital\":\"systolic\",\"value\":{},\"unit\":\"mm[Hg]\"}},\
             {{\"vital\":\"diastolic\",\"value\":{},\"unit\":\"mm[Hg]\"}},\
             {{\"vital\":\"pulse\",\"value\":{},\"unit\":\"/min\"}}]}}",
            self.number, self.systolic, self.diastolic, self.pulse
        )
    }
}

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A number below `n`.
    pub fn below(&mut self, n: u64) -> u64 {
        // Knuth's MMIX multiplier; the high bits are the good ones.
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % n
    }
}
