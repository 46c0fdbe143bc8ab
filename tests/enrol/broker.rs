//! The log-in that `device add` prints opens a real Mosquitto, and nothing else does.

use std::net::{Ipv4Addr, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::house::House;
use crate::support::broker::free_port;
use lamplight::domain::id::DeviceId;
use lamplight::engine::credential::BrokerLogin;

const MISSING: &str = "run ./tests/run, it installs mosquitto";

struct Broker {
    process: Child,
    port: u16,
}

impl Broker {
    /// A broker that knows the users of `passwords` and nobody else.
    fn start(house: &House, passwords: &str) -> Self {
        let port = free_port();
        let (settings, users) = (house.folder().join("mosquitto.conf"), house.folder().join("users"));
        std::fs::write(&users, passwords).unwrap();
        let text = format!(
            "listener {port} 127.0.0.1\nallow_anonymous false\nuser root\npassword_file {}\n",
            users.display()
        );
        std::fs::write(&settings, text).unwrap();
        let process = Command::new("/usr/sbin/mosquitto")
            .arg("-c")
            .arg(&settings)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect(MISSING);
        let broker = Self { process, port };
        let deadline = Instant::now() + Duration::from_secs(60);
        while TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err() {
            assert!(Instant::now() < deadline, "mosquitto does not listen");
            std::thread::sleep(Duration::from_millis(20));
        }
        broker
    }

    fn takes(&self, user: &str, password: &str) -> bool {
        let mut publish = Command::new("mosquitto_pub");
        publish.args(["-h", "127.0.0.1", "-q", "1", "-t", "t", "-m", "m", "-p", &self.port.to_string()]);
        publish.args(["-u", user, "-P", password]).stdout(Stdio::null()).stderr(Stdio::null());
        publish.status().expect(MISSING).success()
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

#[tokio::test]
async fn mosquitto_takes_the_printed_log_in_and_no_other() {
    let house = House::new().await;
    let login = |id: &str| BrokerLogin::make(&DeviceId::trusted(id)).unwrap();
    let (one, two) = (login("d1"), login("scale.2_kitchen-x"));
    let broker = Broker::start(&house, &format!("{}\n{}\n", one.line, two.line));
    assert!(broker.takes("d1", &one.password));
    assert!(broker.takes("scale.2_kitchen-x", &two.password));
    assert!(!broker.takes("d1", &two.password));
    assert!(!broker.takes("d1", "pass"));
    assert!(!broker.takes("d3", &one.password));
}
