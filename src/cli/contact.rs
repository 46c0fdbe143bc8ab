//! `lamplight user contact`: how somebody is reached, and the codes that prove it.

use std::io::Write;

use clap::{Args, Subcommand};
use jiff::Timestamp;

use super::ACTOR;
use crate::domain::id::ContactId;
use crate::domain::organisation::{Channel, Contact};
use crate::engine::contact::ContactDesk;
use crate::engine::id::IdSource;
use crate::engine::nurse::{Hand, Via};
use crate::store::Store;

#[derive(Debug, Subcommand)]
pub enum ContactCommand {
    /// Add a way to reach somebody; the daemon sends a code there
    Add {
        /// The name that they sign in with
        name: String,
        #[command(flatten)]
        way: Way,
    },
    /// List how everybody, or one person, is reached
    List { name: Option<String> },
    /// Give the code that was sent: from then on alerts go there
    Verify { id: String, code: String },
    /// Send another code
    SendCode { id: String },
    /// Take a way to reach somebody away
    Remove { id: String },
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub struct Way {
    /// A phone that takes texts
    #[arg(long, value_name = "NUMBER")]
    sms: Option<String>,
    /// A mailbox
    #[arg(long, value_name = "MAILBOX")]
    email: Option<String>,
    /// An https address that takes signed calls
    #[arg(long, value_name = "URL")]
    webhook: Option<String>,
}

/// Runs one command; every failure is one sentence for the person at the terminal.
pub async fn run(
    command: ContactCommand,
    store: &Store,
    now: Timestamp,
    out: &mut impl Write,
) -> anyhow::Result<()> {
    let (ids, hand) = (IdSource::default(), Hand { actor: ACTOR.to_owned(), via: Via::CommandLine });
    let desk = ContactDesk { store, ids: &ids, hand: &hand, now };
    match command {
        ContactCommand::Add { name, way } => {
            let (channel, address) = way.read();
            let contact = desk.add(&name, channel, &address).await?;
            writeln!(out, "{}", contact.id)?;
            writeln!(
                out,
                "A code goes to {}. Text it back from that phone, or give it with: lamplight user contact verify {} CODE",
                contact.address.as_str(),
                contact.id
            )?;
        }
        ContactCommand::List { name } => {
            for contact in store.contacts().await? {
                if name.as_deref().is_none_or(|name| contact.person.as_str() == name) {
                    writeln!(out, "{}", line(&contact))?;
                }
            }
        }
        ContactCommand::Verify { id, code } => {
            desk.verify(&ContactId::parse(&id)?, &code).await?;
            writeln!(out, "It is proved: alerts can go there.")?;
        }
        ContactCommand::SendCode { id } => {
            desk.send_code(&ContactId::parse(&id)?).await?;
            writeln!(out, "Another code is on its way.")?;
        }
        ContactCommand::Remove { id } => {
            desk.remove(&ContactId::parse(&id)?).await?;
            writeln!(out, "Nothing goes there any more.")?;
        }
    }
    Ok(())
}

impl Way {
    fn read(self) -> (Channel, String) {
        let ways = [(Channel::Sms, self.sms), (Channel::Email, self.email), (Channel::Webhook, self.webhook)];
        // One of them is given: the command line is refused otherwise.
        ways.into_iter()
            .find_map(|(channel, address)| Some((channel, address?)))
            .unwrap_or((Channel::Sms, String::new()))
    }
}

/// Id, person, channel, address, and when it was last proved or lost something, parted by tabs.
fn line(contact: &Contact) -> String {
    let standing = match (contact.failed_at, contact.verified_at) {
        (Some(at), _) => format!("failed {at:.0}"),
        (None, Some(at)) => format!("verified {at:.0}"),
        (None, None) => "not verified".to_owned(),
    };
    let (channel, address) = (contact.address.channel().name(), contact.address.as_str());
    format!("{}\t{}\t{channel}\t{address}\t{standing}", contact.id, contact.person)
}
