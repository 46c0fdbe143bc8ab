use lamplight::store::token::Scope;
use serde_json::{Value, json};

use super::client::send;
use super::ward::Ward;

async fn furnished() -> (Ward, String) {
    let ward = Ward::open().await;
    ward.furnish().await;
    let token = ward.token("monitor", Scope::Read, None).await;
    (ward, token)
}

fn column(list: &Value, name: &str) -> Vec<String> {
    list.as_array().unwrap().iter().map(|row| row[name].as_str().unwrap_or("null").to_owned()).collect()
}

#[tokio::test]
async fn what_cannot_be_answered_says_why_as_a_problem() {
    let (ward, read) = furnished().await;
    let write = ward.token("writer", Scope::Write, None).await;
    let get = "GET";
    for (who, method, path, body, status, told) in [
        (&read, get, "/api/v1/readings?colour=red", "", 400, "unknown parameter 'colour'"),
        (&read, get, "/api/v1/intake/ledger?day=1", "", 400, "takes none"),
        (&read, get, "/api/v1/readings?vital=systolic&vital=pulse", "", 400, "comes twice"),
        (&read, get, "/api/v1/readings?vital=mood", "", 400, "'vital' must be"),
        (&read, get, "/api/v1/readings?since=yesterday", "", 400, "'since' must be"),
        (&read, get, "/api/v1/readings?limit=0", "", 400, "'limit' must be"),
        (&read, get, "/api/v1/readings?limit=1001", "", 400, "1 to 1000"),
        (&read, get, "/api/v1/readings?cursor=!", "", 400, "'cursor'"),
        (&read, get, "/api/v1/readings?patient=a/b", "", 400, "'patient'"),
        (&read, get, "/api/v1/alerts?state=closed", "", 400, "'state' must be"),
        (&read, get, "/api/v1/alerts?severity=green", "", 400, "'severity' must be"),
        (&read, get, "/api/v1/alerts/nobody", "", 404, "no such alert"),
        (&read, get, "/api/v1/patients/nobody", "", 404, "no such patient"),
        (&read, get, "/api/v1/unheard-of", "", 404, "no such path"),
        (&read, get, "/api/v2/readings", "", 404, "no such path"),
        (&read, "DELETE", "/api/v1/readings", "", 405, "method"),
        (&read, "POST", "/api/v1/alerts/e1a0/acknowledge", "", 403, "may only read"),
        (&read, "POST", "/api/v1/patients", "{}", 403, "may only read"),
        (&write, "POST", "/api/v1/alerts/nobody/acknowledge", "", 404, "no such alert"),
        (&write, "POST", "/api/v1/alerts/e3a0/acknowledge", "", 409, "already acknowledged"),
        (&write, "POST", "/api/v1/alerts/e5a0/resolve", "", 409, "already resolved"),
        (&write, "POST", "/api/v1/alerts/e1a0/resolve", "{\"who\":1}", 400, "who"),
        (&write, "POST", "/api/v1/alerts/e1a0/resolve", "[]", 400, "body"),
        (&write, "POST", "/api/v1/alerts/e1a0/acknowledge", "{\"note\":\"x\"}", 400, "belong to 'resolve'"),
        (&write, "POST", "/api/v1/alerts/e1a0/escalate", r#"{"to":"x"}"#, 400, "written like"),
        (&write, "POST", "/api/v1/alerts/e1a0/snooze", "", 400, "say until when"),
        (&write, "POST", "/api/v1/tasks/nobody/resolve", "", 404, "no such task"),
    ] {
        let reply = ward.call(who, method, path, body).await;
        let case = format!("{method} {path} {body}: {}", reply.body);
        assert_eq!(reply.status, status, "{case}");
        assert_eq!(reply.header("content-type"), Some("application/problem+json"), "{case}");
        let problem = reply.json();
        assert_eq!(problem["status"], status, "{case}");
        assert_eq!(problem["type"], "about:blank", "{case}");
        assert!(problem["title"].is_string(), "{case}");
        assert!(problem["detail"].as_str().unwrap().contains(told), "{case}");
    }
}

#[tokio::test]
async fn without_a_token_in_force_nothing_is_told() {
    let (ward, token) = furnished().await;
    ward.hire("anna", "Anna Nurse").await;
    let bound = ward.token("bound", Scope::Read, Some("anna")).await;
    assert_eq!(ward.call(&bound, "GET", "/api/v1/alerts", "").await.status, 200);

    let now = ward.clock.now();
    lamplight::engine::account::revoke_token(&ward.store, "test", "monitor", now).await.unwrap();
    lamplight::engine::account::disable_user(&ward.store, "test", "anna", now).await.unwrap();
    let basic = format!("Basic {bound}");
    for (label, header, challenge) in [
        ("none", None, r#"Bearer realm="lamplight""#),
        ("unknown", Some("Bearer lamp_nonsense".to_owned()), "invalid_token"),
        ("empty", Some("Bearer".to_owned()), "invalid_token"),
        ("another scheme", Some(basic), "invalid_token"),
        ("revoked", Some(format!("Bearer {token}")), "invalid_token"),
        ("of a disabled user", Some(format!("Bearer {bound}")), "invalid_token"),
    ] {
        let headers: Vec<_> = header.iter().map(|value| ("authorization", value.as_str())).collect();
        for path in [
            "/api/v1/readings",
            "/api/v1/alerts",
            "/api/v1/messages",
            "/api/v1/intake/ledger",
            "/api/v1/patients",
            "/api/v1/patients/p1",
            "/api/v1/devices",
            "/api/v1/devices/ignored",
            "/api/v1/tasks",
            "/api/v1/alerts/e1a0",
        ] {
            let reply = send(ward.address, "GET", path, &headers, "").await;
            assert_eq!(reply.status, 401, "{label} {path}");
            assert!(reply.header("www-authenticate").unwrap().contains(challenge), "{label} {path}");
        }
    }
}

#[tokio::test]
async fn a_token_is_stored_only_as_its_hash() {
    let (ward, token) = furnished().await;
    assert!(token.starts_with("lamp_"));
    let bytes = std::fs::read(ward.store.path()).unwrap();
    let log = std::fs::read(ward.store.path().with_extension("db-wal")).unwrap_or_default();
    let holds =
        |needle: &[u8]| [&bytes, &log].iter().any(|file| file.windows(needle.len()).any(|w| w == needle));
    assert!(holds(b"monitor"), "the token's name is there");
    assert!(!holds(token.as_bytes()), "its secret is not");
}

#[tokio::test]
async fn readings_come_newest_first_and_can_be_narrowed() {
    let (ward, token) = furnished().await;
    for (query, ids) in [
        ("", vec!["e4.systolic", "e4.diastolic", "e1.systolic.1", "e1.systolic", "e2.glucose"]),
        ("?patient=p1", vec!["e1.systolic.1", "e1.systolic"]),
        ("?patient=p1&since=2026-05-01T00:00:00%2B01:00", vec!["e1.systolic.1", "e1.systolic", "e0.weight"]),
        ("?vital=weight&since=2026-05-01T00:00:00Z", vec!["e0.weight"]),
        ("?vital=diastolic&patient=&limit=", vec!["e4.diastolic"]),
        ("?limit=1", vec!["e4.systolic"]),
        ("?since=2026-11-21T18:00:00Z", vec!["e4.systolic", "e4.diastolic", "e1.systolic.1", "e1.systolic"]),
        ("?patient=nobody", vec![]),
    ] {
        let reply = ward.call(&token, "GET", &format!("/api/v1/readings{query}"), "").await;
        assert_eq!(reply.status, 200, "{query} {}", reply.body);
        assert_eq!(column(&reply.json()["readings"], "id"), ids, "{query}");
    }
    let all = ward.call(&token, "GET", "/api/v1/readings", "").await.json();
    assert_eq!(
        all["readings"][0],
        json!({"id": "e4.systolic", "set_id": "e4", "patient_id": "p3", "vital": "systolic", "value": 184,
               "unit": "mm[Hg]", "taken_at": "2026-11-22T07:00:00Z", "received_at": "2026-11-22T07:00:01Z",
               "source": "device", "device_id": "bp-1", "state": "accepted"})
    );
    let off_scale = &all["readings"][4];
    assert_eq!((&off_scale["value"], &off_scale["beyond"]), (&Value::Null, &json!("high")));
}

#[tokio::test]
async fn what_profiles_ignore_is_found_by_topic_and_paged() {
    let (ward, token) = furnished().await;
    let ignored = lamplight::engine::ignored::Ignored::default();
    let at = |minute: i64| jiff::Timestamp::from_second(1_795_338_000 + 60 * minute).unwrap();
    for minute in 0..3 {
        ignored.note("theengs", "home/attic/BTtoMQTT/4C33A6603C79", at(minute));
    }
    ignored.note("ha-statestream-other", "homeassistant/light/hall/state", at(1));
    ignored.write(&ward.store, at(5)).await;
    ignored.note("theengs", "home/attic/BTtoMQTT/4C33A6603C79", at(9));
    ignored.write(&ward.store, at(10)).await;
    let first = ward.call(&token, "GET", "/api/v1/devices/ignored?limit=1", "").await.json();
    assert_eq!(column(&first["ignored"], "profile"), ["ha-statestream-other"]);
    let path = format!("/api/v1/devices/ignored?limit=1&cursor={}", first["next"].as_str().unwrap());
    let second = ward.call(&token, "GET", &path, "").await.json();
    assert_eq!(second["next"], Value::Null);
    let row = &second["ignored"][0];
    assert_eq!((&row["topic"], &row["count"]), (&json!("home/attic/BTtoMQTT/4C33A6603C79"), &json!(4)));
    assert_eq!((&row["first_at"], &row["last_at"]), (&json!(at(0).to_string()), &json!(at(9).to_string())));

    // A flood of topics stays bounded, and every message of it is counted.
    for n in 0..5_000 {
        ignored.note("esphome", &format!("node/{n}"), at(11));
    }
    ignored.write(&ward.store, at(12)).await;
    let rows = ward.store.ignored_messages(None, 10_000).await.unwrap();
    let esphome: Vec<_> = rows.iter().filter(|row| row.profile == "esphome").collect();
    assert!(esphome.len() <= 2_001, "{}", esphome.len());
    assert_eq!(esphome.iter().map(|row| row.count).sum::<u64>(), 5_000);
}

#[tokio::test]
async fn pages_of_any_size_neither_skip_nor_repeat() {
    let (ward, token) = furnished().await;
    for (path, list, id, count) in [
        ("/api/v1/readings?since=2026-01-01T00:00:00Z&", "readings", "id", 6),
        ("/api/v1/readings?patient=p1&since=2026-01-01T00:00:00Z&", "readings", "id", 3),
        ("/api/v1/alerts?state=all&", "alerts", "id", 5),
        ("/api/v1/messages?", "messages", "id", 3),
        ("/api/v1/messages?patient=p1&", "messages", "id", 2),
        ("/api/v1/tasks?", "tasks", "id", 2),
        ("/api/v1/patients?", "patients", "patient_id", 3),
        ("/api/v1/devices?", "devices", "device_id", 3),
    ] {
        let whole = ward.call(&token, "GET", &format!("{path}limit={count}"), "").await.json();
        assert_eq!(whole["next"], Value::Null, "{path}");
        let whole = column(&whole[list], id);
        assert_eq!(whole.len(), count, "{path}");
        for limit in 1..count {
            let mut seen = Vec::new();
            let mut cursor = String::new();
            loop {
                let path = format!("{path}limit={limit}&cursor={cursor}");
                let page = ward.call(&token, "GET", &path, "").await.json();
                seen.extend(column(&page[list], id));
                match page["next"].as_str() {
                    Some(next) => next.clone_into(&mut cursor),
                    None => break,
                }
            }
            assert_eq!(seen, whole, "{path} by {limit}");
        }
    }
}

#[tokio::test]
async fn messages_of_both_directions_come_newest_first() {
    let (ward, token) = furnished().await;
    let reply = ward.call(&token, "GET", "/api/v1/messages?patient=p1", "").await.json();
    assert_eq!(column(&reply["messages"], "id"), ["e9m0", "e9"]);
    assert_eq!(column(&reply["messages"], "direction"), ["out", "in"]);
    assert_eq!(
        reply["messages"][0],
        json!({"id": "e9m0", "patient_id": "p1", "direction": "out", "channel": "sms", "address": "+447700900121",
               "body": "Thank you.", "state": "queued", "created_at": "2026-11-22T07:55:00Z", "sent_at": null,
               "delivered_at": null, "error_code": null, "provider": null, "segments": null, "repeats": null,
               "media": 0, "words_removed_at": null})
    );
}

#[tokio::test]
async fn costs_come_by_team_and_civil_day_in_segments_and_pence() {
    let (ward, token) = furnished().await;
    ward.execute(
        "update patient set team = 'heart' where id = 'p1';
         insert into message (id, patient_id, direction, channel, address, body, state, created_at, sent_at, provider,
                              segments) values
           ('c1', 'p1', 'out', 'sms', '+447700900121', 'x', 'sent', 0, 1795305500000, 'twilio', 2),
           ('c2', 'p1', 'out', 'sms', '+447700900121', 'x', 'delivered', 0, 1795305700000, 'notify', 1),
           ('c3', 'p1', 'out', 'sms', '+447700900121', 'x', 'undelivered', 0, 1795334000000, 'twilio', 3),
           ('c4', null, 'out', 'sms', '+447700900999', 'x', 'sent', 0, 1795334000000, 'twilio', 1),
           ('c5', 'p1', 'out', 'sms', '+447700900121', 'x', 'failed', 0, null, 'twilio', 5),
           ('c6', 'p1', 'out', 'sms', '+447700900121', 'x', 'sent', 0, 1795334000000, 'log', 5)",
    )
    .await;
    let path = "/api/v1/messages/costs?since=2026-11-21&until=2026-11-23";
    let reply = ward.call(&token, "GET", path, "").await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    assert_eq!(
        reply.json(),
        json!({
            "since": "2026-11-21T00:00:00Z", "until": "2026-11-23T00:00:00Z", "pence_per_segment": "2.3",
            "days": [
                {"team": null, "day": "2026-11-22", "texts": 1, "segments": 1, "pence": "2.3"},
                {"team": "heart", "day": "2026-11-21", "texts": 1, "segments": 2, "pence": "4.6"},
                {"team": "heart", "day": "2026-11-22", "texts": 2, "segments": 4, "pence": "9.2"},
            ],
            "total": {"texts": 4, "segments": 7, "pence": "16.1"},
        })
    );
    let table = ward.call(&token, "GET", &path.replace("costs?", "costs.csv?"), "").await;
    assert_eq!(
        table.body,
        "team,day,texts,segments,pence\r\n,2026-11-22,1,1,2.3\r\nheart,2026-11-21,1,2,4.6\r\n\
         heart,2026-11-22,2,4,9.2\r\n"
    );
    for (query, problem) in
        [("since=2026-11-23&until=2026-11-21", 400), ("since=2020-01-01", 400), ("since=soon", 400)]
    {
        let reply = ward.call(&token, "GET", &format!("/api/v1/messages/costs?{query}"), "").await;
        assert_eq!(reply.status, problem, "{query}");
    }
}

#[tokio::test]
async fn a_text_that_was_carried_twice_costs_twice_and_is_one_text() {
    let (ward, token) = furnished().await;
    for (label, resent, provider, reports, segments) in [
        ("once, and told of thrice", 0, "twilio", "twilio sent,twilio delivered,twilio delivered", 3),
        ("sent again after a doubt", 1, "twilio", "twilio delivered", 6),
        ("the provider before had it too", 0, "notify", "twilio delivered,notify sent", 6),
        ("the provider before did not take it", 0, "notify", "twilio failed,notify sent", 3),
        ("again, and by two providers", 1, "notify", "twilio delivered,notify sent", 6),
        ("the log costs nothing", 0, "notify", "log sent", 3),
    ] {
        let reports: Vec<String> = reports
            .split(',')
            .enumerate()
            .filter_map(|(n, report)| Some((n, report.split_once(' ')?)))
            .map(|(n, (by, state))| format!("('c1', '{by}{n}', '{by}', 1795334000000, '{state}', '')"))
            .collect();
        ward.execute(&format!(
            "delete from message where id = 'c1'; delete from message_event where message_id = 'c1';
             insert into message (id, patient_id, direction, channel, address, body, state, created_at, sent_at, provider,
                                  segments, resent) values
               ('c1', 'p1', 'out', 'sms', '+447700900121', 'x', 'sent', 0, 1795334000000, '{provider}', 3, {resent});
             insert into message_event (message_id, provider_id, provider, at, state, raw) values {}",
            reports.join(", ")
        ))
        .await;
        let path = "/api/v1/messages/costs?since=2026-11-21&until=2026-11-23";
        let total = ward.call(&token, "GET", path, "").await.json()["total"].clone();
        assert_eq!((&total["texts"], &total["segments"]), (&json!(1), &json!(segments)), "{label}: {total}");
    }
}

#[tokio::test]
async fn sms_09_every_word_that_a_provider_said_of_a_text_is_shown_as_it_came() {
    let (ward, token) = furnished().await;
    ward.execute(
        "insert into message_event (message_id, provider_id, provider, at, state, error_code, raw) values
           ('e9m0', 'SM1', 'twilio', 1795334200000, 'delivered', null, ''),
           ('e9m0', 'SM1', 'twilio', 1795334201000, 'sent', null, ''),
           ('e9m0', 'SM1', 'twilio', 1795334202000, 'teleported', 30005, '')",
    )
    .await;
    let reply = ward.call(&token, "GET", "/api/v1/messages/e9m0/events", "").await.json();
    let event = |at: &str, state: Option<&str>, word: &str, code: Option<u32>| json!({"at": at, "provider": "twilio", "state": state, "word": word, "error_code": code});
    assert_eq!(
        reply["events"],
        json!([
            event("2026-11-22T07:56:40Z", Some("delivered"), "delivered", None),
            event("2026-11-22T07:56:41Z", Some("sent"), "sent", None),
            event("2026-11-22T07:56:42Z", None, "teleported", Some(30_005)),
        ])
    );
    for id in ["nobody", "e9"] {
        assert_eq!(ward.call(&token, "GET", &format!("/api/v1/messages/{id}/events"), "").await.status, 404);
    }
}

#[tokio::test]
async fn the_ledger_adds_up_over_days_and_edges() {
    let (ward, token) = furnished().await;
    let tally = |received, accepted, duplicate, rejected, held| {
        json!({"received": received, "accepted": accepted, "duplicate": duplicate, "rejected": rejected,
               "held": held})
    };
    let mut expected = tally(1211, 1197, 9, 4, 1);
    expected["balanced"] = json!(true);
    expected["edges"] = json!({"text": tally(11, 7, 2, 1, 1), "device": tally(1200, 1190, 7, 3, 0)});
    assert_eq!(ward.call(&token, "GET", "/api/v1/intake/ledger", "").await.json(), expected);
}

#[tokio::test]
async fn a_ledger_in_which_nothing_arrived_balances_too() {
    let ward = Ward::open().await;
    let token = ward.token("monitor", Scope::Read, None).await;
    let ledger = ward.call(&token, "GET", "/api/v1/intake/ledger", "").await.json();
    assert_eq!((&ledger["received"], &ledger["balanced"]), (&json!(0), &json!(true)));
    assert_eq!(ledger["edges"]["device"]["received"], 0);
}

#[tokio::test]
async fn a_patient_is_shown_with_what_is_in_force_now() {
    let (ward, token) = furnished().await;
    let ada = ward.call(&token, "GET", "/api/v1/patients/p1", "").await.json();
    assert_eq!(ada["patient_id"], "p1");
    assert_eq!(ada["name"], "Ada Lovelace");
    assert_eq!(ada["standing"], "active");
    assert_eq!(ada["devices"], json!(["bp-1"]), "not the revoked one");
    assert_eq!(ada["protocols"], json!(["hypertension"]), "not the ended one");
    assert_eq!(ada["thresholds"], json!({"blood_pressure_high.red": 170.0}), "the last one set");

    let all = ward.call(&token, "GET", "/api/v1/patients", "").await.json();
    assert_eq!(column(&all["patients"], "patient_id"), ["p1", "p2", "p3"]);
    assert_eq!(all["patients"][2]["devices"], json!([]));
    let devices = ward.call(&token, "GET", "/api/v1/devices", "").await.json();
    assert_eq!(column(&devices["devices"], "device_id"), ["bp-0", "bp-1", "bp-2"]);
    assert_eq!(column(&devices["devices"], "patient_id"), ["p1", "p1", "null"]);
}

#[tokio::test]
async fn the_description_names_every_path_and_no_other() {
    let (ward, token) = furnished().await;
    let described = ward.get("/api/v1/openapi.json").await.json();
    assert_eq!(described["openapi"], "3.1.0");
    for (path, methods) in described["paths"].as_object().unwrap() {
        for method in methods.as_object().unwrap().keys().filter(|key| *key != "parameters") {
            let path = format!("/api/v1{}", path.replace("{id}", "nobody"));
            let reply = ward.call(&token, &method.to_uppercase(), &path, "").await;
            let told = reply.body.contains("no such path") || reply.status == 405;
            assert!(!told, "{method} {path} is described and not served");
        }
    }
    let source = include_str!("../../src/web/api/mod.rs");
    let served = source.lines().filter_map(|line| line.trim().strip_prefix(".route(\"")?.split('"').next());
    for path in served.filter(|path| *path != "/openapi.json") {
        assert!(described["paths"].get(path).is_some(), "{path} is served and not described");
    }
}
