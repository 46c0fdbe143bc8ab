//! The daemon itself, joined to a broker that a test has started.

use std::fs;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use crate::support::broker::free_port;
use crate::support::house::{House, quiet_config};

const PATIENCE: Duration = Duration::from_secs(40);

/// Ends when dropped.
pub(super) struct Gateway {
    pub house: House,
    child: Child,
}

impl Gateway {
    /// With these lines in its section `[mqtt]`, and these patients.
    pub fn start(mqtt: &str, patients: &str) -> Self {
        let config = quiet_config(&format!("127.0.0.1:{}", free_port()));
        let house = House::new(&format!("{config}[mqtt]\n{mqtt}\n"));
        house.enrol(patients);
        let child = launch(&house);
        Self { house, child }
    }

    /// SIGTERM, and waits for an end in good order.
    pub fn stop(&mut self) {
        let pid = self.child.id().to_string();
        super::broker::run(std::process::Command::new("kill").arg(pid));
        let status = self.child.wait().unwrap();
        assert!(status.success(), "{status}: {}", self.log());
    }

    pub fn start_again(&mut self) {
        self.child = launch(&self.house);
    }

    pub fn log(&self) -> String {
        fs::read_to_string(self.house.path("log")).unwrap_or_default()
    }

    /// Waits until the log holds these words so often.
    pub fn until_logged(&mut self, words: &str, times: usize) {
        let deadline = Instant::now() + PATIENCE;
        while self.log().matches(words).count() < times {
            assert!(self.child.try_wait().unwrap().is_none(), "the daemon ended: {}", self.log());
            assert!(Instant::now() < deadline, "not logged {times} times: {words:?} in {}", self.log());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Waits until a query gives these rows.
    pub async fn until_seen(&self, sql: &str, wanted: &[&str]) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let found = self.house.see(sql).await;
            if found == wanted {
                return;
            }
            assert!(Instant::now() < deadline, "{found:?}, not {wanted:?}: {sql}\n{}", self.log());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn launch(house: &House) -> Child {
    let log = fs::OpenOptions::new().create(true).append(true).open(house.path("log")).unwrap();
    house.command(&["serve"]).stdout(Stdio::null()).stderr(log).spawn().unwrap()
}
