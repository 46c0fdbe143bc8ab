//! A fresh database in a folder of its own, two rules, and a day to live on.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, LazyLock};

use jiff::Timestamp;
use lamplight::catalog;
use lamplight::domain::decide::Catalog;
use lamplight::domain::id::{ProtocolId, RuleId};
use lamplight::domain::patient::Consent;
use lamplight::domain::protocol::{Protocol, Quiet};
use lamplight::domain::rule::{Applies, Figure, Parameter, Rule};
use lamplight::domain::unit::Unit;
use lamplight::engine::enrol::{ImportError, ImportReport, import};
use lamplight::store::Store;
use sqlx::ConnectOptions;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};

pub const TABLES: [&str; 5] = ["patient", "enrolment", "threshold", "device", "audit"];

pub struct House {
    pub store: Store,
    folder: PathBuf,
}

impl House {
    pub async fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("lamplight-enrol-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::SeqCst));
        let folder = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&folder).unwrap();
        let store = Store::open(&folder.join("lamplight.db")).await.unwrap();
        Self { store, folder }
    }

    pub async fn import(&self, csv: impl AsRef<[u8]>) -> Result<ImportReport, ImportError> {
        import(&self.store, noon(), "sister", catalog(), csv.as_ref()).await
    }

    /// The faults of a list that must have some, as the person at the terminal sees them.
    pub async fn faults(&self, csv: impl AsRef<[u8]>) -> Vec<String> {
        match self.import(&csv).await {
            Err(ImportError::Faults(faults)) => faults.iter().map(ToString::to_string).collect(),
            other => panic!("{other:?} for {}", String::from_utf8_lossy(csv.as_ref())),
        }
    }

    /// How many rows each of [`TABLES`] holds.
    pub async fn counts(&self) -> Vec<i64> {
        let mut counts = Vec::new();
        for table in TABLES {
            counts.push(self.number(format!("select count(*) from {table}")).await);
        }
        counts
    }

    pub async fn number(&self, sql: String) -> i64 {
        sqlx::query_scalar(sqlx::AssertSqlSafe(sql)).fetch_one(&mut self.connect().await).await.unwrap()
    }

    pub async fn text(&self, sql: String) -> String {
        sqlx::query_scalar(sqlx::AssertSqlSafe(sql)).fetch_one(&mut self.connect().await).await.unwrap()
    }

    async fn connect(&self) -> SqliteConnection {
        SqliteConnectOptions::new().filename(self.store.path()).read_only(true).connect().await.unwrap()
    }

    pub fn folder(&self) -> &std::path::Path {
        &self.folder
    }
}

impl Drop for House {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.folder));
    }
}

pub fn noon() -> Timestamp {
    "2026-11-22T12:00:00Z".parse().unwrap()
}

/// Two rules and two protocols, which say nothing to anybody.
pub fn catalog() -> &'static Catalog {
    static CATALOG: LazyLock<Catalog> = LazyLock::new(|| {
        let protocols = ["bp", "weight_daily"].map(|id| (ProtocolId::trusted(id), Arc::new(protocol(id))));
        Catalog { rules: rules(), protocols: protocols.into(), ..catalog::built_in().unwrap() }
    });
    &CATALOG
}

fn protocol(id: &str) -> Protocol {
    Protocol {
        id: ProtocolId::trusted(id),
        version: "1".to_owned(),
        title: id.to_owned(),
        evidence: String::new(),
        consent: Consent::Given,
        keyword: None,
        days: None,
        retention_years: 8,
        rules: Vec::new(),
        replaces: Vec::new(),
        proposal: None,
        quiet: Quiet { from: jiff::civil::Time::MIN, to: jiff::civil::Time::MIN },
        questions: BTreeMap::new(),
        schedule: Vec::new(),
        follow_ups: Vec::new(),
        completion: None,
        messages: BTreeMap::new(),
    }
}

/// Parameters alone: enrolment never judges.
fn rules() -> Vec<Rule> {
    let rule = |id: &str, parameters: &[(&str, f64, f64, Unit)]| Rule {
        id: RuleId::trusted(id),
        version: "1".to_owned(),
        title: id.to_owned(),
        condition: "any".to_owned(),
        evidence: String::new(),
        parameters: BTreeMap::from_iter(parameters.iter().map(|(name, min, max, unit)| {
            (name.to_string(), Parameter { default: None, min: *min, max: *max, unit: *unit })
        })),
        applies: Applies::Everyone,
        figure: Figure::Band,
        bands: Vec::new(),
        clear: None,
    };
    vec![
        rule("bp_high", &[("red", 140.0, 220.0, Unit::MmHg), ("amber", 130.0, 200.0, Unit::MmHg)]),
        rule("peak_flow_low", &[("best", 100.0, 900.0, Unit::LitrePerMinute)]),
    ]
}
