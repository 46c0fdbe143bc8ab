use lamplight::catalog::{self, Source};

use super::folder::{Folder, RULE, TEST, assert_told, words};

#[test]
fn a_missing_folder_is_told() {
    let folder = Folder::new();
    let gone = Source::Directory(folder.path().join("gone"));
    for (rules, wording) in [(gone.clone(), Source::BuiltInProtocols), (Source::BuiltInRules, gone)] {
        let faults = catalog::load(&rules, &wording).unwrap_err();
        assert!(
            faults[0].to_string().ends_with("gone:1:1: there is no such folder; name one that exists"),
            "{faults:?}"
        );
    }
}

#[test]
fn an_empty_folder_is_told() {
    assert!(Folder::new().rule_faults()[0].contains("there is no rule in this folder"));
}

#[test]
fn a_rule_without_its_test_file_does_not_load() {
    let faults = Folder::new().with("pulse/pulse_high.toml", RULE).rule_faults();
    assert_told(
        "no tests",
        &faults,
        "pulse/pulse_high.toml:1:1",
        "its test file 'pulse_high_test.toml' is missing",
    );
}

#[test]
fn a_test_file_without_its_rule_is_told() {
    let faults = sound().with("pulse/pulse_low_test.toml", TEST).rule_faults();
    assert_told("no rule", &faults, "pulse/pulse_low_test.toml:1:1", "there is no rule 'pulse_low.toml'");
}

#[test]
fn a_rule_name_is_unique_across_folders() {
    let faults =
        sound().with("heart/pulse_high.toml", RULE).with("heart/pulse_high_test.toml", TEST).rule_faults();
    assert_told("twice", &faults, "pulse/pulse_high.toml:1:1", "the rule 'pulse_high' exists already as");
}

#[test]
fn a_rule_that_would_silently_not_run_is_told() {
    for (label, file, sentence) in [
        ("outside a condition", "pulse_low.toml", "a rule stands in a folder named for its condition"),
        ("too deep", "pulse/old/pulse_low.toml", "a rule stands in a folder named for its condition"),
        ("far too deep", "a/b/c/d/e/pulse_low.toml", "this folder is too deep"),
        ("a misspelt ending", "pulse/pulse_low.tmol", "only .toml files and README.md belong here"),
        ("a name in capitals", "pulse/PulseLow.toml", "'PulseLow' is not a name"),
        ("a name with a hyphen", "pulse/pulse-low.toml", "'pulse-low' is not a name"),
        ("a folder with a space", "my pulse/pulse_low.toml", "'my pulse' is not a name"),
        ("no name at all", "pulse/_test.toml", "there is no rule '.toml'"),
    ] {
        let faults = sound().with(file, RULE).rule_faults();
        assert!(faults.iter().any(|fault| fault.contains(sentence)), "{label}: {faults:?}");
    }
}

#[test]
fn readmes_hidden_files_and_editors_backups_are_passed_over() {
    let folder = sound()
        .with("README.md", "how to write one")
        .with("pulse/README.md", "about pulses")
        .with("pulse/pulse_high.toml~", "old")
        .with(".git/config", "x");
    assert_eq!(folder.rule_faults(), Vec::<String>::new());
}

#[test]
fn one_bad_rule_keeps_the_whole_catalog_from_loading() {
    let folder = sound().with("pulse/pulse_low.toml", "").with("pulse/pulse_low_test.toml", TEST);
    assert!(catalog::load(&folder.source(), &words()).is_err());
}

fn sound() -> Folder {
    Folder::new().with("pulse/pulse_high.toml", RULE).with("pulse/pulse_high_test.toml", TEST)
}
