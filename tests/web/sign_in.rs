use lamplight::engine::account::{Secret, disable_user, reset_password};

use super::ward::{PASSWORD, Ward};

const REFUSED: &str = "did not let you in";

#[tokio::test]
async fn somebody_signs_in_looks_and_signs_out() {
    let ward = Ward::open().await;
    ward.hire("anna", "Anna Nurse").await;
    let stranger = ward.get("/").await;
    assert_eq!((stranger.status, stranger.header("location")), (303, Some("/sign-in")));

    let reply = ward.try_sign_in(" Anna ", PASSWORD).await;
    assert_eq!((reply.status, reply.header("location")), (303, Some("/")));
    let cookie = reply.header("set-cookie").unwrap();
    assert!(cookie.ends_with("; HttpOnly; SameSite=Strict; Path=/; Max-Age=43200"), "{cookie}");
    let session = reply.cookie("lamplight_session").unwrap();

    let page = ward.look(session, "/").await;
    assert_eq!(page.status, 200);
    assert!(page.body.contains("Anna Nurse"));
    ward.audit().await;
    assert_eq!(ward.look(session, "/sign-in").await.header("location"), Some("/"));

    let out = ward.post(session, "/sign-out", &[("form_token", &page.form_token())]).await;
    assert_eq!((out.status, out.header("location")), (303, Some("/sign-in")));
    assert_eq!(ward.look(session, "/").await.status, 303, "the session is gone, not just the cookie");
    assert_eq!(
        ward.audit().await,
        ["anna session.end anna", "anna queue.view queue", "anna session.begin anna", "test user.add anna"]
    );
}

#[tokio::test]
async fn whoever_is_turned_away_is_not_told_why() {
    let ward = Ward::open().await;
    ward.hire("anna", "Anna Nurse").await;
    ward.hire("gone", "Gone Nurse").await;
    disable_user(&ward.store, "test", "gone", ward.clock.now()).await.unwrap();
    let mut bodies = Vec::new();
    for (name, password) in
        [("anna", "wrong password"), ("nobody", PASSWORD), ("gone", PASSWORD), ("", ""), ("anna", "")]
    {
        let reply = ward.try_sign_in(name, password).await;
        assert_eq!(reply.status, 403, "{name}");
        assert!(reply.body.contains(REFUSED), "{name}");
        assert_eq!(reply.cookie("lamplight_session"), None, "{name}");
        let echoed = format!(r#"value="{name}" autocomplete"#);
        assert!(reply.body.contains(&echoed), "{name}");
        bodies.push(reply.body.replace(&echoed, "").replace(&reply.form_token(), ""));
    }
    bodies.dedup();
    assert_eq!(bodies.len(), 1, "all refusals look alike");
}

#[tokio::test]
async fn a_name_that_is_nobodys_is_not_written_down() {
    let ward = Ward::open().await;
    ward.try_sign_in("my secret typed in the wrong box", "x").await;
    assert_eq!(ward.audit().await, ["nobody session.refuse unknown"]);
}

#[tokio::test]
async fn five_wrong_passwords_lock_the_account_for_a_quarter_of_an_hour() {
    let ward = Ward::open().await;
    ward.hire("anna", "Anna Nurse").await;
    for _ in 0..4 {
        ward.try_sign_in("anna", "wrong password").await;
    }
    ward.sign_in("anna").await;
    for _ in 0..5 {
        assert_eq!(ward.try_sign_in("anna", "wrong password").await.status, 403);
    }
    assert_eq!(ward.try_sign_in("anna", PASSWORD).await.status, 403, "the right one no longer helps");
    ward.clock.set("2026-11-22T08:14:59Z".parse().unwrap());
    assert_eq!(ward.try_sign_in("anna", PASSWORD).await.status, 403);
    ward.clock.set("2026-11-22T08:15:00Z".parse().unwrap());
    ward.sign_in("anna").await;
}

#[tokio::test]
async fn guesses_made_side_by_side_do_not_slip_past_the_lock() {
    let ward = Ward::open().await;
    ward.hire("anna", "Anna Nurse").await;
    let wrong = || ward.try_sign_in("anna", "wrong password");
    tokio::join!(wrong(), wrong(), wrong(), wrong(), wrong(), wrong(), wrong(), wrong());
    assert_eq!(ward.try_sign_in("anna", PASSWORD).await.status, 403);
}

#[tokio::test]
async fn a_new_password_unlocks_and_ends_what_the_old_one_opened() {
    let ward = Ward::open().await;
    ward.hire("anna", "Anna Nurse").await;
    let session = ward.sign_in("anna").await;
    for _ in 0..5 {
        ward.try_sign_in("anna", "wrong password").await;
    }
    let fresh = Secret::new("a wholly new password");
    reset_password(&ward.store, &ward.passwords, "test", "anna", &fresh, ward.clock.now()).await.unwrap();
    assert_eq!(ward.look(&session, "/").await.status, 303);
    assert_eq!(ward.try_sign_in("anna", PASSWORD).await.status, 403);
    assert_eq!(ward.try_sign_in("anna", fresh.expose()).await.status, 303);
}

#[tokio::test]
async fn a_disabled_user_is_out_at_once() {
    let ward = Ward::open().await;
    ward.hire("anna", "Anna Nurse").await;
    let session = ward.sign_in("anna").await;
    assert_eq!(ward.look(&session, "/").await.status, 200);
    disable_user(&ward.store, "test", "anna", ward.clock.now()).await.unwrap();
    assert_eq!(ward.look(&session, "/").await.status, 303);
}

#[tokio::test]
async fn a_session_lasts_one_shift() {
    let ward = Ward::open().await;
    ward.hire("anna", "Anna Nurse").await;
    let session = ward.sign_in("anna").await;
    ward.clock.set("2026-11-22T19:59:59Z".parse().unwrap());
    assert_eq!(ward.look(&session, "/").await.status, 200);
    ward.clock.set("2026-11-22T20:00:00Z".parse().unwrap());
    assert_eq!(ward.look(&session, "/").await.status, 303);
}

#[tokio::test]
async fn no_form_is_taken_without_its_token() {
    let ward = Ward::open().await;
    ward.furnish().await;
    ward.hire("anna", "Anna Nurse").await;
    ward.hire("ben", "Ben Nurse").await;
    let session = ward.sign_in("anna").await;
    let other = ward.sign_in("ben").await;
    let token_of_another = ward.look(&other, "/").await.form_token();
    let before = ward.audit().await;
    for path in ["/sign-out", "/alerts/e1a0/acknowledge", "/alerts/e1a0/resolve", "/tasks/e7t0/resolve"] {
        for token in ["", "guess", &token_of_another] {
            let fields = [("form_token", token), ("outcome", "999")];
            assert_eq!(ward.post(&session, path, &fields).await.status, 403, "{path} {token}");
        }
        assert_eq!(ward.post(&session, path, &[("outcome", "999")]).await.status, 403, "{path}");
        let stranger = ward.post("nonsense", path, &[("form_token", "guess")]).await;
        assert_eq!(stranger.header("location"), Some("/sign-in"), "{path}");
    }
    assert_eq!(ward.audit().await, before, "nothing was done");

    for cookie in ["", "lamplight_form=another"] {
        let fields = [("form_token", "mine"), ("name", "anna"), ("password", PASSWORD)];
        assert_eq!(ward.post_with(cookie, "/sign-in", &fields).await.status, 403, "{cookie}");
    }
}
