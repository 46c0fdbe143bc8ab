//! Inbound texts as a carrier posts and signs them: twenty form fields, each text with a name of its own.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::hmac;

use crate::flow::{Dice, phone};

pub const PUBLIC_URL: &str = "https://lamplight.example";
pub const WEBHOOK: &str = "/sms/twilio/inbound";
pub const ACCOUNT: &str = "ACbe9cbe9cbe9cbe9cbe9cbe9cbe9cbe9c";
pub const TOKEN: &str = "a token that only this benchmark knows";
pub const TO: &str = "+447700900456";

/// `count` signed requests, ready to be written.
pub fn requests(count: usize, patients: u32) -> Vec<Vec<u8>> {
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, TOKEN.as_bytes());
    let mut dice = Dice::new(20);
    (0..count)
        .map(|number| {
            let patient = dice.below(u64::from(patients)) as u32;
            // Within the limits: what is measured is the way in, not the writing of alerts.
            let body = format!("BP {} {}", 108 + dice.below(20), 62 + dice.below(14));
            request(&key, number, &phone(patient), &body)
        })
        .collect()
}

fn request(key: &hmac::Key, number: usize, from: &str, text: &str) -> Vec<u8> {
    let sid = format!("SM{number:032x}");
    let mut fields = [
        ("AccountSid", ACCOUNT),
        ("ApiVersion", "2010-04-01"),
        ("Body", text),
        ("From", from),
        ("FromCity", ""),
        ("FromCountry", "GB"),
        ("FromState", ""),
        ("FromZip", ""),
        ("MessageSid", &sid),
        ("MessagingServiceSid", "MGbe9cbe9cbe9cbe9cbe9cbe9cbe9cbe9c"),
        ("NumMedia", "0"),
        ("NumSegments", "1"),
        ("SmsMessageSid", &sid),
        ("SmsSid", &sid),
        ("SmsStatus", "received"),
        ("To", TO),
        ("ToCity", ""),
        ("ToCountry", "GB"),
        ("ToState", ""),
        ("ToZip", ""),
    ];
    // The rule: the URL, then each key with its value, in the order of the keys.
    fields.sort_unstable();
    let signed: String = fields.iter().flat_map(|(key, value)| [*key, *value]).collect();
    let tag = hmac::sign(key, format!("{PUBLIC_URL}{WEBHOOK}{signed}").as_bytes());
    let signature = STANDARD.encode(tag);
    let body: Vec<String> = fields.iter().map(|(key, value)| format!("{key}={}", encode(value))).collect();
    let body = body.join("&");
    format!(
        "POST {WEBHOOK} HTTP/1.1\r\nhost: lamplight.example\r\nx-twilio-signature: {signature}\r\n\
         content-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

/// The only characters of these values that a form must spell otherwise.
fn encode(value: &str) -> String {
    value.replace('+', "%2B").replace(' ', "+")
}
