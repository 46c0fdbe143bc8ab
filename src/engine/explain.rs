//! Why an alert is as it is: every firing rebuilt from what is kept, and held against what was written then.
//!
//! What came in is read from the journal, what was known from the readings and answers that had come by then, the limits
//! as they were set then, and the rule from the very text that was in force. The judgement is made anew by the same code,
//! and its evidence compared with the stored one, byte by byte.

mod moment;
mod site;

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use serde_json::Value;

use crate::catalog;
use crate::domain::audit::seal_of;
use crate::domain::id::{AlertId, EventId, PatientId, RuleId};
use crate::domain::rule::{Figure, Rule};
use crate::store::audit::AuditFilter;
use crate::store::past::{Arrived, KeptFiring, KeptNotice};
use crate::store::queue::QueuedAlert;
use crate::store::{Store, StoreError};

use moment::Known;
pub use site::{AsOf, SiteThen};

/// Deeds that are listed.
const DEEDS: u32 = 200;
/// The house's own rules: no file states them.
const OWN: &str = "system_";

/// Everything that is known of how an alert came to be.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Explanation {
    pub alert_id: AlertId,
    pub patient_id: PatientId,
    pub rule_id: RuleId,
    pub severity: &'static str,
    pub state: &'static str,
    pub title: String,
    pub why: String,
    pub opened_at: Timestamp,
    /// Of all firings together.
    pub verdict: Verdict,
    pub firings: Vec<Firing>,
    /// Who was to look and who was next by the site's file of then; nothing where it is not on record.
    pub site: Option<SiteThen>,
    /// What was done with it, oldest first.
    pub deeds: Vec<Deed>,
    /// Whom the patient's watch has told since it was opened.
    pub notices: Vec<Told>,
    /// What could not be rebuilt, and what was taken as it stands.
    pub notes: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Judged anew it is the same, byte by byte.
    Same,
    /// There is nothing to judge anew: the house's own alert, or what it rests on is not kept.
    NotRebuilt,
    Differs,
}

/// One time that the rule fired for this alert.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Firing {
    pub set_id: EventId,
    /// When it was decided.
    pub decided_at: Timestamp,
    pub verdict: Verdict,
    /// Nothing where nothing came in: what had not come was judged.
    pub came_in: Option<CameIn>,
    /// What it was read as, in words.
    pub read_as: Vec<String>,
    pub answered: Vec<String>,
    /// How many readings and answers had come before.
    pub known_before: usize,
    pub rule: Option<RuleThen>,
    pub limits: Vec<LimitThen>,
    pub stored: Value,
    pub rebuilt: Option<Value>,
    /// Where the two differ.
    pub differences: Vec<String>,
    /// Whether the stored evidence is the one that the audit trail sealed; nothing for what is older than the seals.
    pub sealed: Option<bool>,
    pub notes: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CameIn {
    pub kind: String,
    pub from: String,
    pub received_at: Timestamp,
    /// As it arrived.
    pub raw: String,
    pub outcome: String,
    pub reason: String,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RuleThen {
    pub name: String,
    pub version: String,
    pub kind: &'static str,
    pub title: String,
    pub evidence: String,
    /// The whole file.
    pub text: String,
}

/// A limit in force then. Without an author it is the rule's own.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LimitThen {
    pub parameter: String,
    pub value: Option<f64>,
    pub unit: &'static str,
    pub author: Option<String>,
    pub reason: Option<String>,
    pub since: Option<Timestamp>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Deed {
    pub at: Timestamp,
    pub actor: String,
    pub action: String,
    pub detail: Value,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Told {
    pub at: Timestamp,
    pub reason: String,
    pub target: String,
    pub person: Option<String>,
    pub channel: Option<String>,
    pub missed: Option<String>,
}

/// Explains an alert; nothing when there is none of this id.
pub async fn explain(store: &Store, id: &AlertId) -> Result<Option<Explanation>, StoreError> {
    let Some(alert) = store.alert(id).await? else { return Ok(None) };
    let mut firings = Vec::new();
    for kept in store.firings(id).await? {
        firings.push(explain_firing(store, &alert, kept).await?);
    }
    let mut notes = Vec::new();
    if alert.rule.as_str().starts_with(OWN) {
        notes.push(
            "This alert is the house's own: no rule file states it, and there is nothing to judge anew."
                .to_owned(),
        );
    } else if firings.is_empty() {
        notes.push("No evidence of this alert is kept: it cannot be judged anew.".to_owned());
    }
    let worst = firings.iter().map(|firing| firing.verdict).max();
    Ok(Some(Explanation {
        verdict: worst.unwrap_or(Verdict::NotRebuilt),
        deeds: deeds(store, id).await?,
        notices: notices(store, &alert).await?,
        firings,
        site: site::then(store, &alert).await?,
        notes,
        alert_id: alert.id,
        patient_id: alert.patient,
        rule_id: alert.rule,
        severity: alert.severity.name(),
        state: alert.state.name(),
        title: alert.title,
        why: alert.why,
        opened_at: alert.opened_at,
    }))
}

async fn explain_firing(store: &Store, alert: &QueuedAlert, kept: KeptFiring) -> Result<Firing, StoreError> {
    let stored: Value = serde_json::from_str(&kept.detail).unwrap_or(Value::String(kept.detail.clone()));
    let came_in = store.arrived(&kept.set).await?;
    let sealed = kept.seal.as_ref().map(|seal| *seal == seal_of(&kept.detail));
    let mut firing = Firing {
        set_id: kept.set.clone(),
        decided_at: kept.at,
        verdict: Verdict::NotRebuilt,
        came_in: came_in.as_ref().map(CameIn::of),
        read_as: Vec::new(),
        answered: Vec::new(),
        known_before: 0,
        rule: None,
        limits: Vec::new(),
        stored: stored.clone(),
        rebuilt: None,
        differences: Vec::new(),
        sealed,
        notes: Vec::new(),
    };
    if sealed == Some(false) {
        firing.verdict = Verdict::Differs;
        firing.differences.push("the stored evidence is not the one that the audit trail sealed".to_owned());
    }
    let Some(known) = Known::gather(store, alert, &kept, &stored, came_in.as_ref()).await? else {
        firing.verdict = Verdict::Differs;
        firing.differences.push("the stored evidence is none: it cannot be read".to_owned());
        return Ok(firing);
    };
    let Some((name, text)) = store.kept_rule(&alert.rule, &known.rule_version).await? else {
        firing.notes.push(format!(
            "the text of version {} of this rule was never put on record: nothing can be judged anew",
            known.rule_version
        ));
        return Ok(firing);
    };
    let Ok(rule) = catalog::reread(&name, &text) else {
        firing.notes.push("this program does not understand the rule's text any more".to_owned());
        return Ok(firing);
    };
    firing.limits = limits(&rule, &known);
    if let Some(note) = note_of(&rule.figure) {
        firing.notes.push(note.to_owned());
    }
    if known.is_patient_changed {
        firing.notes.push(
            "the patient's record was changed since: their date of birth and time zone are taken as they are now"
                .to_owned(),
        );
    }
    let rebuilt = known.judge(&rule, &kept.detail);
    firing.read_as = rebuilt.read_as;
    firing.answered = rebuilt.answered;
    firing.known_before = rebuilt.known_before;
    if rebuilt.evidence.as_deref() != Some(kept.detail.as_str()) {
        let again = rebuilt.evidence.as_deref().and_then(|text| serde_json::from_str(text).ok());
        match &again {
            Some(again) => differ(&stored, again, "", &mut firing.differences),
            None => firing.differences.push("judged anew the rule does not fire".to_owned()),
        }
        if firing.differences.is_empty() {
            firing.differences.push("the bytes differ, though they say the same".to_owned());
        }
        firing.verdict = Verdict::Differs;
    } else if firing.verdict != Verdict::Differs {
        firing.verdict = Verdict::Same;
    }
    firing.rebuilt = rebuilt.evidence.and_then(|text| serde_json::from_str(&text).ok());
    firing.rule = Some(RuleThen {
        name,
        version: rule.version,
        kind: rule.figure.kind(),
        title: rule.title,
        evidence: rule.evidence,
        text,
    });
    Ok(firing)
}

/// What of such a rule's judgement cannot be worked out a second time from what came in.
const fn note_of(figure: &Figure) -> Option<&'static str> {
    match figure {
        Figure::Silence(_) => Some(
            "how often in a row nothing came is taken from the evidence; the rule and its limits are judged anew",
        ),
        Figure::Unreadable => Some(
            "how many texts in a row could not be read is taken from the evidence; the rule and its limits are judged anew",
        ),
        Figure::Unconfirmed => Some(
            "how long the reading waited is taken from the evidence; the rule and its limits are judged anew",
        ),
        _ => None,
    }
}

fn limits(rule: &Rule, known: &Known) -> Vec<LimitThen> {
    let limit = |(name, parameter): (&String, &crate::domain::rule::Parameter)| {
        let own = known.limits.get(&rule.id, name);
        LimitThen {
            parameter: name.clone(),
            value: own.map(|limit| limit.value).or(parameter.default),
            unit: parameter.unit.ucum(),
            author: own.map(|limit| limit.author.clone()),
            reason: own.map(|limit| limit.reason.clone()),
            since: own.map(|limit| limit.since),
        }
    };
    rule.parameters.iter().map(limit).collect()
}

/// Every place where two pieces of JSON are not the same.
fn differ(stored: &Value, again: &Value, place: &str, found: &mut Vec<String>) {
    match (stored, again) {
        (Value::Object(one), Value::Object(other)) => {
            let keys: BTreeSet<&String> = one.keys().chain(other.keys()).collect();
            for key in keys {
                let of = |map: &serde_json::Map<String, Value>| map.get(key).cloned().unwrap_or(Value::Null);
                differ(&of(one), &of(other), &format!("{place}/{key}"), found);
            }
        }
        (Value::Array(one), Value::Array(other)) if one.len() == other.len() => {
            for (n, (one, other)) in one.iter().zip(other).enumerate() {
                differ(one, other, &format!("{place}/{n}"), found);
            }
        }
        _ if stored == again => {}
        _ => found.push(format!("{place}: stored {stored}, judged anew {again}")),
    }
}

async fn deeds(store: &Store, id: &AlertId) -> Result<Vec<Deed>, StoreError> {
    let filter = AuditFilter { subject: Some(id.to_string()), ..AuditFilter::default() };
    let kept = store.audit_entries(&filter, DEEDS).await?;
    let deed = |kept: crate::store::audit::KeptEntry| Deed {
        at: kept.entry.at,
        actor: kept.entry.actor,
        action: kept.entry.action,
        detail: kept.entry.detail,
    };
    Ok(kept.into_iter().rev().map(deed).collect())
}

async fn notices(store: &Store, alert: &QueuedAlert) -> Result<Vec<Told>, StoreError> {
    let kept = store.notices_since(&alert.patient, alert.opened_at).await?;
    let until = alert.resolved_at.unwrap_or(Timestamp::MAX).saturating_add(SignedDuration::from_secs(1));
    let until = until.unwrap_or(Timestamp::MAX);
    let told = |KeptNotice { at, reason, target, person, channel, missed }| Told {
        at,
        reason,
        target,
        person,
        channel,
        missed,
    };
    Ok(kept.into_iter().filter(|notice| notice.at <= until).map(told).collect())
}

impl CameIn {
    fn of(arrived: &Arrived) -> Self {
        Self {
            kind: arrived.kind.clone(),
            from: arrived.sender.clone(),
            received_at: arrived.received_at,
            raw: arrived.body.clone().unwrap_or_else(|| String::from_utf8_lossy(&arrived.raw).into_owned()),
            outcome: arrived.outcome.clone(),
            reason: arrived.reason.clone(),
        }
    }
}
