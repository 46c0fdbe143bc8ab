//! What happened, counted.

use std::collections::BTreeMap;
use std::time::Duration;

use lamplight::domain::alert::Severity;
use lamplight::domain::id::{AlertId, RuleId};
use lamplight::domain::rehearsal::{Rehearsal, Sign};

/// Alerts a patient and day that need a human, as a well-tuned service publishes it: 30,184 readings made 17,293 alerts
/// of which 79 % were handled by themselves (Luscii hypertension, JMIR preprint 66066).
const AIM: f64 = 0.10;

#[derive(Debug, Default)]
pub struct Tally {
    from_patients: u64,
    to_patients: u64,
    misses: BTreeMap<String, u64>,
    /// Alerts in a queue by their worst severity; repeats join the alert that stands.
    alerts: BTreeMap<Severity, u64>,
    by_rule: BTreeMap<(Severity, RuleId), u64>,
    /// Those of the patient being followed.
    standing: BTreeMap<AlertId, (Severity, RuleId)>,
    tasks: BTreeMap<String, u64>,
    true_reds: BTreeMap<&'static str, u64>,
    unseen_reds: Vec<String>,
}

impl Tally {
    /// A reading that is red by `truth` was just sent: there must be a red alert now.
    pub fn judge_red(&mut self, house: &Rehearsal<'_>, why: &'static str, body: &str) {
        *self.true_reds.entry(why).or_default() += 1;
        if !house.state().alerts.iter().any(|alert| alert.severity == Severity::Red) {
            self.unseen_reds.push(format!("{why}: \"{body}\""));
        }
    }

    /// Notes what stands in the queue for this patient now.
    pub fn look(&mut self, house: &Rehearsal<'_>) {
        for alert in &house.state().alerts {
            let worst =
                self.standing.get(&alert.id).map_or(alert.severity, |(known, _)| alert.severity.max(*known));
            self.standing.insert(alert.id.clone(), (worst, alert.rule.clone()));
        }
    }

    pub fn missed_reds(&self) -> bool {
        !self.unseen_reds.is_empty()
    }

    pub fn take(&mut self, house: &Rehearsal<'_>) {
        for line in house.lines() {
            let last = || line.words.split(' ').next_back().unwrap_or_default().to_owned();
            match line.sign {
                Sign::Texts => self.from_patients += 1,
                Sign::Told => self.to_patients += 1,
                Sign::Miss => *self.misses.entry(last()).or_default() += 1,
                Sign::Task => *self.tasks.entry(line.words.clone()).or_default() += 1,
                Sign::Alert | Sign::Publishes | Sign::Done => {}
            }
        }
        for (severity, rule) in std::mem::take(&mut self.standing).into_values() {
            *self.alerts.entry(severity).or_default() += 1;
            *self.by_rule.entry((severity, rule)).or_default() += 1;
        }
    }

    pub fn print(&self, patients: u32, days: u32, took: Duration) {
        let days_lived = f64::from(patients) * f64::from(days);
        println!(
            "{patients} patients, {days} days: {days_lived} patient-days in {:.1} s",
            took.as_secs_f64()
        );
        println!("texts from patients  {}", self.from_patients);
        println!("texts to patients    {}", self.to_patients);
        println!("questions missed     {}", list(&self.misses));
        let alerts: BTreeMap<_, _> = self.alerts.iter().map(|(severity, n)| (severity.name(), *n)).collect();
        println!("alerts               {}", list(&alerts));
        println!("tasks                {}", list(&self.tasks));
        let mut rules: Vec<_> = self.by_rule.iter().collect();
        rules.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
        for ((severity, rule), count) in rules.iter().take(15) {
            println!("  {count:>6}  {} {rule}", severity.name());
        }
        let of = |severity| self.alerts.get(&severity).copied().unwrap_or_default();
        #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
        let manual = (of(Severity::Amber) + of(Severity::Red)) as f64 / days_lived;
        let met = if manual < AIM { "met" } else { "NOT MET" };
        println!("amber and red alerts per patient-day  {manual:.3}   aim below {AIM}: {met}");
        let sent: u64 = self.true_reds.values().sum();
        println!("reds by the table of truth            {sent} ({})", list(&self.true_reds));
        println!("of them without a red alert           {}   aim 0", self.unseen_reds.len());
        for unseen in self.unseen_reds.iter().take(20) {
            println!("  {unseen}");
        }
    }
}

fn list<K: std::fmt::Display>(counts: &BTreeMap<K, u64>) -> String {
    let all: Vec<_> = counts.iter().map(|(name, count)| format!("{name} {count}")).collect();
    if all.is_empty() { "none".to_owned() } else { all.join(", ") }
}
