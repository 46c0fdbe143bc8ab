//! A tap on the shoulder: there is work. It carries nothing; whoever is woken compares what is with what should be.

use std::sync::Arc;

use tokio::sync::Notify;

/// Wakes one background worker. A nudge that comes while it works is not lost.
#[derive(Debug, Clone, Default)]
pub struct Nudge(Arc<Notify>);

impl Nudge {
    pub fn wake(&self) {
        self.0.notify_one();
    }

    /// Waits for a nudge.
    pub async fn nudged(&self) {
        self.0.notified().await;
    }
}
