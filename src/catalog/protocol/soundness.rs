//! Whether a protocol makes sense as a whole: names lead somewhere, all of it can come about, and nothing goes on for
//! ever.

use std::collections::BTreeSet;

use crate::domain::id::QuestionId;
use crate::domain::protocol::{Asks, Does, FollowUp, Protocol, Trigger, Wanted};
use crate::domain::rule::{Applies, Rule};

use super::super::fault::Report;
use super::draft::Draft;
use super::follow_up::ALWAYS;

/// Adds what is wrong with a protocol that was read without fault.
pub(super) fn check(draft: &Draft, rules: Option<&[Rule]>, report: &mut Report<'_>) {
    names_of_questions_lead_somewhere(draft, report);
    if let Some(rules) = rules {
        names_of_rules_lead_somewhere(draft, rules, report);
    }
    days_lie_in_the_course(draft, report);
    nothing_is_said_while_it_is_quiet(draft, report);
    answers_can_be_given(draft, report);
    if report.is_clean() {
        everything_comes_about(draft, report);
        nothing_goes_on_for_ever(draft, report);
    }
    averages_are_of_what_is_asked(draft, report);
}

fn names_of_questions_lead_somewhere(draft: &Draft, report: &mut Report<'_>) {
    let protocol = &draft.protocol;
    let deeds = protocol
        .schedule
        .iter()
        .map(|entry| (format!("schedule.{}", entry.id), &entry.does))
        .chain(protocol.follow_ups.iter().map(|f| (format!("follow_up.{}", f.id), &f.does)));
    for (path, does) in deeds {
        let Does::Ask(asked) = does else { continue };
        for (n, id) in asked.iter().enumerate() {
            let place = draft.marks.at(&format!("{path}.{id}"));
            let Some(question) = protocol.question(id) else {
                report.add(place, format!("there is no question '{id}'; add [question.{id}]"));
                continue;
            };
            let vitals = question.asks.vitals();
            if vitals.is_empty() && asked.len() > 1 {
                let why = format!("'{id}' is no vital sign and stands alone; ask it in an entry of its own");
                report.add(place.clone(), why);
            }
            let same = asked[..n].iter().filter_map(|before| protocol.question(before));
            if same.flat_map(|before| before.asks.vitals()).any(|vital| vitals.contains(vital)) {
                report.add(place, format!("one reading would answer both '{id}' and another one here"));
            }
        }
    }
    for follow_up in &protocol.follow_ups {
        if let Trigger::Answered { question, .. } | Trigger::Missed { question, .. } = &follow_up.when
            && protocol.question(question).is_none()
        {
            let place = draft.marks.at(&format!("follow_up.{}.when", follow_up.id));
            report.add(place, format!("there is no question '{question}'; add [question.{question}]"));
        }
    }
}

fn names_of_rules_lead_somewhere(draft: &Draft, rules: &[Rule], report: &mut Report<'_>) {
    let protocol = &draft.protocol;
    for (key, named, wanted, otherwise) in [
        ("rules", &protocol.rules, Applies::Enrolled, "holds for everyone already; take it out here"),
        ("replaces", &protocol.replaces, Applies::Everyone, "holds only where it is named; take it out here"),
    ] {
        for id in named {
            let place = draft.marks.at(&format!("{key}.{id}"));
            match rules.iter().find(|rule| rule.id == *id) {
                None => report.add(place, format!("there is no rule '{id}' in the alert rules")),
                Some(rule) if rule.applies != wanted => report.add(place, format!("'{id}' {otherwise}")),
                Some(_) => {}
            }
        }
    }
    for id in &protocol.replaces {
        let place = draft.marks.at(&format!("replaces.{id}"));
        if protocol.rules.is_empty() {
            report.add(place, format!("nothing in 'rules' stands in for '{id}'; name the rule that does"));
        }
    }
    for follow_up in &protocol.follow_ups {
        let Trigger::Fired { rule: id, severities } = &follow_up.when else { continue };
        let place = draft.marks.at(&format!("follow_up.{}.when", follow_up.id));
        let Some(rule) = rules.iter().find(|rule| rule.id == *id) else {
            report.add(place, format!("there is no rule '{id}' in the alert rules"));
            continue;
        };
        if protocol.replaces.contains(id) {
            report.add(place, format!("'{id}' is replaced here and never fires"));
            continue;
        }
        if rule.applies == Applies::Enrolled && !protocol.rules.contains(id) {
            report.add(place, format!("'{id}' never fires here; name it in 'rules'"));
            continue;
        }
        for severity in severities {
            if !rule.bands.iter().any(|band| band.severity == *severity) {
                report.add(place.clone(), format!("the rule '{id}' has no {} band", severity.name()));
            }
        }
    }
}

fn days_lie_in_the_course(draft: &Draft, report: &mut Report<'_>) {
    let Some(days) = draft.protocol.days else {
        if draft.protocol.completion.is_some() {
            let why = "a course without 'days' has no last day, so this is never said";
            report.add(draft.marks.at("completion"), why);
        }
        return;
    };
    for entry in &draft.protocol.schedule {
        let last = i64::from(days);
        for (key, day) in [("from_day", Some(entry.from_day)), ("to_day", entry.to_day)] {
            if let Some(day) = day.filter(|day| i64::from(*day) > last) {
                let place = draft.marks.at(&format!("schedule.{}.{key}", entry.id));
                report.add(place, format!("day {day} is after the last day, {last}"));
            }
        }
    }
}

/// What is said then would wait until the quiet hours are over: a bedtime reminder would come in the morning.
fn nothing_is_said_while_it_is_quiet(draft: &Draft, report: &mut Report<'_>) {
    let quiet = draft.protocol.quiet;
    for entry in &draft.protocol.schedule {
        if let (Does::Say(_), Some(at)) = (&entry.does, entry.at.iter().find(|at| quiet.holds(**at))) {
            let place = draft.marks.at(&format!("schedule.{}.at", entry.id));
            let (at, from, to) =
                (at.strftime("%H:%M"), quiet.from.strftime("%H:%M"), quiet.to.strftime("%H:%M"));
            report.add(
                place,
                format!("{at} lies in the quiet hours {from} to {to}, so it would wait; set 'quiet'"),
            );
        }
    }
}

fn answers_can_be_given(draft: &Draft, report: &mut Report<'_>) {
    for follow_up in &draft.protocol.follow_ups {
        let Trigger::Answered { question: id, wanted } = &follow_up.when else { continue };
        let Some(question) = draft.protocol.question(id) else { continue };
        if let Err(why) = can_be_given(wanted, &question.asks) {
            let place = draft.marks.at(&format!("follow_up.{}.when", follow_up.id));
            report.add(place, format!("'{id}' is never answered so: {why}"));
        }
    }
}

fn can_be_given(wanted: &Wanted, asks: &Asks) -> Result<(), String> {
    let within = |least: f64, most: f64, number: f64| {
        if (least..=most).contains(&number) {
            Ok(())
        } else {
            Err(format!("an answer is a number from {least} to {most}"))
        }
    };
    let bounds = match asks {
        Asks::Scale1To5 => Some((1.0, 5.0)),
        Asks::Number { min, max } => Some((*min, *max)),
        _ => None,
    };
    match (wanted, asks, bounds) {
        (Wanted::Any, ..) => Ok(()),
        (Wanted::AtOrAbove(limit) | Wanted::AtOrBelow(limit), _, Some((least, most))) => {
            within(least, most, *limit)
        }
        (Wanted::AtOrAbove(_) | Wanted::AtOrBelow(_), Asks::Vital(_), _) => {
            Err("when a vital sign is too high or low is said in alert_rules; use { rule = … }".to_owned())
        }
        (Wanted::AtOrAbove(_) | Wanted::AtOrBelow(_), ..) => Err("its answers are no numbers".to_owned()),
        (Wanted::OneOf(words), Asks::YesNo, _) => all_among(words, &["yes", "no"]),
        (Wanted::OneOf(words), Asks::Choice(choices), _) => {
            all_among(words, &choices.iter().map(|choice| choice.value.as_str()).collect::<Vec<_>>())
        }
        (Wanted::OneOf(words), _, Some((least, most))) => words.iter().try_for_each(|word| {
            word.parse().map_or_else(|_| Err(format!("'{word}' is no number")), |n| within(least, most, n))
        }),
        (Wanted::OneOf(_), ..) => Err("any answer of it leads on; leave 'is' out".to_owned()),
    }
}

fn all_among(words: &[String], known: &[&str]) -> Result<(), String> {
    match words.iter().find(|word| !known.contains(&word.as_str())) {
        Some(_) => Err(format!("its answers are {}", known.join(", "))),
        None => Ok(()),
    }
}

/// Every question is asked, and every follow-up can come.
fn everything_comes_about(draft: &Draft, report: &mut Report<'_>) {
    let protocol = &draft.protocol;
    let mut asked: BTreeSet<&QuestionId> = BTreeSet::new();
    asked.extend(protocol.schedule.iter().flat_map(|entry| asks(&entry.does)));
    let comes = |follow_up: &FollowUp, asked: &BTreeSet<&QuestionId>| match &follow_up.when {
        Trigger::Answered { question, .. } | Trigger::Missed { question, .. } => asked.contains(question),
        Trigger::Fired { .. } => true,
    };
    loop {
        let before = asked.len();
        for follow_up in &protocol.follow_ups {
            if comes(follow_up, &asked) {
                asked.extend(asks(&follow_up.does));
            }
        }
        if asked.len() == before {
            break;
        }
    }
    for follow_up in protocol.follow_ups.iter().filter(|follow_up| !comes(follow_up, &asked)) {
        let place = draft.marks.at(&format!("follow_up.{}.when", follow_up.id));
        report.add(place, "this never comes: nothing that can come about asks its question");
    }
    for id in protocol.questions.keys().filter(|id| !asked.contains(id)) {
        report.add(
            draft.marks.at(&format!("question.{id}")),
            format!("nothing asks '{id}'; ask it or take it out"),
        );
    }
}

/// A follow-up that can lead to itself says how often.
fn nothing_goes_on_for_ever(draft: &Draft, report: &mut Report<'_>) {
    let protocol = &draft.protocol;
    for follow_up in protocol.follow_ups.iter().filter(|follow_up| follow_up.most == ALWAYS) {
        let mut reached: Vec<&FollowUp> = Vec::new();
        let mut open = vec![follow_up];
        while let Some(from) = open.pop() {
            for next in protocol.follow_ups.iter().filter(|next| leads_to(protocol, from, next)) {
                if !reached.iter().any(|known| known.id == next.id) {
                    reached.push(next);
                    open.push(next);
                }
            }
        }
        if reached.iter().any(|next| next.id == follow_up.id) {
            let place = draft.marks.at(&format!("follow_up.{}", follow_up.id));
            report.add(place, "it can lead to itself for ever; say with 'most' how often in a row");
        }
    }
}

/// A reading may fire any rule, so whatever asks for a vital sign may lead to whatever a rule sets off.
fn leads_to(protocol: &Protocol, from: &FollowUp, next: &FollowUp) -> bool {
    asks(&from.does).any(|id| match &next.when {
        Trigger::Answered { question, .. } | Trigger::Missed { question, .. } => question == id,
        Trigger::Fired { .. } => protocol.question(id).is_some_and(|q| !q.asks.vitals().is_empty()),
    })
}

fn asks(does: &Does) -> impl Iterator<Item = &QuestionId> {
    match does {
        Does::Ask(questions) => questions.iter(),
        Does::Say(_) => [].iter(),
    }
}

fn averages_are_of_what_is_asked(draft: &Draft, report: &mut Report<'_>) {
    let Some(completion) = &draft.protocol.completion else { return };
    for vital in &completion.average {
        if !draft.protocol.questions.values().any(|question| question.asks.vitals().contains(vital)) {
            let place = draft.marks.at(&format!("average.{}", vital.name()));
            report.add(place, format!("no question asks for {}, so it has no average", vital.name()));
        }
    }
}
