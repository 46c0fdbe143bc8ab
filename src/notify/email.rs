//! Mails to staff through one SMTP server.
//!
//! SMTP knows no idempotency: when the server falls silent after it had the whole mail, nobody can say whether it was
//! taken. Such a mail is sent again once, under the same Message-ID: two copies beat none, and a mailbox that cares can
//! tell that they are one. No reason given here holds an address or a word of the mail.

use std::time::Duration;

use jiff::Timestamp;
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Mailbox, Message};
use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{AsyncSmtpConnection, Certificate, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail, Rcpt};
use lettre::transport::smtp::extension::ClientId;

use super::NoClient;
use super::smtp::{Phase, classify, unanswered};
use crate::clock::Clock;
use crate::domain::organisation::Address;
use crate::domain::secret::Secret;
use crate::outbox::carrier::{Carrier, OutText, Reconciled, Rejection, SendOutcome};

/// A mail without a subject of its own.
const SUBJECT: &str = "Lamplight";

/// How the way to the server is kept private.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Privacy {
    /// TLS from the first byte: `smtps://`.
    Tls,
    /// A connection that becomes TLS before anything is said on it, or is given up.
    StartTls,
    /// Not at all: only to this very machine.
    Plain,
}

/// Who sends our mail.
#[derive(Debug, Clone)]
pub struct MailServer {
    pub host: String,
    pub port: u16,
    pub privacy: Privacy,
    pub login: Option<(String, Secret)>,
    /// The mailbox that mails come from.
    pub from: String,
    /// PEM certificates to trust besides the system's.
    pub authorities: Option<Vec<u8>>,
}

/// How long the server may take: together well within the time that the outbox holds a message.
#[derive(Debug, Clone, Copy)]
pub struct Timeouts {
    /// To be reached, and to agree to take the mail.
    pub agree: Duration,
    /// To take it.
    pub take: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self { agree: Duration::from_secs(20), take: Duration::from_secs(20) }
    }
}

/// Mails through one server.
#[derive(Clone)]
pub struct EmailCarrier {
    server: MailServer,
    from: Mailbox,
    tls: Option<TlsParameters>,
    clock: Clock,
    timeouts: Timeouts,
}

impl std::fmt::Debug for EmailCarrier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EmailCarrier").field("server", &self.server).finish_non_exhaustive()
    }
}

impl EmailCarrier {
    /// The process must have installed its rustls provider before.
    pub fn new(server: MailServer, clock: Clock, timeouts: Timeouts) -> Result<Self, NoClient> {
        let from = server.from.parse().map_err(|_| NoClient("mail"))?;
        let tls = match server.privacy {
            Privacy::Plain => None,
            Privacy::Tls | Privacy::StartTls => {
                let mut tls = TlsParameters::builder(server.host.clone());
                if let Some(pem) = &server.authorities {
                    let trusted = Certificate::from_pem(pem).map_err(|_| NoClient("mail"))?;
                    tls = tls.add_root_certificate(trusted);
                }
                Some(tls.build().map_err(|_| NoClient("mail"))?)
            }
        };
        Ok(Self { server, from, tls, clock, timeouts })
    }

    /// The mail as it goes over the wire, and who it is for; nothing when the mailbox can be none.
    fn write(&self, mail: &OutText) -> Option<(lettre::Address, Vec<u8>)> {
        let Address::Email(to) = &mail.to else { return None };
        let to: lettre::Address = to.parse().ok()?;
        let now = u64::try_from(self.clock.now().as_second()).unwrap_or(0);
        let mut message = Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, to.clone()))
            .subject(mail.subject.as_deref().filter(|subject| !subject.is_empty()).unwrap_or(SUBJECT))
            .message_id(Some(format!("<{}@{}>", mail.id, self.from.email.domain())))
            .date(std::time::UNIX_EPOCH + Duration::from_secs(now))
            .header(ContentType::TEXT_PLAIN)
            .body(mail.body.clone())
            .ok()?;
        // No machine answers it.
        let automatic = HeaderName::new_from_ascii_str("Auto-Submitted");
        message.headers_mut().insert_raw(HeaderValue::new(automatic, "auto-generated".to_owned()));
        Some((to, message.formatted()))
    }

    /// Until the server is ready to take the mail. `phase` tells how far it came.
    async fn agree(&self, to: &lettre::Address, phase: &mut Phase) -> Result<AsyncSmtpConnection, Error> {
        let hello = ClientId::Domain(self.from.email.domain().to_owned());
        let place = (self.server.host.as_str(), self.server.port);
        let at_once = self.tls.clone().filter(|_| self.server.privacy == Privacy::Tls);
        let mut server =
            AsyncSmtpConnection::connect_tokio1(place, Some(self.timeouts.agree), &hello, at_once, None)
                .await?;
        if let (Privacy::StartTls, Some(tls)) = (self.server.privacy, self.tls.clone()) {
            server.starttls(tls, &hello).await?;
        }
        if let Some((user, password)) = &self.server.login {
            let login = Credentials::new(user.clone(), password.expose().to_owned());
            server.auth(&[Mechanism::Plain, Mechanism::Login], &login).await?;
        }
        *phase = Phase::Sender;
        server.command(Mail::new(Some(self.from.email.clone()), Vec::new())).await?;
        *phase = Phase::Recipient;
        server.command(Rcpt::new(to.clone(), Vec::new())).await?;
        *phase = Phase::Data;
        server.command(Data).await?;
        Ok(server)
    }
}

impl Carrier for EmailCarrier {
    async fn send(&self, mail: &OutText) -> SendOutcome {
        let Some((to, content)) = self.write(mail) else {
            return SendOutcome::Rejected { code: None, class: Rejection::Number };
        };
        let mut phase = Phase::Hello;
        let agreed = tokio::time::timeout(self.timeouts.agree, self.agree(&to, &mut phase)).await;
        let mut server = match agreed {
            Ok(Ok(server)) => server,
            Ok(Err(error)) => return read(phase, &error),
            Err(_) => return unanswered(phase),
        };
        match tokio::time::timeout(self.timeouts.take, server.message(&content)).await {
            Ok(Ok(_)) => {
                // It is theirs now; how they take their leave changes nothing.
                let _ = tokio::time::timeout(Duration::from_secs(1), server.quit()).await;
                SendOutcome::Accepted { provider_ids: Vec::new() }
            }
            Ok(Err(error)) => read(Phase::Mail, &error),
            Err(_) => unanswered(Phase::Mail),
        }
    }

    /// No server tells what it has taken: it is sent again.
    async fn reconcile(&self, _mail: &OutText, _attempted_at: Timestamp) -> Reconciled {
        Reconciled::Absent
    }
}

fn read(phase: Phase, error: &Error) -> SendOutcome {
    match error.status() {
        Some(code) => classify(phase, u16::from(code)),
        // It speaks no TLS, shows a certificate that nobody here trusts, or knows no way to sign in that we know.
        None if error.is_client() || error.is_tls() || is_distrusted(error) => {
            SendOutcome::Rejected { code: None, class: Rejection::Config }
        }
        None => unanswered(phase),
    }
}

/// Whether the server is not who it should be: no second attempt makes it so.
fn is_distrusted(error: &Error) -> bool {
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        let inside = cause.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        let tls = inside.and_then(|inside| inside.downcast_ref()).or_else(|| cause.downcast_ref());
        if matches!(tls, Some(rustls::Error::InvalidCertificate(_))) {
            return true;
        }
        source = cause.source();
    }
    false
}
