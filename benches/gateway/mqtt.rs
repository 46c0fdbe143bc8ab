//! Device messages: the broker alone, the database alone, and Lamplight.

use std::path::Path;

use anyhow::{Result, anyhow};

use crate::broker::Broker;
use crate::cpu::{Books, Busy};
use crate::flow;
use crate::gateway::Site;
use crate::observer::Observer;
use crate::options::Options;
use crate::publisher::{Load, PUBLISHERS};
use crate::report::{Aim, Series, print_ratio};
use crate::workbench::Workbench;
use crate::{sqlite_limit, subscriber};

pub const PATIENTS: u32 = 10_000;

/// One run of messages through the gateway.
#[derive(Debug)]
pub struct Run {
    pub rate: f64,
    pub gateway: Busy,
    pub broker: Busy,
}

pub async fn compare(options: &Options, bench: &mut Workbench) -> Result<()> {
    let messages = options.messages;
    println!(
        "MQTT: {messages} messages of a blood pressure with pulse, QoS 1, {PUBLISHERS} publishers, {PATIENTS} patients, \
         1 in 20 beyond a limit"
    );
    let mut broker = Series::new("A  mosquitto -> a subscriber that does nothing", "msg/s", 0);
    let mut sqlite = Series::new("B  SQLite: the same rows, 500 messages a transaction, FULL", "msg/s", 0);
    let mut gateway = Series::new("C  Lamplight: published, judged, committed, acknowledged", "msg/s", 0);
    let mut effort = Series::new("   processor time: gateway", "us/msg", 0);
    let mut broker_effort = Series::new("   processor time: mosquitto", "us/msg", 0);
    let mut last = None;
    for rep in 0..options.reps {
        let messages = flow::messages(messages, PATIENTS, rep as u64);
        let load = Load::new(&messages);
        broker.push(through_broker(bench.folder(), &load, messages.len())?);
        sqlite.push(sqlite_limit::run(bench.folder(), &messages).await?);
        let site = bench.site(PATIENTS)?;
        let run = through_gateway(&site, bench.sms.port, &load, messages.len()).await?;
        gateway.push(run.rate);
        effort.push(run.gateway.micros_each(messages.len()));
        broker_effort.push(run.broker.micros_each(messages.len()));
        last = Some(run);
    }
    for series in [&broker, &sqlite, &gateway, &effort, &broker_effort] {
        series.print();
    }
    let aims = [("aim", Aim::AtLeast(0.45)), ("stretch", Aim::AtLeast(0.6))];
    print_ratio("C / A", &gateway, &broker, &aims);
    print_ratio("C / B", &gateway, &sqlite, &[]);
    if let Some(run) = last {
        println!("  limit: one writer; in the last repetition {}", run.gateway.words());
    }
    Ok(())
}

/// From the first publish to the last acknowledgement of the subscriber.
fn through_broker(folder: &Path, load: &Load, messages: usize) -> Result<f64> {
    let broker = Broker::start(folder)?;
    let subscriber = subscriber::start(broker.port, messages)?;
    let publishers = load.ready(broker.port)?;
    let begun = publishers.go();
    let done = subscriber.join().map_err(|_| anyhow!("the subscriber panicked"))??;
    publishers.join()?;
    Ok(messages as f64 / done.duration_since(begun).as_secs_f64())
}

/// From the first publish to the last commit.
pub async fn through_gateway(site: &Site, sms: u16, load: &Load, messages: usize) -> Result<Run> {
    let broker = Broker::start(site.folder())?;
    let gateway = site.start(broker.port, sms)?;
    let mut observer = Observer::open(&site.database()).await?;
    let before = observer.ledger().await?;
    let publishers = load.ready(broker.port)?;
    let books = (Books::open(gateway.process.id()), Books::open(broker.process.id()));
    let begun = publishers.go();
    let done = observer.wait_for(before, messages).await?;
    let run = Run {
        rate: messages as f64 / done.duration_since(begun).as_secs_f64(),
        gateway: books.0.close(),
        broker: books.1.close(),
    };
    publishers.join()?;
    gateway.process.stop()?;
    Ok(run)
}
