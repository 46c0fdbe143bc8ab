//! Reads what a rule draws from the chart: the `[figure]` of every kind but the plain band.

use std::collections::BTreeSet;

use toml::Spanned;

use crate::domain::rule::{
    Against, Answer, Average, Change, Consecutive, Direction, Distance, Figure, News2, Setting, Silence,
};

use super::super::fault::Report;
use super::super::table::{Table, number_of, text_of};
use super::is_name;

/// As far back as any figure looks when its file does not say.
const MEMORY_DAYS: f64 = 31.0;
/// NEWS2 adds up what was seen within so many minutes.
const SPELL_MINUTES: f64 = 60.0;

/// Reads the figure of a kind. A kind that nobody knows is told; the rest is then read as a plain band.
pub(super) fn read(
    kind: &Spanned<String>,
    entry: Option<Table<'_>>,
    parameters: &BTreeSet<String>,
    report: &mut Report<'_>,
) -> Option<Figure> {
    let name = kind.get_ref().as_str();
    if !Figure::KINDS.contains(&name) {
        let why = format!("'{name}' is not a kind of rule; the kinds are {}", Figure::KINDS.join(", "));
        report.add(kind.span(), why);
        return None;
    }
    let plain = match name {
        "band" => Some(Figure::Band),
        "unreadable" => Some(Figure::Unreadable),
        "unconfirmed" => Some(Figure::Unconfirmed),
        _ => None,
    };
    let entry = match (plain, entry) {
        (Some(figure), None) => return Some(figure),
        (Some(_), Some(entry)) => {
            report.add(entry.span(), format!("a rule of the kind '{name}' has no [figure]; take it out"));
            return None;
        }
        (None, entry) => entry,
    };
    let Some(entry) = entry else {
        return match name {
            "news2" => Some(Figure::News2(News2 {
                scale: Setting::Fixed(1.0),
                within_minutes: Setting::Fixed(SPELL_MINUTES),
            })),
            "silence" => Some(Figure::Silence(Silence { of: Vec::new() })),
            _ => {
                report.add(kind.span(), format!("a rule of the kind '{name}' needs a [figure]"));
                None
            }
        };
    };
    let mut reader = Reader { entry, parameters, report };
    let figure = reader.figure(name);
    let Reader { entry, report, .. } = reader;
    entry.close(report);
    figure
}

struct Reader<'t, 'r, 'f> {
    entry: Table<'t>,
    parameters: &'r BTreeSet<String>,
    report: &'r mut Report<'f>,
}

impl Reader<'_, '_, '_> {
    fn figure(&mut self, kind: &str) -> Option<Figure> {
        match kind {
            "consecutive" => {
                let at_least = self.count("at_least", None);
                let of = self.count("of", None);
                let within_days = self.setting("within_days", Some(MEMORY_DAYS));
                let apart = self.count("apart_minutes", Some(0));
                let (at_least, of) = (at_least?, of?);
                if at_least > of {
                    let why = format!("{at_least} of the last {of} can never be");
                    self.report.add(self.entry.span(), why);
                }
                let apart_minutes = u32::try_from(apart?).unwrap_or(u32::MAX);
                Some(Figure::Consecutive(Consecutive {
                    at_least,
                    of,
                    within_days: within_days?,
                    apart_minutes,
                }))
            }
            "average" => {
                let days = self.setting("days", None);
                let drop_first_day = self.flag("drop_first_day");
                let at_least = self.count("at_least", None);
                let at_least_days = self.count("at_least_days", Some(1));
                Some(Figure::Average(Average {
                    days: days?,
                    drop_first_day: drop_first_day?,
                    at_least: at_least?,
                    at_least_days: at_least_days?,
                }))
            }
            "change" => {
                let direction = self.one_of("direction", &Direction::ALL, Direction::name);
                let against = self.one_of("against", &Against::ALL, Against::name);
                let days = self.setting("days", None);
                Some(Figure::Change(Change { direction: direction?, against: against?, days: days? }))
            }
            "distance" => {
                let direction = self.one_of("direction", &Direction::ALL, Direction::name);
                let per_cent = self.flag("per_cent");
                let from = self.entry.text("from", self.report);
                if let Some(from) = &from {
                    self.declared(from.get_ref(), from.span());
                }
                Some(Figure::Distance(Distance {
                    direction: direction?,
                    from: from?.into_inner(),
                    per_cent: per_cent?,
                }))
            }
            "news2" => {
                let scale = self.setting("scale", Some(1.0));
                let within_minutes = self.setting("within_minutes", Some(SPELL_MINUTES));
                Some(Figure::News2(News2 { scale: scale?, within_minutes: within_minutes? }))
            }
            "answer" => {
                let questions = self.names("question", true);
                let in_a_row = self.count("in_a_row", Some(1));
                let within_days = self.setting("within_days", Some(MEMORY_DAYS));
                Some(Figure::Answer(Answer {
                    questions: questions?,
                    in_a_row: in_a_row?,
                    within_days: within_days?,
                }))
            }
            _ => Some(Figure::Silence(Silence { of: self.names("of", false)? })),
        }
    }

    /// A number, or the name of a parameter in quotes.
    fn setting(&mut self, key: &'static str, usual: Option<f64>) -> Option<Setting> {
        let Some(value) = self.entry.maybe(key) else {
            return match usual {
                Some(usual) => Some(Setting::Fixed(usual)),
                None => {
                    self.report.add(self.entry.span(), format!("'{key}' is missing"));
                    None
                }
            };
        };
        if value.get_ref().as_str().is_some() {
            let name = text_of(value, key, self.report)?;
            self.declared(name.get_ref(), name.span());
            return Some(Setting::Parameter(name.into_inner()));
        }
        let number = number_of(value, key, self.report)?;
        if number <= 0.0 {
            self.report.add(value.span(), format!("'{key}' must be more than 0"));
        }
        Some(Setting::Fixed(number))
    }

    fn declared(&mut self, name: &str, span: std::ops::Range<usize>) {
        if !self.parameters.contains(name) {
            let why = format!("'{name}' is not a parameter of this rule; add it under [parameters]");
            self.report.add(span, why);
        }
    }

    /// A whole number from 1; 0 only where the usual is.
    fn count(&mut self, key: &'static str, usual: Option<usize>) -> Option<usize> {
        let Some(value) = self.entry.maybe(key) else {
            if usual.is_none() {
                self.report.add(self.entry.span(), format!("'{key}' is missing"));
            }
            return usual;
        };
        let number = number_of(value, key, self.report)?;
        let least = if usual == Some(0) { 0.0 } else { 1.0 };
        if number.fract() != 0.0 || !(least..=10_000.0).contains(&number) {
            self.report.add(value.span(), format!("'{key}' must be a whole number from {least}"));
            return None;
        }
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "whole and bounded above"
        )]
        let whole = number as usize;
        Some(whole)
    }

    fn flag(&mut self, key: &'static str) -> Option<bool> {
        let Some(value) = self.entry.maybe(key) else { return Some(false) };
        let flag = value.get_ref().as_bool();
        if flag.is_none() {
            self.report.add(value.span(), format!("'{key}' must be true or false"));
        }
        flag
    }

    fn one_of<T: Copy>(
        &mut self,
        key: &'static str,
        all: &[T],
        name: impl Fn(T) -> &'static str,
    ) -> Option<T> {
        let text = self.entry.text(key, self.report)?;
        let found = all.iter().copied().find(|one| name(*one) == text.get_ref());
        if found.is_none() {
            let names: Vec<_> = all.iter().map(|one| name(*one)).collect();
            let why = format!("'{}' is not one of {}", text.get_ref(), names.join(", "));
            self.report.add(text.span(), why);
        }
        found
    }

    /// One name or a list of names.
    fn names(&mut self, key: &'static str, needed: bool) -> Option<Vec<String>> {
        let Some(value) = self.entry.maybe(key) else {
            if needed {
                self.report.add(self.entry.span(), format!("'{key}' is missing"));
                return None;
            }
            return Some(Vec::new());
        };
        let texts = super::texts_of(value, key, self.report)?;
        for text in &texts {
            if !is_name(text.get_ref()) {
                let why = format!("'{}' is not a name; use a to z, 0 to 9 and '_'", text.get_ref());
                self.report.add(text.span(), why);
            }
        }
        Some(texts.into_iter().map(Spanned::into_inner).collect())
    }
}
