use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use lamplight::sms::form::Form;
use lamplight::sms::signature::Verifier;
use proptest::prelude::*;
use ring::hmac;
use serde_json::Value;

const VECTORS: &str = include_str!("../fixtures/sms/twilio_signature.json");

struct Vector {
    name: String,
    token: String,
    url: String,
    body: Vec<u8>,
    signature: String,
    valid: bool,
}

/// A form, encoded as clients do.
pub fn encode(pairs: &[(&str, &str)]) -> String {
    let byte = |b: u8| match b {
        b'-' | b'.' | b'_' | b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' => char::from(b).to_string(),
        b => format!("%{b:02X}"),
    };
    let part = |text: &str| text.bytes().map(byte).collect::<String>();
    pairs.iter().map(|(key, value)| format!("{}={}", part(key), part(value))).collect::<Vec<_>>().join("&")
}

/// Signs bytes as Twilio does, whatever they are.
pub fn sign(token: &str, bytes: &[u8]) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, token.as_bytes());
    STANDARD.encode(hmac::sign(&key, bytes))
}

/// Signs a request with distinct keys as Twilio does.
pub fn sign_form(token: &str, url: &str, pairs: &[(&str, &str)]) -> String {
    let mut sorted = pairs.to_vec();
    sorted.sort_unstable();
    let form: String = sorted.iter().flat_map(|(key, value)| [*key, *value]).collect();
    sign(token, format!("{url}{form}").as_bytes())
}

fn vectors() -> Vec<Vector> {
    let file: Value = serde_json::from_str(VECTORS).unwrap();
    let word = |value: &Value| value.as_str().unwrap().to_owned();
    file["vectors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|v| Vector {
            name: word(&v["name"]),
            token: word(&v["token"]),
            url: word(&v["url"]),
            body: match v["params"].as_array() {
                Some(pairs) => {
                    let pairs: Vec<_> =
                        pairs.iter().map(|p| (p[0].as_str().unwrap(), p[1].as_str().unwrap())).collect();
                    encode(&pairs).into_bytes()
                }
                None => word(&v["body"]).into_bytes(),
            },
            signature: word(&v["signature"]),
            valid: v["valid"].as_bool().unwrap(),
        })
        .collect()
}

fn verify(token: &str, url: &str, body: &[u8], signature: &str) -> bool {
    Verifier::new(token, None).unwrap().verify(url, body, &Form::decode(body), signature)
}

impl Vector {
    fn verifies(&self) -> bool {
        verify(&self.token, &self.url, &self.body, &self.signature)
    }
}

#[test]
fn sms_01_published_signatures_get_their_verdicts() {
    let vectors = vectors();
    assert_eq!(vectors.len(), 27);
    for vector in vectors {
        assert_eq!(vector.verifies(), vector.valid, "{}", vector.name);
    }
}

#[test]
fn sms_01_one_flipped_byte_anywhere_fails() {
    for vector in vectors().iter().filter(|vector| vector.valid) {
        let flip = |text: &str, at: usize| {
            let mut bytes = text.as_bytes().to_vec();
            bytes[at] ^= 1;
            String::from_utf8(bytes).unwrap()
        };
        // The port and the fragment are not signed; the path and the query are.
        let path = vector.url.find('/').unwrap() + 2;
        let path = path + vector.url[path..].find('/').unwrap();
        for at in path..vector.url.find('#').unwrap_or(vector.url.len()) {
            let url = flip(&vector.url, at);
            assert!(!verify(&vector.token, &url, &vector.body, &vector.signature), "{}: {url}", vector.name);
        }
        for at in 0..vector.token.len() {
            let token = flip(&vector.token, at);
            assert!(!verify(&token, &vector.url, &vector.body, &vector.signature), "{}", vector.name);
        }
        let tag = STANDARD.decode(&vector.signature).unwrap();
        for at in 0..tag.len() {
            let mut tag = tag.clone();
            tag[at] ^= 1;
            assert!(
                !verify(&vector.token, &vector.url, &vector.body, &STANDARD.encode(tag)),
                "{}",
                vector.name
            );
        }
        for at in 0..vector.body.len() {
            let mut body = vector.body.clone();
            body[at] ^= 1;
            // Digits that are flipped in an escape may spell the same letter in the other case.
            if Form::decode(&body).signed_bytes() != Form::decode(&vector.body).signed_bytes() {
                let verdict = verify(&vector.token, &vector.url, &body, &vector.signature);
                assert!(!verdict, "{}: body byte {at}", vector.name);
            }
        }
    }
}

#[test]
fn sms_01_a_json_body_that_is_changed_fails_even_where_it_reads_as_the_same_form() {
    let vector = vectors().into_iter().find(|vector| vector.name == "JSON bodySHA256").unwrap();
    assert!(vector.verifies());
    for at in 0..vector.body.len() {
        let mut body = vector.body.clone();
        body[at] ^= 1;
        assert!(!verify(&vector.token, &vector.url, &body, &vector.signature), "byte {at}");
    }
}

#[test]
fn sms_02_sorting_keys_glued_to_their_values_is_not_the_rule() {
    let url = "https://gw.example.nhs.uk/sms";
    let pairs = [("Reason", "Participant"), ("ReasonConferenceEnded", "test")];
    let body = encode(&pairs);
    let right = sign_form("12345", url, &pairs);
    let wrong = sign("12345", format!("{url}ReasonConferenceEndedtestReasonParticipant").as_bytes());
    assert!(verify("12345", url, body.as_bytes(), &right));
    assert!(!verify("12345", url, body.as_bytes(), &wrong));
}

#[test]
fn sms_03_while_tokens_rotate_both_verify_and_no_other() {
    let verifier = Verifier::new("new token", Some("old token")).unwrap();
    let (url, pairs) = ("https://gw.example.nhs.uk/sms", [("Body", "BP 140/90")]);
    let body = encode(&pairs);
    let form = Form::decode(body.as_bytes());
    for (token, valid) in [("new token", true), ("old token", true), ("older token", false)] {
        let signature = sign_form(token, url, &pairs);
        assert_eq!(verifier.verify(url, body.as_bytes(), &form, &signature), valid, "{token}");
    }
}

#[test]
fn sms_03_an_empty_token_is_never_accepted() {
    for (current, previous) in [("", None), (" ", None), ("token", Some("")), ("", Some("token"))] {
        assert!(Verifier::new(current, previous).is_err(), "{current:?} {previous:?}");
    }
}

#[test]
fn sms_01_ports_are_taken_off_and_put_on_as_text() {
    for (ours, signed) in [
        ("https://gw.example/sms", "https://gw.example:443/sms"),
        ("http://gw.example/sms", "http://gw.example:80/sms"),
        ("https://gw.example:8443/sms", "https://gw.example/sms"),
        ("https://gw.example:443/sms", "https://gw.example:443/sms"),
        ("https://[::1]:8443/sms", "https://[::1]/sms"),
        ("https://[::1]/sms", "https://[::1]:443/sms"),
        ("https://u:p@gw.example/sms", "https://u:p@gw.example:443/sms"),
        ("https://gw.example?a=1", "https://gw.example:443?a=1"),
        ("https://gw.example:8443/sms?b=it's", "https://gw.example/sms?b=it%27s"),
    ] {
        assert!(verify("12345", ours, b"", &sign("12345", signed.as_bytes())), "{signed}");
    }
    for (ours, signed) in [
        ("https://gw.example/sms", "https://gw.example:80/sms"),
        ("https://gw.example/sms", "http://gw.example/sms"),
        ("https://gw.example/sms", "https://gw.example/sms/"),
        ("https://u:1234@gw.example/sms", "https://u@gw.example/sms"),
    ] {
        assert!(!verify("12345", ours, b"", &sign("12345", signed.as_bytes())), "{signed}");
    }
}

#[test]
fn what_is_no_signature_is_refused() {
    for signature in ["", "=", "not base64!", "AAAA", &STANDARD.encode([0; 20]), &STANDARD.encode([0; 64])] {
        assert!(!verify("12345", "https://gw.example/sms", b"Body=1", signature), "{signature:?}");
    }
}

#[test]
fn forms_decode_to_their_bytes() {
    for (body, key, value) in [
        ("Body=a+b", "Body", Some("a b")),
        ("Body=a%2Bb", "Body", Some("a+b")),
        ("Body=", "Body", Some("")),
        ("Body", "Body", Some("")),
        ("&&Body=1&", "Body", Some("1")),
        ("Body=%", "Body", Some("%")),
        ("Body=%4", "Body", Some("%4")),
        ("Body=%zz1", "Body", Some("%zz1")),
        ("Body=a=b", "Body", Some("a=b")),
        ("%42ody=%F0%9F%98%B7", "Body", Some("😷")),
        ("Bodyy=1", "Body", None),
        ("Bod=1", "Body", None),
        ("", "Body", None),
    ] {
        assert_eq!(Form::decode(body.as_bytes()).get(key), Ok(value), "{body}");
    }
    assert!(Form::decode(b"Body=%A3").get("Body").is_err());
}

proptest! {
    #[test]
    fn whatever_is_encoded_comes_back(pairs in prop::collection::btree_map("\\PC{1,8}", "\\PC{0,20}", 0..8)) {
        let pairs: Vec<_> = pairs.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
        let body = encode(&pairs);
        let form = Form::decode(body.as_bytes());
        for (key, value) in &pairs {
            prop_assert_eq!(form.get(key), Ok(Some(*value)));
        }
        let url = "https://gw.example.nhs.uk/sms";
        prop_assert!(verify("12345", url, body.as_bytes(), &sign_form("12345", url, &pairs)));
    }

    #[test]
    fn no_request_breaks_the_verifier(url in "\\PC*", body in prop::collection::vec(any::<u8>(), 0..200), signature in "\\PC*") {
        prop_assert!(!verify("12345", &url, &body, &signature));
    }
}
