use jiff::ToSpan;
use lamplight::telemetry::{ByProvider, Part};
use serde_json::json;

use super::ward::Ward;

#[tokio::test]
async fn the_daemon_is_ready_only_when_every_part_is() {
    let ward = Ward::open().await;
    assert_eq!(ward.get("/healthz").await.body, "ok\n");
    let now = ward.clock.now();
    for (store, broker, outbox, audited, status) in [
        (true, false, false, now, 503),
        (true, true, false, now, 503),
        (true, false, true, now, 503),
        (false, true, true, now, 503),
        (true, true, true, now - 121.seconds(), 503),
        (true, true, true, now - 119.seconds(), 200),
    ] {
        ward.telemetry.note_audit(audited, false);
        ward.telemetry.set_health(Part::Store, store);
        ward.telemetry.set_health(Part::Broker, broker);
        ward.telemetry.set_health(Part::Outbox, outbox);
        let reply = ward.get("/readyz").await;
        assert_eq!(reply.status, status, "{}", reply.body);
        let word = |well| if well { "up" } else { "down" };
        assert_eq!(
            reply.json(),
            json!({
                "ready": status == 200, "store": word(store), "broker": word(broker), "outbox": word(outbox),
                "auditor": word(ward.telemetry.is_audited(now)), "resting_providers": [],
                "clinical_files": "in force", "missing_protocols": [],
            })
        );
    }
}

#[tokio::test]
async fn a_provider_that_rests_is_named_and_withholds_nothing() {
    let ward = Ward::open().await;
    for part in Part::ALL {
        ward.telemetry.set_health(part, true);
    }
    ward.telemetry.note_audit(ward.clock.now(), true);
    for (provider, rests) in [("twilio", 1), ("notify", 0)] {
        ward.telemetry.provider_resting.get_or_create(&ByProvider { provider }).set(rests);
    }
    let reply = ward.get("/readyz").await;
    assert_eq!((reply.status, &reply.json()["resting_providers"]), (200, &json!(["twilio"])));
}

#[tokio::test]
async fn a_store_that_does_not_answer_is_no_readiness_and_no_silence() {
    let ward = Ward::open().await;
    ward.telemetry.set_health(Part::Store, true);
    ward.telemetry.set_health(Part::Broker, true);
    ward.telemetry.set_health(Part::Outbox, true);
    ward.store.close().await;
    let reply = ward.get("/readyz").await;
    assert_eq!((reply.status, &reply.json()["store"]), (503, &json!("down")));
    assert_eq!(ward.get("/healthz").await.status, 200);

    let page = ward.look("some-session", "/").await;
    assert_eq!(page.status, 503);
    assert!(page.body.contains("Alerts may be waiting unseen"), "{}", page.body);
    assert!(page.body.contains(r#"http-equiv="refresh" content="30;url=/""#), "it comes back by itself");
    let api = ward.call("lamp_any", "GET", "/api/v1/alerts", "").await;
    assert_eq!((api.status, api.header("retry-after")), (503, Some("5")));
}

#[tokio::test]
async fn refused_files_and_missing_protocols_are_said_and_withhold_nothing() {
    let ward = Ward::open().await;
    for part in Part::ALL {
        ward.telemetry.set_health(part, true);
    }
    ward.telemetry.note_audit(ward.clock.now(), false);
    ward.telemetry.catalog_refused.set(1);
    ward.execute(
        "insert into patient (id, language, time_zone, consent, consent_at, standing, created_at, updated_at)
         values ('p1', 'en', 'Europe/London', 'given', 0, 'active', 0, 0);
         insert into enrolment (patient_id, protocol_id, first_day, state, consent, consent_at, consent_source,
           own_times, settled_until, revision)
         values ('p1', 'of_old', '2026-01-01', 'active', 'given', 0, '{}', '{}', 0, 1)",
    )
    .await;
    let reply = ward.get("/readyz").await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    assert_eq!(reply.json()["clinical_files"], "changed files refused");
    assert_eq!(reply.json()["missing_protocols"], json!(["of_old"]));
}

#[tokio::test]
async fn metrics_are_plain_text() {
    let ward = Ward::open().await;
    let reply = ward.get("/metrics").await;
    assert_eq!(reply.status, 200);
    assert!(reply.body.contains("lamplight_intake_waiting"), "{}", reply.body);
}
