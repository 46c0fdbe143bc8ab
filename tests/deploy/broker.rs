//! A mosquitto of our own with the files of `deploy/mosquitto`, on a port and in a folder of its own.

use std::fs;
use std::io::Write;
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// Ends, and takes its folder with it, when dropped.
pub(super) struct Broker {
    process: Child,
    folder: PathBuf,
    port: u16,
}

impl Broker {
    /// With an account for each of these names.
    pub(super) fn start(accounts: &[&str]) -> Self {
        Self::start_as(accounts, |shipped| shipped)
    }

    /// With a certificate for each of these names, and no passwords, as the shipped file says how.
    pub(super) fn start_with_certificates(clients: &[&str]) -> Self {
        let broker = Self::start_as(&[], |shipped| {
            let mut asking = shipped.replace("\npassword_file /etc/mosquitto/passwords\n", "\n");
            for line in ["cafile", "require_certificate", "use_identity_as_username"] {
                let off = format!("\n#{line} ");
                assert!(asking.contains(&off), "mosquitto.conf no longer holds {off:?}");
                asking = asking.replace(&off, &format!("\n{line} "));
            }
            asking
        });
        broker.certify(clients);
        broker
    }

    /// Makes a certificate for each of these names.
    pub(super) fn certify(&self, clients: &[&str]) {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/mosquitto/make-certs.sh");
        run(Command::new(script).arg(self.at("certs")).arg("--client").args(clients));
    }

    pub(super) fn at(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    pub(super) fn port(&self) -> u16 {
        self.port
    }

    /// Tells it to read its files again.
    pub(super) fn reload(&self) {
        run(Command::new("kill").args(["-HUP", &self.process.id().to_string()]));
    }

    /// The shipped configuration, as `adapt` changes it.
    fn start_as(accounts: &[&str], adapt: impl Fn(String) -> String) -> Self {
        let deploy = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/mosquitto");
        let folder = fresh_folder();
        let at = |name: &str| folder.join(name);
        run(Command::new(deploy.join("make-certs.sh")).arg(at("certs")).args(["localhost", "127.0.0.1"]));
        fs::copy(deploy.join("acl"), at("acl")).unwrap();
        fs::write(at("passwords"), "").unwrap();
        for account in accounts {
            let secret = password(account);
            run(Command::new("mosquitto_passwd").arg("-b").arg(at("passwords")).args([*account, &secret]));
        }

        let port = crate::support::broker::free_port();
        let whoami = String::from_utf8(run(Command::new("id").arg("-un")).stdout).unwrap();
        let shipped = adapt(fs::read_to_string(deploy.join("mosquitto.conf")).unwrap());
        for expected in ["\nlistener 8883\n", "/etc/mosquitto/", "/var/lib/mosquitto/"] {
            assert!(shipped.contains(expected), "mosquitto.conf no longer holds {expected:?}");
        }
        let adapted = shipped
            .replace("\nlistener 8883\n", &format!("\nlistener {port} 127.0.0.1\n"))
            .replace("/etc/mosquitto/", &format!("{}/", folder.display()))
            .replace("/var/lib/mosquitto/", &format!("{}/", folder.display()));
        fs::write(at("mosquitto.conf"), format!("{adapted}\nuser {whoami}")).unwrap();

        let log = fs::File::create(at("log")).unwrap();
        let process = Command::new("mosquitto")
            .arg("-c")
            .arg(at("mosquitto.conf"))
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap_or_else(|error| panic!("mosquitto: {error}; run ./tests/run, it installs mosquitto"));
        let mut broker = Self { process, folder, port };
        broker.await_listening();
        broker
    }

    fn await_listening(&mut self) {
        let deadline = Instant::now() + Duration::from_secs(60);
        while TcpStream::connect(("127.0.0.1", self.port)).is_err() {
            let log = || fs::read_to_string(self.folder.join("log")).unwrap_or_default();
            assert!(self.process.try_wait().unwrap().is_none(), "mosquitto ended: {}", log());
            assert!(Instant::now() < deadline, "mosquitto does not listen: {}", log());
            thread::sleep(Duration::from_millis(20));
        }
    }

    pub(super) fn publish(&self, account: &str, topic: &str, payload: &str) -> Output {
        self.publish_with_password(account, &password(account), topic, payload)
    }

    pub(super) fn publish_with_password(
        &self,
        account: &str,
        secret: &str,
        topic: &str,
        payload: &str,
    ) -> Output {
        let mut client = self.client("mosquitto_pub", self.port);
        client.args(["-u", account, "-P", secret, "-t", topic, "-m", payload]);
        finish(&mut client)
    }

    /// With a certificate and no password.
    pub(super) fn publish_certified(&self, client: &str, topic: &str, payload: &str) -> Output {
        let mut command = self.client("mosquitto_pub", self.port);
        command.arg("--cert").arg(self.at(&format!("certs/{client}.crt")));
        command.arg("--key").arg(self.at(&format!("certs/{client}.key")));
        finish(command.args(["-t", topic, "-m", payload]))
    }

    pub(super) fn publish_anonymously(&self, topic: &str, payload: &str) -> Output {
        finish(self.client("mosquitto_pub", self.port).args(["-t", topic, "-m", payload]))
    }

    pub(super) fn publish_in_the_clear(&self, account: &str, topic: &str, payload: &str) -> Output {
        let port = self.port.to_string();
        let mut client = Command::new("mosquitto_pub");
        client.args(["-h", "127.0.0.1", "-p", &port, "-u", account, "-P", &password(account)]);
        finish(client.args(["-t", topic, "-m", payload]))
    }

    /// Publishes to `other` while trusting this broker's authority.
    pub(super) fn publish_to(&self, other: &Self, account: &str, topic: &str, payload: &str) -> Output {
        let mut client = self.client("mosquitto_pub", other.port);
        finish(client.args(["-u", account, "-P", &password(account), "-t", topic, "-m", payload]))
    }

    /// One message a line, over one connection; all are acknowledged when this returns.
    pub(super) fn publish_lines(&self, account: &str, topic: &str, lines: &[String]) {
        let mut client = self.client("mosquitto_pub", self.port);
        client.args(["-u", account, "-P", &password(account), "-t", topic, "-l"]).stdin(Stdio::piped());
        let mut process = client.spawn().unwrap();
        process.stdin.take().unwrap().write_all((lines.join("\n") + "\n").as_bytes()).unwrap();
        assert!(process.wait().unwrap().success());
    }

    /// Subscribes under a session that the broker keeps, and leaves.
    pub(super) fn open_session(&self, account: &str, filter: &str) {
        run(self.session(account, filter).arg("-E"));
    }

    /// Takes `count` messages from the kept session, each as `topic payload`.
    pub(super) fn take(&self, account: &str, filter: &str, count: usize) -> Vec<String> {
        lines(run(self.session(account, filter).args(["-v", "-C", &count.to_string(), "-W", "30"])))
    }

    /// What waits in the kept session. The broker sends it before it answers to the subscription, so this need not
    /// wait to see that nothing comes.
    pub(super) fn waiting(&self, account: &str, filter: &str) -> Vec<String> {
        lines(run(self.session(account, filter).args(["-v", "-E"])))
    }

    fn session(&self, account: &str, filter: &str) -> Command {
        let mut client = self.client("mosquitto_sub", self.port);
        client.args([
            "-u",
            account,
            "-P",
            &password(account),
            "-i",
            account,
            "-c",
            "-x",
            "3600",
            "-t",
            filter,
        ]);
        client
    }

    /// An MQTT 5 client, which is told why it is refused.
    fn client(&self, program: &str, port: u16) -> Command {
        let mut client = Command::new(program);
        client.args(["-V", "5", "-q", "1", "-h", "127.0.0.1", "-p", &port.to_string(), "--cafile"]);
        client.arg(self.folder.join("certs/ca.crt"));
        client
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        // Nothing is to be done about a broker that is gone already.
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = fs::remove_dir_all(&self.folder);
    }
}

pub(super) fn password(account: &str) -> String {
    format!("the secret of {account}")
}

pub(super) fn fresh_folder() -> PathBuf {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let name = format!("broker-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::create_dir_all(&folder).unwrap();
    folder
}

fn lines(output: Output) -> Vec<String> {
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}

fn finish(command: &mut Command) -> Output {
    command
        .output()
        .unwrap_or_else(|error| panic!("{command:?}: {error}; run ./tests/run, it installs mosquitto"))
}

pub(super) fn run(command: &mut Command) -> Output {
    let output = finish(command);
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    output
}
