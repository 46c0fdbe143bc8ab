//! The daemon itself, joined to a broker that a test has started.

use std::fs;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::broker::free_port;
use super::house::{House, quiet_config};

const PATIENCE: Duration = Duration::from_secs(60);
/// What the log holds once it listens.
const SUBSCRIBED: &str = "subscribed at the MQTT broker";

/// Ends when dropped.
pub struct Joined {
    pub house: House,
    child: Child,
    starts: usize,
}

impl Joined {
    /// With these lines in its section `[mqtt]`, and these patients.
    pub fn start(mqtt: &str, patients: &str) -> Self {
        let config = quiet_config(&format!("127.0.0.1:{}", free_port()));
        Self::start_in(House::new(&format!("{config}[mqtt]\n{mqtt}\n")), patients)
    }

    /// In a house that stands, with its configuration.
    pub fn start_in(house: House, patients: &str) -> Self {
        house.enrol(patients);
        let child = launch(&house);
        Self { house, child, starts: 1 }
    }

    /// SIGTERM, and waits for an end in good order.
    pub fn stop(&mut self) {
        self.signal("-TERM");
        let status = self.child.wait().unwrap();
        assert!(status.success(), "{status}: {}", self.log());
    }

    pub fn start_again(&mut self) {
        self.child = launch(&self.house);
        self.starts += 1;
    }

    pub fn signal(&self, signal: &str) {
        assert!(
            Command::new("kill").args([signal, &self.child.id().to_string()]).status().unwrap().success()
        );
    }

    pub fn log(&self) -> String {
        fs::read_to_string(self.house.path("log")).unwrap_or_default()
    }

    /// Waits until it listens, once for every start.
    pub fn until_subscribed(&mut self) {
        self.until_logged(SUBSCRIBED, self.starts);
    }

    pub fn has_subscribed(&self) -> bool {
        self.log().contains(SUBSCRIBED)
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

impl Drop for Joined {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn launch(house: &House) -> Child {
    let log = fs::OpenOptions::new().create(true).append(true).open(house.path("log")).unwrap();
    house.command(&["serve"]).stdout(Stdio::null()).stderr(log).spawn().unwrap()
}
