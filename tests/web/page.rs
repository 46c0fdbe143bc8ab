use insta::assert_snapshot;

use super::client::Reply;
use super::ward::Ward;

/// The page with what differs from run to run named instead.
fn steady(page: &Reply) -> String {
    let body = page.body.replace(&page.form_token(), "FORM-TOKEN");
    let mut parts = body.split("/assets/");
    let mut steady = parts.next().unwrap().to_owned();
    for part in parts {
        let (hashed, rest) = part.split_once('.').unwrap();
        let (stem, _) = hashed.rsplit_once('-').unwrap();
        steady.push_str(&format!("/assets/{stem}-HASH.{rest}"));
    }
    steady
}

async fn furnished() -> (Ward, String) {
    let ward = Ward::open().await;
    ward.furnish().await;
    ward.hire("anna", "Anna Nurse").await;
    let session = ward.sign_in("anna").await;
    (ward, session)
}

#[tokio::test]
async fn the_queue_shows_alerts_tasks_and_the_ledger() {
    let (ward, session) = furnished().await;
    let page = ward.look(&session, "/").await;
    assert_snapshot!(steady(&page));
}

#[tokio::test]
async fn what_was_measured_long_ago_says_when_and_what_is_over_says_since_when() {
    let (ward, session) = furnished().await;
    ward.execute(
        "update alert set late = 1, snoozed_until = 1795370400000, snooze = '{\"until\":\"2026-11-22T18:00:00Z\",
           \"by\":\"lamplight\",\"reason\":\"Late <readings>.\",\"severity\":\"red\",\"late\":{\"in_time\":null,\"waits\":false}}'
         where id = 'e1a0';
         insert into alert_evidence values ('e1a0', 'e1', 1795284000000, '{\"taken_at\":\"2026-11-20T18:25:00Z\"}');
         update alert set recovered_at = 1795334100000 where id = 'e2a0'",
    )
    .await;
    let page = ward.look(&session, "/").await.body;
    let card = |id: &str| {
        let cards = page.split("<p class=\"badge\">").skip(1);
        cards.filter(|card| card.contains(&format!("Why of {id}"))).collect::<String>()
    };
    let late = card("blood_pressure_high");
    assert!(late.contains("Late readings") && late.contains("(20 Nov 2026, 18:25 GMT)"), "{late}");
    assert!(
        late.contains("put off until 22 Nov 2026, 18:00 GMT by lamplight: Late &#60;readings&#62;."),
        "{late}"
    );
    let over = card("glucose_high");
    assert!(over.contains("Recovered since") && over.contains("back within limits"), "{over}");
}

#[tokio::test]
async fn an_empty_queue_says_so() {
    let ward = Ward::open().await;
    ward.hire("anna", "Anna Nurse").await;
    let session = ward.sign_in("anna").await;
    assert_snapshot!(steady(&ward.look(&session, "/").await));
}

#[tokio::test]
async fn the_sign_in_page_asks_for_no_more_than_it_needs() {
    let ward = Ward::open().await;
    assert_snapshot!(steady(&ward.get("/sign-in").await));
}

#[tokio::test]
async fn buttons_do_what_they_say_and_return_to_the_queue() {
    let (ward, session) = furnished().await;
    let token = ward.look(&session, "/").await.form_token();
    let token = ("form_token", token.as_str());
    let before = ward.audit().await.len();
    for (path, fields, location, said) in [
        ("/alerts/e4a0/acknowledge", vec![token], "/?notice=acknowledged", "The alert is yours"),
        ("/alerts/e4a0/acknowledge", vec![token], "/?notice=already-acknowledged", "before you"),
        (
            "/alerts/e4a0/resolve",
            vec![token, ("outcome", "called patient"), ("note", "well & <calm>")],
            "/?notice=resolved",
            "is resolved",
        ),
        ("/alerts/e4a0/resolve", vec![token, ("outcome", "999")], "/?notice=already-resolved", "before you"),
        ("/alerts/nobody/acknowledge", vec![token], "/?notice=gone", "not here any more"),
        ("/tasks/e7t0/resolve", vec![token], "/?notice=task-resolved", "task is resolved"),
    ] {
        let reply = ward.post(&session, path, &fields).await;
        assert_eq!((reply.status, reply.header("location")), (303, Some(location)), "{path}");
        let page = ward.look(&session, location).await;
        assert!(page.body.contains(said), "{path}");
    }
    let alert = ward.store.alert(&lamplight::domain::id::AlertId::trusted("e4a0")).await.unwrap().unwrap();
    assert_eq!(alert.acknowledged_by.as_deref(), Some("anna"));
    assert_eq!(alert.resolved_by.as_deref(), Some("anna"));
    assert_eq!(alert.outcome.as_deref(), Some("called patient"));
    assert_eq!(alert.note.as_deref(), Some("well & <calm>"));
    let page = ward.look(&session, "/").await;
    assert!(!page.body.contains("e4a0") && !page.body.contains("e7t0"));

    let trail = ward.audit().await;
    let deeds: Vec<_> =
        trail[..trail.len() - before].iter().rev().filter(|d| !d.contains("queue.view")).collect();
    assert_eq!(deeds, ["anna alert.acknowledge e4a0", "anna alert.resolve e4a0", "anna task.resolve e7t0"]);
}

#[tokio::test]
async fn an_alert_is_not_closed_without_saying_how() {
    let (ward, session) = furnished().await;
    let token = ward.look(&session, "/").await.form_token();
    let long = "x".repeat(2001);
    for fields in [
        vec![],
        vec![("outcome", "")],
        vec![("outcome", "went for tea")],
        vec![("outcome", "999"), ("note", long.as_str())],
    ] {
        let fields: Vec<_> = [("form_token", token.as_str())].into_iter().chain(fields).collect();
        assert_eq!(ward.post(&session, "/alerts/e4a0/resolve", &fields).await.status, 400, "{fields:?}");
    }
    assert!(ward.look(&session, "/").await.body.contains("e4a0"));
}

#[tokio::test]
async fn hostile_words_are_shown_as_words() {
    let (ward, session) = furnished().await;
    ward.execute(
        "update patient set name = '<script>alert(1)</script>\"''>', team = '<b>t</b>' where id = 'p1';
         update alert set why = '<img src=x onerror=alert(2)>', title = '</h2><i>', proposal = '<u>',
                          acknowledged_by = '<s>', acknowledged_at = 0, state = 'acknowledged' where id = 'e1a0';
         update task set detail = '<script>alert(3)</script>', subject = '\"><a>' where id = 'e7t0';",
    )
    .await;
    let body = ward.look(&session, "/").await.body;
    for raw in ["<script>alert", "<img src=x", "</h2><i>", "<u>", "<s>", "<b>t", "\"><a>", "\"'>"] {
        assert!(!body.contains(raw), "{raw} got through");
    }
    for shown in ["&#60;script&#62;alert(1)", "&#60;img src=x", "&#60;b&#62;t", "&#60;script&#62;alert(3)"] {
        assert!(body.contains(shown), "{shown} is not shown");
    }
    let refused = ward.try_sign_in("\"><script>alert(4)</script>", "x").await.body;
    assert!(!refused.contains("<script>"), "{refused}");
    let notice = ward.look(&session, "/?notice=%3Cscript%3E").await.body;
    assert!(!notice.contains("<script>"), "only our own sentences are shown");
}

#[tokio::test]
async fn every_answer_carries_the_guarding_headers() {
    let (ward, session) = furnished().await;
    for path in ["/", "/sign-in", "/nowhere", "/api/v1/alerts", "/healthz"] {
        let reply = ward.look(&session, path).await;
        let policy = reply.header("content-security-policy").unwrap();
        assert!(policy.contains("default-src 'self'") && policy.contains("frame-ancestors 'none'"), "{path}");
        assert_eq!(reply.header("x-content-type-options"), Some("nosniff"), "{path}");
        assert_eq!(reply.header("referrer-policy"), Some("same-origin"), "{path}");
        assert_eq!(reply.header("cache-control"), Some("no-store"), "{path}");
    }
}

#[tokio::test]
async fn style_and_script_may_be_kept_because_their_address_names_their_content() {
    let ward = Ward::open().await;
    let page = ward.get("/sign-in").await.body;
    let assets: Vec<_> =
        page.split('"').filter(|part| part.starts_with("/assets/")).map(str::to_owned).collect();
    assert!(!assets.is_empty());
    for asset in assets {
        let reply = ward.get(&asset).await;
        assert_eq!(reply.status, 200, "{asset}");
        assert_eq!(reply.header("cache-control"), Some("public, max-age=31536000, immutable"), "{asset}");
    }
    assert_eq!(ward.get("/assets/lamplight-000000000000.css").await.status, 404);
    assert_eq!(ward.get("/assets/..%2fopenapi.json").await.status, 404);
}

#[tokio::test]
async fn nothing_on_the_page_needs_another_host_or_inline_script() {
    let (ward, session) = furnished().await;
    let body = ward.look(&session, "/").await.body;
    for forbidden in ["http://", "https://", " style=", " onclick=", "<script>"] {
        assert!(!body.contains(forbidden), "{forbidden}");
    }
}
