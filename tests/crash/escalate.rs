//! `kill -9` while people are told of reds: every red keeps its watch, and nobody is told twice.

use std::time::Duration;

use tokio::time::sleep;

use crate::support::daemon::{Daemon, Plan, phone};
use crate::support::dice::Dice;
use crate::support::provider::{Mood, Provider};

const LIVES: usize = 10;
/// Each life sees new ones.
const REDS_A_LIFE: usize = 3;
const SITE: &str = r#"
name = "Crash"
time_zone = "Europe/London"
default_team = "north"
detail = "severity"

[team.north]
name = "North"
staffed = ["Mon-Sun 00:00-00:00"]
lapse_minutes = 60

[team.north.members]
amina = "clinician"
ben = "lead"

[team.north.standard]
red = "15 min"
amber = "4 h"
advice = "2 days"

[team.north.chain]
rounds = 2
again = "20 min"

[[team.north.chain.red]]
notify = ["person:amina"]
wait = "10 min"

[[team.north.chain.red]]
notify = ["person:amina", "person:ben"]
wait = "10 min"

[[team.north.chain.amber]]
notify = ["person:amina"]
wait = "1 h"
"#;
/// A text that a dead daemon held is left alone for a minute, in case that it is on its way.
const DRAIN: Duration = Duration::from_secs(100);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_daemon_that_is_killed_while_it_tells_people_drops_no_red_and_tells_nobody_twice() {
    let seed = match std::env::var("LAMPLIGHT_CRASH_SEED") {
        Ok(seed) => seed.parse().expect("LAMPLIGHT_CRASH_SEED is a number"),
        Err(_) => u64::from(std::process::id()),
    };
    println!("LAMPLIGHT_CRASH_SEED={seed}");
    let mut dice = Dice::new(seed);
    let provider = Provider::start(Mood::Well, seed).await;
    // No broker listens there: texts are all that this needs.
    let plan = Plan {
        broker: "mqtt://127.0.0.1:9",
        api_base: &provider.base,
        patients: LIVES * REDS_A_LIFE,
        lines: "site = \"site.toml\"",
    };
    let mut daemon = Daemon::set_up_with(&plan, &[("site.toml", SITE)]);
    for (name, n) in [("amina", 801), ("ben", 802)] {
        daemon
            .change(&format!(
                "insert into user (name, full_name, role, password_hash, created_at)
                   values ('{name}', '{name}', 'nurse', '-', 0);
                 insert into contact (id, user_name, channel, address, created_at, verified_at)
                   values ('{name}', '{name}', 'sms', '+447700900{n}', 0, unixepoch('now') * 1000)"
            ))
            .await;
    }
    for life in 0..LIVES {
        daemon.start();
        daemon.until("it answers", |_, _| true).await;
        for n in life * REDS_A_LIFE..(life + 1) * REDS_A_LIFE {
            let answer = daemon.door().text(&format!("SM{n:032x}"), &phone(n), "BP 190 99").await.unwrap();
            assert_eq!(answer.status(), 200);
        }
        sleep(Duration::from_millis(dice.below(120))).await;
        // Ten minutes later.
        daemon.change("update watch set next_at = 0, look_at = 0").await;
        sleep(Duration::from_millis(dice.below(80))).await;
        daemon.kill();
    }
    daemon.start();
    daemon.until("it answers", |_, _| true).await;
    daemon.until_number("select count(*) from watch where look_at = 0 or begun = 0", 0, DRAIN).await;
    let waiting = "select count(*) from message where state in ('queued', 'sending', 'ambiguous')";
    daemon.until_number(waiting, 0, DRAIN).await;
    daemon.stop().await;

    let reds = "select count(*) from alert where severity = 'red' and state = 'open'";
    assert_eq!(daemon.number(reds).await, (LIVES * REDS_A_LIFE) as u64);
    let dropped = "select a.id from alert a left join watch w using (patient_id)
                   where a.severity = 'red' and (w.stage is null or w.stage <> 'running' or w.next_at = 0)";
    assert_eq!(daemon.column(dropped).await, [""; 0], "reds without a next step");
    let untold = "select patient_id from watch where patient_id not in
                  (select patient_id from notice where address is not null)";
    assert_eq!(daemon.column(untold).await, [""; 0], "reds of which nobody was told");
    let unsent = "select n.id from notice n left join message m on m.id = n.message_id
                  where n.address is not null and (m.id is null or m.address <> n.address)";
    assert_eq!(daemon.column(unsent).await, [""; 0], "notices without their text");
    let told = daemon
        .column("select address || ' ' || body from message where purpose = '\"notification\"' order by id")
        .await;
    assert_eq!(
        daemon.number("select count(*) from notice where address is not null").await,
        told.len() as u64
    );
    let sent = provider.sent();
    for line in &told {
        let (to, body) = line.split_once(' ').unwrap();
        let given = sent.get(&(to.to_owned(), body.to_owned())).copied().unwrap_or_default();
        assert_eq!(given, 1, "the provider was given it {given} times: {body}");
    }
    println!("{LIVES} kills, {} reds, {} notifications: each sent once", LIVES * REDS_A_LIFE, told.len());
}
