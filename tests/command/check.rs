use std::fs;
use std::path::Path;

use crate::support::house::{House, PROJECT};

#[test]
fn the_shipped_files_hold_wherever_they_are_checked_from() {
    let house = House::quiet();
    let built_in = house.must(&["check"]);
    assert!(
        built_in.contains("rules") && built_in.contains("all good") && built_in.contains("built into"),
        "{built_in}"
    );
    let (protocols, rules) = (format!("{PROJECT}/protocols"), format!("{PROJECT}/alert_rules"));
    let named = house.must(&["check", "--protocols", &protocols, "--rules", &rules]);
    assert!(named.contains("all good") && !named.contains("built into"), "{named}");
}

#[test]
fn every_fault_has_a_place_and_a_sentence_and_the_exit_code_is_1() {
    let house = House::quiet();
    let rule = "blood_pressure/blood_pressure_high.toml";
    for (label, change, place, said) in [
        ("broken TOML", ("kind = \"band\"", "kind = band"), ":2:8: ", "TOML"),
        ("an unknown key", ("kind = \"band\"", "kind = \"band\"\ncolour = \"red\""), ":3:", "colour"),
        ("no number", ("default = 180", "default = \"high\""), ":7:", "default"),
        ("a default outside", ("default = 180", "default = 500"), ":7:", "default"),
        (
            "a parameter that is not there",
            ("at_or_above = \"systolic_red\"", "at_or_above = \"systolic_rde\""),
            ":",
            "systolic_rde",
        ),
        ("a limit that fails its tests", ("default = 180", "default = 200"), ":", "red"),
    ] {
        copy(&format!("{PROJECT}/alert_rules"), &house.path("rules"));
        let path = house.path("rules").join(rule);
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains(change.0), "{label}");
        fs::write(&path, text.replacen(change.0, change.1, 1)).unwrap();
        let told = house.run(&["check", "--rules", "rules"]);
        assert_eq!(told.code, 1, "{label}: {told:?}");
        for line in told.out.lines() {
            let mut parts = line.splitn(4, ':');
            let [file, row, column, sentence] = [(); 4].map(|()| parts.next().unwrap_or_default());
            assert!(file.starts_with("rules/"), "{label}: {line}");
            assert!(row.parse::<u32>().is_ok() && column.parse::<u32>().is_ok(), "{label}: {line}");
            assert!(sentence.len() > 10, "{label}: {line}");
        }
        assert!(told.out.contains(place) && told.out.contains(said), "{label}: {}", told.out);
    }
}

#[test]
fn a_folder_that_was_named_must_be_there() {
    let house = House::quiet();
    for flag in ["--rules", "--protocols"] {
        let told = house.run(&["check", flag, "nowhere"]);
        assert_eq!(told.code, 1, "{told:?}");
        assert!(told.out.starts_with("nowhere"), "{flag}: {told:?}");
    }
}

fn copy(from: impl AsRef<Path>, to: &Path) {
    let _ = fs::remove_dir_all(to);
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}
