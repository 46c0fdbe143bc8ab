//! `lamplight backtest`, as it is called: lines in, lines out, faults on standard error.

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::Value;

struct Tried {
    told: Vec<Value>,
    stderr: String,
    code: Option<i32>,
}

impl Tried {
    /// `patient rule severity state at`, one a line.
    fn lines(&self) -> Vec<String> {
        let text = |told: &Value, key: &str| told[key].as_str().unwrap().to_owned();
        let keys = ["patient", "rule", "severity", "state", "at"];
        self.told.iter().map(|told| keys.map(|key| text(told, key)).join(" ")).collect()
    }

    fn of(&self, rule: &str) -> Vec<&Value> {
        self.told.iter().filter(|told| told["rule"] == rule).collect()
    }
}

fn file(name: &str, text: &str) -> PathBuf {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let unique = NEXT.fetch_add(1, Ordering::Relaxed);
    let path = std::env::temp_dir().join(format!("lamplight-rule-{}-{unique}-{name}", std::process::id()));
    fs::write(&path, text).unwrap();
    path
}

fn backtest(lines: &str, thresholds: Option<&str>) -> Tried {
    let readings = file("readings.jsonl", lines);
    let limits = thresholds.map(|text| file("limits.toml", text));
    let mut command = Command::new(env!("CARGO_BIN_EXE_lamplight"));
    command.args(["backtest", "--rules", concat!(env!("CARGO_MANIFEST_DIR"), "/alert_rules"), "--readings"]);
    command.arg(&readings);
    if let Some(limits) = &limits {
        command.arg("--thresholds").arg(limits);
    }
    let output = command.output().unwrap();
    for path in [Some(readings), limits].into_iter().flatten() {
        fs::remove_file(path).unwrap();
    }
    let stdout = String::from_utf8(output.stdout).unwrap();
    Tried {
        told: stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect(),
        stderr: String::from_utf8(output.stderr).unwrap(),
        code: output.status.code(),
    }
}

fn weight(day: u32, kg: f64) -> String {
    format!(
        r#"{{"patient":"p1","vital":"weight","value":{kg},"unit":"kg","taken_at":"2026-11-{day:02}T08:00:00Z"}}"#
    ) + "\n"
}

#[test]
fn an_alert_opens_worsens_and_recovers() {
    let glucose = |hour: u32, value: f64| {
        format!(
            r#"{{"patient":"p1","vital":"glucose","value":{value},"unit":"mmol/L","taken_at":"2026-11-01T{hour:02}:00:00Z"}}"#
        ) + "\n"
    };
    let lines: String = [(8, 5.0), (9, 3.6), (10, 3.5), (11, 2.8), (12, 6.0), (13, 6.1)]
        .map(|(hour, value)| glucose(hour, value))
        .concat();
    let tried = backtest(&lines, None);
    assert_eq!(
        tried.lines(),
        [
            "p1 glucose_low amber opened 2026-11-01T09:00:00Z",
            "p1 glucose_low red worsened 2026-11-01T11:00:00Z",
            "p1 glucose_low red recovered 2026-11-01T13:00:00Z",
        ]
    );
    assert_eq!(tried.told[0]["because"], serde_json::json!(["line-2"]));
    assert_eq!(tried.code, Some(0));
    assert!(tried.stderr.contains("6 readings of 1 patients over 1 patient-days"), "{}", tried.stderr);
}

#[test]
fn a_change_names_both_readings_that_it_rests_on() {
    let tried = backtest(&[weight(1, 80.0), weight(2, 81.0), weight(4, 82.1)].concat(), None);
    assert_eq!(tried.lines(), ["p1 weight_gain amber opened 2026-11-04T08:00:00Z"]);
    assert_eq!(tried.told[0]["because"], serde_json::json!(["line-1", "line-3"]));
}

#[test]
fn a_late_reading_is_judged_at_the_time_it_was_taken() {
    let late = r#"{"patient":"p1","vital":"weight","value":85,"unit":"kg","taken_at":"2026-10-20T08:00:00Z","received_at":"2026-11-02T09:00:00Z"}"#;
    let tried =
        backtest(&[weight(1, 80.0), weight(2, 80.5), format!("{late}\n"), weight(3, 80.4)].concat(), None);
    assert_eq!(tried.lines(), [] as [&str; 0], "{}", tried.stderr);
}

#[test]
fn a_full_set_carries_its_score() {
    let line = |vital: &str, value: &str| {
        format!(
            r#"{{"patient":"p1","set":"s1","vital":"{vital}","value":{value},"taken_at":"2026-11-01T08:00:00Z"}}"#
        ) + "\n"
    };
    let signs = [
        ("respiratory_rate", "22"),
        ("spo2", "93"),
        ("oxygen", "\"oxygen\""),
        ("systolic", "105"),
        ("pulse", "115"),
        ("consciousness", "\"A\""),
        ("temperature", "38.5"),
    ];
    let whole: String = signs.map(|(vital, value)| line(vital, value)).concat();
    let tried = backtest(&whole, None);
    let [told] = tried.of("news2")[..] else { panic!("{:?}", tried.lines()) };
    assert_eq!(
        (&told["score"], &told["complete"], &told["severity"]),
        (&10.into(), &true.into(), &"red".into())
    );
    assert_eq!(
        told["parts"],
        serde_json::json!({"respiratory_rate": 2, "spo2": 2, "oxygen": 2, "systolic": 1, "pulse": 2, "consciousness": 0, "temperature": 1})
    );
    assert!(told["because"].as_array().unwrap().contains(&"s1.pulse".into()));
    // Without one sign the score is partial, and still a reason.
    let partial: String = signs[..6].iter().map(|(vital, value)| line(vital, value)).collect();
    let tried = backtest(&partial, None);
    assert_eq!(
        (&tried.of("news2")[0]["score"], &tried.of("news2")[0]["complete"]),
        (&9.into(), &false.into())
    );
}

#[test]
fn scale_2_is_a_patients_own() {
    let line = r#"{"patient":"p1","vital":"spo2","value":90,"unit":"%","taken_at":"2026-11-01T08:00:00Z"}"#;
    assert_eq!(backtest(line, None).of("news2").len(), 1);
    let own = "[patient.p1]\nnews2.scale = 2\nspo2_low.spo2_red = 85\n\"spo2_low.spo2_amber\" = 87\n";
    assert_eq!(backtest(line, Some(own)).lines(), [] as [&str; 0]);
}

#[test]
fn time_that_passes_is_silence() {
    let now = |day: u32| format!(r#"{{"patient":"p1","now":"2026-11-{day:02}T20:00:00Z"}}"#) + "\n";
    let lines = [weight(1, 80.0), now(2), now(3), now(4), now(5), weight(6, 80.0)].concat();
    let tried = backtest(&lines, None);
    let silence: Vec<_> = tried.lines().into_iter().filter(|line| line.starts_with("p1 silence ")).collect();
    assert_eq!(
        silence,
        [
            "p1 silence advice opened 2026-11-04T20:00:00Z",
            "p1 silence amber worsened 2026-11-05T20:00:00Z",
            "p1 silence amber recovered 2026-11-06T08:00:00Z",
        ]
    );
}

#[test]
fn every_bad_line_is_told_with_its_number_and_the_others_are_judged() {
    let bad = [
        ("nonsense", "it is not JSON"),
        ("[1]", "it is not a JSON object"),
        (r#"{"vital":"pulse","value":70,"taken_at":"2026-11-01T08:00:00Z"}"#, "'patient' is missing"),
        (
            r#"{"patient":"p1","vital":"puls","value":70,"taken_at":"2026-11-01T08:00:00Z"}"#,
            "vital sign is unknown",
        ),
        (r#"{"patient":"p1","vital":"pulse","taken_at":"2026-11-01T08:00:00Z"}"#, "'value' is missing"),
        (r#"{"patient":"p1","vital":"pulse","value":70}"#, "'taken_at' is missing"),
        (
            r#"{"patient":"p1","vital":"pulse","value":70,"taken_at":"yesterday"}"#,
            "'taken_at' must be a time",
        ),
        (
            r#"{"patient":"p1","vital":"pulse","value":700,"taken_at":"2026-11-01T08:00:00Z"}"#,
            "is not possible",
        ),
        (
            r#"{"patient":"p1","vital":"pulse","value":70,"unit":"kg","taken_at":"2026-11-01T08:00:00Z"}"#,
            "does not measure pulse",
        ),
    ];
    let good = r#"{"patient":"p2","vital":"glucose","value":2.1,"taken_at":"2026-11-01T08:00:00Z"}"#;
    let lines = bad.map(|(line, _)| line).join("\n") + "\n\n" + good;
    let tried = backtest(&lines, None);
    assert_eq!(tried.code, Some(1));
    assert_eq!(tried.lines(), ["p2 glucose_low red opened 2026-11-01T08:00:00Z"]);
    for (place, (_, why)) in bad.iter().enumerate() {
        let told = format!("line {}: ", place + 1);
        assert!(
            tried.stderr.lines().any(|line| line.contains(&told) && line.contains(why)),
            "{told}{why}: {}",
            tried.stderr
        );
    }
}

#[test]
fn units_are_converted_and_limits_may_be_a_patients_own() {
    let line =
        r#"{"patient":"p1","vital":"glucose","value":63,"unit":"mg/dL","taken_at":"2026-11-01T08:00:00Z"}"#;
    assert_eq!(backtest(line, None).told[0]["why"], "blood glucose 3.496892 mmol/L, below 4");
    assert_eq!(backtest(line, Some("[patient.p1]\nglucose_amber = 3.2\n")).lines(), [] as [&str; 0]);
    let tried = backtest(line, Some("[patient.p1]\nglucose_ember = 3.2\n"));
    assert_eq!(tried.code, Some(2));
    assert!(
        tried.stderr.contains("[patient.p1]: no rule has a parameter 'glucose_ember'"),
        "{}",
        tried.stderr
    );
}
