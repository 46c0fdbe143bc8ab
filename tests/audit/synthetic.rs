//! The synthetic patient: its reading takes the real way, its alert is closed by the house itself, and nobody is told.

use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use jiff::SignedDuration;
use lamplight::domain::id::{DeviceId, PatientId};
use lamplight::domain::phone::Phone;
use lamplight::engine::auditor::Auditor;
use lamplight::engine::synthetic::{NotPrepared, Synthetic};
use lamplight::store::queue::AlertFilter;
use lamplight::store::view::ReadingFilter;
use mqtt5::broker::MqttBroker;
use mqtt5::broker::config::{BrokerConfig, StorageBackend, StorageConfig};

use super::auditor::found;
use crate::engine::house::{ADA, House, Left};
use crate::support::broker::free_port;
use crate::support::house::{House as Home, PROJECT};

fn nobody() -> Synthetic {
    Synthetic {
        patient: PatientId::trusted("synthetic"),
        phone: Phone::from_carrier("+447700900998"),
        device: Some(DeviceId::trusted("synthetic")),
        every: SignedDuration::from_mins(15),
        within: SignedDuration::from_secs(60),
    }
}

#[tokio::test]
async fn nobody_is_told_of_its_alerts_and_the_house_closes_them() {
    let house = House::new().await;
    let synthetic = nobody();
    synthetic.prepare(&house.store, house.clock.now()).await.unwrap();
    synthetic.prepare(&house.store, house.clock.now()).await.unwrap();
    let begun = house.clock.now();
    house.accepts(house.text("+447700900998", "BP 194 121")).await;
    assert_eq!(house.alerts().await, ["synthetic blood_pressure_high red open x1"]);
    assert!(synthetic.has_fired(&house.store, begun).await.unwrap());
    assert_eq!(house.count("watch").await, 0);
    assert!(house.store.alerts(&AlertFilter::default(), 10).await.unwrap().is_empty());
    assert_eq!(house.store.alert_counts().await.unwrap().total(), 0);
    let mut auditor = Auditor::new(house.store.clone(), house.clock.clone(), house.telemetry.clone(), None);
    assert_eq!(found(&mut auditor).await, [""; 0]);

    house.wait(SignedDuration::from_secs(1));
    assert_eq!(synthetic.close(&house.store, house.clock.now()).await.unwrap(), 1);
    assert!(!synthetic.has_fired(&house.store, begun).await.unwrap());
    assert_eq!(
        house.see("select state || ' ' || resolved_by || ' ' || outcome from alert").await,
        ["resolved lamplight synthetic"]
    );
    assert_eq!(house.count("watch").await, 0);
    house.accepts(house.pressure("synthetic", 194, 121)).await;
    assert_eq!(house.count("alert where state = 'open'").await, 1);
    house.leaves(Left::NOTHING).await;
}

#[tokio::test]
async fn analysts_do_not_count_it_and_the_ledger_does() {
    let house = House::new().await;
    nobody().prepare(&house.store, house.clock.now()).await.unwrap();
    house.accepts(house.text("+447700900998", "BP 194 121")).await;
    house.accepts(house.text(ADA, "BP 118 76")).await;
    let stranger = house.text("+447700900997", "who is this");
    house.take([stranger]).await;
    assert_eq!(house.count("reading where patient_id = 'synthetic'").await, 2);
    assert_eq!(house.count("alert where patient_id = 'synthetic'").await, 1);
    assert_eq!(house.see("select distinct patient_id from v_reading").await, ["ada"]);
    assert_eq!(house.count("v_alert").await, 0);
    let people = house.see("select distinct coalesce(patient_id, 'nobody') from v_message order by 1").await;
    assert_eq!(people, ["ada", "nobody"]);
    let now = house.clock.now();
    let since = now - SignedDuration::from_hours(24);
    let all = ReadingFilter { patient: None, vital: None, since, until: now, after: None };
    let shown = house.store.readings(&all, 10).await.unwrap();
    assert!(shown.len() == 2 && shown.iter().all(|reading| reading.patient.as_str() == "ada"), "{shown:?}");
    let ledger = house.store.intake_ledger().await.unwrap().total();
    assert!(ledger.received == 3 && ledger.is_balanced(), "{ledger:?}");
    house.leaves_whatever().await;
}

#[tokio::test]
async fn nobody_real_is_ever_made_synthetic() {
    let house = House::new().await;
    for taken in [
        Synthetic { patient: PatientId::trusted("ada"), ..nobody() },
        Synthetic { phone: Phone::from_carrier(ADA), ..nobody() },
        Synthetic { device: Some(DeviceId::trusted("bp-1")), ..nobody() },
    ] {
        assert!(matches!(taken.prepare(&house.store, house.clock.now()).await, Err(NotPrepared::Taken)));
    }
    assert_eq!(house.count("patient where synthetic = 1").await, 0);
    house.leaves(Left::NOTHING).await;
}

#[test]
fn an_alert_that_does_not_come_in_time_stands_until_one_does() {
    let start = "2026-11-22T09:00:00Z".parse::<jiff::Timestamp>().unwrap();
    let at = |seconds| start + SignedDuration::from_secs(seconds);
    let rounds = nobody().rounds(start);
    let stands = |seconds| rounds.finding(at(seconds)).is_some();
    assert!(!stands(15 * 60));
    assert!(stands(15 * 60 + 181), "no round ever began");
    rounds.begin(at(1000));
    assert!(!stands(1060) && stands(1061));
    rounds.begin(at(1900));
    assert!(stands(1901), "a new round is no excuse for the last");
    rounds.seen(at(1930));
    assert!(!stands(1931));
    rounds.begin(at(2800));
    rounds.seen(at(2870));
    assert!(stands(2871), "too late is too late");
    rounds.begin(at(3700));
    rounds.seen(at(3701));
    assert!(!stands(3702));
}

/// The daemon as a process of its own, killed when the test is over.
struct Daemon {
    home: Home,
    child: Child,
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Daemon {
    fn start(lines: &str) -> Self {
        let port = free_port();
        let home = Home::new(&format!(
            "[store]\npath = \"lamplight.db\"\n[http]\nlisten = \"127.0.0.1:{port}\"\npublic_url = \"http://127.0.0.1:{port}\"\n\
             [sms]\nprovider = \"log\"\n[sms.twilio]\naccount_sid = \"AC0123456789abcdef0123456789abcdef\"\n\
             auth_token = \"a token of ours\"\nfrom = \"+447700900999\"\n\
             [clinical]\nprotocols = \"{PROJECT}/protocols\"\nrules = \"{PROJECT}/alert_rules\"\n{lines}\n"
        ));
        home.must(&["migrate"]);
        let child = home.command(&["serve"]).stdout(Stdio::null()).stderr(home.log_file()).spawn().unwrap();
        Self { home, child }
    }

    async fn until(&mut self, sql: &str, wanted: &str) {
        let deadline = Instant::now() + Duration::from_secs(90);
        loop {
            let seen = self.home.see(sql).await;
            if seen == [wanted] {
                return;
            }
            assert!(self.child.try_wait().unwrap().is_none(), "the daemon ended");
            assert!(Instant::now() < deadline, "{seen:?} is not {wanted}: {sql}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

const CLOSED: &str = "select rule_id || ' ' || severity || ' ' || resolved_by || ' ' || outcome from alert where patient_id = 'nobody'";

#[tokio::test]
async fn a_text_of_its_own_comes_in_by_the_real_webhook() {
    let mut daemon =
        Daemon::start("[synthetic]\npath = \"text\"\npatient = \"nobody\"\nphone = \"+447700900998\"");
    daemon.until(CLOSED, "blood_pressure_high red lamplight synthetic").await;
    assert_eq!(daemon.home.see("select count(*) from message where direction = 'out'").await, ["0"]);
    assert_eq!(daemon.home.see("select kind || ' ' || outcome from inbox").await, ["text accepted"]);
    daemon.until("select count(*) from finding where over_at is null", "0").await;
}

#[tokio::test]
async fn a_reading_of_its_own_comes_in_by_the_real_broker() {
    let memory = StorageConfig::new().with_backend(StorageBackend::Memory);
    let config =
        BrokerConfig::default().with_bind_address("127.0.0.1:0".parse::<std::net::SocketAddr>().unwrap());
    let mut broker = MqttBroker::with_config(config.with_storage(memory)).await.unwrap();
    let port = broker.local_addr().unwrap().port();
    let running = tokio::spawn(async move { broker.run().await });
    let mut daemon = Daemon::start(&format!(
        "[mqtt]\nbroker = \"mqtt://127.0.0.1:{port}\"\n[synthetic]\npath = \"mqtt\"\npatient = \"nobody\""
    ));
    daemon.until(CLOSED, "blood_pressure_high red lamplight synthetic").await;
    assert_eq!(daemon.home.see("select kind || ' ' || sender from inbox").await, ["reading synthetic"]);
    running.abort();
}
