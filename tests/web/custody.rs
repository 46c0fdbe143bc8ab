//! Pairing by the API.

use lamplight::store::token::Scope;

use super::ward::{NOW, Ward};

#[tokio::test]
async fn a_device_is_paired_by_code_moved_returned_and_its_history_is_shown() {
    let ward = Ward::open().await;
    let token = ward.token("clinic", Scope::Write, None).await;
    for id in ["p1", "p2"] {
        ward.call(&token, "POST", "/api/v1/patients", &format!(r#"{{"patient_id":"{id}"}}"#)).await;
    }
    let code = async |patient: &str| {
        let body = format!(r#"{{"patient_id":"{patient}","by":"sister"}}"#);
        let issued = ward.call(&token, "POST", "/api/v1/devices/claims", &body).await;
        assert_eq!(issued.status, 201, "{}", issued.body);
        let issued = issued.json();
        assert_eq!(
            (issued["patient_id"].as_str(), issued["expires_at"].as_str()),
            (Some(patient), Some("2026-11-22T08:15:00Z"))
        );
        issued["code"].as_str().unwrap().to_owned()
    };
    let claim =
        async |body: String| ward.call(&token, "POST", "/api/v1/devices/attic:AABB/claim", &body).await;

    let paired = claim(format!(r#"{{"code":"{}","by":"sister"}}"#, code("p1").await)).await;
    assert_eq!((paired.status, paired.json()["patient_id"].as_str()), (200, Some("p1")), "{}", paired.body);
    let refused = claim(format!(r#"{{"code":"{}"}}"#, code("p2").await)).await;
    assert_eq!(refused.status, 409, "{}", refused.body);
    let moved =
        claim(format!(r#"{{"code":"{}","move":true,"why":"p1 has another"}}"#, code("p2").await)).await;
    assert_eq!(moved.json()["patient_id"], "p2", "{}", moved.body);
    let returned = ward.call(&token, "POST", "/api/v1/devices/attic:AABB/return", r#"{"why":"done"}"#).await;
    assert_eq!(returned.json()["patient_id"], serde_json::Value::Null);

    let shown = ward.call(&token, "GET", "/api/v1/devices/attic:AABB", "").await.json();
    let last = shown["bindings"].as_array().unwrap().last().unwrap().clone();
    assert_eq!((last["patient_id"].as_str(), last["until"].as_str()), (Some("p2"), Some(NOW)));
    assert_eq!((last["why"].as_str(), last["ended_why"].as_str()), (Some("p1 has another"), Some("done")));
    assert_eq!(ward.call(&token, "GET", "/api/v1/devices/nobody", "").await.status, 404);
}

#[tokio::test]
async fn wrong_codes_are_refused_and_then_locked_with_the_time_to_wait() {
    let ward = Ward::open().await;
    let token = ward.token("clinic", Scope::Write, None).await;
    let reading = ward.token("chart", Scope::Read, None).await;
    let claim = async |token: &str| {
        ward.call(token, "POST", "/api/v1/devices/bp-1/claim", r#"{"code":"1234"}"#).await
    };
    assert_eq!(claim(&reading).await.status, 403);
    for _ in 0..5 {
        assert_eq!(claim(&token).await.status, 400);
    }
    let locked = claim(&token).await;
    assert_eq!((locked.status, locked.header("retry-after")), (429, Some("900")), "{}", locked.body);
}

#[tokio::test]
async fn a_device_is_revoked_at_once_for_good_and_on_record() {
    let ward = Ward::open().await;
    let token = ward.token("clinic", Scope::Write, None).await;
    let chart = ward.token("chart", Scope::Read, None).await;
    ward.call(&token, "POST", "/api/v1/patients", r#"{"patient_id":"p1"}"#).await;
    ward.call(&token, "POST", "/api/v1/devices", r#"{"device_id":"bp-1","patient_id":"p1"}"#).await;
    let revoke = async |token: &str, device: &str| {
        ward.call(token, "POST", &format!("/api/v1/devices/{device}/revoke"), r#"{"by":"sister"}"#).await
    };
    assert_eq!(revoke(&chart, "bp-1").await.status, 403);
    assert_eq!(revoke(&token, "bp-7").await.status, 404);
    for _ in 0..2 {
        let done = revoke(&token, "bp-1").await;
        assert_eq!((done.status, done.json()["revoked_at"].as_str()), (200, Some(NOW)), "{}", done.body);
        assert_eq!(done.json()["bindings"][0]["ended_by"], "sister");
    }
    let trail = ward.audit().await;
    assert_eq!(trail.iter().filter(|entry| *entry == "sister device.revoked bp-1").count(), 1, "{trail:?}");
    let again =
        ward.call(&token, "POST", "/api/v1/devices", r#"{"device_id":"bp-1","patient_id":"p1"}"#).await;
    assert_eq!(again.status, 409, "{}", again.body);
}
