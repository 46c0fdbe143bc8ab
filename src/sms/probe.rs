//! A text that we send to ourselves, as the carrier would: posted to our own public webhook and signed with our own token.

use std::collections::BTreeMap;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use reqwest::Client;
use ring::hmac;
use thiserror::Error;

use crate::domain::phone::Phone;
use crate::domain::secret::Secret;

const PATIENCE: Duration = Duration::from_secs(20);

/// How the webhook is reached and what it believes.
#[derive(Debug, Clone)]
pub struct TextProbe {
    client: Client,
    webhook: String,
    account_sid: String,
    auth_token: Secret,
    from: Phone,
    /// The number texted to.
    to: String,
}

/// Why a text did not get through.
#[derive(Debug, Error)]
pub enum NotPosted {
    #[error("the webhook cannot be reached")]
    Unreachable(#[from] reqwest::Error),
    #[error("the webhook answered {0}")]
    Refused(u16),
}

impl TextProbe {
    pub fn new(
        public_url: &str,
        account_sid: String,
        auth_token: Secret,
        from: Phone,
        to: String,
    ) -> Result<Self, NotPosted> {
        let client = Client::builder().timeout(PATIENCE).build()?;
        let webhook = format!("{public_url}/sms/twilio/inbound");
        Ok(Self { client, webhook, account_sid, auth_token, from, to })
    }

    /// Sends `body`; `sid` names it for ever.
    pub async fn send(&self, sid: &str, body: &str) -> Result<(), NotPosted> {
        let form = BTreeMap::from([
            ("AccountSid", self.account_sid.as_str()),
            ("ApiVersion", "2010-04-01"),
            ("Body", body),
            ("From", self.from.as_str()),
            ("MessageSid", sid),
            ("NumMedia", "0"),
            ("To", &self.to),
        ]);
        post(&self.client, &self.webhook, self.auth_token.expose(), &form).await
    }
}

/// Posts a form to a webhook, signed as Twilio signs.
pub(super) async fn post(
    client: &Client,
    webhook: &str,
    auth_token: &str,
    form: &BTreeMap<&str, &str>,
) -> Result<(), NotPosted> {
    let mut signed = webhook.to_owned();
    for (key, value) in form {
        signed.push_str(key);
        signed.push_str(value);
    }
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, auth_token.as_bytes());
    let signature = STANDARD.encode(hmac::sign(&key, signed.as_bytes()));
    let answer = client.post(webhook).header("X-Twilio-Signature", signature).form(form).send().await?;
    if answer.status().is_success() { Ok(()) } else { Err(NotPosted::Refused(answer.status().as_u16())) }
}
