//! From publish to alert: a steady 200 readings a second, every tenth of them beyond a red limit.

use std::collections::HashMap;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::thread::{self, JoinHandle, sleep};
use std::time::{Duration, Instant};

use anyhow::{Result, anyhow, bail};

use crate::broker::Broker;
use crate::flow::{self, Message, patient_id};
use crate::gateway::Site;
use crate::mqtt::PATIENTS;
use crate::observer::Observer;
use crate::options::Options;
use crate::report::{Aim, Series, percentile};
use crate::wire;
use crate::workbench::Workbench;

const READINGS_A_SECOND: u32 = 200;
const BREACH_EVERY: usize = 10;
const LOOK_AGAIN: Duration = Duration::from_micros(250);
const LAST_ALERT_WITHIN: Duration = Duration::from_secs(10);

pub async fn measure(options: &Options, bench: &mut Workbench) -> Result<()> {
    let seconds = options.seconds;
    println!(
        "Latency: publish to alert visible in the database, {READINGS_A_SECOND} readings/s for {seconds} s, \
         1 in {BREACH_EVERY} beyond a red limit, looked for every 0.25 ms"
    );
    let mut middle = Series::new("50th percentile", "ms", 2);
    let mut high = Series::new("99th percentile", "ms", 2);
    let mut worst = Series::new("longest", "ms", 2);
    for rep in 0..options.reps {
        let site = bench.site(PATIENTS)?;
        let waits = watch(&site, bench.sms.port, &plan(seconds, rep)).await?;
        middle.push(percentile(&waits, 0.5));
        high.push(percentile(&waits, 0.99));
        worst.push(percentile(&waits, 1.0));
    }
    middle.print_against(Aim::Below(2.0));
    high.print_against(Aim::Below(12.0));
    worst.print();
    Ok(())
}

/// The messages: breaches are each of a patient of its own, who has no open alert.
fn plan(seconds: u32, rep: usize) -> Vec<Message> {
    let count = (seconds * READINGS_A_SECOND) as usize;
    let mut messages = flow::messages(count, PATIENTS / 2, rep as u64);
    for (n, message) in messages.iter_mut().enumerate() {
        message.systolic = 120;
        if is_breach(n) {
            message.patient = PATIENTS / 2 + (n / BREACH_EVERY) as u32 % (PATIENTS / 2);
            message.systolic = 190;
        }
    }
    messages
}

fn is_breach(n: usize) -> bool {
    n % BREACH_EVERY == BREACH_EVERY - 1
}

/// Milliseconds from publish to alert, of every breach.
async fn watch(site: &Site, sms: u16, messages: &[Message]) -> Result<Vec<f64>> {
    let broker = Broker::start(site.folder())?;
    let gateway = site.start(broker.port, sms)?;
    let mut observer = Observer::open(&site.database()).await?;
    let stream = wire::connect(broker.port, "steady", true)?;
    let breaches = messages.iter().enumerate().filter(|(n, _)| is_breach(*n)).count();
    let publisher = publish_steadily(stream, messages.to_vec());
    let mut seen: HashMap<String, Instant> = HashMap::new();
    let mut last = String::new();
    let mut finished = None;
    while seen.len() < breaches {
        for patient in observer.new_alerts(&mut last).await? {
            seen.entry(patient).or_insert_with(Instant::now);
        }
        if publisher.is_finished() {
            let since = *finished.get_or_insert_with(Instant::now);
            if since.elapsed() > LAST_ALERT_WITHIN {
                bail!("{} of {breaches} alerts were never opened", breaches - seen.len());
            }
        }
        sleep(LOOK_AGAIN);
    }
    let sent = publisher.join().map_err(|_| anyhow!("the publisher panicked"))??;
    gateway.process.stop()?;
    sent.iter()
        .map(|(patient, sent)| {
            let seen = seen.get(patient).ok_or_else(|| anyhow!("an alert of somebody else was opened"))?;
            Ok(seen.duration_since(*sent).as_secs_f64() * 1000.0)
        })
        .collect()
}

type Sent = Vec<(String, Instant)>;

/// Publishes at the planned moments, whatever the answers do; returns when each breach was sent.
fn publish_steadily(mut stream: TcpStream, messages: Vec<Message>) -> JoinHandle<Result<Sent>> {
    thread::spawn(move || {
        let mut answers = stream.try_clone()?;
        // Acknowledgements are only taken off the socket; the connection's end ends this.
        thread::spawn(move || {
            let mut buffer = [0; 4096];
            while answers.read(&mut buffer).is_ok_and(|read| read > 0) {}
        });
        let begun = Instant::now();
        let mut sent = Vec::new();
        for (n, message) in messages.iter().enumerate() {
            let mut packet = Vec::new();
            wire::put_publish(
                &mut packet,
                &message.topic(),
                n as u16 % 60_000 + 1,
                message.payload().as_bytes(),
            );
            let due = begun + Duration::from_secs(n as u64) / READINGS_A_SECOND;
            sleep(due.saturating_duration_since(Instant::now()));
            let at = Instant::now();
            stream.write_all(&packet)?;
            if is_breach(n) {
                sent.push((patient_id(message.patient), at));
            }
        }
        stream.shutdown(std::net::Shutdown::Both)?;
        Ok(sent)
    })
}
