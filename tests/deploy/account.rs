//! Log-ins that `lamplight device` makes, tried at the real mosquitto.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::time::{Duration, Instant};

use super::broker::Broker;
use super::{READING, words};
use crate::support::house::House;

/// The password that was printed, which stands there once.
fn password(told: &str) -> String {
    let line = told.lines().find_map(|line| line.strip_prefix("password:")).unwrap();
    let password = line.split_whitespace().next().unwrap().to_owned();
    assert_eq!(told.matches(&password).count(), 1, "{told}");
    password
}

/// Publishes until it ends like this: mosquitto reads its files again in its own time.
fn until(broker: &Broker, account: &str, secret: &str, topic: &str, accepted: bool) {
    broker.reload();
    let deadline = Instant::now() + Duration::from_secs(60);
    loop {
        let sent = broker.publish_with_password(account, secret, topic, READING);
        if (sent.status.success() && words(&sent).is_empty()) == accepted {
            return;
        }
        assert!(Instant::now() < deadline, "{account} accepted: never {accepted}, {}", words(&sent));
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn a_log_in_written_into_the_brokers_file_works_is_replaced_and_ends_with_the_device() {
    let broker = Broker::start(&["lamplight"]);
    let house = House::quiet();
    let passwords = broker.at("passwords");
    let file = passwords.to_str().unwrap();
    fs::set_permissions(&passwords, fs::Permissions::from_mode(0o640)).unwrap();
    house.enrol("patient_id\np1\n");
    let own = "lamplight/v1/scale-9/reading";

    let add = ["device", "add", "scale-9", "--patient", "p1", "--mosquitto", file];
    let first = password(&house.must(&add));
    until(&broker, "scale-9", &first, own, true);
    let forged = broker.publish_with_password("scale-9", &first, "lamplight/v1/scale-1/reading", READING);
    assert!(words(&forged).contains("Not authorized"), "{}", words(&forged));
    assert_eq!(fs::metadata(&passwords).unwrap().permissions().mode() & 0o777, 0o640);

    let second = password(&house.must(&add));
    until(&broker, "scale-9", &second, own, true);
    until(&broker, "scale-9", &first, own, false);
    let lines = fs::read_to_string(&passwords).unwrap();
    assert_eq!((lines.matches("scale-9:").count(), lines.matches("lamplight:").count()), (1, 1), "{lines}");
    assert!(!lines.contains(&second));

    let told = house.must(&["device", "revoke", "scale-9", "--mosquitto", file]);
    assert!(told.contains("is revoked and its line is gone"), "{told}");
    until(&broker, "scale-9", &second, own, false);
    assert!(fs::read_to_string(&passwords).unwrap().starts_with("lamplight:"));
}

#[test]
fn printed_lines_are_mosquittos_own() {
    let broker = Broker::start(&[]);
    let house = House::quiet();
    house.enrol("patient_id\np1\n");
    let told = house.must(&["device", "add", "scale-9", "--patient", "p1"]);
    let secret = password(&told);
    let line = told.lines().find(|line| line.starts_with("scale-9:$7$")).unwrap();
    fs::write(broker.at("passwords"), format!("{line}\n")).unwrap();
    // In place of the patterns that the shipped rules have.
    let rules: Vec<&str> = told.lines().skip_while(|line| !line.starts_with("user scale-9")).collect();
    assert_eq!(rules.len(), 3, "{told}");
    fs::write(broker.at("acl"), rules.join("\n") + "\n").unwrap();
    until(&broker, "scale-9", &secret, "lamplight/v1/scale-9/status", true);
    let forged = broker.publish_with_password("scale-9", &secret, "lamplight/v1/scale-1/status", "online");
    assert!(words(&forged).contains("Not authorized"), "{}", words(&forged));
}

#[test]
fn a_file_that_is_no_password_file_is_left_alone() {
    let house = House::quiet();
    house.enrol("patient_id\np1\n");
    house.write("shopping.txt", "milk\nbread\n");
    let told = house.run(&["device", "add", "scale-9", "--mosquitto", "shopping.txt"]);
    assert_eq!((told.code, told.out.as_str()), (2, ""), "{told:?}");
    assert!(
        told.err.contains("shopping.txt, line 1: this is no line of a Mosquitto password file"),
        "{told:?}"
    );
    assert_eq!(fs::read_to_string(house.path("shopping.txt")).unwrap(), "milk\nbread\n");
    assert_eq!(house.must(&["device", "list"]), "");
    // One that is not there yet is made, for its owner alone.
    house.must(&["device", "add", "scale-9", "--mosquitto", "passwords"]);
    let mode = fs::metadata(house.path("passwords")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}
