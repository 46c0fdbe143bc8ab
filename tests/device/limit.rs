//! What a stranger may send: as deep and as large as it likes.

use lamplight::catalog;
use lamplight::domain::event::{Origin, RAW_LIMIT};
use lamplight::domain::format::Heard;
use lamplight::domain::profile::{Reader, hear};

#[test]
fn nesting_and_size_without_end_give_no_reading_in_any_profile() {
    let book = catalog::built_in_devices().unwrap();
    let deep = format!("{}1{}", "[".repeat(10_000), "]".repeat(10_000));
    let objects = format!("{}1{}", r#"{"data":"#.repeat(10_000), "}".repeat(10_000));
    let open = "{\"a\":[".repeat(10_000);
    let large = format!(r#"{{"weight":78.4,"unit":"kg","x":"{}"}}"#, "x".repeat(1_000_000));
    let many = format!("[{}]", vec!["{}"; 300_000].join(","));
    for payload in [deep, objects, open, large, many] {
        for profile in book.profiles() {
            let spoken =
                Reader::Profile(profile).read("home/attic/BTtoMQTT/AABBCCDDEEFF", payload.as_bytes());
            assert!(!matches!(spoken.heard, Ok(Heard::Readings(_))), "{}", profile.id);
            let _ = profile.stripped(payload.as_bytes());
        }
        let now = "2026-11-22T09:00:00Z".parse().unwrap();
        let said = hear(&book, "home/attic/BTtoMQTT/AABBCCDDEEFF", payload.as_bytes(), false, now).unwrap();
        assert!(said.iter().all(|one| one.raw.len() <= RAW_LIMIT));
        assert!(
            said.iter()
                .all(|one| matches!(&one.origin, Origin::Reading(reading) if reading.payload.is_err()))
        );
    }
}
