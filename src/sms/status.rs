//! Twilio's reports on what became of a text. They come in any order, more than once, and at times before the answer
//! to the request that they report on.

use super::carrier::TextCarrier;
use super::form::{Form, NotWords};
use super::webhook::{Refusal, SmsEdge};
use crate::domain::delivery::Report;
use crate::domain::id::MessageId;
use crate::domain::message::MessageState;
use crate::domain::provider::Provider;
use crate::engine::delivery::{Filed, file_report};
use crate::outbox::carrier::Carrier;

/// Words of Twilio's are short; what is longer is not kept whole twice.
const LONGEST_WORD: usize = 40;

/// Reads a report. `m` in the query is the id that we gave the text.
pub(super) fn read(path_and_query: &str, body: &[u8], form: &Form<'_>) -> Result<Report, &'static str> {
    let fields = || -> Result<_, NotWords> {
        let word = match form.get_filled("MessageStatus")? {
            Some(word) => Some(word),
            None => form.get_filled("SmsStatus")?,
        };
        Ok((form.get_filled("MessageSid")?, word, form.get_filled("ErrorCode")?))
    };
    let (sid, word, code) = fields().map_err(|_| "The form is not UTF-8.")?;
    let word = word.ok_or("The form has no MessageStatus.")?;
    Ok(Report {
        provider: Provider::Twilio,
        message: our_id(path_and_query),
        provider_id: sid.ok_or("The form has no MessageSid.")?.to_owned(),
        state: state(word),
        word: word.chars().take(LONGEST_WORD).collect(),
        code: code.and_then(|code| code.trim().parse().ok()).filter(|code| *code != 0),
        raw: String::from_utf8_lossy(body).into_owned(),
    })
}

/// Files a report; only then may it be answered.
pub(super) async fn file(edge: &SmsEdge, report: &Report) -> Result<(), Refusal> {
    match file_report(&edge.store, report, edge.clock.now(), TextCarrier::explain_of).await {
        Ok(Filed::Moved(aftermath)) => {
            aftermath.count(&edge.telemetry);
            Ok(())
        }
        Ok(Filed::Kept | Filed::Parked) => Ok(()),
        Err(error) => {
            tracing::error!(%error, "a status report cannot be stored");
            Err(Refusal::Busy)
        }
    }
}

fn our_id(path_and_query: &str) -> Option<MessageId> {
    let (_, query) = path_and_query.split_once('?')?;
    let id = query.split('&').find_map(|pair| pair.strip_prefix("m="))?;
    MessageId::parse(id).ok()
}

/// Where a word of Twilio's puts a text of ours. Every word for being on the way proves that Twilio has it.
fn state(word: &str) -> Option<MessageState> {
    Some(match word {
        "accepted" | "scheduled" | "queued" | "sending" | "sent" => MessageState::Sent,
        "delivered" | "read" => MessageState::Delivered,
        // A part of an answer can mislead: whoever sent it must know.
        "undelivered" | "partially_delivered" => MessageState::Undelivered,
        "failed" | "canceled" => MessageState::Failed,
        _ => return None,
    })
}
