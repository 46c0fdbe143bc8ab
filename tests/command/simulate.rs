//! A made-up fleet against a real broker and the real daemon: what it says that it sent is what the ledger has.

use crate::support::broker::{Mosquitto, free_port};
use crate::support::daemon::{Daemon, PATIENCE, Plan};
use crate::support::house::House;

/// What the summary says of a line.
fn told(out: &str, name: &str) -> u64 {
    let line = out.lines().find(|line| line.trim_start().starts_with(name)).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

#[tokio::test]
async fn what_it_says_that_it_sent_is_what_the_ledger_has() {
    let broker = Mosquitto::start("simulate");
    let plan = Plan { broker: &broker.url(), api_base: "http://127.0.0.1:9", patients: 1, lines: "" };
    let mut daemon = Daemon::set_up(&plan);
    let house = House::quiet();
    let fleet = ["simulate", "--devices", "10", "--seed", "5"];
    daemon.enrol(&house.must(&[&fleet[..], &["--people"]].concat()));
    daemon.start();
    daemon.until_ready().await;
    let url = broker.url();
    let flood =
        ["--rate", "200", "--seconds", "2", "--faults", "all", "--fault-share", "0.2", "--broker", &url];
    let out = house.must(&[&fleet[..], &flood[..]].concat());
    let sent = told(&out, "sent");
    assert_eq!(sent, 400, "{out}");
    assert_eq!(
        told(&out, "faulty"),
        ["duplicates", "clock", "bursts", "units"].iter().map(|fault| told(&out, fault)).sum::<u64>()
    );
    daemon.until_number("select coalesce(sum(received), 0) from ledger", sent, PATIENCE).await;
    let end = async |end: &str| daemon.number(&format!("select sum({end}) from ledger")).await;
    assert_eq!(end("rejected").await, told(&out, "units"), "{out}");
    assert!(end("duplicate").await >= told(&out, "duplicates"), "{out}");
    assert_eq!(end("held").await, 0);
    assert_eq!(end("accepted").await + end("duplicate").await + end("rejected").await, sent);
    daemon.stop().await;
}

#[test]
fn a_fleet_of_a_make_is_listed_by_the_ids_under_which_it_will_be_known() {
    let house = House::quiet();
    assert_eq!(
        house.must(&["simulate", "--devices", "2", "--people"]),
        "patient_id,devices\nsim-patient-0001,sim-0001\nsim-patient-0002,sim-0002\n"
    );
    assert_eq!(
        house.must(&["simulate", "--devices", "2", "--profile", "tasmota", "--people"]),
        "patient_id,devices\nsim-patient-0001,tasmota_ble:020000000001\nsim-patient-0002,tasmota_ble:020000000002\n"
    );
}

#[test]
fn what_cannot_be_simulated_is_said_with_what_to_do() {
    let house = House::quiet();
    let nobody = format!("mqtt://127.0.0.1:{}", free_port());
    for (args, code, said) in [
        (&["--profile", "no-such"][..], 2, "no device profile no-such"),
        (&["--rate", "0"], 2, "--rate"),
        (&["--broker", "localhost"], 2, "--broker"),
        (&["--broker", &nobody], 3, "broker"),
    ] {
        let told = house.run(&[&["simulate", "--devices", "1", "--seconds", "1"], args].concat());
        assert_eq!(told.code, code, "{args:?}: {told:?}");
        assert!(told.err.contains(said), "{args:?}: {told:?}");
    }
}
