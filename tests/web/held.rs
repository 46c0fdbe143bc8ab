//! Held readings by the API.

use lamplight::store::token::Scope;

use super::ward::Ward;

const ID: &str = "e000000000001";

/// A blood pressure of a cuff that nobody has registered.
async fn ward() -> Ward {
    let ward = Ward::open().await;
    ward.execute(
        r#"insert into inbox (id, dedupe_key, edge, kind, sender, address, retained, raw, received_at, outcome, reason)
           values ('e000000000001', 'device:1', 'device', 'reading', 'cuff-9', 'lamplight/v1/cuff-9/reading', 0,
                   cast('{"readings":[{"vital":"systolic","value":150,"unit":"mm[Hg]"},{"vital":"diastolic","value":85,"unit":"mm[Hg]"}]}' as blob),
                   1795332600000, 'held', 'the device is not registered to a patient');
           insert into ledger (day, edge, received, accepted, duplicate, rejected, held)
           values (1795332600000 / 86400000, 'device', 1, 0, 0, 0, 1);"#,
    )
    .await;
    ward
}

#[tokio::test]
async fn what_is_held_is_listed_given_by_a_named_person_and_on_record() {
    let ward = ward().await;
    let (clinic, chart) =
        (ward.token("clinic", Scope::Write, None).await, ward.token("chart", Scope::Read, None).await);
    ward.call(&clinic, "POST", "/api/v1/patients", r#"{"patient_id":"p1"}"#).await;
    let list = ward.call(&chart, "GET", "/api/v1/held-readings", "").await.json();
    assert_eq!(
        (list["held_readings"].as_array().unwrap().len(), &list["next"]),
        (1, &serde_json::Value::Null)
    );
    let held = &list["held_readings"][0];
    assert_eq!(
        (
            held["id"].as_str(),
            held["device_id"].as_str(),
            held["outcome"].as_str(),
            held["received_at"].as_str()
        ),
        (Some(ID), Some("cuff-9"), Some("held"), Some("2026-11-22T07:30:00Z"))
    );
    assert_eq!(
        (&held["readings"][0]["vital"], &held["readings"][0]["value"]),
        (&"systolic".into(), &150.0.into())
    );

    let path = format!("/api/v1/held-readings/{ID}/give");
    let give = async |token: &str, body: &str| ward.call(token, "POST", &path, body).await;
    let right = r#"{"patient_id":"p1","why":"It is hers: she read it out","taken_at":"2026-11-22T07:20:00Z","by":"sister"}"#;
    for (labelled, body, status) in [
        ("nobody's name", r#"{"patient_id":"p1","why":"hers"}"#, 400),
        ("no reason", r#"{"patient_id":"p1","why":" ","by":"sister"}"#, 400),
        ("an unknown patient", r#"{"patient_id":"p7","why":"hers","by":"sister"}"#, 400),
        (
            "other numbers",
            r#"{"patient_id":"p1","why":"x","by":"sister","readings":[{"vital":"pulse","value":71,"unit":"/min"}]}"#,
            400,
        ),
        (
            "impossible numbers",
            r#"{"patient_id":"p1","why":"x","by":"sister","readings":[{"vital":"pulse","value":0,"unit":"/min"}]}"#,
            400,
        ),
        ("a misspelt key", r#"{"patient":"p1","why":"x","by":"sister"}"#, 400),
    ] {
        let refused = give(&clinic, body).await;
        assert_eq!(refused.status, status, "{labelled}: {}", refused.body);
    }
    assert_eq!(give(&chart, right).await.status, 403);
    for _ in 0..2 {
        let given = give(&clinic, right).await;
        assert_eq!((given.status, given.json()["patient_id"].as_str()), (200, Some("p1")), "{}", given.body);
    }
    let readings = ward.call(&chart, "GET", "/api/v1/readings?patient=p1", "").await.json();
    let taken: Vec<_> =
        readings["readings"].as_array().unwrap().iter().map(|r| r["taken_at"].as_str().unwrap()).collect();
    assert_eq!(taken, ["2026-11-22T07:20:00Z"; 2], "once, at the time that was said");
    let trail = ward.audit().await;
    assert_eq!(
        trail.iter().filter(|entry| **entry == format!("sister reading.give {ID}")).count(),
        1,
        "{trail:?}"
    );
    let list = ward.call(&chart, "GET", "/api/v1/held-readings", "").await.json();
    assert!(list["held_readings"].as_array().unwrap().is_empty());
    let dismissed = ward
        .call(&clinic, "POST", &format!("/api/v1/held-readings/{ID}/dismiss"), r#"{"why":"x","by":"sister"}"#)
        .await;
    assert_eq!(dismissed.status, 409, "{}", dismissed.body);
}

#[tokio::test]
async fn what_is_put_aside_is_still_shown_and_nobodys() {
    let ward = ward().await;
    let token = ward.token("clinic", Scope::Write, None).await;
    let path = format!("/api/v1/held-readings/{ID}/dismiss");
    for _ in 0..2 {
        let done = ward.call(&token, "POST", &path, r#"{"why":"A visitor tried it on","by":"sister"}"#).await;
        assert_eq!((done.status, done.json()["outcome"].as_str()), (200, Some("rejected")), "{}", done.body);
    }
    let shown = ward.call(&token, "GET", &format!("/api/v1/held-readings/{ID}"), "").await.json();
    assert_eq!(shown["why"], "dismissed by hand: A visitor tried it on");
    assert_eq!(ward.call(&token, "GET", "/api/v1/held-readings/nobody", "").await.status, 404);
}
