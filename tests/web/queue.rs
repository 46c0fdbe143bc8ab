//! The queue, what people ask each other, and figures, over the API.

use lamplight::store::token::Scope;
use serde_json::{Value, json};

use super::client::send;
use super::ward::Ward;

async fn furnished() -> (Ward, String) {
    let ward = Ward::open().await;
    ward.furnish().await;
    ward.hire("anna", "Anna Nurse").await;
    let token = ward.token("triage", Scope::Write, None).await;
    (ward, token)
}

fn column(rows: &Value, name: &str) -> Vec<Value> {
    rows.as_array().unwrap().iter().map(|row| row[name].clone()).collect()
}

#[tokio::test]
async fn a_card_a_patient_in_the_order_of_the_standards() {
    let (ward, token) = furnished().await;
    let queue = ward.call(&token, "GET", "/api/v1/queue", "").await.json();
    let cards = &queue["cards"];
    assert_eq!(column(cards, "patient_id"), ["p3", "p1", "p2"]);
    assert_eq!(column(cards, "rank"), ["red_waits", "amber_waits", "red_held"]);
    assert_eq!(column(cards, "severity"), ["red", "amber", "red"]);
    assert_eq!(column(cards, "waiting"), ["red", "amber", "advice"]);
    // Worse since 07:55, and a quarter of an hour from then; four hours; a day, which is over.
    assert_eq!(
        column(cards, "due_at"),
        ["2026-11-22T08:10:00Z", "2026-11-21T22:00:00Z", "2026-11-21T07:00:00Z"]
    );
    assert_eq!(column(cards, "breached"), [false, true, true]);
    assert_eq!(column(cards, "owners"), [json!([]), json!([]), json!(["anna"])]);
    assert_eq!(column(cards, "tasks"), [0, 0, 1]);
    assert_eq!(column(&cards[2]["alerts"], "id"), ["e3a0", "e2a0"]);
    assert_eq!(column(&cards[2]["alerts"], "held"), [true, false]);
    assert_eq!(
        (&queue["lane"], &queue["at"], &queue["next"]),
        (&json!("alerts"), &json!("2026-11-22T08:00:00Z"), &Value::Null)
    );

    let mine = ward.call(&token, "GET", "/api/v1/queue?mine=anna", "").await.json();
    assert_eq!(column(&mine["cards"], "patient_id"), ["p2"]);
    let team = ward.call(&token, "GET", "/api/v1/queue?team=Everyone", "").await.json();
    assert_eq!(team["cards"].as_array().unwrap().len(), 3, "the site knows neither 'north' nor 'south'");
    let unknown = ward.call(&token, "GET", "/api/v1/queue?team=north", "").await;
    assert_eq!(unknown.status, 400);
    assert!(unknown.body.contains("a team of this site: everyone"), "{}", unknown.body);
}

#[tokio::test]
async fn pages_lead_through_the_queue_and_tell_of_what_came_in_above() {
    let (ward, token) = furnished().await;
    let first = ward.call(&token, "GET", "/api/v1/queue?limit=2", "").await.json();
    assert_eq!(
        (column(&first["cards"], "patient_id"), &first["ahead"]),
        (vec![json!("p3"), json!("p1")], &json!(0))
    );
    let next = format!("/api/v1/queue?limit=2&cursor={}", first["next"].as_str().unwrap());
    let second = ward.call(&token, "GET", &next, "").await.json();
    assert_eq!((column(&second["cards"], "patient_id"), &second["ahead"]), (vec![json!("p2")], &json!(2)));
    ward.execute(
        "insert into patient (id, language, time_zone, consent, consent_at, standing, created_at, updated_at)
         values ('p9', 'en', 'Europe/London', 'given', 0, 'active', 0, 0);
         insert into alert (id, patient_id, rule_id, rule_version, severity, state, title, why, proposal, opened_at, last_at)
         values ('e9a9', 'p9', 'x', 'v', 'red', 'open', '', '', '', 0, 0)",
    )
    .await;
    let second = ward.call(&token, "GET", &next, "").await.json();
    assert_eq!(
        (column(&second["cards"], "patient_id"), &second["ahead"]),
        (vec![json!("p9"), json!("p2")], &json!(3))
    );
}

#[tokio::test]
async fn counts_say_what_waits_how_long_and_what_is_late() {
    let (ward, token) = furnished().await;
    let counts = ward.call(&token, "GET", "/api/v1/queue/counts", "").await.json();
    let [team] = counts["teams"].as_array().unwrap().as_slice() else { panic!("{counts}") };
    assert_eq!((&team["team"], &team["name"]), (&json!("everyone"), &json!("Everyone")));
    assert_eq!(
        team["red"],
        json!({"waiting": 1, "held": 1, "breached": 0, "due_at": "2026-11-22T08:10:00Z", "oldest": "2026-11-22T07:55:00Z"})
    );
    assert_eq!(
        team["amber"],
        json!({"waiting": 1, "held": 0, "breached": 1, "due_at": "2026-11-21T22:00:00Z", "oldest": "2026-11-21T18:00:00Z"})
    );
    assert_eq!((&team["tasks"]["waiting"], &team["ad_hoc"]["waiting"]), (&json!(2), &json!(0)));
}

#[tokio::test]
async fn what_somebody_asks_is_accepted_and_done() {
    let (ward, token) = furnished().await;
    let body = r#"{"patient":"p1","title":" Ring the pharmacy ","detail":"about the new tablets","urgent":true,"by":"Dr Zhivago"}"#;
    let made = ward.call(&token, "POST", "/api/v1/tasks", body).await;
    assert_eq!(made.status, 201, "{}", made.body);
    let made = made.json();
    let id = made["id"].as_str().unwrap().to_owned();
    assert_eq!(
        (&made["kind"], &made["title"], &made["made_by"]),
        (&json!("ad_hoc"), &json!("Ring the pharmacy"), &json!("Dr Zhivago"))
    );
    let later = r#"{"title":"Order cuffs","due_at":"2026-11-25T12:00:00Z","to":"anna"}"#;
    assert_eq!(ward.call(&token, "POST", "/api/v1/tasks", later).await.json()["owner"], "anna");

    let lane = ward.call(&token, "GET", "/api/v1/queue?lane=ad_hoc", "").await.json();
    assert_eq!(column(&lane["tasks"], "title"), ["Ring the pharmacy", "Order cuffs"]);
    assert_eq!(
        column(&lane["tasks"], "due_at"),
        ["2026-11-22T12:00:00Z", "2026-11-25T12:00:00Z"],
        "urgent: amber's four hours"
    );
    let lane = ward.call(&token, "GET", "/api/v1/queue?lane=tasks", "").await.json();
    assert_eq!(column(&lane["tasks"], "id"), ["e8t0", "e7t0"]);
    let mine = ward.call(&token, "GET", "/api/v1/queue?lane=ad_hoc&mine=anna", "").await.json();
    assert_eq!(column(&mine["tasks"], "title"), ["Order cuffs"]);

    let assign = format!("/api/v1/tasks/{id}/assign");
    assert_eq!(
        ward.call(&token, "POST", &assign, r#"{"to":"anna","by":"anna"}"#).await.json()["owner"],
        "anna"
    );
    let resolve = format!("/api/v1/tasks/{id}/resolve");
    assert_eq!(
        ward.call(&token, "POST", &resolve, r#"{"by":"anna","note":"done"}"#).await.json()["resolved_by"],
        "anna"
    );
    assert_eq!(ward.call(&token, "POST", &assign, r#"{"to":"anna"}"#).await.status, 409);
    let trail = ward.audit().await;
    let of_task: Vec<&String> = trail.iter().filter(|entry| entry.ends_with(&id)).collect();
    assert_eq!(
        of_task,
        [
            &format!("anna task.resolve {id}"),
            &format!("anna task.assign {id}"),
            &format!("Dr Zhivago task.make {id}")
        ]
    );
}

#[tokio::test]
async fn a_task_that_cannot_be_done_says_why() {
    let (ward, token) = furnished().await;
    let read = ward.token("reader", Scope::Read, None).await;
    for (who, path, body, status, told) in [
        (&read, "/api/v1/tasks", r#"{"title":"x"}"#, 403, "may only read"),
        (&token, "/api/v1/tasks", "{}", 400, "title"),
        (&token, "/api/v1/tasks", r#"{"title":"  "}"#, 400, "what is to be done"),
        (&token, "/api/v1/tasks", r#"{"title":"x","colour":1}"#, 400, "colour"),
        (&token, "/api/v1/tasks", r#"{"title":"x","team":"west"}"#, 400, "a team of this site: everyone"),
        (&token, "/api/v1/tasks", r#"{"title":"x","patient":"p77"}"#, 400, "no such patient"),
        (&token, "/api/v1/tasks", r#"{"title":"x","to":"nobody"}"#, 400, "nobody of that name"),
        (&token, "/api/v1/tasks", r#"{"title":"x","due_at":"tomorrow"}"#, 400, "body"),
        (&token, "/api/v1/tasks/e8t0/assign", r#"{"to":"nobody"}"#, 400, "nobody of that name"),
        (&token, "/api/v1/tasks/none/assign", r#"{"to":"anna"}"#, 404, "no such task"),
    ] {
        let reply = ward.call(who, "POST", path, body).await;
        assert_eq!(reply.status, status, "{body}: {}", reply.body);
        assert!(reply.body.contains(told), "{body}: {}", reply.body);
    }
    assert_eq!(ward.call(&read, "GET", "/api/v1/queue?lane=kitchen", "").await.status, 400);
    assert_eq!(ward.call(&read, "GET", "/api/v1/queue?cursor=x", "").await.status, 400);
}

#[tokio::test]
async fn figures_come_as_json_and_as_a_table() {
    let (ward, token) = furnished().await;
    let figures =
        ward.call(&token, "GET", "/api/v1/figures?by=rule&from=2026-11-19&to=2026-11-23", "").await.json();
    assert_eq!(
        column(&figures["groups"], "name"),
        ["blood_pressure_high", "glucose_high", "oxygen_low", "weight_gain"]
    );
    let weight = &figures["groups"][3];
    assert_eq!((&weight["red"], &weight["action"], &weight["unresolved"]), (&json!(1), &json!(1), &json!(0)));
    assert_eq!((&figures["from"], &figures["next_shifts"]), (&json!("2026-11-19T00:00:00Z"), &json!([])));

    let bearer = format!("Bearer {token}");
    let table = "/api/v1/figures.csv?by=team&from=2026-11-19&to=2026-11-23";
    let asked = [("authorization", bearer.as_str())];
    let by_name = send(ward.address, "GET", table, &asked, "").await;
    let asked = [("authorization", bearer.as_str()), ("accept", "text/csv")];
    let by_header = send(ward.address, "GET", &table.replace(".csv", ""), &asked, "").await;
    assert_eq!(by_name.body, by_header.body);
    assert_eq!(by_name.header("content-type"), Some("text/csv; charset=utf-8; header=present"));
    let lines: Vec<&str> = by_name.body.lines().collect();
    assert_eq!(lines.len(), 2);
    assert_eq!(lines[0].split(',').count(), lines[1].split(',').count());
    assert!(lines[1].starts_with("everyone,Everyone,3,1,1,1,0,0,0,4,"), "{}", lines[1]);

    for (query, told) in [
        ("from=yesterday", "a day like 2026-11-01"),
        ("from=2026-11-02&to=2026-11-01", "must be before"),
        ("from=2024-01-01", "400 days"),
        ("by=moon", "rule, shift or team"),
    ] {
        let reply = ward.call(&token, "GET", &format!("/api/v1/figures?{query}"), "").await;
        assert_eq!(reply.status, 400, "{query}");
        assert!(reply.body.contains(told), "{query}: {}", reply.body);
    }
}
