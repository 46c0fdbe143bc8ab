//! NATS and RabbitMQ in mosquitto's place, with the files of `deploy/`: only paths, ports and passwords differ.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use lamplight::domain::event::Origin;
use lamplight::domain::secret::Secret;
use lamplight::mqtt::broker::BrokerSettings;

use super::broker::{fresh_folder, run};
use super::words;
use crate::mqtt::gateway::{Gateway, hurried};
use crate::support::broker::free_port;
use crate::support::joined::Joined;

const PASSWORD: &str = "the secret of the day";
const WARD: &str = "patient_id,devices\np1,scale-1\n";

/// A broker and what it needs beside it. Ended, the last first, when dropped.
struct Peer {
    children: Vec<Child>,
    folder: PathBuf,
    port: u16,
}

impl Peer {
    fn nats() -> Self {
        let (folder, port) = certified();
        let adapted = shipped(
            "nats/nats-server.conf",
            &[
                ("127.0.0.1:4222", &format!("127.0.0.1:{}", free_port())),
                ("0.0.0.0:8883", &format!("127.0.0.1:{port}")),
                ("/etc/nats/", &format!("{}/", folder.display())),
                ("/var/lib/nats", &format!("{}/kept", folder.display())),
                // A message that nobody answered for comes again after this: a test does not wait a minute.
                ("\"60s\"", "\"2s\""),
            ],
        );
        fs::write(folder.join("nats.conf"), adapted).unwrap();
        let server = launch(&folder, Command::new("nats-server").arg("-c").arg(folder.join("nats.conf")));
        Self { children: vec![server], folder, port }
    }

    fn rabbitmq() -> Self {
        let (folder, port) = certified();
        let here = format!("{}/", folder.display());
        let adapted = shipped(
            "rabbitmq/rabbitmq.conf",
            &[
                ("mqtt.listeners.ssl.default = 8883", &format!("mqtt.listeners.ssl.1 = 127.0.0.1:{port}")),
                ("/etc/rabbitmq/", &here),
            ],
        );
        fs::write(folder.join("rabbitmq.conf"), adapted).unwrap();
        fs::write(folder.join("definitions.json"), shipped("rabbitmq/definitions.json", &[])).unwrap();
        fs::write(folder.join("enabled_plugins"), "[rabbitmq_mqtt].\n").unwrap();
        // Erlang's own register of names, which a server would else start for itself and leave behind.
        let names = free_port().to_string();
        let register = launch(&folder, Command::new("epmd").args(["-port", &names, "-address", "127.0.0.1"]));
        let mut server = Command::new("/usr/lib/rabbitmq/bin/rabbitmq-server");
        server.env("HOME", &folder).env("ERL_EPMD_PORT", &names);
        server.env("RABBITMQ_NODENAME", format!("lamplight{port}@localhost"));
        server.env("RABBITMQ_DIST_PORT", free_port().to_string());
        for (variable, name) in [
            ("RABBITMQ_MNESIA_BASE", "kept"),
            ("RABBITMQ_LOG_BASE", "logs"),
            ("RABBITMQ_CONFIG_FILE", "rabbitmq.conf"),
            ("RABBITMQ_ENABLED_PLUGINS_FILE", "enabled_plugins"),
            ("RABBITMQ_CONF_ENV_FILE", "none"),
        ] {
            server.env(variable, folder.join(name));
        }
        let server = launch(&folder, &mut server);
        Self { children: vec![register, server], folder, port }
    }

    fn ca(&self) -> PathBuf {
        self.folder.join("certs/ca.crt")
    }

    fn settings(&self) -> BrokerSettings {
        BrokerSettings {
            broker: format!("mqtts://localhost:{}", self.port),
            username: Some("lamplight".to_owned()),
            password: Some(Secret::new(PASSWORD.to_owned())),
            ca_file: Some(self.ca()),
            ..BrokerSettings::default()
        }
    }

    /// As the device, by hand: MQTT 3.1.1 is all that these brokers speak.
    fn publish(&self, topic: &str, kg: f64) -> Output {
        let payload =
            format!(r#"{{"id":"{kg}","readings":[{{"vital":"weight","value":{kg},"unit":"kg"}}]}}"#);
        let mut client = Command::new("mosquitto_pub");
        client.args(["-q", "1", "-h", "localhost", "-p", &self.port.to_string(), "--cafile"]).arg(self.ca());
        client.args(["-u", "scale-1", "-P", PASSWORD, "-t", topic, "-m", &payload]).output().unwrap()
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        while let Some(mut child) = self.children.pop() {
            // By its own signal first: it has children of its own.
            let _ = Command::new("kill").arg(child.id().to_string()).status();
            let deadline = std::time::Instant::now() + Duration::from_secs(20);
            while child.try_wait().is_ok_and(|ended| ended.is_none()) && std::time::Instant::now() < deadline
            {
                std::thread::sleep(Duration::from_millis(20));
            }
            let _ = child.kill();
            let _ = child.wait();
        }
        let _ = fs::remove_dir_all(&self.folder);
    }
}

fn certified() -> (PathBuf, u16) {
    let folder = fresh_folder();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/mosquitto/make-certs.sh");
    run(Command::new(script).arg(folder.join("certs")).arg("localhost"));
    (folder, free_port())
}

fn shipped(name: &str, changes: &[(&str, &str)]) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy").join(name);
    let mut text = fs::read_to_string(path).unwrap().replace("CHANGE-ME", PASSWORD);
    for (from, to) in changes {
        assert!(text.contains(from), "{name} no longer holds {from:?}");
        text = text.replace(from, to);
    }
    text
}

fn launch(folder: &Path, command: &mut Command) -> Child {
    let log = fs::File::options().create(true).append(true).open(folder.join("log")).unwrap();
    command.stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log);
    command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}; run ./tests/run, it installs it"))
}

/// A reading comes in; what is sent while nobody listens comes later; nobody speaks for another; and what is not
/// acknowledged comes again.
async fn keeps_its_promises(broker: &Peer) {
    let own = "lamplight/v1/scale-1/reading";
    let mqtt = format!(
        "broker = \"mqtts://localhost:{}\"\nusername = \"lamplight\"\npassword = {PASSWORD:?}\nca_file = {:?}",
        broker.port,
        broker.ca()
    );
    let mut gateway = Joined::start(&mqtt, WARD);
    gateway.until_subscribed();
    let sent = broker.publish(own, 78.1);
    assert!(sent.status.success(), "{}", words(&sent));
    let weights = "select value from v_reading order by value";
    gateway.until_seen(weights, &["78.1"]).await;
    gateway.stop();
    for kg in [78.2, 78.3] {
        assert!(broker.publish(own, kg).status.success());
    }
    // Refused, or acknowledged and dropped: as this protocol has no word for it, brokers differ.
    broker.publish("lamplight/v1/scale-2/reading", 66.6);
    gateway.start_again();
    gateway.until_subscribed();
    gateway.until_seen(weights, &["78.1", "78.2", "78.3"]).await;
    gateway.until_seen("select count(*) from inbox where address like '%scale-2%'", &["0"]).await;
    gateway.stop();

    let mut gateway = Gateway::start_with(broker.settings(), 100, hurried());
    gateway.until_healthy(true).await;
    assert!(broker.publish(own, 79.9).status.success());
    let unanswered = gateway.next().await;
    drop(gateway);
    drop(unanswered);
    let mut gateway = Gateway::start_with(broker.settings(), 100, hurried());
    let event = gateway.accept().await;
    assert!(matches!(&event.origin, Origin::Reading(reading) if reading.topic == own));
    assert!(String::from_utf8_lossy(&event.raw).contains("79.9"));
    gateway.stop.cancel();
    gateway.ended().await;
    let mut gateway = Gateway::start_with(broker.settings(), 100, hurried());
    gateway.until_healthy(true).await;
    assert!(gateway.is_idle_for(Duration::from_secs(3)).await, "what was acknowledged came again");
}

#[tokio::test]
async fn nats_keeps_the_same_promises() {
    keeps_its_promises(&Peer::nats()).await;
}

#[tokio::test]
async fn rabbitmq_keeps_the_same_promises() {
    keeps_its_promises(&Peer::rabbitmq()).await;
}
