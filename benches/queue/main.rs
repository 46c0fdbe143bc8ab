//! What a nurse's queue costs when it is long: its first page, and all of its pages, with 1,000 and with 10,000 patients who
//! have an open alert. Run it with `cargo bench --bench queue`.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Context, Result};
use jiff::{SignedDuration, Timestamp};
use lamplight::catalog;
use lamplight::clock::Clock;
use lamplight::domain::alert::{AlertChange, NewAlert, Severity};
use lamplight::domain::id::{AlertId, PatientId, RuleId};
use lamplight::engine::enrol::import;
use lamplight::engine::escalation::run_watches;
use lamplight::engine::id::IdSource;
use lamplight::engine::queue::{Choice, Walks};
use lamplight::store::Store;

/// Cards on a page.
const PAGE: usize = 100;
/// The best of so many is taken: whatever else the machine does only adds.
const TIMES: u32 = 7;

fn main() -> ExitCode {
    // Cargo runs benches with `--bench`, and `cargo test --benches` without: then it is done small, to see that it can be.
    let sizes: [usize; 2] =
        if std::env::args().any(|arg| arg == "--bench") { [1_000, 10_000] } else { [10, 20] };
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("queue benchmark: {error}");
            return ExitCode::FAILURE;
        }
    };
    match runtime.block_on(compare(sizes)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("queue benchmark: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// One queue, in milliseconds.
struct Cost {
    rows: usize,
    first: f64,
    all: f64,
    look: f64,
}

async fn compare(sizes: [usize; 2]) -> Result<()> {
    println!("{:>8} {:>14} {:>14} {:>22}", "alerts", "first page", "all pages", "watches looked at");
    let mut costs = Vec::new();
    for size in sizes {
        let cost = measure(size).await?;
        println!("{:>8} {:>11.1} ms {:>11.1} ms {:>19.1} ms", cost.rows, cost.first, cost.all, cost.look);
        costs.push(cost);
    }
    if let [few, many] = costs.as_slice() {
        println!(
            "{:>7}x {:>13.1}x {:>13.1}x {:>21.1}x",
            many.rows / few.rows.max(1),
            many.first / few.first,
            many.all / few.all,
            many.look / few.look
        );
    }
    Ok(())
}

async fn measure(size: usize) -> Result<Cost> {
    let folder = std::env::temp_dir().join(format!("lamplight-queue-{}-{size}", std::process::id()));
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder)?;
    let cost = fill_and_ask(folder.join("lamplight.db"), size).await;
    std::fs::remove_dir_all(&folder)?;
    cost
}

async fn fill_and_ask(path: PathBuf, size: usize) -> Result<Cost> {
    let catalog = catalog::built_in().ok().context("the built-in files do not hold")?;
    let store = Store::open(&path).await?;
    let now = Clock::system().now();
    let mut list = "patient_id,name\n".to_owned();
    (0..size).for_each(|n| list.push_str(&format!("p{n:05},Nomen Nescio\n")));
    import(&store, now, "bench", &catalog, list.as_bytes()).await?;
    let opened: Vec<AlertChange> = (0..size).map(|n| AlertChange::Open(alert(n, now))).collect();
    let mut tx = store.begin().await?;
    tx.apply_alerts(&opened).await?;
    tx.commit().await?;
    let begun = Instant::now();
    run_watches(&store, &catalog, &IdSource::default(), now).await?;
    let look = millis(begun);

    let (mut first, mut all, mut rows) = (f64::MAX, f64::MAX, 0);
    for _ in 0..TIMES {
        let walks = Walks::default();
        let mut choice = Choice { limit: PAGE, ..Choice::default() };
        rows = 0;
        let begun = Instant::now();
        loop {
            let page = walks.cards(&store, &catalog.site, &choice, now).await?;
            if rows == 0 {
                first = first.min(millis(begun));
            }
            rows += page.rows.len();
            match page.next {
                Some(mark) => choice.mark = Some(mark),
                None => break,
            }
        }
        all = all.min(millis(begun));
    }
    anyhow::ensure!(rows == size, "{rows} cards, not {size}");
    store.close().await;
    Ok(Cost { rows, first, all, look })
}

fn alert(n: usize, now: Timestamp) -> NewAlert {
    let minutes = i64::try_from(n % 2_000).unwrap_or(0);
    NewAlert {
        id: AlertId::trusted(format!("a{n:05}")),
        patient: PatientId::trusted(format!("p{n:05}")),
        rule: RuleId::trusted("blood_pressure_high"),
        rule_version: "bench".to_owned(),
        severity: Severity::ALL[n % 3],
        title: "High blood pressure".to_owned(),
        why: "Systolic blood pressure is high.".to_owned(),
        proposal: "Ring the patient.".to_owned(),
        opened_at: now - SignedDuration::from_mins(minutes),
        late: false,
        evidence: None,
    }
}

fn millis(begun: Instant) -> f64 {
    begun.elapsed().as_secs_f64() * 1_000.0
}
