//! What a made-up person answers when they are asked.

use crate::domain::protocol::{Asks, Question};
use crate::domain::reply::Asked;
use crate::mqtt::simulator::{Chance, DeviceKind, SimulatedDevice};

use super::people::{Person, Temper};

/// Questions to which YES is the good answer. To all others it is NO.
const GOOD_IF_YES: [&str; 5] =
    ["medication_taken", "rescue_pack_better", "hypo_recovered", "reliever_working", "attending"];
/// How often a day is not like the others.
const ODD_DAYS: f64 = 0.05;

/// The words of an answer, `days_left` days before today; nothing for a question that nobody in the ward is asked.
pub(super) fn words(
    person: &Person,
    name: &str,
    question: &Question,
    days_left: i64,
    chance: &mut Chance,
) -> Option<String> {
    let is_emergency = name == "red_flags" || name == "breathless_at_rest";
    let odd = chance.unit() < ODD_DAYS && !is_emergency;
    Some(match &question.asks {
        Asks::Vital(asked) => vital(person, *asked, odd, days_left, chance)?,
        Asks::YesNo => if GOOD_IF_YES.contains(&name) == odd { "N" } else { "Y" }.to_owned(),
        Asks::Scale1To5 => if odd { "4" } else { "2" }.to_owned(),
        Asks::Choice(choices) => choices.first()?.words.first()?.to_uppercase(),
        Asks::Number { .. } | Asks::Words => return None,
    })
}

fn vital(person: &Person, asked: Asked, odd: bool, days_left: i64, chance: &mut Chance) -> Option<String> {
    let off = if odd { 1.0 } else { 0.0 };
    Some(match asked {
        Asked::BloodPressure => {
            let usual = match person.device {
                Some((DeviceKind::Cuff, usual)) => usual,
                // Above a target and below a limit, as in a surgery's list.
                _ if person.team == "maternity" => 116.0,
                _ => 131.0,
            };
            let systolic = chance.around(usual + 22.0 * off, 6.0);
            format!("BP {systolic} {}", chance.around(systolic * 0.58, 4.0))
        }
        Asked::Weight => {
            let usual = match (person.device, person.temper) {
                (_, Temper::Swelling) => 68.0 + 3.2 / f64::from(i32::try_from(days_left).ok()?.max(1)),
                (Some((DeviceKind::Scale, usual)), _) => usual,
                (Some(_) | None, _) => 81.5,
            };
            format!("Weight {:.1}", usual + chance.spread() * 0.4)
        }
        Asked::Spo2 => format!("sats {}", chance.around(96.0 - 2.5 * off, 1.0).min(100.0)),
        Asked::Temperature => format!("Temp {:.1}", 36.7 + chance.spread() * 0.3 + 1.4 * off),
        Asked::Glucose => format!("sugar {:.1}", 7.8 + chance.spread() * 1.6 + 6.5 * off),
        Asked::Ketones => "ketones 0.3".to_owned(),
        Asked::Pulse => format!("pulse {}", chance.around(72.0, 10.0)),
        Asked::RespiratoryRate | Asked::PeakFlow | Asked::Number | Asked::YesNo | Asked::Scale1To5 => {
            return None;
        }
    })
}

/// Whether the device measures what is asked, so that nobody need type it.
pub(super) fn measures(device: &SimulatedDevice, question: &Question) -> bool {
    let Asks::Vital(asked) = question.asks else { return false };
    matches!(
        (device.kind, asked),
        (DeviceKind::Cuff, Asked::BloodPressure)
            | (DeviceKind::Scale, Asked::Weight)
            | (DeviceKind::Oximeter, Asked::Spo2)
            | (DeviceKind::GlucoseMeter, Asked::Glucose)
    )
}
