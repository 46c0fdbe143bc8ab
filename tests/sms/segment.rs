use lamplight::domain::segment::{Encoding, count};
use serde_json::Value;

const VECTORS: &str = include_str!("../fixtures/sms/segments.json");

fn text(runs: &Value) -> String {
    let run = |run: &Value| run[0].as_str().unwrap().repeat(run[1].as_u64().unwrap() as usize);
    runs.as_array().unwrap().iter().map(run).collect()
}

#[test]
fn sms_15_texts_cost_what_published_counters_say() {
    let file: Value = serde_json::from_str(VECTORS).unwrap();
    let vectors = file["vectors"].as_array().unwrap();
    assert_eq!(vectors.len(), 71);
    for vector in vectors {
        let text = text(&vector["runs"]);
        let counted = count(&text);
        let encoding = match counted.encoding {
            Encoding::Gsm7 => "gsm7",
            Encoding::Ucs2 => "ucs2",
        };
        assert_eq!(
            (encoding, u64::from(counted.segments)),
            (vector["encoding"].as_str().unwrap(), vector["segments"].as_u64().unwrap()),
            "{text:?}"
        );
    }
}

#[test]
fn sms_15_no_character_is_split_between_parts() {
    for (label, text, segments) in [
        ("the euro does not fit the first part", format!("{}€{}", "a".repeat(152), "b".repeat(152)), 3),
        ("the euro just fits", format!("{}€{}", "a".repeat(151), "b".repeat(153)), 2),
        ("an emoji does not fit the first part", format!("{}😷{}", "ż".repeat(66), "ż".repeat(66)), 3),
        ("an emoji just fits", format!("{}😷{}", "ż".repeat(65), "ż".repeat(67)), 2),
    ] {
        assert_eq!(count(&text).segments, segments, "{label}");
    }
}
