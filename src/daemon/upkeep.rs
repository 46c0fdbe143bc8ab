//! What is done beside sending and receiving, at those who carry our texts: looking for what never reached us, and
//! blanking what is stored here.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::config::Config;
use crate::domain::provider::Provider;
use crate::domain::retention::RawTexts;
use crate::engine::intake::Intake;
use crate::sms::backfill::{Backfill, Pace};
use crate::sms::carrier::TextCarrier;
use crate::sms::consent::Consents;
use crate::sms::redaction::Redactor;
use crate::sms::twilio::TwilioCarrier;

use super::{DaemonError, Ground, provider};

/// How long questions and misses wait at the start for what was texted meanwhile.
const LONGEST_CATCH_UP: Duration = Duration::from_secs(60);

/// Nothing of it by default.
#[derive(Debug, Default)]
pub(crate) struct Upkeep {
    /// Whose lists are searched for texts that did not reach us, and how often.
    pub listed: Option<(Vec<TextCarrier>, Duration)>,
    /// Who blanks what is stored here.
    pub redacting: Vec<TextCarrier>,
    /// Who is told of who has left, and where; nothing: nobody is.
    pub consents: Option<(TwilioCarrier, String)>,
    /// How long the words of texts are kept; nothing: for ever.
    pub raw_texts: Option<RawTexts>,
}

/// What is done at the providers that the configuration names.
pub(super) fn of(config: &Config, clock: &Clock) -> Result<Upkeep, DaemonError> {
    let carriers = |wanted: &dyn Fn(Provider) -> bool| -> Result<Vec<TextCarrier>, DaemonError> {
        let wanted = config.sms.providers.iter().filter(|provider| wanted(**provider));
        wanted.map(|provider| provider::carrier(*provider, config, clock)).collect()
    };
    let keeps_list = |provider| matches!(provider, Provider::Twilio | Provider::Notify);
    let listed = match config.sms.backfill_every {
        Some(every) => Some((carriers(&keeps_list)?, every)).filter(|(carriers, _)| !carriers.is_empty()),
        None => None,
    };
    let redacts = config.sms.twilio.as_ref().is_some_and(|twilio| twilio.redact);
    let redacting = match redacts {
        true => vec![provider::carrier(Provider::Twilio, config, clock)?],
        false => Vec::new(),
    };
    let accounts_base = config.sms.twilio.as_ref().and_then(|twilio| twilio.consents.clone());
    let consents = match accounts_base {
        Some(base) => match provider::carrier(Provider::Twilio, config, clock)? {
            TextCarrier::Twilio(carrier) => Some((carrier, base)),
            _ => None,
        },
        None => None,
    };
    Ok(Upkeep { listed, redacting, consents, raw_texts: config.raw_texts })
}

impl Upkeep {
    /// Says when what patients texted while we were down is taken in: until then nobody is said to have been silent. A list
    /// that is slow, or none, is not waited for.
    pub(super) fn catch_up(&self) -> CancellationToken {
        let caught_up = CancellationToken::new();
        let latest = caught_up.clone();
        if self.listed.is_some() {
            tokio::spawn(async move {
                tokio::time::sleep(LONGEST_CATCH_UP).await;
                latest.cancel();
            });
        } else {
            latest.cancel();
        }
        caught_up
    }

    /// Begins all of it; it ends with `stop`.
    pub(super) fn start(
        self,
        ground: &Ground,
        intake: &Intake,
        outside: &mut JoinSet<&'static str>,
        stop: &CancellationToken,
        caught_up: CancellationToken,
    ) {
        if let Some((carriers, every)) = self.listed {
            let backfill = Backfill {
                carriers,
                intake: intake.clone(),
                ids: Arc::clone(&ground.ids),
                clock: ground.clock.clone(),
                store: ground.store.clone(),
                telemetry: ground.telemetry.clone(),
                pace: Pace::every(every),
                caught_up,
            };
            let end = stop.clone();
            outside.spawn(async move {
                backfill.run(end).await;
                "backfill"
            });
        }
        let consents = Consents {
            told: self.consents,
            ids: Arc::clone(&ground.ids),
            clock: ground.clock.clone(),
            store: ground.store.clone(),
            telemetry: ground.telemetry.clone(),
        };
        let end = stop.clone();
        outside.spawn(async move {
            consents.run(end).await;
            "consents"
        });
        let redactor = Redactor {
            carriers: self.redacting,
            clock: ground.clock.clone(),
            store: ground.store.clone(),
            telemetry: ground.telemetry.clone(),
        };
        let end = stop.clone();
        outside.spawn(async move {
            redactor.run(end).await;
            "redaction"
        });
    }
}
