//! A conversation with the real gateway, written down as it goes.

use std::collections::HashSet;

use jiff::{SignedDuration, Timestamp};
use lamplight::domain::event::{Event, OptOut};
use lamplight::domain::segment;

use crate::engine::house::{ADA, BOB, House, STRANGER};

/// The longest answer that a patient gets.
const MOST_SEGMENTS: u32 = 2;
const WIDTH: usize = 96;

pub struct Script {
    house: House,
    lines: Vec<String>,
    begun: Timestamp,
    said: HashSet<String>,
    margin: Vec<String>,
}

impl Script {
    pub async fn new() -> Self {
        let house = House::new().await;
        let begun = house.clock.now();
        Self { house, lines: Vec::new(), begun, said: HashSet::new(), margin: Vec::new() }
    }

    pub async fn texts(&mut self, from: &str, body: &str) {
        let event = self.house.text(from, body);
        self.hears(&format!("{} texts", name(from)), body, event).await;
    }

    /// A text on which the carrier has acted as an opt-out or opt-in word.
    pub async fn carrier_marks(&mut self, from: &str, body: &str, opt_out: OptOut) {
        let event = self.house.carried(from, body, Some(opt_out));
        self.hears(&format!("{} texts", name(from)), body, event).await;
    }

    pub async fn measures(&mut self, device: &str, systolic: u32, diastolic: u32) {
        let event = self.house.pressure(device, systolic, diastolic);
        self.hears(&format!("{device} sends"), &format!("{systolic}/{diastolic}"), event).await;
    }

    pub async fn publishes(&mut self, device: &str, json: &str) {
        let event = self.house.publish(device, json);
        self.hears(&format!("{device} sends"), json, event).await;
    }

    pub async fn waits(&mut self, duration: SignedDuration) {
        self.house.wait(duration);
    }

    /// Somebody enrols a patient, and the heartbeat lets in what was held.
    pub async fn enrols(&mut self, who: &str, csv: &str) {
        self.house.enrol(csv).await;
        self.house.release().await;
        self.line("", &format!("* {who} is enrolled"));
        self.answers().await;
    }

    async fn hears(&mut self, who: &str, what: &str, event: Event) {
        let kept = self.house.take([event]).await;
        assert!(kept.iter().all(Result::is_ok), "{kept:?}");
        let minutes = self.house.clock.now().duration_since(self.begun).as_mins();
        let time = format!("{:02}:{:02}", 9 + minutes / 60, minutes % 60);
        self.line(&time, &format!("{who}: {what}"));
        self.answers().await;
    }

    /// What the gateway says to patients, and below it what is new for nurses.
    async fn answers(&mut self) {
        let texts =
            "select id || '|' || address || '|' || body from message where direction = 'out' order by id";
        for text in self.house.see(texts).await {
            let (id, text) = text.split_once('|').unwrap();
            if !self.said.insert(id.to_owned()) {
                continue;
            }
            let (to, body) = text.split_once('|').unwrap();
            let segments = segment::count(body).segments;
            assert!(segments <= MOST_SEGMENTS, "{segments} segments: {body}");
            self.line("", &format!("  to {}: {body}", name(to)));
        }
        let now = self.margin().await;
        let news: Vec<_> = now.iter().filter(|line| !self.margin.contains(line)).cloned().collect();
        for line in news {
            self.line("", &format!("      | {line}"));
        }
        self.margin = now;
    }

    /// All that a nurse could see: alerts, tasks, and readings that are not plainly accepted.
    async fn margin(&self) -> Vec<String> {
        let alerts =
            "select upper(severity) || ' ' || state || case count when 1 then '' else ' x' || count end
                        || ', ' || patient_id || ': ' || title || ': ' || rtrim(why, '.') || '.' from alert order by id";
        let tasks = "select 'task' || case count when 1 then '' else ' x' || count end
                       || case when resolved_at is null then '' else ' (closed)' end || ': ' || detail
                     from task order by id";
        let readings = "select 'reading ' || group_concat(vital || ' ' || coalesce(value, beyond), ', ') || ': ' || state
                        from (select * from reading order by vital desc) where state <> 'accepted' group by set_id";
        let mut margin = self.house.see(alerts).await;
        margin.extend(self.house.see(tasks).await);
        margin.extend(self.house.see(readings).await);
        margin.iter().map(|line| self.without_ids(line)).collect()
    }

    /// Ids differ from run to run.
    fn without_ids(&self, line: &str) -> String {
        let is_id = |word: &str| word.len() == 20 && word.bytes().all(|b| b.is_ascii_alphanumeric());
        line.split(' ').map(|word| if is_id(word) { "ID" } else { word }).collect::<Vec<_>>().join(" ")
    }

    fn line(&mut self, time: &str, line: &str) {
        let indent = line.len() - line.trim_start_matches([' ', '|']).len();
        let mut row = format!("{time:6}");
        let start = row.len();
        for word in line.split(' ') {
            if row.chars().count() + word.chars().count() > WIDTH && row.len() > start + indent {
                self.lines.push(row.trim_end().to_owned());
                row = format!("{:1$}", "", start + indent + 2);
            }
            row.push_str(word);
            row.push(' ');
        }
        self.lines.push(row.trim_end().to_owned());
    }

    /// The conversation. The gateway has nothing left to do but to send what it said.
    pub async fn end(self) -> String {
        self.house.leaves_whatever().await;
        self.lines.join("\n")
    }
}

fn name(number: &str) -> &str {
    match number {
        ADA => "Ada",
        BOB => "Bob",
        STRANGER => "Stranger",
        other => other,
    }
}
