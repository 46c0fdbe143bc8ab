//! The whole way: a patient's red reading, staff told by text, mail and hook, and the code that comes back.

use std::fs;

use serde_json::{Value, json};

use super::hook::Hook;
use super::mail::{FROM, Mailbox};
use crate::peers::daemon::{AGNES, Daemon, Plan, until};
use crate::peers::twilio::Emulate;
use crate::support::broker::free_port;

const AMINA: &str = "+447700900777";
const SECRET: &str = "a secret of both ends";

/// Amina by text, Bo by mail, and the team's own hook: all of them at once.
fn site(hook: &str) -> String {
    format!(
        r#"
name = "Riverside"
time_zone = "Europe/London"
default_team = "north"
detail = "severity"

[[outcome]]
name = "called patient"
action = true

[team.north]
name = "North"
staffed = ["always"]
lapse_minutes = 60
addresses = [{{ webhook = "{hook}", verified = 2026-11-02 }}]

[team.north.members]
amina = "clinician"
bo = "clinician"

[team.north.standard]
red = "15 min"
amber = "4 h"

[team.north.chain]
rounds = 2
again = "20 min"

[[team.north.chain.red]]
notify = ["person:amina", "person:bo", "team:north"]
wait = "10 min"

[[team.north.chain.amber]]
notify = ["person:amina"]
wait = "1 h"
"#
    )
}

fn digits(text: &str, count: usize) -> String {
    let mut runs = text.rsplit(|c: char| !c.is_ascii_digit());
    runs.find(|run| run.len() == count).unwrap_or_else(|| panic!("{count} digits: {text}")).to_owned()
}

#[tokio::test]
async fn a_red_text_tells_staff_three_ways_and_one_of_them_takes_it_on() {
    let (port, mailbox, hook) = (free_port(), Mailbox::open(""), Hook::open(&[]).await);
    let twilio = Emulate::start(&format!("http://127.0.0.1:{port}")).await;
    let site_file = std::env::temp_dir().join(format!("lamplight-site-{}-{port}.toml", std::process::id()));
    fs::write(&site_file, site(&hook.url)).unwrap();
    let lines = format!(
        "site = {site_file:?}\n[email]\nsmtp_url = \"smtp://127.0.0.1:{}\"\nfrom = \"{FROM}\"\n[webhook]\nsecret = \"{SECRET}\"\n",
        mailbox.port
    );
    let plan = Plan { api_base: Some(twilio.url("")), lines, ..Plan::default() };
    let mut daemon = Daemon::start_on(port, plan).await;
    for name in ["amina", "bo"] {
        daemon.house.must(&["user", "add", name]);
    }

    // Both are proved: Amina texts her code back, Bo's is given at the terminal.
    daemon.house.must(&["user", "contact", "add", "amina", "--sms", AMINA]);
    let told = daemon.house.must(&["user", "contact", "add", "bo", "--email", "bo@example.org"]);
    let bo = told.lines().next().unwrap();
    let sent = twilio.wait_for(AMINA, 1).await;
    twilio.text(AMINA, &digits(sent[0]["body"].as_str().unwrap(), 6)).await;
    until("the code by mail", async || mailbox.mails().len() == 1).await;
    let code = digits(mailbox.mails()[0]["body"].as_str().unwrap(), 6);
    daemon.house.must(&["user", "contact", "verify", bo, &code]);
    let contacts = daemon.house.must(&["user", "contact", "list"]);
    assert_eq!(contacts.matches("\tverified ").count(), 2, "{contacts}");
    twilio.wait_for(AMINA, 2).await;

    twilio.text(AGNES, "BP 185 121").await;
    daemon.overhear("BP 185 121");
    let sent = twilio.wait_for(AMINA, 3).await;
    let body = sent[2]["body"].as_str().unwrap();
    assert!(body.contains("a RED alert is waiting (North). Reply A "), "{body}");
    assert!(!body.contains("185") && !body.contains("Agnes"), "{body}");
    until("the mail", async || mailbox.mails().len() == 2).await;
    assert_eq!(mailbox.mails()[1]["subject"], "Lamplight: a RED alert is waiting");
    until("the hook", async || !hook.calls().is_empty()).await;
    let call = &hook.calls()[0].body;
    assert_eq!(
        (&call["team"], &call["severity"], &call["reason"]),
        (&json!("north"), &json!("red"), &json!("first"))
    );

    twilio.text(AMINA, &format!("A {}", digits(body, 4))).await;
    let sent = twilio.wait_for(AMINA, 4).await;
    assert!(
        sent[3]["body"].as_str().unwrap().starts_with("You have it: 1 alert is yours now."),
        "{}",
        sent[3]
    );
    let alerts = daemon.list("alerts").await;
    let red: Vec<&Value> = alerts.iter().filter(|alert| alert["severity"] == "red").collect();
    assert_eq!(red.len(), 1);
    assert_eq!((&red[0]["state"], &red[0]["acknowledged_by"]), (&json!("acknowledged"), &json!("amina")));
    let _ = fs::remove_file(site_file);
    daemon.end().await;
}

#[tokio::test]
async fn how_people_are_reached_is_looked_after_over_the_api() {
    let daemon = Daemon::start(Plan::default()).await;
    daemon.house.must(&["user", "add", "amina"]);
    let (status, made) = daemon
        .post("users/amina/contacts", &json!({"channel": "email", "address": "amina@example.org"}))
        .await;
    assert_eq!(status, 201, "{made}");
    let made: Value = serde_json::from_str(&made).unwrap();
    assert_eq!((&made["channel"], &made["proved"]), (&json!("email"), &json!(false)));
    let path = format!("contacts/{}", made["id"].as_str().unwrap());
    let kept = "select substr(body, 1, 6) from message where channel = 'email'";
    let code = daemon.house.see(kept).await.remove(0);
    for (path, body, wanted) in [
        ("users/nobody/contacts".to_owned(), json!({"channel": "sms", "address": AMINA}), 404),
        ("users/amina/contacts".to_owned(), json!({"channel": "email", "address": "amina@example.org"}), 409),
        ("users/amina/contacts".to_owned(), json!({"channel": "email", "address": "amina"}), 400),
        ("users/amina/contacts".to_owned(), json!({"channel": "pigeon", "address": "amina"}), 400),
        (format!("{path}/verify"), json!({"code": "x"}), 400),
        (format!("{path}/send-code"), json!({}), 409),
        ("contacts/nothing/verify".to_owned(), json!({"code": code}), 404),
        (format!("{path}/verify"), json!({"code": code, "by": "matron"}), 200),
        (format!("{path}/verify"), json!({"code": code}), 409),
    ] {
        let (status, told) = daemon.post(&path, &body).await;
        assert_eq!(status, wanted, "{path} {body}: {told}");
    }
    let shown = daemon.api("users/amina/contacts").await;
    assert_eq!(shown["contacts"][0]["proved"], true, "{shown}");
    assert_eq!(daemon.post(&format!("{path}/remove"), &json!({})).await.0, 204);
    assert_eq!(daemon.api("users/amina/contacts").await["contacts"], json!([]));
    // No mail server is set up here: that the code could not leave is a task, and no secret.
    until("the task", async || {
        daemon
            .list("tasks")
            .await
            .iter()
            .any(|task| task["kind"] == "no_carrier" && task["subject"] == "email")
    })
    .await;
    assert_eq!(
        daemon
            .house
            .see("select action || ' ' || actor from audit where action like 'contact.%' order by seq")
            .await,
        ["contact.add token:monitor", "contact.verify matron", "contact.remove token:monitor"]
    );
    daemon.end().await;
}
