//! A way to somebody is believed once a code that was sent there has come back.

use jiff::SignedDuration;
use lamplight::domain::id::ContactId;
use lamplight::domain::organisation::Channel;
use lamplight::engine::contact::{ContactDesk, ContactError};
use lamplight::engine::nurse::{Hand, Via};

use super::ward::{NOBODY, Ward};

const PHONE: &str = "+447700900790";

impl Ward {
    /// The code that was sent last, and nothing else of its text.
    async fn sent(&self) -> String {
        let bodies =
            self.house.see("select body from message where body like '%Lamplight code%' order by id").await;
        bodies.last().unwrap()[..6].to_owned()
    }

    async fn add(&self, channel: Channel, address: &str) -> Result<ContactId, ContactError> {
        let hand = hand();
        Ok(self.desk(&hand).add("amina", channel, address).await?.id)
    }

    fn desk<'a>(&'a self, hand: &'a Hand) -> ContactDesk<'a> {
        ContactDesk { store: &self.house.store, ids: &self.house.ids, hand, now: self.house.clock.now() }
    }

    async fn standing(&self, id: &ContactId) -> String {
        let sql = format!(
            "select coalesce(verified_at, 'no') || ' ' || coalesce(failed_at, 'no') from contact where id = '{id}'"
        );
        self.house.see(&sql).await.pop().unwrap()
    }
}

fn hand() -> Hand {
    Hand { actor: "matron".to_owned(), via: Via::CommandLine }
}

/// Six digits that are not these.
fn other(digits: &str) -> &'static str {
    if digits == "111111" { "222222" } else { "111111" }
}

#[tokio::test]
async fn a_phone_is_proved_by_texting_its_code_back() {
    let ward = Ward::open().await;
    let id = ward.add(Channel::Sms, "07700 900790").await.unwrap();
    assert_eq!(ward.standing(&id).await, "no no");
    assert_eq!(
        ward.house.see("select address || ' ' || channel from message").await,
        [format!("{PHONE} sms")]
    );
    let code = ward.sent().await;
    assert!(ward.says(PHONE, other(&code)).await.unwrap().starts_with("That is not a code"));
    let said = ward.says(PHONE, &format!("{code}.")).await.unwrap();
    assert_eq!(said, "Thank you: this phone is proved, and alerts can reach you here.");
    let now = ward.house.clock.now().as_millisecond();
    assert_eq!(ward.standing(&id).await, format!("{now} no"));
    assert!(ward.says(PHONE, &code).await.unwrap().starts_with("That is not a code"), "one use");
    assert_eq!(ward.deeds("amina").await, ["contact.verify"]);
    assert_eq!(ward.deeds("matron").await, ["contact.add"]);
    let plain = ward.house.see("select code_hash from contact where code_hash is not null").await;
    assert!(plain.is_empty(), "{plain:?}");
    ward.end().await;
}

#[tokio::test]
async fn a_code_is_good_for_its_own_phone_a_day_and_five_tries() {
    let ward = Ward::open().await;
    let hand = hand();
    let id = ward.add(Channel::Sms, PHONE).await.unwrap();
    let code = ward.sent().await;
    assert!(
        !ward.house.see("select code_hash from contact where code_hash is not null").await[0].contains(&code)
    );
    ward.says(NOBODY, &code).await;
    assert_eq!(ward.standing(&id).await, "no no", "it came from elsewhere");
    for _ in 0..5 {
        let wrong = ward.desk(&hand).verify(&id, other(&code)).await;
        assert!(matches!(wrong, Err(ContactError::WrongCode)), "{wrong:?}");
    }
    let spent = ward.desk(&hand).verify(&id, &code).await;
    assert!(matches!(spent, Err(ContactError::Spent)), "{spent:?}");
    assert!(ward.says(PHONE, &code).await.unwrap().starts_with("That is not a code"), "nor by text");
    let hurry = ward.desk(&hand).send_code(&id).await;
    assert!(matches!(hurry, Err(ContactError::TooSoon)), "{hurry:?}");
    ward.house.wait(SignedDuration::from_mins(2));
    ward.desk(&hand).send_code(&id).await.unwrap();
    let second = ward.sent().await;
    ward.house.wait(SignedDuration::from_hours(24));
    let late = ward.desk(&hand).verify(&id, &second).await;
    assert!(matches!(late, Err(ContactError::NoCode)), "{late:?}");
    ward.desk(&hand).send_code(&id).await.unwrap();
    let third = ward.sent().await;
    ward.desk(&hand).verify(&id, &format!(" {} {} ", &third[..3], &third[3..])).await.unwrap();
    assert!(ward.standing(&id).await.ends_with(" no"));
    assert_eq!(
        ward.deeds("matron").await,
        ["contact.add", "contact.send_code", "contact.send_code", "contact.verify"]
    );
    ward.end().await;
}

#[tokio::test]
async fn mailboxes_and_hooks_are_proved_by_whoever_reads_the_code_there() {
    let ward = Ward::open().await;
    let hand = hand();
    for (channel, address) in
        [(Channel::Email, "amina@example.org"), (Channel::Webhook, "https://hooks.example.org/amina")]
    {
        let id = ward.add(channel, address).await.unwrap();
        let again = ward.add(channel, address).await;
        assert!(matches!(again, Err(ContactError::Known)), "{again:?}");
        ward.desk(&hand).verify(&id, &ward.sent().await).await.unwrap();
        ward.desk(&hand).remove(&id).await.unwrap();
        let gone = ward.desk(&hand).remove(&id).await;
        assert!(matches!(gone, Err(ContactError::Unknown(_))), "{gone:?}");
        ward.add(channel, address).await.unwrap();
    }
    for (channel, address) in [
        (Channel::Sms, "12"),
        (Channel::Email, "amina"),
        (Channel::Email, "amina@ward"),
        (Channel::Webhook, "http://hooks.example.org/"),
        (Channel::Webhook, "ftp://hooks.example.org/"),
    ] {
        let refused = ward.add(channel, address).await;
        assert!(matches!(refused, Err(ContactError::BadAddress(_))), "{address}: {refused:?}");
    }
    let nobody = ward.desk(&hand).add("nobody", Channel::Email, "a@example.org").await;
    assert!(matches!(nobody, Err(ContactError::Unknown("user"))), "{nobody:?}");
    ward.end().await;
}
