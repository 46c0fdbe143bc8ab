//! A folder with a configuration in it, and the binary as whoever stands in that folder runs it.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use sqlx::ConnectOptions;
use sqlx::sqlite::SqliteConnectOptions;

/// What the project keeps in its own folder, so that a configuration can name it from anywhere.
pub const PROJECT: &str = env!("CARGO_MANIFEST_DIR");

/// What anybody who looks after a daemon may read: its log, its figures, and what it answered to what it refused.
const EVIDENCE: [&str; 3] = ["log", "metrics", "refusals"];

/// Gone, with all that is in it, when dropped.
pub struct House {
    folder: PathBuf,
}

/// What a command said, and how it ended.
#[derive(Debug)]
pub struct Told {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl House {
    /// With `config.toml`.
    pub fn new(config: &str) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("lamplight-house-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let folder = std::env::temp_dir().join(name);
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        let house = Self { folder };
        house.write("config.toml", config);
        house
    }

    /// With the least configuration that needs neither broker nor provider.
    pub fn quiet() -> Self {
        Self::new(&quiet_config("127.0.0.1:0"))
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    pub fn folder(&self) -> &Path {
        &self.folder
    }

    pub fn write(&self, name: &str, content: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    /// The binary in this folder, without whatever the person who runs the tests has configured.
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_lamplight"));
        command.args(args).current_dir(&self.folder).stdin(Stdio::null());
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("LAMPLIGHT_") {
                command.env_remove(name);
            }
        }
        command
    }

    pub fn run(&self, args: &[&str]) -> Told {
        tell(&mut self.command(args))
    }

    pub fn run_with(&self, args: &[&str], environment: &[(&str, &str)]) -> Told {
        tell(self.command(args).envs(environment.iter().copied()))
    }

    /// With words on standard input.
    pub fn run_fed(&self, args: &[&str], input: &[u8]) -> Told {
        let mut child = self
            .command(args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(input).unwrap();
        Told::of(child.wait_with_output().unwrap())
    }

    /// Runs what must succeed; what it printed.
    pub fn must(&self, args: &[&str]) -> String {
        let told = self.run(args);
        assert_eq!(told.code, 0, "{args:?}: {told:?}");
        told.out
    }

    /// Enrols a list.
    pub fn enrol(&self, list: &str) {
        self.write("list.csv", list);
        self.must(&["patient", "import", "list.csv"]);
    }

    /// The rows that a query finds, their columns parted by `|`.
    pub async fn see(&self, sql: &str) -> Vec<String> {
        use sqlx::{Column, Row};
        let options = SqliteConnectOptions::new().filename(self.path("lamplight.db")).read_only(true);
        let mut connection = options.connect().await.unwrap();
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql.to_owned())).fetch_all(&mut connection).await.unwrap();
        let cell = |row: &sqlx::sqlite::SqliteRow, n: usize| -> String {
            let text = row.try_get_unchecked::<Option<String>, _>(n);
            text.unwrap_or_else(|why| panic!("{}: {why}", row.columns()[n].name())).unwrap_or("-".into())
        };
        rows.iter()
            .map(|row| (0..row.columns().len()).map(|n| cell(row, n)).collect::<Vec<_>>().join("|"))
            .collect()
    }

    /// Changes the database by hand.
    pub async fn change(&self, sql: &str) {
        let options = SqliteConnectOptions::new().filename(self.path("lamplight.db"));
        let mut connection = options.connect().await.unwrap();
        sqlx::raw_sql(sqlx::AssertSqlSafe(sql.to_owned())).execute(&mut connection).await.unwrap();
    }

    /// The one number that a query finds.
    pub async fn count(&self, sql: &str) -> u64 {
        self.see(sql).await[0].parse().unwrap()
    }
}

/// The least configuration: no broker, and texts that go nowhere.
pub fn quiet_config(listen: &str) -> String {
    format!(
        "[store]\npath = \"lamplight.db\"\n[http]\nlisten = \"{listen}\"\npublic_url = \"https://gw.example.nhs.uk\"\n\
         [sms]\nprovider = \"log\"\n[clinical]\nprotocols = \"{PROJECT}/protocols\"\nrules = \"{PROJECT}/alert_rules\"\n"
    )
}

fn tell(command: &mut Command) -> Told {
    Told::of(command.output().unwrap())
}

impl Told {
    fn of(output: std::process::Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// What was printed, each line as JSON.
    pub fn json(&self) -> Vec<serde_json::Value> {
        self.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

impl House {
    /// Where a daemon in this folder logs to.
    pub fn log_file(&self) -> fs::File {
        fs::OpenOptions::new().create(true).append(true).open(self.path("log")).unwrap()
    }

    /// Leaves what a daemon here has told the world to the sweep that `tests/run` ends with.
    fn leave_evidence(&self) {
        let Some(evidence) = std::env::var_os("LAMPLIGHT_TEST_EVIDENCE").map(PathBuf::from) else { return };
        let name = self.folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let told = EVIDENCE.iter().filter(|file| self.path(file).is_file());
        for file in told {
            let _ = fs::create_dir_all(&evidence);
            let _ = fs::copy(self.path(file), evidence.join(format!("{name}.{file}")));
        }
    }
}

impl Drop for House {
    fn drop(&mut self) {
        self.leave_evidence();
        drop(fs::remove_dir_all(&self.folder));
    }
}
