//! The tools for whoever brings a new make of device.

use std::fs;

use crate::support::house::House;

#[test]
fn the_shipped_profiles_hold_and_a_faulty_one_is_named_with_its_place() {
    let house = House::quiet();
    assert!(house.must(&["profile", "check"]).contains("device profiles: all good"));

    let folder = house.path("profiles");
    fs::create_dir_all(&folder).unwrap();
    let file = [
        "version = 1",
        "title = \"x\"",
        "evidence = \"x\"",
        "topics = [\"t\"]",
        "[read]",
        "kind = \"json\"",
        "[[field]]",
        "vital = \"weight\"",
        "from = \"w\"",
        "unit = \"kg\"",
        "[[sample]]",
        "topic = \"t\"",
        "payload = '{\"w\":80}'",
        "outcome = \"accepted\"",
        "readings = { weight = 81 }",
        "[[sample]]",
        "topic = \"t\"",
        "payload = '{}'",
        "outcome = \"ignored\"",
    ];
    fs::write(folder.join("scale.toml"), file.join("\n")).unwrap();
    let told = house.run(&["profile", "check", folder.to_str().unwrap()]);
    assert_eq!(told.code, 1, "{}", told.err);
    assert!(
        told.out.contains("scale.toml:11:1: the profile gave other readings: weight = 80"),
        "{}",
        told.out
    );
}

#[test]
fn a_draft_names_the_vitals_and_leaves_the_units_to_a_human() {
    let house = House::quiet();
    let payload = r#"{"battery":80,"measurement":{"bp_systolic":141,"bp_diastolic":80,"heartRate":"72"}}"#;
    let topic = ["profile", "suggest", "--topic", "ward/cuff/AABBCC112233/data"];
    let told = house.run_fed(&topic, payload.as_bytes());
    insta::assert_snapshot!(told.out);
}
