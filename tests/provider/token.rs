//! The token of each request to Notify, by the word of Notify's own library.

use std::io::Write;
use std::process::{Command, Stdio};

use lamplight::clock::Clock;
use lamplight::sms::notify::ApiKey;

use super::edge::API_KEY;
use crate::peers::twilio::tools;
use crate::support::house::PROJECT;

const SECRET: &str = "3d844edf-8d35-48ac-975b-e847b4f122b0";
const SERVICE: &str = "26785a09-ab16-4eb0-8407-a37497a57506";

/// What Notify's library says of each token under this secret: its service, or the fault's name.
fn judge(cases: &[(&str, &str)]) -> Vec<String> {
    let mut judge = Command::new(tools("venv/bin/python"))
        .arg(format!("{PROJECT}/tests/tools/notify_token.py"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = judge.stdin.take().unwrap();
    for (token, secret) in cases {
        writeln!(input, "{token} {secret}").unwrap();
    }
    drop(input);
    let output = judge.wait_with_output().unwrap();
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}

#[test]
fn notify_believes_our_tokens_for_half_a_minute_and_nobody_elses() {
    let now = Clock::system().now();
    let key = ApiKey::parse(API_KEY).unwrap();
    let ours = key.token(now);
    let (old, early) = (
        key.token(now - jiff::SignedDuration::from_secs(60)),
        key.token(now + jiff::SignedDuration::from_secs(90)),
    );
    let bent = format!("{}A{}", &ours[..ours.len() - 20], &ours[ours.len() - 19..]);
    let bent = if bent == ours {
        format!("{}B{}", &ours[..ours.len() - 20], &ours[ours.len() - 19..])
    } else {
        bent
    };
    let said = judge(&[(&ours, SECRET), (&ours, SERVICE), (&bent, SECRET), (&old, SECRET), (&early, SECRET)]);
    assert_eq!(
        said,
        [SERVICE, "TokenDecodeError", "TokenDecodeError", "TokenExpiredError", "TokenExpiredError"]
    );
}

#[test]
fn a_key_is_never_shown() {
    assert_eq!(format!("{:?}", ApiKey::parse(API_KEY).unwrap()), "***");
}
