//! `deploy/sms-checklist.md` names a test for each of the thirty things that an SMS edge must do, and every test that says
//! it is about one of them is in the list.
//!
//! A test says so by its name, `sms_NN_what_holds`. `LAMPLIGHT_UPDATE_CHECKLIST=1 cargo test --test all checklist` writes
//! the names anew; the words stay.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use crate::support::house::PROJECT;

const ITEMS: u32 = 30;
const NONE_YET: &str = "none yet";

/// A row: what must hold, and the tests that show it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Row {
    words: String,
    tests: BTreeSet<String>,
}

fn list() -> PathBuf {
    Path::new(PROJECT).join("deploy/sms-checklist.md")
}

/// The tests of each item, as `cargo test` names them.
fn tests_in(folder: &Path, module: &str, found: &mut BTreeMap<u32, BTreeSet<String>>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let stem = path.file_stem().unwrap().to_string_lossy().into_owned();
        if path.is_dir() {
            if !stem.starts_with('.') {
                tests_in(&path, &format!("{module}{stem}::"), found);
            }
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let module = if stem == "mod" { module.to_owned() } else { format!("{module}{stem}::") };
            for (item, name) in named_in(&fs::read_to_string(&path).unwrap()) {
                found.entry(item).or_default().insert(format!("{module}{name}"));
            }
        }
    }
}

/// The tests in a source whose names say which item they are about.
fn named_in(source: &str) -> Vec<(u32, String)> {
    let names = source.lines().filter_map(|line| {
        let line = line.trim_start();
        let name = line.strip_prefix("async fn ").or_else(|| line.strip_prefix("fn "))?;
        let name = name.split('(').next()?;
        let item = name.strip_prefix("sms_")?.get(..2)?.parse().ok()?;
        Some((item, name.to_owned()))
    });
    names.collect()
}

fn rows(text: &str) -> BTreeMap<u32, Row> {
    let mut rows = BTreeMap::new();
    for line in text.lines() {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let [item, words, tests] = cells[..] else { continue };
        let Ok(item) = item.parse() else { continue };
        let tests = tests.split("<br>").map(|test| test.trim_matches('`').to_owned());
        let tests = tests.filter(|test| !test.is_empty() && test != NONE_YET).collect();
        assert!(rows.insert(item, Row { words: words.to_owned(), tests }).is_none(), "{item} stands twice");
    }
    rows
}

fn line(item: u32, row: &Row) -> String {
    let tests: Vec<String> = row.tests.iter().map(|test| format!("`{test}`")).collect();
    let tests = if tests.is_empty() { NONE_YET.to_owned() } else { tests.join("<br>") };
    format!("| {item} | {} | {tests} |", row.words)
}

/// The list with the names of today.
fn renewed(text: &str, found: &BTreeMap<u32, BTreeSet<String>>) -> String {
    let rows = rows(text);
    let renew = |line: &str| {
        let item = line.trim_matches('|').split('|').next()?.trim().parse().ok()?;
        let row = rows.get(&item)?;
        let tests = found.get(&item).cloned().unwrap_or_default();
        Some(self::line(item, &Row { tests, ..row.clone() }))
    };
    text.lines().map(|line| renew(line).unwrap_or_else(|| line.to_owned()) + "\n").collect()
}

#[test]
fn the_checklist_names_every_item_and_exactly_the_tests_there_are() {
    let mut found = BTreeMap::new();
    tests_in(&Path::new(PROJECT).join("tests"), "", &mut found);
    let text = fs::read_to_string(list()).unwrap();
    if std::env::var_os("LAMPLIGHT_UPDATE_CHECKLIST").is_some() {
        fs::write(list(), renewed(&text, &found)).unwrap();
        return;
    }
    let rows = rows(&text);
    assert!(rows.keys().copied().eq(1..=ITEMS), "{:?}", rows.keys());
    assert!(found.keys().all(|item| (1..=ITEMS).contains(item)), "{:?}", found.keys());
    for (item, row) in &rows {
        let tests = found.get(item).cloned().unwrap_or_default();
        assert!(row.words.len() > 20, "item {item} says nothing");
        assert_eq!(row.tests, tests, "item {item}: run with LAMPLIGHT_UPDATE_CHECKLIST=1");
        assert!(!tests.is_empty(), "no test is about item {item}");
    }
}

#[test]
fn a_test_that_is_gone_or_new_shows() {
    let source = "#[test]\nfn sms_07_both_doors() {\n#[tokio::test]\n    async fn sms_18_settles() {\nfn sms() {\nfn other() {";
    let found = named_in(source);
    assert_eq!(found, [(7, "sms_07_both_doors".to_owned()), (18, "sms_18_settles".to_owned())]);
    let text = "| no | what | tests |\n|---|---|---|\n| 7 | Both doors. | `a::sms_07_old` |\n| 8 | Later. | none yet |\n";
    let tests = BTreeMap::from([(7, BTreeSet::from(["b::sms_07_both_doors".to_owned()]))]);
    assert_eq!(rows(text)[&7].tests, BTreeSet::from(["a::sms_07_old".to_owned()]));
    let renewed = renewed(text, &tests);
    assert!(
        renewed.contains("| 7 | Both doors. | `b::sms_07_both_doors` |\n| 8 | Later. | none yet |\n"),
        "{renewed}"
    );
}
