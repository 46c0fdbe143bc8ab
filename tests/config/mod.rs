//! The configuration: what is asked for is taken, and nothing that cannot be meant starts.

#![allow(clippy::unwrap_used, reason = "a test that cannot be set up fails")]

mod environment;
mod fault;
mod file;
mod property;

use std::path::Path;

use lamplight::config::{Config, ConfigError};

/// The least set of the contract.
const LEAST: &str = r#"[store]
path = "lamplight.db"
[http]
listen = "127.0.0.1:8080"
public_url = "https://lamplight.example.org"
[mqtt]
broker = "mqtt://127.0.0.1:1883"
[sms]
provider = "twilio"
[sms.twilio]
account_sid = "AC0123456789abcdef0123456789abcdef"
auth_token = "t0ken-in-the-file"
from = "+447700900456"
api_base = "https://api.twilio.com"
[clinical]
protocols = "protocols"
rules = "alert_rules"
"#;

fn load(text: &str, env: &[(&str, &str)]) -> Result<Config, ConfigError> {
    let env = env.iter().map(|(name, value)| (name.to_string(), value.to_string()));
    Config::load(text, Path::new("config.toml"), env)
}

/// The sentence of a configuration that must not start.
fn fault(text: &str, env: &[(&str, &str)]) -> String {
    let sentence = load(text, env).unwrap_err().to_string();
    assert!(!sentence.contains('\n'), "{sentence}");
    sentence
}
