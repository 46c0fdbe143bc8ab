//! Twilio's redaction: a message's body is set to nothing; the message itself stays.

use reqwest::StatusCode;

use super::TwilioCarrier;
use crate::sms::redaction::Blanking;

impl TwilioCarrier {
    /// Blanks the body of a message. Twilio refuses while it is on its way.
    pub async fn blank(&self, sid: &str) -> Blanking {
        // It goes into an address. What is no sid of Twilio's is nothing that Twilio has.
        if sid.is_empty() || !sid.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return Blanking::Done;
        }
        let messages = self.messages_url.trim_end_matches(".json");
        let request = self.client.post(format!("{messages}/{sid}.json")).form(&[("Body", "")]);
        match self.authorise(request).send().await.map(|response| response.status()) {
            Ok(StatusCode::NOT_FOUND | StatusCode::GONE) => Blanking::Done,
            Ok(status) if status.is_success() => Blanking::Done,
            Ok(_) | Err(_) => Blanking::Later,
        }
    }
}
