//! The four edges of texts, each with what its provider posts and how it proves itself.

use reqwest::{Client, RequestBuilder};
use ring::hmac;
use serde_json::json;

use lamplight::clock::Clock;
use lamplight::domain::secret::Secret;
use lamplight::sms::Hook;
use lamplight::sms::android::AndroidHook;
use lamplight::sms::bearer::Bearer;
use lamplight::sms::http::{HttpHook, InboundFields, StatusFields};
use lamplight::sms::notify::NotifyHook;
use lamplight::sms::signature::Verifier;
use lamplight::sms::webhook::TwilioHook;

use crate::peers::daemon::{ACCOUNT, NUMBER, TOKEN};
use crate::sms::signature::{encode, sign_form};

pub const SECRET: &str = "a secret of thirty-two characters";
pub const OLD_SECRET: &str = "the secret of the year before this";
/// A service's id and a key's secret, as Notify's documentation has them.
pub const API_KEY: &str =
    "lamplight-26785a09-ab16-4eb0-8407-a37497a57506-3d844edf-8d35-48ac-975b-e847b4f122b0";
pub const TEMPLATE: &str = "f33517ff-2a88-4f6e-b855-c550268ce08a";

/// Whose webhooks are knocked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Edge {
    Twilio,
    Notify,
    Android,
    Http,
}

/// A provider's post, before it is proved.
pub struct Post {
    path: String,
    body: String,
    form: Option<Vec<(String, String)>>,
}

impl Edge {
    pub const ALL: [Self; 4] = [Self::Twilio, Self::Notify, Self::Android, Self::Http];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Twilio => "twilio",
            Self::Notify => "notify",
            Self::Android => "android",
            Self::Http => "http",
        }
    }

    /// The right secret of this edge, in the configuration of [`sections`].
    pub const fn secret(self) -> &'static str {
        match self {
            Self::Twilio => TOKEN,
            _ => SECRET,
        }
    }

    /// As a daemon of one's own has it, with this public address.
    pub fn hook(self, public_url: &str) -> Hook {
        let (current, previous) = (Secret::new(SECRET), Secret::new(OLD_SECRET));
        let bearer = Bearer::new(&current, Some(&previous));
        match self {
            Self::Twilio => Hook::Twilio(TwilioHook {
                verifier: Verifier::new(TOKEN, None).unwrap(),
                public_url: public_url.to_owned(),
                account_sid: ACCOUNT.to_owned(),
            }),
            Self::Notify => Hook::Notify(NotifyHook { bearer }),
            Self::Android => Hook::Android(AndroidHook::new(&current, Some(&previous))),
            Self::Http => Hook::Http(Box::new(HttpHook { bearer, inbound: inbound(), status: status() })),
        }
    }

    /// A text of the patient with the number 07700 900124, spelt as this provider spells numbers.
    pub fn text(self, id: &str, body: &str) -> Post {
        match self {
            Self::Twilio => form(
                "/sms/twilio/inbound",
                &[
                    ("MessageSid", id),
                    ("AccountSid", ACCOUNT),
                    ("From", "+447700900124"),
                    ("To", NUMBER),
                    ("Body", body),
                    ("NumMedia", "0"),
                ],
            ),
            Self::Notify => post(
                "/sms/notify/inbound",
                &json!({
                    "id": id, "source_number": "447700900124", "destination_number": "07700900456", "message": body,
                    "date_received": Clock::system().now().to_string(),
                }),
            ),
            Self::Android => post(
                "/sms/android/event",
                &json!({
                    "id": format!("delivery-{id}"), "webhookId": "w1", "event": "sms:received", "deviceId": "d1",
                    "payload": {
                        "messageId": id, "message": body, "sender": "07700900124", "recipient": null, "simNumber": 1,
                        "phoneNumber": "07700900124", "receivedAt": "2026-11-22T09:00:00.000+00:00",
                    },
                }),
            ),
            Self::Http => post(
                "/sms/http/inbound",
                &json!({ "msisdn": "07700 900124", "to": "07700 900456", "text": body, "message-id": id }),
            ),
        }
    }

    /// A report that a text of ours has arrived. `name` is the provider's of it.
    pub fn delivered(self, ours: &str, name: &str) -> Post {
        match self {
            Self::Twilio => form(
                &format!("/sms/twilio/status?m={ours}"),
                &[("MessageSid", name), ("AccountSid", ACCOUNT), ("MessageStatus", "delivered")],
            ),
            Self::Notify => post(
                "/sms/notify/status",
                &json!({
                    "id": name, "reference": ours, "to": "07700900124", "status": "delivered",
                    "created_at": "2026-11-22T09:00:01.000000Z", "completed_at": "2026-11-22T09:00:02.000000Z",
                    "sent_at": null, "notification_type": "sms", "template_id": TEMPLATE, "template_version": 1,
                }),
            ),
            Self::Android => post(
                "/sms/android/event",
                &json!({
                    "id": "r1", "event": "sms:delivered", "payload": {
                        "messageId": ours, "recipient": "+447700900124", "deliveredAt": "2026-11-22T09:00:02.000+00:00",
                    },
                }),
            ),
            Self::Http => post("/sms/http/status", &json!({ "id": name, "status": "DELIVRD" })),
        }
    }

    /// A post that proves itself and makes no sense.
    pub fn nonsense(self) -> Post {
        match self {
            Self::Twilio => form("/sms/twilio/inbound", &[("Body", "no sender")]),
            Self::Notify => post("/sms/notify/inbound", &json!({ "message": "no sender" })),
            Self::Android => post("/sms/android/event", &json!({ "event": "sms:received", "payload": {} })),
            Self::Http => post("/sms/http/inbound", &json!({ "text": "no sender" })),
        }
    }

    /// What proves a post that holds `secret`. `public_url` is what Twilio signs.
    pub fn prove(
        self,
        client: &Client,
        base: &str,
        public_url: &str,
        secret: &str,
        post: &Post,
    ) -> RequestBuilder {
        let request = client.post(format!("{base}{}", post.path)).body(post.body.clone());
        match (self, &post.form) {
            (Self::Twilio, Some(pairs)) => {
                let pairs: Vec<_> = pairs.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
                request.header("content-type", "application/x-www-form-urlencoded").header(
                    "x-twilio-signature",
                    sign_form(secret, &format!("{public_url}{}", post.path), &pairs),
                )
            }
            (Self::Android, _) => {
                let stamp = "1795338000";
                let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
                let tag = hmac::sign(&key, format!("{}{stamp}", post.body).as_bytes());
                let hex: String = tag.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
                request
                    .header("content-type", "application/json")
                    .header("x-timestamp", stamp)
                    .header("x-signature", hex)
            }
            _ => request.header("content-type", "application/json").bearer_auth(secret),
        }
    }
}

/// The sections of all four, every one at this address, for a daemon's configuration.
pub fn sections(api_base: &str) -> String {
    format!(
        "[sms.notify]\napi_key = \"{API_KEY}\"\ntemplate_id = \"{TEMPLATE}\"\napi_base = \"{api_base}\"\n\
         token = \"{SECRET}\"\ntoken_previous = \"{OLD_SECRET}\"\n\
         [sms.android]\napi_base = \"{api_base}\"\nusername = \"sms\"\npassword = \"{SECRET}\"\n\
         signing_key = \"{SECRET}\"\n\
         [sms.http]\nurl = \"{api_base}/send\"\nsecret = \"{SECRET}\"\nheaders = \"Authorization: Key {{secret}}\"\nfrom = \"Lamplight\"\n\
         body = '''{{\"to\": \"{{to}}\", \"from\": \"{{from}}\", \"text\": \"{{text}}\", \"ref\": \"{{id}}\"}}'''\n\
         accepted_when = \"/messages/0/status=0\"\nid_at = \"/messages/0/message-id\"\ntoken = \"{SECRET}\"\n\
         inbound_from = \"msisdn\"\ninbound_id = \"message-id\"\nstatus_delivered = \"DELIVRD, delivered\"\n"
    )
}

fn inbound() -> InboundFields {
    InboundFields {
        from: "msisdn".to_owned(),
        to: "to".to_owned(),
        text: "text".to_owned(),
        id: "message-id".to_owned(),
        received_at: "received_at".to_owned(),
        part_reference: "concat-ref".to_owned(),
        part_number: "concat-part".to_owned(),
        part_total: "concat-total".to_owned(),
    }
}

fn status() -> StatusFields {
    use lamplight::domain::message::MessageState;
    StatusFields {
        id: "id".to_owned(),
        reference: "ref".to_owned(),
        word: "status".to_owned(),
        words: vec![("delivrd".to_owned(), MessageState::Delivered)],
    }
}

fn post(path: &str, body: &serde_json::Value) -> Post {
    Post { path: path.to_owned(), body: body.to_string(), form: None }
}

fn form(path: &str, pairs: &[(&str, &str)]) -> Post {
    let owned = pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
    Post { path: path.to_owned(), body: encode(pairs), form: Some(owned) }
}

impl Post {
    /// Any body for a webhook that takes JSON.
    pub fn raw(path: &str, body: &str) -> Self {
        Self { path: path.to_owned(), body: body.to_owned(), form: None }
    }
}
