//! What must hold of every text, whatever is in it. Written apart from the parser on purpose: it looks at the digits of a
//! text, and knows nothing of words.

use lamplight::domain::reading::{Amount, Measurement, check_together};
use lamplight::domain::reply::{Answer, Outcome, Understanding};
use lamplight::domain::vital::Vital;
use unicode_normalization::UnicodeNormalization;

/// Every number that the digits of a text can spell: each run of digits, and each two or three runs with a point between.
pub fn numbers_in(text: &str) -> Vec<f64> {
    // A power is no part of the number before it, nor of the one behind.
    let raised = |c: char| matches!(c, '²' | '³' | '¹' | '⁰' | '⁴'..='⁹');
    let text = &text.replace('½', ".5").replace('¼', ".25").replace('¾', ".75");
    let mut numbers = numbers_beside(&text.replace(raised, " "));
    if text.contains(raised) {
        numbers.extend(numbers_beside(text));
    }
    numbers
}

fn numbers_beside(text: &str) -> Vec<f64> {
    let plain: String = text.nfkd().map(|c| digit(c).unwrap_or(c)).collect::<String>().to_lowercase();
    let mut numbers = numbers_of(&plain);
    // "SpO287" is a saturation of 87: the 2, or a 0 and a 2, are of the label.
    let labels = ["spo2", "sp02", "o2", "02"];
    if labels.iter().any(|label| plain.contains(label)) {
        numbers.extend(numbers_of(&labels.iter().fold(plain, |text, label| text.replace(label, " "))));
    }
    numbers
}

fn numbers_of(plain: &str) -> Vec<f64> {
    let runs: Vec<&str> = plain.split(|c: char| !c.is_ascii_digit()).filter(|run| !run.is_empty()).collect();
    let mut numbers: Vec<f64> = runs.iter().filter_map(|run| run.parse().ok()).collect();
    numbers.extend(runs.iter().filter_map(|run| format!("0.{run}").parse::<f64>().ok()));
    for pair in runs.windows(2) {
        numbers.extend(format!("{}.{}", pair[0], pair[1]).parse::<f64>());
        numbers.extend(format!("{}{}", pair[0], pair[1]).parse::<f64>());
    }
    for three in runs.windows(3) {
        numbers.extend(format!("{}{}{}", three[0], three[1], three[2]).parse::<f64>());
        numbers.extend(format!("{}{}.{}", three[0], three[1], three[2]).parse::<f64>());
    }
    // ½ and its like behind a number.
    let halves: Vec<f64> = numbers.iter().flat_map(|n| [n + 0.25, n + 0.5, n + 0.75]).collect();
    numbers.extend(halves);
    numbers
}

/// A digit of the scripts that patients here type.
fn digit(c: char) -> Option<char> {
    ['0', '٠', '۰', '०'].iter().find_map(|zero| {
        let offset = (c as u32).checked_sub(*zero as u32)?;
        (offset < 10).then(|| char::from_digit(offset, 10).unwrap())
    })
}

/// Whether a value is one of the numbers, or a conversion of one from a unit that patients use.
pub fn stands_in(measurement: Measurement, numbers: &[f64]) -> bool {
    let Some(value) = measurement.amount().value() else { return true };
    let close = |candidate: f64| (candidate - value).abs() < 1e-5;
    let pounds = |stones: f64| numbers.iter().any(|more| close((stones * 14.0 + more) * 0.453_592_37));
    numbers.iter().any(|n| {
        let n = *n;
        close(n)
            || match measurement.vital() {
                Vital::Weight => close(n * 0.453_592_37) || close(n * 14.0 * 0.453_592_37) || pounds(n),
                Vital::Temperature => close((n - 32.0) / 1.8),
                Vital::Glucose => close(n / 18.016),
                Vital::Systolic | Vital::Diastolic => (n * 7.500_62 - value).abs() < 0.06,
                _ => false,
            }
    })
}

pub fn is_possible(measurement: Measurement) -> bool {
    match measurement.amount() {
        Amount::Exactly(value) => measurement.vital().possible().holds(value),
        _ => true,
    }
}

/// What is wrong with how a text was understood, if anything is.
pub fn fault(text: &str, understood: &Understanding) -> Option<String> {
    let all = || understood.readings.iter().chain(&understood.worst_plausible);
    if let Some(impossible) = all().find(|measurement| !is_possible(**measurement)) {
        return Some(format!("it holds the impossible {impossible:?}"));
    }
    if understood.why.is_empty() {
        return Some("nobody says why".to_owned());
    }
    let numbers = numbers_in(text);
    let answers = understood.answers.iter().filter(|_| understood.outcome == Outcome::Answer);
    for answer in answers {
        let held = match answer {
            Answer::Number(number) => numbers.iter().any(|held| (held - number).abs() < 1e-9 * held.max(1.0)),
            Answer::Scale(_) | Answer::YesNo(_) => true,
        };
        if !held {
            return Some(format!("the text does not hold {answer:?}"));
        }
    }
    if understood.outcome != Outcome::Accepted {
        return None;
    }
    if understood.readings.is_empty() || !understood.worst_plausible.is_empty() {
        return Some("it is accepted and not beyond doubt".to_owned());
    }
    if let Err(why) = check_together(&understood.readings) {
        return Some(format!("its readings cannot be of one person: {why}"));
    }
    let invented = understood.readings.iter().find(|measurement| !stands_in(**measurement, &numbers));
    invented.map(|measurement| format!("the text does not hold {measurement:?}"))
}
