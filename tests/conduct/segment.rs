//! What a text costs, and that nothing is lost on the way to its plain letters.

use std::process::Command;

use lamplight::catalog;
use lamplight::domain::id::MessageId;
use lamplight::domain::message::NewNotification;
use lamplight::domain::organisation::{Address, Channel};
use lamplight::domain::segment::{Encoding, count, in_plain_signs};
use proptest::prelude::*;

use crate::engine::house::{ADA, House, Left};
use crate::support::house::{House as Folder, PROJECT};

/// What every phrase may take in plain letters.
const MOST: u32 = 2;

#[test]
fn sms_15_signs_of_word_processors_become_their_plain_twins() {
    for (written, sent) in [
        ("Don’t wait – call 111", "Don't wait - call 111"),
        ("“Fine”", "\"Fine\""),
        ("8\u{a0}am to 8\u{202f}pm…", "8 am to 8 pm..."),
        ("O‘Neill", "O'Neill"),
        ("plain", "plain"),
    ] {
        assert_eq!(in_plain_signs(written), sent);
        assert_eq!(count(&in_plain_signs(written)).encoding, Encoding::Gsm7, "{written}");
    }
}

#[test]
fn sms_15_what_would_change_its_meaning_stays() {
    for kept in [
        "38.2 °C",
        "≤ 92",
        "≥ 180/110",
        "Mae’ch pwysau’n iawn ŵ ŷ",
        "żółć ł",
        "آپ کی ریڈنگ ۱۲۰",
        "½",
        "ك\u{200c}ا",
        "👍",
    ] {
        let sent = in_plain_signs(kept);
        let apart: String = kept.chars().map(|c| if c == '’' { '\'' } else { c }).collect();
        assert_eq!(sent, apart, "{kept}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn sms_15_no_text_gets_dearer_or_a_question_mark(text in "\\PC{0,200}") {
        let sent = in_plain_signs(&text);
        let asks = |text: &str| text.chars().filter(|c| *c == '?').count();
        prop_assert_eq!(asks(&sent), asks(&text));
        let letters = |text: &str| text.chars().filter(|c| c.is_alphabetic() && *c != '\u{2bc}').collect::<String>();
        prop_assert_eq!(letters(&sent), letters(&text));
        prop_assert!(count(&sent).segments <= count(&text).segments + u32::try_from(text.matches('…').count()).unwrap());
        let again = in_plain_signs(&sent).into_owned();
        prop_assert_eq!(again, sent);
    }
}

#[tokio::test]
async fn sms_15_a_text_is_kept_as_it_travels() {
    let house = House::new().await;
    house.enrol(&format!("patient_id,name,phone\nad2,Ada O’Neill – Byrne,{ADA}\n")).await;
    house.take([house.text(ADA, "BP 126 74")]).await;
    let texts = house.texts().await;
    assert!(texts[0].contains("Ada O'Neill - Byrne"), "{texts:?}");
    assert_eq!(count(&texts[0]).segments, 1);
    house.leaves(Left { texts: 1, held: 1 }).await;
}

#[tokio::test]
async fn sms_15_a_text_to_staff_is_kept_as_it_travels_and_a_mail_as_it_was_written() {
    let house = House::new().await;
    let body = "North’s patient needs you — “red”…";
    for (channel, address, kept) in [
        (Channel::Sms, ADA, "North's patient needs you - \"red\"..."),
        (Channel::Email, "anna@example.org", body),
        (Channel::Webhook, "https://hook.example.org/x", body),
    ] {
        let now = house.clock.now();
        let id = MessageId::trusted(format!("n-{}", channel.name()));
        let new = NewNotification {
            id: id.clone(),
            address: Address::parse(channel, address).unwrap(),
            subject: "Somebody waits".to_owned(),
            body: body.to_owned(),
            not_after: now,
            created_at: now,
        };
        let mut tx = house.store.begin().await.unwrap();
        tx.queue_notification(&new).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(
            house.see(&format!("select body from message where id = '{id}'")).await,
            [kept],
            "{channel:?}"
        );
    }
    assert_eq!(count("North's patient needs you - \"red\"...").segments, 1);
    house.leaves_whatever().await;
}

#[test]
fn sms_15_every_phrase_of_every_language_keeps_its_budget() {
    let wording = catalog::built_in().unwrap().wording;
    assert_eq!(wording.others().map(|(code, _)| code).collect::<Vec<_>>(), ["cy", "pl", "ur"]);
    for template in wording.all().flat_map(|wording| wording.templates()).map(|(_, template)| template) {
        assert!(count(template).fits(MOST), "{template}");
        assert_eq!(in_plain_signs(template), template, "a dearer sign than need be");
    }
}

/// What `lamplight check` says of the shipped clinical files when one phrase of each of these languages reads so.
fn check_with(changed: &[(&str, String)]) -> (i32, String) {
    let folder = Folder::quiet();
    let copied = Command::new("cp")
        .args(["-r", &format!("{PROJECT}/protocols")])
        .arg(folder.folder())
        .status()
        .unwrap();
    assert!(copied.success());
    for (language, text) in changed {
        let name = format!("protocols/clinical/messages.{language}.toml");
        let words = std::fs::read_to_string(folder.path(&name)).unwrap();
        let line = words.lines().find(|line| line.starts_with("declined")).unwrap();
        folder.write(&name, &words.replace(line, &format!("declined = \"{text}\"")));
    }
    let rules = format!("{PROJECT}/alert_rules");
    let told = folder.run(&["check", "--protocols", "protocols", "--rules", &rules]);
    (told.code, told.out + &told.err)
}

/// What is said of one language's phrases.
fn lines_of<'s>(said: &'s str, language: &str) -> Vec<&'s str> {
    let file = format!("messages.{language}.toml:");
    said.lines().filter(|line| line.contains(&file)).collect()
}

#[test]
fn sms_15_check_refuses_a_text_beyond_the_budget_in_each_language() {
    let languages = ["en", "cy", "pl", "ur"];
    let (code, said) = check_with(&languages.map(|language| (language, "We will not. ".repeat(60))));
    assert_eq!(code, 1, "{said}");
    for language in languages {
        let told = lines_of(&said, language);
        assert!(told.iter().any(|line| line.contains("text messages")), "{language}: {said}");
    }
}

#[test]
fn sms_17_check_refuses_a_text_that_invites_a_reserved_word_in_each_language() {
    let words = [("en", "CANCEL"), ("cy", "END"), ("pl", "quit"), ("ur", "HELP")];
    let (code, said) = check_with(&words.map(|(language, word)| (language, format!("Text {word} now."))));
    assert_eq!(code, 1, "{said}");
    for (language, word) in words {
        let told = lines_of(&said, language);
        let why = format!("'{word}' is a command word");
        assert!(told.iter().any(|line| line.contains(&why)), "{language}: {said}");
    }
}
