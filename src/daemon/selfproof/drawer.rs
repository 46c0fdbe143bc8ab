//! A carrier that puts every text into a file: it knows after a crash what it was given.

use std::path::PathBuf;

use jiff::Timestamp;
use tokio::fs::{OpenOptions, read_to_string};
use tokio::io::AsyncWriteExt;

use crate::outbox::carrier::{Carrier, OutText, Reconciled, SendOutcome};

/// One line a text: our own id of it. Nothing of what it says is kept.
#[derive(Debug, Clone)]
pub(super) struct Drawer(pub PathBuf);

impl Drawer {
    async fn put(&self, id: &str) -> std::io::Result<()> {
        let mut file = OpenOptions::new().create(true).append(true).open(&self.0).await?;
        file.write_all(format!("{id}\n").as_bytes()).await?;
        file.sync_all().await
    }

    /// The ids of all that it was given, as often as it was given them.
    pub(super) async fn given(&self) -> Vec<String> {
        let lines = read_to_string(&self.0).await.unwrap_or_default();
        lines.lines().map(str::to_owned).collect()
    }
}

impl Carrier for Drawer {
    async fn send(&self, text: &OutText) -> SendOutcome {
        match self.put(text.id.as_str()).await {
            Ok(()) => SendOutcome::Accepted { provider_ids: vec![format!("drawer-{}", text.id)] },
            Err(_) => SendOutcome::Ambiguous { reason: "the drawer cannot be written" },
        }
    }

    async fn reconcile(&self, text: &OutText, _attempted_at: Timestamp) -> Reconciled {
        match self.given().await.iter().any(|id| id == text.id.as_str()) {
            true => Reconciled::Found { provider_ids: vec![format!("drawer-{}", text.id)] },
            false => Reconciled::Absent,
        }
    }
}
