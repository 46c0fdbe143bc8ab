//! A real mosquitto on a loopback port of its own, gone when the test is over.

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// Where Debian installs it.
const MOSQUITTO: &str = "/usr/sbin/mosquitto";

/// How long a broker may take to start or to stop, on a machine with much else to do.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running broker, under our own user. It lets everyone in, queues a million messages, and keeps them when it is [`Mosquitto::stop`]ped
/// and started again.
pub struct Mosquitto {
    child: Child,
    folder: PathBuf,
    pub port: u16,
}

impl Mosquitto {
    pub fn start(name: &str) -> Self {
        Self::start_with(name, "")
    }

    /// Starts with further lines in the listener's configuration.
    pub fn start_with(name: &str, lines: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("lamplight-mosquitto-{}-{name}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        let port = free_port();
        let config = format!(
            "user root\nlistener {port} 127.0.0.1\n{lines}\nallow_anonymous true\nmax_queued_messages 1000000\n\
             persistence true\npersistence_location {}/\nautosave_interval 5\nset_tcp_nodelay true\n",
            folder.display()
        );
        fs::write(folder.join("mosquitto.conf"), config).unwrap();
        let child = launch(&folder, port);
        Self { child, folder, port }
    }

    pub fn url(&self) -> String {
        format!("mqtt://127.0.0.1:{}", self.port)
    }

    /// Stops in good order, so that sessions and messages are on disk.
    pub fn stop(&mut self) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").arg(pid).status().unwrap().success());
        let deadline = Instant::now() + PATIENCE;
        while self.child.try_wait().unwrap().is_none() {
            assert!(Instant::now() < deadline, "mosquitto does not stop");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Starts again on the same port with what is on disk.
    pub fn start_again(&mut self) {
        self.child = launch(&self.folder, self.port);
    }
}

impl Drop for Mosquitto {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// A port that nobody listens on, given to nobody else in this process. It lies below those that systems hand out by
/// themselves, so that no connection takes it before its owner is up.
pub fn free_port() -> u16 {
    static GIVEN: AtomicU32 = AtomicU32::new(0);
    loop {
        let nth = std::process::id().wrapping_mul(331).wrapping_add(GIVEN.fetch_add(1, Ordering::Relaxed));
        let port = 10_240 + u16::try_from(nth % 22_000).unwrap();
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}

fn launch(folder: &Path, port: u16) -> Child {
    assert!(Path::new(MOSQUITTO).exists(), "run ./tests/run, it installs mosquitto");
    let mut child = Command::new(MOSQUITTO)
        .arg("-c")
        .arg(folder.join("mosquitto.conf"))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let deadline = Instant::now() + PATIENCE;
    while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
        if let Some(status) = child.try_wait().unwrap() {
            panic!("mosquitto ended at once: {status}");
        }
        assert!(Instant::now() < deadline, "mosquitto does not listen");
        std::thread::sleep(Duration::from_millis(10));
    }
    child
}
