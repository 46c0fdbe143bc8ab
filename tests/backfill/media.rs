//! Pictures: noted, never looked at, and nothing that a picture's address could lead to.

use std::net::IpAddr;

use lamplight::domain::event::Origin;
use lamplight::engine::intake::Settled;
use lamplight::sms::media::{Access, is_public, may_fetch};
use proptest::prelude::*;

use crate::engine::house::{ADA, House, Left};

const TWILIO: &str = "54.172.60.1";

fn asked(url: &str, address: &str, first: bool) -> Option<Access> {
    may_fetch(url, address.parse().unwrap(), first)
}

#[test]
fn sms_27_only_twilios_own_hosts_are_asked_and_only_the_first_with_credentials() {
    let own = "https://api.twilio.com/2010-04-01/Accounts/AC1/Messages/MM1/Media/ME1";
    let files = "https://media.twiliocdn.com/AC1/0001";
    assert_eq!(asked(own, TWILIO, true), Some(Access::WithCredentials));
    assert_eq!(
        asked("https://mms.twiliocdn.com/AC1?x=1", TWILIO, true),
        None,
        "credentials belong to Twilio's own host"
    );
    assert_eq!(asked(files, TWILIO, false), Some(Access::Bare));
    for url in [
        "http://api.twilio.com/x",
        "https://twilio.com.evil.example/x",
        "https://eviltwilio.com/x",
        "https://twilio.com/x",
        "https://evil.example/x?https://api.twilio.com",
        "https://api.twilio.com@evil.example/x",
        "https://evil.example\\@api.twilio.com/x",
        "https://api.twilio.com:8443/x",
        "https://api.twilio.com\t/x",
        "https://API.TWILIO.COM.EVIL/x",
        "https://.twilio.com/x",
        "https://169.254.169.254/latest/meta-data",
        "https://[::ffff:127.0.0.1]/x",
        "file:///etc/passwd",
        "ftp://api.twilio.com/x",
        "",
    ] {
        for first in [true, false] {
            assert_eq!(asked(url, TWILIO, first), None, "{url}");
        }
    }
}

#[test]
fn sms_27_a_good_name_that_leads_home_is_not_asked() {
    for address in [
        "127.0.0.1",
        "127.8.8.8",
        "0.0.0.0",
        "10.0.0.1",
        "172.16.0.1",
        "172.31.255.255",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "100.127.255.255",
        "192.0.0.192",
        "198.18.0.1",
        "192.0.2.7",
        "224.0.0.1",
        "255.255.255.255",
        "::1",
        "::",
        "::ffff:127.0.0.1",
        "::ffff:169.254.169.254",
        "::ffff:10.0.0.1",
        "::127.0.0.1",
        "64:ff9b::a9fe:a9fe",
        "2002:7f00:1::",
        "fd00:ec2::254",
        "fc00::1",
        "fe80::1",
        "fec0::1",
        "ff02::1",
        "2001:db8::1",
        "2001::1",
        "100::1",
    ] {
        assert!(!is_public(address.parse().unwrap()), "{address}");
        assert_eq!(asked("https://api.twilio.com/x", address, true), None, "{address}");
    }
    for address in [TWILIO, "8.8.8.8", "100.63.255.255", "100.128.0.1", "172.32.0.1", "2a00:1450:4009::1"] {
        assert!(is_public(address.parse().unwrap()), "{address}");
    }
}

proptest! {
    #[test]
    fn sms_27_an_address_is_as_private_in_either_family(bits in any::<u32>()) {
        let v4 = std::net::Ipv4Addr::from(bits);
        prop_assert_eq!(is_public(IpAddr::V4(v4)), is_public(IpAddr::V6(v4.to_ipv6_mapped())));
    }

    #[test]
    fn sms_27_no_other_host_is_ever_asked(url in "https://[a-z0-9.@:\\\\/?#-]{1,40}") {
        let host = url["https://".len()..].split(['/', '?', '#', '\\']).next().unwrap().to_owned();
        let is_ours = [".twilio.com", ".twiliocdn.com"].iter().any(|ours| host.trim_end_matches(":443").ends_with(ours));
        prop_assert!(is_ours || asked(&url, TWILIO, false).is_none());
    }
}

#[tokio::test]
async fn sms_27_a_picture_is_noted_refused_in_friendly_words_and_seen_by_a_human() {
    let house = House::new().await;
    let mut photo = house.text(ADA, "");
    photo.raw =
        b"NumMedia=1&MediaUrl0=http%3A%2F%2F169.254.169.254%2F&MediaContentType0=image%2Fjpeg".to_vec();
    if let Origin::Text(text) = &mut photo.origin {
        text.media = 1;
    }
    house.settles(photo, Settled::Rejected).await;
    let texts = house.texts().await;
    assert!(matches!(texts.as_slice(), [one] if one.contains("cannot look at pictures")), "{texts:?}");
    assert_eq!(house.tasks().await, ["unreadable_text ada x1"]);
    assert!(house.see("select cast(raw as text) from inbox").await[0].contains("MediaContentType0=image"));
    let detail = house.see("select detail from task").await.remove(0);
    assert!(detail.contains("A picture or file came with it"), "{detail}");
    assert!(!detail.contains("169.254"), "an address of theirs is nowhere but in the journal");
    // Numbers beside a picture are numbers.
    let mut both = house.text(ADA, "BP 121 79");
    if let Origin::Text(text) = &mut both.origin {
        text.media = 2;
    }
    house.accepts(both).await;
    assert_eq!(
        house.see("select coalesce(media, 0) || body from message where direction = 'in' order by id").await,
        ["1", "2BP 121 79"],
        "whoever reads the record sees that there was more"
    );
    house.leaves(Left::texts(2)).await;
}
