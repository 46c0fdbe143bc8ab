//! `lamplight parse`: how a text message is understood, as one JSON line.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use serde::Deserialize;
use serde_json::Value;
use thiserror::Error;

use crate::clock::Clock;
use crate::domain::decide::{PatientState, preview};
use crate::domain::id::PatientId;
use crate::domain::patient::Patient;
use crate::domain::phone::Phone;
use crate::domain::reply::{Asked, Context, Understanding, to_json, understand};
use crate::engine::known_state;

use super::config::{ConfigFile, built_in};
use super::failure::Failure;

/// How a text message is understood.
#[derive(Debug, Args)]
pub struct ParseArgs {
    /// The pending question: blood_pressure, pulse, spo2, respiratory_rate, temperature, weight, glucose,
    /// peak_flow, ketones, number, yes_no or scale_1_5.
    #[arg(long)]
    pub asked: Option<String>,
    /// The patient whose record gives the context.
    #[arg(long)]
    pub patient: Option<String>,
    /// Texts to read instead, one {"text":…,"asked":…} a line.
    #[arg(long, value_name = "TEXTS.jsonl", conflicts_with = "text")]
    pub file: Option<PathBuf>,
    /// The text message.
    #[arg(required_unless_present = "file")]
    pub text: Option<String>,
}

/// Why there is nothing to print.
#[derive(Debug, PartialEq, Eq, Error)]
pub enum ParseError {
    #[error(
        "unknown question {0:?}: use blood_pressure, pulse, spo2, respiratory_rate, temperature, weight, glucose, \
         peak_flow, ketones, number, yes_no or scale_1_5"
    )]
    UnknownQuestion(String),
    #[error(
        "line {line} of the file: {fault}; each line is {{\"text\":\"…\",\"asked\":\"…\"}}, asked may be left out"
    )]
    FaultyLine { line: usize, fault: String },
}

/// One line of `--file`. Other fields are left alone, so that labelled texts can be read as they are.
#[derive(Debug, Deserialize)]
struct TextLine {
    text: String,
    #[serde(default)]
    asked: Option<String>,
}

/// A pending question by any of its names. The second is whether the text is also the prompt's example.
fn question(name: &str) -> Option<(Asked, bool)> {
    let asked = match name {
        "bp" | "bp_prompt_with_same_example" => Asked::BloodPressure,
        "pef" => Asked::PeakFlow,
        "temp" => Asked::Temperature,
        "yesno" => Asked::YesNo,
        "scale1_5" => Asked::Scale1To5,
        // A numbered field of a form asks for one number.
        "form" => Asked::Number,
        name => Asked::from_name(name)?,
    };
    Some((asked, name == "bp_prompt_with_same_example"))
}

/// What would be answered to a text that was understood so, the question being this.
type ReplyOf<'r> = &'r dyn Fn(Option<Asked>, &Understanding) -> Option<String>;

/// The JSON line of one text. `base` is what is known of the patient; `asked` overrules its question.
pub fn parse_line(
    text: &str,
    asked: Option<&str>,
    base: Context<'_>,
    reply_of: ReplyOf<'_>,
) -> Result<Value, ParseError> {
    let mut context = base;
    if let Some(name) = asked {
        let (asked, same_example) =
            question(name).ok_or_else(|| ParseError::UnknownQuestion(name.to_owned()))?;
        context.asked = Some(asked);
        if same_example {
            context.example = Some(text);
        }
    }
    let understanding = understand(text, &context);
    Ok(to_json(&understanding, reply_of(context.asked, &understanding).as_deref()))
}

/// The JSON lines of a whole file, or the first fault in it. Empty lines are skipped; an unknown question is none.
pub fn parse_file(content: &str, base: Context<'_>, reply_of: ReplyOf<'_>) -> Result<Vec<Value>, ParseError> {
    let lines = content.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    lines
        .map(|(index, line)| {
            let read: TextLine = serde_json::from_str(line)
                .map_err(|fault| ParseError::FaultyLine { line: index + 1, fault: fault.to_string() })?;
            let asked = read.asked.as_deref().filter(|name| question(name).is_some());
            parse_line(&read.text, asked, base, reply_of)
        })
        .collect()
}

/// Prints one line a text. Without a patient the reply is the one that anybody would be sent who is kept to the rules'
/// own limits.
pub async fn run(args: &ParseArgs, file: &ConfigFile, out: &mut impl Write) -> Result<ExitCode, Failure> {
    let now = Clock::system().now();
    let (catalog, state) = match &args.patient {
        None => (built_in()?, PatientState::of(anybody())),
        Some(id) => {
            let id = PatientId::parse(id).map_err(|bad| Failure::Usage(bad.to_string()))?;
            let (store, catalog) = file.open_house().await?;
            let state = known_state(&store, &id, now).await?;
            store.close().await;
            (catalog, state.ok_or_else(|| Failure::DoesNotHold(format!("there is no patient {id}")))?)
        }
    };
    let context = Context {
        last_weight_kg: state.last_weight_kg,
        awaits_confirmation: state.confirmation.is_some(),
        ..Context::default()
    };
    let reply_of = |asked: Option<Asked>, heard: &Understanding| preview(&state, &catalog, asked, heard, now);
    let lines = match (&args.file, &args.text) {
        (Some(path), _) => {
            let content = std::fs::read_to_string(path)
                .map_err(|error| Failure::Usage(format!("{} cannot be read: {error}", path.display())))?;
            parse_file(&content, context, &reply_of)
        }
        (None, text) => {
            let text = text.as_deref().unwrap_or_default();
            parse_line(text, args.asked.as_deref(), context, &reply_of).map(|line| vec![line])
        }
    };
    let lines = lines.map_err(|error| Failure::Usage(error.to_string()))?;
    for line in lines {
        writeln!(out, "{line}")?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Somebody with a phone, so that there is a reply to show.
fn anybody() -> Patient {
    let phone = Some(Phone::trusted("+447700900000"));
    Patient { phone, ..Patient::unknown(PatientId::trusted("anybody")) }
}

#[cfg(test)]
mod tests {
    use super::{ParseError, parse_file, parse_line};
    use crate::domain::reply::Context;
    use serde_json::json;

    #[test]
    fn a_line_has_exactly_the_pinned_keys() {
        let line =
            parse_line("141/80", Some("bp"), Context::default(), &|_, _| Some("Thank you.".to_owned()));
        assert_eq!(
            line.unwrap(),
            json!({
                "outcome": "accepted",
                "command": null,
                "readings": [
                    {"vital": "systolic", "value": 141, "unit": "mm[Hg]"},
                    {"vital": "diastolic", "value": 80, "unit": "mm[Hg]"},
                ],
                "worst_plausible": [],
                "answers": [],
                "why": "Understood beyond doubt: blood pressure.",
                "reply": "Thank you.",
            })
        );
    }

    #[test]
    fn beyond_the_scale_has_no_value_and_a_side() {
        let line = parse_line("HI", Some("glucose"), Context::default(), &|_, _| None).unwrap();
        assert_eq!(line["outcome"], "urgent");
        assert_eq!(
            line["readings"],
            json!([{"vital": "glucose", "value": null, "unit": "mmol/L", "beyond": "high"}])
        );
        assert_eq!(line["reply"], json!(null));
    }

    #[test]
    fn an_unknown_question_is_a_fault_on_the_command_line_and_none_in_a_file() {
        let fault = parse_line("72", Some("shoe_size"), Context::default(), &|_, _| None);
        assert_eq!(fault, Err(ParseError::UnknownQuestion("shoe_size".to_owned())));
        let lines = parse_file(
            "{\"text\":\"72\",\"asked\":\"shoe_size\"}\n\n{\"text\":\"72\",\"asked\":\"pulse\"}\n{\"text\":\"hi\",\"asked\":null}",
            Context::default(),
            &|_, _| None,
        );
        let outcomes: Vec<_> = lines.unwrap().into_iter().map(|line| line["outcome"].clone()).collect();
        assert_eq!(outcomes, ["unclear", "accepted", "ignored"]);
    }

    #[test]
    fn a_faulty_line_is_named() {
        let fault =
            parse_file("{\"text\":\"72\"}\n{\"txt\":\"72\"}", Context::default(), &|_, _| None).unwrap_err();
        assert!(fault.to_string().starts_with("line 2 of the file: missing field `text`"), "{fault}");
    }

    #[test]
    fn an_echo_of_the_prompts_own_example_is_no_reading() {
        let line =
            parse_line("BP 141 80", Some("bp_prompt_with_same_example"), Context::default(), &|_, _| None)
                .unwrap();
        assert_eq!(line["outcome"], "ignored");
    }
}
