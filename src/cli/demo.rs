//! `lamplight demo`: everything in one process, nothing to set up.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use clap::Args;

use crate::clock::Clock;
use crate::daemon::demo::{Doors, Welcome, demo};

use super::failure::Failure;

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
    let door = |port| SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port);
    let doors = Doors {
        console: door(args.console_port),
        phones: door(args.phones_port),
        broker: door(args.broker_port),
    };
    let ended = demo(&folder, doors, clock, |welcome| print!("{}", words(welcome))).await;
    if ours {
        // Made-up people in a temporary folder: whatever cannot be removed harms nobody.
        let _ = std::fs::remove_dir_all(&folder);
    }
    ended.map_err(Failure::from)
}

/// What a visitor reads first.
fn words(welcome: &Welcome) -> String {
    let mut words = format!(
        "\nLamplight demo: {} patients, {} home devices, everything made up.\n\n\
         \x20 Nurses' queue    http://{}\n",
        welcome.patients, welcome.devices, welcome.console
    );
    for (name, password, who) in &welcome.people {
        words.push_str(&format!("    sign in as     {name}  {password}   ({who})\n"));
    }
    words.push_str(&format!(
        "  Patients' phones http://{}\n\
         \x20   text           BP 185 121\n\
         \x20 MQTT broker      mqtt://{}\n\
         \x20   publish        lamplight/v1/cuff-01/reading\n\
         \x20 JSON API         http://{}/api/v1/alerts\n\
         \x20   bearer token   {}\n\n\
         Ctrl-C ends it.\n\n",
        welcome.phones, welcome.broker, welcome.console, welcome.token
    ));
    words
}
