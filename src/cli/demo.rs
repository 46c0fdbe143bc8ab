//! `lamplight demo`: everything in one process, nothing to set up.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use clap::Args;

use crate::clock::Clock;
use crate::daemon::demo::{Asked, Doors, Welcome, demo};

use super::failure::Failure;

/// Where a device of the ward publishes, and a reading that opens a red alert.
const TOPIC: &str = "lamplight/v1/cuff-01/reading";
const READING: &str = r#"{"readings":[{"vital":"systolic","value":185,"unit":"mm[Hg]"},{"vital":"diastolic","value":121,"unit":"mm[Hg]"}]}"#;

#[derive(Debug, Args)]
pub struct DemoArgs {
    /// Where the demo keeps its database; it must be empty or not there. A fresh temporary folder otherwise
    #[arg(long, value_name = "FOLDER")]
    data: Option<PathBuf>,
    #[arg(long, value_name = "PORT", default_value_t = 8080)]
    console_port: u16,
    #[arg(long, value_name = "PORT", default_value_t = 8081)]
    phones_port: u16,
    #[arg(long, value_name = "PORT", default_value_t = 1883)]
    broker_port: u16,
}

/// Runs until a signal. A folder of our own making is removed at the end.
pub async fn run(args: DemoArgs) -> Result<(), Failure> {
    let clock = Clock::system();
    let ours = args.data.is_none();
    let folder = args.data.unwrap_or_else(|| {
        std::env::temp_dir().join(format!(
            "lamplight-demo-{}-{}",
            std::process::id(),
            clock.now().as_millisecond()
        ))
    });
    let unusable =
        |error: std::io::Error| Failure::Unreachable(format!("{} cannot be used: {error}", folder.display()));
    std::fs::create_dir_all(&folder).map_err(unusable)?;
    if std::fs::read_dir(&folder).map_err(unusable)?.next().is_some() {
        return Err(Failure::Usage(format!("{} is not empty: name a fresh folder", folder.display())));
    }
    println!("\nThe ward lives through its last fortnight first; that takes some seconds.");
    let door = |port| SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port);
    let doors = Doors {
        console: door(args.console_port),
        phones: door(args.phones_port),
        broker: door(args.broker_port),
    };
    let ended = demo(&folder, doors, clock, |welcome| print!("{}", words(welcome, ours))).await;
    if ours {
        // Made-up people in a temporary folder: whatever cannot be removed harms nobody.
        let _ = std::fs::remove_dir_all(&folder);
    }
    ended.map_err(Failure::from)
}

/// What a visitor reads first.
fn words(welcome: &Welcome, ours: bool) -> String {
    let Welcome { folder, console, phones, broker, patients, devices, people, token, now, is_quiet, asked } =
        welcome;
    let questions: String = asked
        .iter()
        .map(|Asked { at, who, what, answers }| format!("  {at}  {who:<14} {what:<34} text {answers}\n"))
        .collect();
    let quiet = if *is_quiet {
        "These are quiet hours (21:00 to 07:30): reminders, tips and late questions wait for the morning. What patients are\n\
         asked at a time of their own comes all the same.\n\n"
    } else {
        ""
    };
    let mut words = format!(
        "\nLamplight demo: {patients} patients and {devices} home devices. Everybody and everything is made up,\n\
         the fortnight that lies behind them too.\n\n\
         \x20 Nurses' queue     http://{console}\n"
    );
    for (name, password, who) in people {
        words.push_str(&format!("    sign in as      {name:<6} {password}   {who}\n"));
    }
    words.push_str(&format!(
        "  Patients' phones  http://{phones}\n\
         \x20 MQTT broker       mqtt://{broker}\n\
         \x20   publish         {TOPIC}\n\
         \x20 JSON API          http://{console}/api/v1/alerts\n\
         \x20   bearer token    {token}\n\n\
         Be a patient: open Ada Bright's phone, text BP 186 97, and look at the queue. These are asked soon (it is {now} in\n\
         the ward, Europe/London); answer them on their phones:\n\n\
         {questions}\n\
         {quiet}\
         Or be a device:\n\n\
         \x20 mosquitto_pub -p {port} -q 1 -t {TOPIC} -m \\\n\
         \x20   '{READING}'\n\n\
         Or another system:\n\n\
         \x20 curl -H 'Authorization: Bearer {token}' \\\n\
         \x20   'http://{console}/api/v1/prompts?patient=p11&limit=5'\n\n\
         All of it lies in {folder}{fate}. Ctrl-C ends it.\n\n",
        port = broker.port(),
        folder = folder.display(),
        fate = if ours { ", which goes when the demo ends" } else { "" },
    ));
    words
}
