//! What analysts may build on.

use serde_json::json;

use super::daemon::{Daemon, Plan};
use super::twilio::Emulate;
use crate::support::broker::free_port;

#[tokio::test]
async fn the_views_have_the_promised_columns_and_one_row_a_number() {
    let port = free_port();
    let twilio = Emulate::start(&format!("http://127.0.0.1:{port}")).await;
    let plan = Plan { api_base: Some(twilio.url("")), ..Plan::default() };
    let mut daemon = Daemon::start_on(port, plan).await;
    let text = "BP 182 104 pulse 72";
    daemon.overhear(text);
    twilio.text(super::daemon::AGNES, text).await;
    twilio.wait_for(super::daemon::AGNES, 1).await;

    for (view, columns) in [
        ("v_reading", "id,patient_id,vital,value,unit,taken_at,received_at,source,device_id,state"),
        (
            "v_alert",
            "id,patient_id,rule_id,rule_version,severity,state,opened_at,acknowledged_at,resolved_at,outcome",
        ),
        ("v_message", "id,patient_id,direction,channel,state,created_at,sent_at,delivered_at"),
    ] {
        let shown =
            daemon.house.see(&format!("select name from pragma_table_info('{view}')")).await.join(",");
        let rest = shown.strip_prefix(columns).unwrap_or_else(|| panic!("{view} has {shown}"));
        assert!(rest.is_empty() || rest.starts_with(','), "{view} has {shown}");
    }

    let rows = daemon.house.see("select vital, value, unit from v_reading order by value").await;
    assert_eq!(rows, ["pulse|72.0|/min", "diastolic|104.0|mm[Hg]", "systolic|182.0|mm[Hg]"]);
    let sets = "select count(distinct set_id), count(distinct id), count(distinct taken_at) from v_reading";
    assert_eq!(daemon.house.see(sets).await, ["1|3|1"]);
    let rows = daemon.house.see("select patient_id, source, device_id, state from v_reading").await;
    assert_eq!(rows, ["p1|text|-|accepted"; 3]);

    // The views tell what the API tells, and times in the same words.
    for reading in daemon.list("readings").await {
        let id = reading["id"].as_str().unwrap();
        let row =
            daemon.house.see(&format!("select vital, unit, taken_at from v_reading where id = '{id}'")).await;
        let taken_at = row[0].rsplit('|').next().unwrap();
        let (view, api): (jiff::Timestamp, jiff::Timestamp) =
            (taken_at.parse().unwrap(), reading["taken_at"].as_str().unwrap().parse().unwrap());
        assert_eq!(view, api);
        assert!(row[0].starts_with(&format!(
            "{}|{}|",
            reading["vital"].as_str().unwrap(),
            reading["unit"].as_str().unwrap()
        )));
    }
    let alert = &daemon.list("alerts").await[0];
    let rows =
        daemon.house.see("select id, rule_id, rule_version, severity, state, resolved_at from v_alert").await;
    let wanted = ["id", "rule_id", "rule_version"].map(|key| alert[key].as_str().unwrap()).join("|");
    assert_eq!(rows, [format!("{wanted}|red|open|-")]);
    super::daemon::until("sent", async || {
        daemon.house.see("select state, sent_at is not null from v_message where direction = 'out'").await
            == ["sent|1"]
    })
    .await;
    let rows = daemon.house.see("select channel, state from v_message where direction = 'in'").await;
    assert_eq!(rows, ["sms|received"]);
    assert_eq!(alert["patient_id"], json!("p1"));
    daemon.end().await;
}
