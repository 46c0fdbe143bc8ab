//! A folder of clinical files that lives as long as a test, and one sound example of each file.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use lamplight::catalog::{self, Fault, Source};

/// A sound rule; the tables of faults change one thing in it.
pub const RULE: &str = r#"title = "Pulse is fast"
kind = "band"
evidence = "NEWS2, Royal College of Physicians 2017"

[parameters.red_limit]
default = 131
min = 100
max = 200
unit = "/min"

[parameters.amber_limit]
default = 111
min = 90
max = 180
unit = "/min"

[[band]]
severity = "red"
any = [{ vital = "pulse", at_or_above = "red_limit" }]
reply = "Your pulse is very fast. Call 111 now."
proposal = "Ring now."

[[band]]
severity = "amber"
any = [{ vital = "pulse", at_or_above = "amber_limit" }]
reply = "Your pulse is fast. Rest and measure again."
proposal = "Look today."
"#;

/// Its tests, which hold.
pub const TEST: &str = r#"[[case]]
name = "racing"
kind = "fires"
reading = { pulse = 150 }
expect = { severity = "red", because = ["pulse"] }

[[case]]
name = "fast"
kind = "fires"
thresholds = { red_limit = 140 }
reading = { pulse = 135 }
expect = { severity = "amber", because = ["pulse"] }

[[case]]
name = "a good pulse"
kind = "quiet"
reading = { pulse = 72 }
expect = "quiet"

[[case]]
name = "red begins here"
kind = "boundary"
reading = { pulse = 131 }
expect = { severity = "red", because = ["pulse"] }

[[case]]
name = "amber begins here"
kind = "boundary"
reading = { pulse = 111 }
expect = { severity = "amber", because = ["pulse"] }
"#;

/// The messages that ship.
pub const MESSAGES: &str =
    include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/protocols/clinical/messages.en.toml"));

/// Removed with all that is in it when it goes out of scope.
pub struct Folder(PathBuf);

impl Folder {
    pub fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("catalog-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub fn with(self, file: &str, content: impl AsRef<[u8]>) -> Self {
        let path = self.0.join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
        self
    }

    pub fn path(&self) -> &Path {
        &self.0
    }

    pub fn source(&self) -> Source {
        Source::Directory(self.0.clone())
    }

    /// What is wrong with this folder as rules, each fault as it prints, with paths below the folder.
    pub fn rule_faults(&self) -> Vec<String> {
        self.shorten(catalog::load(&self.source(), &words()).err().unwrap_or_default())
    }

    /// What is wrong with this folder as protocols.
    pub fn wording_faults(&self) -> Vec<String> {
        self.shorten(catalog::load(&few_rules(), &self.source()).err().unwrap_or_default())
    }

    fn shorten(&self, faults: Vec<Fault>) -> Vec<String> {
        let root = format!("{}/", self.0.display());
        faults.iter().map(|fault| fault.to_string().replace(&root, "")).collect()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.0));
    }
}

/// The shipped rules that the example of a protocol names, and no others: all of them take their time to prove.
pub fn few_rules() -> Source {
    static FEW: OnceLock<Source> = OnceLock::new();
    let source = FEW.get_or_init(|| {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("few-rules-{}", std::process::id()));
        for condition in ["pulse", "wellbeing", "news2"] {
            fs::create_dir_all(path.join(condition)).unwrap();
            let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("alert_rules").join(condition);
            for entry in fs::read_dir(shipped).unwrap().map(Result::unwrap) {
                fs::copy(entry.path(), path.join(condition).join(entry.file_name())).unwrap();
            }
        }
        Source::Directory(path)
    });
    source.clone()
}

/// The shipped messages without any protocol, which would miss the shipped rules that it names.
pub fn words() -> Source {
    static WORDS: OnceLock<Source> = OnceLock::new();
    let source = WORDS.get_or_init(|| {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("words-{}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        fs::write(path.join("messages.en.toml"), MESSAGES).unwrap();
        Source::Directory(path)
    });
    source.clone()
}

/// `text` with its `nth` (from 0) `from` replaced; the sound file must hold it.
pub fn change(text: &str, nth: usize, from: &str, to: &str) -> String {
    let (at, _) =
        text.match_indices(from).nth(nth).unwrap_or_else(|| panic!("there is no '{from}' to change"));
    format!("{}{to}{}", &text[..at], &text[at + from.len()..])
}

/// Whether some fault starts with `place` and says `sentence`.
pub fn assert_told(label: &str, faults: &[String], place: &str, sentence: &str) {
    assert!(
        faults.iter().any(|fault| fault.starts_with(&format!("{place}:")) && fault.contains(sentence)),
        "{label}: wanted '{place}: … {sentence} …', got:\n{}",
        faults.join("\n")
    );
}
