//! Text messages: a handler that does nothing, and Lamplight's signed webhook.

use std::sync::Arc;

use anyhow::Result;

use crate::broker::Broker;
use crate::cpu::{Books, Busy};
use crate::empty_handler::EmptyHandler;
use crate::gateway::Site;
use crate::mqtt::PATIENTS;
use crate::observer::Observer;
use crate::options::Options;
use crate::report::{Aim, Series, print_ratio};
use crate::workbench::Workbench;
use crate::{form, http_load, rows_again};

pub async fn compare(options: &Options, bench: &mut Workbench) -> Result<()> {
    let texts = options.texts;
    println!("HTTP: {texts} signed forms of 20 fields, 64 connections, {PATIENTS} patients");
    let requests = Arc::new(form::requests(texts, PATIENTS));
    let mut empty = Series::new("D  axum, a handler that does nothing", "req/s", 0);
    let mut empty_p99 = Series::new("   its 99th percentile", "ms", 1);
    let mut webhook = Series::new("E  Lamplight: verified, judged, committed, answered", "req/s", 0);
    let mut webhook_p99 = Series::new("   its 99th percentile", "ms", 1);
    let mut effort = Series::new("   processor time: gateway", "us/req", 0);
    let mut rows = Series::new("   SQLite: the same rows again, 500 texts a transaction, FULL", "req/s", 0);
    let mut busy = Busy::default();
    for _ in 0..options.reps {
        let outcome = through_nothing(&requests).await?;
        empty.push(outcome.requests_a_second);
        empty_p99.push(outcome.p99_ms);
        let site = bench.site(PATIENTS)?;
        let outcome;
        (outcome, busy) = through_gateway(&site, bench, &requests).await?;
        webhook.push(outcome.requests_a_second);
        webhook_p99.push(outcome.p99_ms);
        effort.push(busy.micros_each(texts));
        rows.push(rows_again::copy(&site, &bench.site(PATIENTS)?).await?);
    }
    for series in [&empty, &empty_p99, &webhook, &webhook_p99, &effort, &rows] {
        series.print();
    }
    let aims = [("aim", Aim::AtLeast(0.25)), ("stretch", Aim::AtLeast(0.33))];
    print_ratio("E / D", &webhook, &empty, &aims);
    print_ratio("SQLite's rows alone / D", &rows, &empty, &[]);
    println!("  limit: in the last repetition {}", busy.words());
    Ok(())
}

async fn through_nothing(requests: &Arc<Vec<Vec<u8>>>) -> Result<http_load::Outcome> {
    let server = EmptyHandler::start()?;
    http_load::run(server.port, requests).await
}

async fn through_gateway(
    site: &Site,
    bench: &Workbench,
    requests: &Arc<Vec<Vec<u8>>>,
) -> Result<(http_load::Outcome, Busy)> {
    let broker = Broker::start(site.folder())?;
    let gateway = site.start(broker.port, bench.sms.port)?;
    let mut observer = Observer::open(&site.database()).await?;
    let before = observer.ledger().await?;
    let books = Books::open(gateway.process.id());
    let outcome = http_load::run(gateway.port, requests).await?;
    let busy = books.close();
    // Every 200 was a commit.
    observer.wait_for(before, requests.len()).await?;
    gateway.process.stop()?;
    Ok((outcome, busy))
}
