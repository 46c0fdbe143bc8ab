//! A visitor in the patient's place, with a browser that runs no scripts.

use super::visit::Visit;

const HANNAH: &str = "+447700900108";
const PAGE: &str = "/?number=447700900108";

#[tokio::test]
async fn a_text_is_answered_on_the_phone_and_seen_by_the_nurse() {
    let visit = Visit::begin();
    let before = visit.phone(PAGE).await;
    assert!(before.contains("SIMULATION") && before.contains("weigh yourself"), "{before}");
    let stranger = visit.phone("/?number=447700900999").await;
    assert!(stranger.contains("No texts yet. Send one as Not a patient."), "{stranger}");

    let sent = visit.text(HANNAH, "BP 185 121").await;
    assert_eq!((sent.status().as_u16(), sent.headers()["location"].to_str().unwrap()), (303, PAGE));
    let opened = visit
        .until("the alert", "alerts?patient=p08&severity=red", |answer| {
            !answer["alerts"].as_array().unwrap().is_empty()
        })
        .await;
    assert_eq!(
        (&opened["alerts"][0]["severity"], &opened["alerts"][0]["state"]),
        (&"red".into(), &"open".into())
    );
    visit
        .until("the answer", "messages?patient=p08", |answer| {
            let told = "We have your reading: blood pressure 185/121.";
            let texts = answer["messages"].as_array().unwrap();
            texts
                .iter()
                .any(|text| text["state"] == "sent" && text["body"].as_str().unwrap().starts_with(told))
        })
        .await;

    let after = visit.phone(PAGE).await;
    assert!(after.contains("BP 185 121<small>"), "{after}");
    assert!(after.contains("We have your reading: blood pressure 185/121. This is very high."), "{after}");
    assert!(visit.phone("/phones?number=447700900108").await.contains("We have your reading"));
}

#[tokio::test]
async fn what_is_no_number_is_told_so_and_words_are_shown_as_typed() {
    let visit = Visit::begin();
    assert_eq!(visit.text("Hannah", "BP 120 80").await.status(), 400);
    assert_eq!(visit.text(HANNAH, "<b>well</b> & \"fine\"").await.status(), 303);
    let page = visit.phone(PAGE).await;
    assert!(page.contains("&#60;b&#62;well&#60;/b&#62; &#38; &#34;fine&#34;<small>"), "{page}");
}
