//! The outside heartbeat, heard by a real receiver: it stops when nobody comes to a red alert, and beats again.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use axum::Router;
use axum::http::StatusCode;
use axum::routing::get;
use jiff::SignedDuration;
use lamplight::notify::heartbeat::{Beat, Heartbeat};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::auditor::{found, look, ward};
use crate::engine::house::Left;

/// A dead-man service that counts. `/gone` refuses.
async fn service() -> (String, Arc<AtomicU32>) {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let heard = Arc::new(AtomicU32::new(0));
    let count = Arc::clone(&heard);
    let app = Router::new()
        .route(
            "/ping/1",
            get(async move || {
                count.fetch_add(1, Ordering::SeqCst);
            }),
        )
        .route("/gone", get(async || StatusCode::NOT_FOUND));
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, app).await });
    (url, heard)
}

#[tokio::test]
async fn the_heartbeat_stops_when_a_red_alert_is_left_alone_and_beats_again_when_somebody_comes() {
    let (url, heard) = service().await;
    let (house, mut auditor) = ward().await;
    let heart =
        Heartbeat::new(format!("{url}/ping/1"), house.telemetry.clone(), house.clock.clone()).unwrap();
    let heard = || heard.load(Ordering::SeqCst);
    assert_eq!(heart.beat().await, Beat::Withheld, "nobody has looked yet");
    found(&mut auditor).await;
    assert_eq!((heart.beat().await, heard()), (Beat::Sent, 1));

    let now = house.clock.now().as_millisecond();
    house.run(&format!("update watch set exhausted_at = {now}")).await;
    assert_eq!(found(&mut auditor).await, ["exhausted_red ada"]);
    assert_eq!((heart.beat().await, heard()), (Beat::Withheld, 1));
    // The alert is not the less left alone the longer it stands.
    house.wait(SignedDuration::from_mins(1));
    found(&mut auditor).await;
    assert_eq!((heart.beat().await, heard()), (Beat::Withheld, 1));

    house
        .run(&format!(
            "update alert set state = 'acknowledged', acknowledged_by = 'anna', lapses_at = {now} + 3600000"
        ))
        .await;
    look(&house, "attended", 60).await;
    found(&mut auditor).await;
    assert_eq!((heart.beat().await, heard()), (Beat::Sent, 2));
    // An auditor that looks no more proves nothing.
    house.wait(SignedDuration::from_mins(3));
    assert_eq!((heart.beat().await, heard()), (Beat::Withheld, 2));
    house.leaves(Left::texts(1)).await;
}

#[tokio::test]
async fn a_service_that_does_not_take_it_has_not_heard_us() {
    let (url, _) = service().await;
    let (house, mut auditor) = ward().await;
    found(&mut auditor).await;
    for url in [format!("{url}/gone"), "http://127.0.0.1:1/".to_owned()] {
        let heart = Heartbeat::new(url, house.telemetry.clone(), house.clock.clone()).unwrap();
        assert_eq!(heart.beat().await, Beat::Failed);
    }
    assert!(house.telemetry.render().contains(r#"lamplight_heartbeats_total{outcome="failed"} 2"#));
    house.leaves(Left::texts(1)).await;
}

#[tokio::test]
async fn it_beats_by_itself_until_it_is_told_to_stop() {
    let (url, heard) = service().await;
    let (house, mut auditor) = ward().await;
    found(&mut auditor).await;
    let heart =
        Heartbeat::new(format!("{url}/ping/1"), house.telemetry.clone(), house.clock.clone()).unwrap();
    let stop = CancellationToken::new();
    let beating = tokio::spawn(heart.run(Duration::from_millis(5), stop.clone()));
    let patience = async {
        while heard.load(Ordering::SeqCst) < 3 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), patience).await.unwrap();
    stop.cancel();
    beating.await.unwrap();
    house.leaves(Left::texts(1)).await;
}
