//! The shipped tests bite: whatever single thing is changed in a shipped rule, its tests or its soundness tell.

use std::fs;
use std::path::{Path, PathBuf};

use super::folder::{Folder, change};

#[test]
fn a_turned_comparison_in_any_shipped_rule_is_found() {
    let turns = [
        (" at_or_above = ", " above = "),
        (" above = ", " at_or_above = "),
        (" at_or_below = ", " below = "),
        (" below = ", " at_or_below = "),
    ];
    let mut mutants = 0;
    for (file, rule) in rules() {
        for (from, to) in turns {
            for nth in 0..rule.matches(from).count() {
                assert_found(&file, &change(&rule, nth, from, to), &format!("{nth}th{from}to{to}"));
                mutants += 1;
            }
        }
    }
    assert!(mutants >= 30, "only {mutants} mutants: has the format changed?");
}

#[test]
fn a_default_moved_by_one_step_in_any_shipped_rule_is_found() {
    let mut mutants = 0;
    for (file, rule) in rules() {
        // The step that the vital is measured in.
        let step = if rule.contains("mmol/L") || rule.contains("\"Cel\"") { 0.1 } else { 1.0 };
        for line in rule.lines().filter(|line| line.starts_with("default = ")) {
            let value: f64 = line.trim_start_matches("default = ").parse().unwrap();
            for moved in [value + step, value - step] {
                let nth = rule.lines().filter(|l| l.starts_with(line)).count() - 1;
                assert_found(
                    &file,
                    &change(&rule, nth, line, &format!("default = {moved:.1}")),
                    &format!("{line} to {moved:.1}"),
                );
                mutants += 1;
            }
        }
    }
    assert!(mutants >= 50, "only {mutants} mutants");
}

#[test]
fn a_moved_percentage_is_found() {
    for (file, rule) in rules() {
        for (nth, _) in rule.match_indices("percent = ").enumerate() {
            assert_found(&file, &change(&rule, nth, "percent = ", "percent = 1"), "percent");
        }
    }
}

#[test]
fn a_test_taken_out_of_any_shipped_rule_is_found() {
    for (file, rule) in rules() {
        for line in rule.lines().filter(|line| line.starts_with("  { vital")) {
            assert_found(&file, &change(&rule, 0, line, ""), line);
        }
    }
}

#[test]
fn swapped_severities_in_any_shipped_rule_are_found() {
    for (file, rule) in rules() {
        for (from, to) in [("\"red\"", "\"amber\""), ("\"amber\"", "\"advice\""), ("\"advice\"", "\"red\"")] {
            if rule.contains(from) {
                assert_found(&file, &change(&rule, 0, from, to), from);
            }
        }
    }
}

fn assert_found(file: &Path, mutant: &str, label: &str) {
    let id = file.file_stem().unwrap().to_str().unwrap();
    let tests = fs::read(file.with_file_name(format!("{id}_test.toml"))).unwrap();
    let folder =
        Folder::new().with(&format!("x/{id}.toml"), mutant).with(&format!("x/{id}_test.toml"), tests);
    assert!(!folder.rule_faults().is_empty(), "{}: {label} goes unnoticed", file.display());
}

fn rules() -> Vec<(PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("alert_rules");
    let folders = fs::read_dir(root).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_dir());
    let files = folders.flat_map(|folder| fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()));
    files
        .filter(|file| {
            file.to_str().unwrap().ends_with(".toml") && !file.to_str().unwrap().ends_with("_test.toml")
        })
        .map(|file| (file.clone(), fs::read_to_string(file).unwrap()))
        .collect()
}
