//! What a notification says: that somebody is needed and how to answer, and no more of the patient than the site allows.

use jiff::Timestamp;

use super::{Notice, Reason};
use crate::domain::alert::Severity;
use crate::domain::organisation::{Detail, Organisation};

/// Longer names of teams are left out: the text must stay one message.
const LONGEST_TEAM: usize = 23;

/// A notification in words. The body is one plain text message; mail and hooks carry the subject beside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotificationText {
    pub subject: String,
    pub body: String,
}

/// Words for a notice. `code` is what its reader may answer with, from the phone that it goes to; `initials` are the
/// patient's, and are said only where the site allows it. Readings, rules and names have no way in.
pub fn notification(
    notice: &Notice,
    site: &Organisation,
    initials: Option<&str>,
    code: Option<&str>,
    now: Timestamp,
) -> NotificationText {
    let time = now.to_zoned(site.zone.clone()).strftime("%H:%M").to_string();
    let what = match site.detail {
        Detail::Nothing => "an alert".to_owned(),
        Detail::Severity | Detail::Initials => format!("{} alert", severity(notice.severity)),
    };
    let subject = format!("Lamplight: {what} is waiting");
    let mut body = format!("{time} Lamplight: {what} {}", why(notice.reason, site.detail));
    if site.detail > Detail::Nothing
        && let Some(team) = plain(&site.team(&notice.team).name, LONGEST_TEAM)
    {
        body.push_str(&format!(" ({team})"));
    }
    body.push('.');
    let initials = initials.filter(|_| site.detail == Detail::Initials).and_then(|said| plain(said, 4));
    if let Some(initials) = initials {
        body.push_str(&format!(" Patient {initials}."));
    }
    match code {
        Some(code) => body.push_str(&format!(" Reply A {code} to take it, P {code} to pass it on.")),
        None => body.push_str(" Sign in to Lamplight to take it or to pass it on."),
    }
    NotificationText { subject, body }
}

const fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Red => "a RED",
        Severity::Amber => "an amber",
        Severity::Advice => "an",
    }
}

/// Why it is said. A site that tells nothing does not tell either how a patient is getting on.
const fn why(reason: Reason, detail: Detail) -> &'static str {
    match (reason, detail) {
        (Reason::Worsened | Reason::NewKind | Reason::Remaining, Detail::Nothing) | (Reason::First, _) => {
            "is waiting"
        }
        (Reason::Worsened, _) => "is waiting: it has got worse",
        (Reason::NewKind, _) => "is waiting: something new has come",
        (Reason::Remaining, _) => "is still waiting",
        (Reason::Escalated, _) => "is waiting and nobody has taken it",
        (Reason::RepeatDue, _) => "is still waiting and nobody has taken it",
        (Reason::Lapsed, _) => "was taken, not finished and waits again",
        (Reason::SnoozeOver, _) => "was put off until now",
        (Reason::PassedOn, _) => "has been passed on to you",
        (Reason::HandedOver, _) => "is nobody's since the end of a shift",
    }
}

/// A word that every phone can show, if it is short enough.
fn plain(word: &str, longest: usize) -> Option<&str> {
    let word = word.trim();
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, ' ' | '.' | ',' | '-' | '\'' | '&' | '/');
    (!word.is_empty() && word.len() <= longest && word.chars().all(fits)).then_some(word)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::escalation::Told;
    use crate::domain::id::{PatientId, TeamId, UserName};
    use crate::domain::organisation::{Target, Unreached};
    use crate::domain::segment::count;

    fn notice(reason: Reason, severity: Severity) -> Notice {
        let person = UserName::trusted("amina");
        Notice {
            patient: PatientId::trusted("ada-lovelace"),
            team: TeamId::trusted("everyone"),
            severity,
            episode: 1,
            round: 0,
            step: 0,
            reason,
            target: Target::Person(person.clone()),
            told: Told::Nobody(Unreached::NoContact(person)),
        }
    }

    fn site(detail: Detail, team: &str) -> Organisation {
        let mut site = Organisation { detail, ..Organisation::unwritten() };
        for each in site.teams.values_mut() {
            each.name = team.to_owned();
        }
        site
    }

    fn at() -> Timestamp {
        "2026-07-01T13:05:00Z".parse().unwrap()
    }

    #[test]
    fn every_notification_is_one_text_message() {
        for detail in [Detail::Nothing, Detail::Severity, Detail::Initials] {
            for team in ["x".repeat(LONGEST_TEAM), "Llŷn".to_owned(), "y".repeat(200)] {
                for (reason, severity) in Reason::ALL
                    .into_iter()
                    .flat_map(|reason| Severity::ALL.map(|severity| (reason, severity)))
                {
                    let site = site(detail, &team);
                    let text =
                        notification(&notice(reason, severity), &site, Some("A.B."), Some("4821"), at());
                    assert_eq!(count(&text.body).segments, 1, "{}", text.body);
                    assert!(text.body.is_ascii(), "{}", text.body);
                    assert!(text.body.contains("A 4821") && text.body.contains("P 4821"));
                    assert!(!text.body.contains("ada") && !text.subject.contains("ada"));
                }
            }
        }
    }

    #[test]
    fn a_site_says_as_much_as_it_allows() {
        for (detail, expected) in [
            (
                Detail::Nothing,
                "14:05 Lamplight: an alert is waiting. Reply A 4821 to take it, P 4821 to pass it on.",
            ),
            (
                Detail::Severity,
                "14:05 Lamplight: a RED alert is waiting: it has got worse (North). Reply A 4821 to take it, P 4821 to \
                 pass it on.",
            ),
            (
                Detail::Initials,
                "14:05 Lamplight: a RED alert is waiting: it has got worse (North). Patient A.B. Reply A 4821 to take \
                 it, P 4821 to pass it on.",
            ),
        ] {
            let site = site(detail, "North");
            let notice = notice(Reason::Worsened, Severity::Red);
            let text = notification(&notice, &site, Some("A.B"), Some("4821"), at());
            assert_eq!(text.body, expected);
        }
    }

    #[test]
    fn whoever_cannot_reply_is_sent_to_the_queue() {
        let text = notification(
            &notice(Reason::First, Severity::Amber),
            &site(Detail::Severity, "North"),
            None,
            None,
            at(),
        );
        assert_eq!(text.subject, "Lamplight: an amber alert is waiting");
        assert_eq!(
            text.body,
            "14:05 Lamplight: an amber alert is waiting (North). Sign in to Lamplight to take it or to pass it on."
        );
    }
}
