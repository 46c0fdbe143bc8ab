//! Whoever carries texts, as the configuration describes them: carriers to send by, hooks to be called at.

use super::DaemonError;
use crate::clock::Clock;
use crate::config::{Config, HookSecret, Sender as ConfiguredSender, TwilioConfig};
use crate::domain::provider::Provider;
use crate::sms::Hook;
use crate::sms::android::{AndroidCarrier, AndroidHook};
use crate::sms::bearer::Bearer;
use crate::sms::carrier::TextCarrier;
use crate::sms::client::{NoClient, Timeouts};
use crate::sms::http::{HttpCarrier, HttpHook};
use crate::sms::log::LogCarrier;
use crate::sms::notify::{NotifyCarrier, NotifyHook};
use crate::sms::signature::Verifier;
use crate::sms::twilio::{Sender, TwilioAccount, TwilioCarrier};
use crate::sms::webhook::TwilioHook;

/// The carrier of one provider, whose section must be there.
pub(super) fn carrier(
    provider: Provider,
    config: &Config,
    clock: &Clock,
) -> Result<TextCarrier, DaemonError> {
    let sms = &config.sms;
    let missing = || {
        let name = provider.name();
        DaemonError::Settings(format!("sms.provider names {name}, but [sms.{name}] is missing"))
    };
    let made: Result<_, NoClient> = match provider {
        Provider::Twilio => {
            let twilio = sms.twilio.as_ref().ok_or_else(missing)?;
            let account = twilio_account(twilio, &config.http.public_url);
            TwilioCarrier::new(account, Timeouts::default()).map(TextCarrier::Twilio)
        }
        Provider::Notify => {
            let account = sms.notify.as_ref().ok_or_else(missing)?.account.clone();
            NotifyCarrier::new(account, clock.clone(), Timeouts::default()).map(TextCarrier::Notify)
        }
        Provider::Android => {
            let account = sms.android.as_ref().ok_or_else(missing)?.account.clone();
            AndroidCarrier::new(account, Timeouts::default()).map(TextCarrier::Android)
        }
        Provider::Http => {
            let account = sms.http.as_ref().ok_or_else(missing)?.account.clone();
            HttpCarrier::new(account, Timeouts::default()).map(|carrier| TextCarrier::Http(Box::new(carrier)))
        }
        Provider::Log => Ok(TextCarrier::Log(LogCarrier)),
    };
    made.map_err(|error| DaemonError::Settings(error.to_string()))
}

/// Whose webhooks are believed: every configured account's, whoever carries our own texts.
pub(super) fn hooks(config: &Config) -> Result<Vec<Hook>, DaemonError> {
    let sms = &config.sms;
    let mut hooks = Vec::new();
    if let Some(twilio) = &sms.twilio {
        let previous = twilio.auth_token_previous.as_ref().map(|token| token.expose());
        let verifier = Verifier::new(twilio.auth_token.expose(), previous)
            .map_err(|error| DaemonError::Settings(error.to_string()))?;
        let public_url = config.http.public_url.clone();
        hooks.push(Hook::Twilio(TwilioHook {
            verifier,
            public_url,
            account_sid: twilio.account_sid.clone(),
        }));
    }
    let bearer = |hook: &HookSecret| Bearer::new(&hook.current, hook.previous.as_ref());
    hooks.extend(sms.notify.as_ref().map(|notify| Hook::Notify(NotifyHook { bearer: bearer(&notify.hook) })));
    hooks.extend(sms.android.as_ref().map(|android| {
        Hook::Android(AndroidHook::new(&android.hook.current, android.hook.previous.as_ref()))
    }));
    hooks.extend(sms.http.as_ref().map(|http| {
        let (inbound, status) = (http.inbound.clone(), http.status.clone());
        Hook::Http(Box::new(HttpHook { bearer: bearer(&http.hook), inbound, status }))
    }));
    Ok(hooks)
}

fn twilio_account(twilio: &TwilioConfig, public_url: &str) -> TwilioAccount {
    TwilioAccount {
        account_sid: twilio.account_sid.clone(),
        auth_token: twilio.auth_token.clone(),
        sender: match &twilio.sender {
            ConfiguredSender::From(phone) => Sender::From(phone.clone()),
            ConfiguredSender::MessagingService(sid) => Sender::Service(sid.clone()),
        },
        api_base: twilio.api_base.clone(),
        public_url: public_url.to_owned(),
    }
}
