//! The section of Twilio.

use super::draft::Draft;
use super::{ConfigError, Sender, TwilioConfig, flag, secret, url};
use crate::domain::phone::Phone;

impl TwilioConfig {
    pub(super) fn read(draft: &Draft) -> Result<Self, ConfigError> {
        let account_sid = draft.need("sms.twilio.account_sid", |text| sid(text, "AC"))?;
        let auth_token = draft.need("sms.twilio.auth_token", secret::parse)?;
        let auth_token_previous = draft.read("sms.twilio.auth_token_previous", secret::parse)?;
        let from = draft.read("sms.twilio.from", |text| {
            Phone::from_carrier(text)
                .ok_or_else(|| "must be a number in E.164 form like +447700900456".to_owned())
        })?;
        let service = draft.read("sms.twilio.messaging_service_sid", |text| sid(text, "MG"))?;
        let sender = match (from, service) {
            (Some(from), None) => Sender::From(from),
            (None, Some(service)) => Sender::MessagingService(service),
            (None, None) => {
                return Err(draft.fault("sms.twilio.from", "is missing; give it or messaging_service_sid"));
            }
            (Some(_), Some(_)) => {
                return Err(draft.fault(
                    "sms.twilio.messaging_service_sid",
                    "stands beside sms.twilio.from; give only one of them",
                ));
            }
        };
        let api_base = draft.read("sms.twilio.api_base", url::parse_web)?;
        let accounts_base = draft.read("sms.twilio.accounts_base", url::parse_web)?;
        let accounts_base = accounts_base.unwrap_or_else(|| "https://accounts.twilio.com".to_owned());
        let consents = draft.read("sms.twilio.consents", flag)?.unwrap_or(false);
        Ok(Self {
            account_sid,
            auth_token,
            auth_token_previous,
            sender,
            api_base: api_base.unwrap_or_else(|| "https://api.twilio.com".to_owned()),
            consents: consents.then_some(accounts_base),
            redact: draft.read("sms.twilio.redact", flag)?.unwrap_or(false),
        })
    }
}

/// Twilio's ids go into addresses, so nothing but letters and digits may be in them.
fn sid(text: &str, prefix: &str) -> Result<String, String> {
    if text.starts_with(prefix) && text.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return Ok(text.to_owned());
    }
    Err(format!("must be letters and digits that begin with {prefix}, as Twilio's console shows it"))
}
