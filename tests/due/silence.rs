//! Silence to several protocols at once: each replaces the general rule for its own questions only.

use jiff::civil::date;
use lamplight::domain::id::{ProtocolId, RuleId};
use lamplight::domain::protocol::Protocol;
use lamplight::domain::rehearsal::Rehearsal;

use super::file::{ada, asks, at, catalog, entry, protocol};

/// Asks one question a day. `own` silence: the protocol has its own opinion of it.
fn daily(id: &str, question: &str, at: &str, own: bool) -> Protocol {
    let mut daily = protocol(id, vec![entry("daily", asks(&[question]), &[at])]);
    daily.questions.retain(|known, _| known.as_str() == question);
    daily.replaces = if own { vec![RuleId::trusted("silence")] } else { Vec::new() };
    daily
}

/// Who never answers, and the alerts of four days of it.
fn alerts_of(protocols: Vec<Protocol>, answers: Option<&str>) -> Vec<String> {
    let ids: Vec<ProtocolId> = protocols.iter().map(|protocol| protocol.id.clone()).collect();
    let catalog = catalog(protocols);
    let mut house = Rehearsal::new(&catalog, ada(), at("2026-03-01 12:00"));
    for id in &ids {
        house.enrol(id, date(2026, 3, 2), None).unwrap();
    }
    for day in 2..6 {
        house.pass_to(at(&format!("2026-03-{day:02} 12:05")));
        if let Some(answer) = answers {
            house.text(answer);
        }
    }
    house.pass_to(at("2026-03-06 07:00"));
    let dialogue = house.dialogue();
    dialogue
        .lines()
        .filter(|line| line.contains('!') && !line.contains("recovered"))
        .map(|line| line[20..].trim().to_owned())
        .collect()
}

#[test]
fn a_protocol_replaces_the_silence_rule_for_its_own_questions() {
    let ours = || daily("ours", "well", "12:00", true);
    let theirs = || daily("theirs", "bp", "12:00", false);
    assert_eq!(alerts_of(vec![ours()], None), [] as [&str; 0], "it has its own opinion");
    assert_eq!(alerts_of(vec![theirs()], None), ["advice silence", "amber silence", "amber silence"]);
    assert_eq!(
        alerts_of(vec![ours(), theirs()], Some("Y")),
        ["advice silence", "amber silence", "amber silence"],
        "the other protocol's question is not answered"
    );
    assert_eq!(alerts_of(vec![ours(), theirs()], Some("BP 124 76")), [] as [&str; 0]);
}

#[test]
fn a_question_that_another_protocol_asks_too_is_heard_by_the_careful_one() {
    let both = vec![daily("ours", "bp", "12:00", true), daily("theirs", "bp", "12:00", false)];
    assert_eq!(alerts_of(both, None), ["advice silence", "amber silence", "amber silence"]);
}
