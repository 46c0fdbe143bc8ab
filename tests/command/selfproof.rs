//! `selfproof` with the real binary: every point is come to, and everything is there afterwards.

use crate::support::house::House;

#[test]
fn a_daemon_that_dies_wherever_it_can_loses_nothing_and_the_command_says_so() {
    let house = House::new("");
    let told = house.run(&["selfproof", "--data", "proof"]);
    assert_eq!(told.code, 0, "{}\n{}", told.out, told.err);
    let held: Vec<&str> = told.out.lines().filter(|line| line.starts_with("holds  ")).collect();
    let points: Vec<&str> = held.iter().filter_map(|line| line.split_whitespace().nth(1)).collect();
    assert_eq!(
        points,
        ["taken", "journalled", "written", "committed", "claimed", "sent", "recorded", "noticed", "told"]
    );
    assert!(told.out.lines().last().unwrap().starts_with("9 of 9 points hold"), "{}", told.out);
}

#[test]
fn a_daemon_in_service_never_looks_where_to_die() {
    let house = House::quiet();
    // A configuration that is refused ends `serve` before it opens anything; the switch must not be read before or after.
    house.write("config.toml", "[store]\n");
    let told = house.run_with(&["serve"], &[("LAMPLIGHT_SELFPROOF_AT", "no such point")]);
    assert!(told.code == 2 && !told.err.contains("point"), "{told:?}");
    let told = house.run_with(&["selfproof-life", "x"], &[("LAMPLIGHT_SELFPROOF_AT", "no such point")]);
    assert!(told.code == 2 && told.err.contains("there is no point"), "{told:?}");
}

#[test]
fn a_folder_with_something_in_it_is_left_alone() {
    let house = House::new("");
    let told = house.run(&["selfproof", "--data", "."]);
    assert!(told.code == 2 && told.err.contains("is not empty"), "{told:?}");
}
