//! Pairs each rule file with the test file beside it, and loads the rule when both hold.

use std::collections::BTreeMap;

use crate::domain::decide::{ClinicalFile, FileKind};
use crate::domain::rule::Rule;
use crate::domain::wording::Wording;

use super::case;
use super::fault::{Fault, Report};
use super::rule::{self, is_name};
use super::source::{Source, SourceFile};
use super::wording;
use super::{proof, soundness};

/// The rules of a folder and how many cases prove them.
#[derive(Debug, Default)]
pub(super) struct Rules {
    pub(super) rules: Vec<Rule>,
    pub(super) cases: usize,
    /// As they were read.
    pub(super) files: Vec<ClinicalFile>,
}

/// Reads `<condition>/<rule>.toml` and `<condition>/<rule>_test.toml`. Whatever else stands there is a fault, so that a
/// misplaced or misspelt file is never a rule that silently does not run.
pub(super) fn read(source: &Source, wording: Option<&Wording>, faults: &mut Vec<Fault>) -> Rules {
    let before = faults.len();
    let files = source.read(faults);
    let (mut rules, mut tests) = (BTreeMap::new(), BTreeMap::new());
    for file in &files {
        match place(file) {
            Ok((condition, id)) => match id.strip_suffix("_test") {
                Some(tested) => drop(tests.insert((condition, tested), file)),
                None => drop(rules.insert((condition, id), file)),
            },
            Err(why) => faults.push(Fault::whole(&file.shown, why)),
        }
    }
    if rules.is_empty() && faults.len() == before {
        faults.push(Fault::whole(
            source.shown(),
            "there is no rule in this folder; name the folder that has them",
        ));
    }
    let mut loaded = Rules::default();
    let mut owners: BTreeMap<&str, &SourceFile> = BTreeMap::new();
    for ((condition, id), file) in &rules {
        if let Some(owner) = owners.insert(id, file) {
            let why = format!("the rule '{id}' exists already as {}; a rule's name is unique", owner.shown);
            faults.push(Fault::whole(&file.shown, why));
        }
        let test = tests.remove(&(*condition, *id));
        loaded.add(id, condition, file, test, wording, faults);
    }
    for ((_, id), file) in tests {
        let why = format!("there is no rule '{id}.toml' beside this test file; add it or take this out");
        faults.push(Fault::whole(&file.shown, why));
    }
    loaded
}

impl Rules {
    fn add(
        &mut self,
        id: &str,
        condition: &str,
        file: &SourceFile,
        test: Option<&SourceFile>,
        wording: Option<&Wording>,
        faults: &mut Vec<Fault>,
    ) {
        let mut report = Report::new(&file.shown, &file.text);
        let draft = rule::read(id, condition, &file.text, &mut report);
        if let Some(draft) = &draft {
            soundness::check(draft, &mut report);
            if let Some(wording) = wording {
                wording::check_replies(draft, wording, &mut report);
            }
        }
        match (test, draft) {
            (None, _) => {
                report.add(
                    0..0,
                    format!("its test file '{id}_test.toml' is missing; a rule without tests does not load"),
                );
            }
            (Some(test), Some(draft)) => {
                let mut tests = Report::new(&test.shown, &test.text);
                let cases = case::read(&test.text, &draft.rule, &mut tests);
                if tests.is_clean() {
                    proof::run(&cases, &draft.rule, &mut tests);
                    proof::check_coverage(&cases, &draft, &mut tests, &mut report);
                }
                self.cases += cases.len();
                self.files.push(ClinicalFile {
                    kind: FileKind::Rule,
                    name: file.parts.join("/"),
                    hash: draft.rule.version.clone(),
                    text: file.text.clone(),
                });
                self.rules.push(draft.rule);
                faults.extend(tests.into_faults());
            }
            // What is wrong with the rule must be put right before its tests mean anything.
            (Some(_), None) => {}
        }
        faults.extend(report.into_faults());
    }
}

/// The condition and the stem of a file that stands where rules stand.
fn place(file: &SourceFile) -> Result<(&str, &str), String> {
    let Some(stem) = file.stem() else {
        return Err("only .toml files and README.md belong here; rename this file or move it away".to_owned());
    };
    let [condition, _] = file.parts.as_slice() else {
        return Err(
            "a rule stands in a folder named for its condition, <condition>/<rule>.toml; move it".to_owned()
        );
    };
    match [condition.as_str(), stem].into_iter().find(|name| !is_name(name)) {
        Some(bad) => {
            Err(format!("'{bad}' is not a name for a rule or condition; use a to z, 0 to 9 and '_'"))
        }
        None => Ok((condition, stem)),
    }
}
