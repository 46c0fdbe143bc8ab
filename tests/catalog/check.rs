use lamplight::cli::check::{CheckArgs, run};

use super::folder::{Folder, MESSAGES, RULE, TEST};

fn check(args: &CheckArgs) -> (bool, String) {
    let mut out = Vec::new();
    let good = run(args, &mut out).unwrap();
    (good, String::from_utf8(out).unwrap())
}

#[test]
fn the_files_of_this_repository_are_all_good() {
    let (good, said) = check(&CheckArgs::default());
    assert!(good, "{said}");
    assert!(said.contains(" rules, ") && said.ends_with(": all good\n"), "{said}");
    assert_eq!(said.lines().count(), 1);
}

#[test]
fn named_folders_are_the_ones_that_are_checked() {
    let rules = Folder::new().with("pulse/pulse_high.toml", RULE).with("pulse/pulse_high_test.toml", TEST);
    let protocols = Folder::new().with("clinical/messages.en.toml", MESSAGES);
    let args = CheckArgs {
        rules: Some(rules.path().to_owned()),
        protocols: Some(protocols.path().to_owned()),
        ..CheckArgs::default()
    };
    let counts = "1 rules, 5 cases, 24 phrases, 0 protocols, 0 dialogues, 0 languages, 0 texts, 0 translations not signed off, 0 notices, 0 device profiles";
    let (good, said) = check(&args);
    assert!(good && said.starts_with(counts) && said.ends_with(": all good\n"), "{said}");
}

#[test]
fn faults_of_all_files_are_printed_one_a_line() {
    let rules = Folder::new()
        .with("pulse/pulse_high.toml", RULE.replace("\"amber\"", "\"orange\""))
        .with("pulse/pulse_high_test.toml", TEST);
    let protocols = Folder::new().with("clinical/messages.en.toml", MESSAGES.replace("{example}", "it"));
    let args = CheckArgs {
        rules: Some(rules.path().to_owned()),
        protocols: Some(protocols.path().to_owned()),
        ..CheckArgs::default()
    };
    let (good, said) = check(&args);
    assert!(!good);
    let rule = format!("{}/pulse/pulse_high.toml:24:12: 'orange' is not a severity", rules.path().display());
    let messages = format!("{}/clinical/messages.en.toml:", protocols.path().display());
    assert!(said.lines().any(|line| line.starts_with(&rule)), "{said}");
    assert!(said.lines().any(|line| line.starts_with(&messages)), "{said}");
    assert_eq!(said.lines().count(), 3, "{said}");
}

#[test]
fn a_named_folder_that_is_not_there_never_falls_back_to_the_built_in_files() {
    let args = CheckArgs { rules: Some("/nonexistent/rules".into()), ..CheckArgs::default() };
    let (good, said) = check(&args);
    assert!(!good);
    assert_eq!(said, "/nonexistent/rules:1:1: there is no such folder; name one that exists\n");
}
