//! The guide for device makers tells the truth.

use lamplight::domain::payload::{decode, decode_status};
use lamplight::domain::unit::Unit;
use lamplight::domain::vital::Vital;

const GUIDE: &str = include_str!("../../protocols/devices/README.md");

fn examples() -> Vec<&'static str> {
    GUIDE.split("```json\n").skip(1).filter_map(|rest| rest.split("```").next()).collect()
}

#[test]
fn every_example_is_understood_without_a_remark() {
    let (status, readings): (Vec<_>, Vec<_>) =
        examples().into_iter().partition(|json| json.contains("battery"));
    assert_eq!((status.len(), readings.len()), (1, 3));
    for example in readings {
        let payload = decode(example.as_bytes()).unwrap_or_else(|refusal| panic!("{example}: {refusal}"));
        assert_eq!(payload.note, None);
        assert!(payload.message_id.is_some());
    }
    decode_status(status[0].as_bytes()).unwrap();
}

#[test]
fn every_vital_is_listed_with_its_units_and_its_span() {
    for vital in Vital::ALL {
        let start = format!("| `{vital}` |");
        let row = GUIDE.lines().find(|line| line.starts_with(&start)).expect("a row for every vital");
        let columns: Vec<_> = row.split('|').map(str::trim).collect();
        let units: Vec<_> = columns[2].split(", ").map(|code| code.trim_matches('`')).collect();
        assert_eq!(units[0], vital.unit().ucum());
        for code in units {
            assert!(Unit::from_code(code).unwrap().to_canonical(vital, 1.0).is_some(), "{vital} in {code}");
        }
        let span = vital.possible();
        let said = format!("{} to {} {}", span.low, span.high, vital.unit());
        assert!(columns[3].starts_with(&said), "{row}: {said}");
    }
}
