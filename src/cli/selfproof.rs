//! `lamplight selfproof`: dies at every point on which a promise hangs, and shows that nothing was lost.

use std::io::Write;
use std::path::PathBuf;

use clap::Args;

use super::failure::Failure;
use crate::clock::Clock;
use crate::crash::{Point, arm};
use crate::daemon::DaemonError;
use crate::daemon::selfproof::{AT, Proof, live, prove};

#[derive(Debug, Args)]
pub struct SelfproofArgs {
    /// Where the databases are made, so that the disk that is proved is the one that matters; it must be empty or not
    /// there. A fresh temporary folder otherwise
    #[arg(long, value_name = "FOLDER")]
    data: Option<PathBuf>,
}

/// One life of a daemon that `selfproof` starts.
#[derive(Debug, Args)]
pub struct LifeArgs {
    folder: PathBuf,
}

/// Whether all of it holds.
pub async fn run(args: SelfproofArgs, clock: &Clock, out: &mut impl Write) -> Result<bool, Failure> {
    let ours = args.data.is_none();
    let name = format!("lamplight-selfproof-{}-{}", std::process::id(), clock.now().as_millisecond());
    let base = args.data.unwrap_or_else(|| std::env::temp_dir().join(name));
    let unusable =
        |error: std::io::Error| Failure::Unreachable(format!("{} cannot be used: {error}", base.display()));
    std::fs::create_dir_all(&base).map_err(unusable)?;
    let base = base.canonicalize().map_err(unusable)?;
    if std::fs::read_dir(&base).map_err(unusable)?.next().is_some() {
        return Err(Failure::Usage(format!("{} is not empty: name a fresh folder", base.display())));
    }
    let program = std::env::current_exe()
        .map_err(|error| Failure::Unreachable(format!("the program does not find itself: {error}")))?;
    writeln!(
        out,
        "A daemon dies at {} points and starts again, in {}; that takes about two minutes.",
        Point::ALL.len(),
        base.display()
    )?;
    let proofs: Vec<_> = Point::ALL
        .into_iter()
        .map(|point| {
            let (program, base, clock) = (program.clone(), base.clone(), clock.clone());
            (point, tokio::spawn(async move { prove(&program, &base, point, clock).await }))
        })
        .collect();
    let (mut held, mut sent) = (0, 0);
    let all = proofs.len();
    for (point, proof) in proofs {
        match proof.await {
            Ok(Ok(proof)) => {
                writeln!(out, "{}", line(&proof))?;
                held += usize::from(proof.broken.is_empty());
                sent += proof.sent;
            }
            Ok(Err(error)) => writeln!(out, "FAILS  {:<11} {error}", point.name())?,
            Err(_) => writeln!(out, "FAILS  {:<11} the proof broke off", point.name())?,
        }
        out.flush()?;
    }
    writeln!(out, "{held} of {all} points hold; {sent} texts out, each sent once.")?;
    if ours && held == all {
        // Made-up people in a temporary folder; what fails stays there to be looked at.
        let _ = std::fs::remove_dir_all(&base);
    }
    Ok(held == all)
}

fn line(proof: &Proof) -> String {
    let Proof { point, promised, sent, broken } = proof;
    let (name, words) = (point.name(), point.words());
    match broken.is_empty() {
        true => format!(
            "holds  {name:<11} {words}: {promised} of 4 texts were answered before, all 4 are there once; {sent} texts out"
        ),
        false => format!("FAILS  {name:<11} {words}: {}", broken.join("; ")),
    }
}

/// Lives until it is killed, or dies where the environment says.
pub async fn live_once(args: LifeArgs, clock: Clock) -> Result<(), Failure> {
    if let Ok(name) = std::env::var(AT) {
        let unknown = || Failure::Usage(format!("there is no point '{name}'"));
        arm(Point::from_name(&name).ok_or_else(unknown)?);
    }
    live(&args.folder, clock).await.map_err(|error: DaemonError| error.into())
}
