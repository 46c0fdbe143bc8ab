//! A real mail server: `tests/tools/mail.py`, which is aiosmtpd.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use lamplight::clock::Clock;
use lamplight::domain::secret::Secret;
use lamplight::notify::email::{EmailCarrier, MailServer, Privacy, Timeouts};
use serde_json::Value;

use crate::peers::twilio::tools;
use crate::support::house::PROJECT;

pub const FROM: &str = "lamplight@gw.example.nhs.uk";

/// Killed when dropped.
pub struct Mailbox {
    child: Child,
    pub port: u16,
    mails: Arc<Mutex<Vec<Value>>>,
}

impl Mailbox {
    /// With what `mail.py` is told, word by word.
    pub fn open(args: &str) -> Self {
        let mut child = Command::new(tools("venv/bin/python"))
            .arg(format!("{PROJECT}/tests/tools/mail.py"))
            .args(args.split_whitespace())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let port = lines.next().unwrap().unwrap().parse().unwrap();
        let mails = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&mails);
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                kept.lock().unwrap().push(serde_json::from_str(&line).unwrap());
            }
        });
        Self { child, port, mails }
    }

    /// Every mail that it was given whole.
    pub fn mails(&self) -> Vec<Value> {
        self.mails.lock().unwrap().clone()
    }

    pub fn carrier(&self, clock: Clock) -> EmailCarrier {
        carrier_to(self.port, Privacy::Plain, None, clock)
    }
}

impl Drop for Mailbox {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub fn carrier_to(port: u16, privacy: Privacy, login: Option<(&str, &str)>, clock: Clock) -> EmailCarrier {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let server = MailServer {
        host: "127.0.0.1".to_owned(),
        port,
        privacy,
        login: login.map(|(user, password)| (user.to_owned(), Secret::new(password))),
        from: FROM.to_owned(),
        authorities: None,
    };
    // Long enough for a busy machine, short enough to wait for one that hangs.
    let soon = Duration::from_secs(4);
    EmailCarrier::new(server, clock, Timeouts { agree: soon, take: soon }).unwrap()
}

/// To `host` over TLS, believing the authorities of this file of the fixtures.
pub fn private_to(host: &str, port: u16, privacy: Privacy, ca: &str, clock: Clock) -> EmailCarrier {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let server = MailServer {
        host: host.to_owned(),
        port,
        privacy,
        login: None,
        from: FROM.to_owned(),
        authorities: Some(std::fs::read(format!("{PROJECT}/tests/fixtures/tls/{ca}")).unwrap()),
    };
    let soon = Duration::from_secs(10);
    EmailCarrier::new(server, clock, Timeouts { agree: soon, take: soon }).unwrap()
}
