//! `lamplight explain ALERT`: why an alert is as it is, judged anew from what is kept.

use std::io::{self, Write};

use clap::Args;

use super::failure::Failure;
use crate::domain::id::AlertId;
use crate::engine::explain::{Explanation, Firing, LimitThen, SiteThen, Verdict, explain};
use crate::store::Store;

#[derive(Debug, Args)]
pub struct ExplainArgs {
    /// The alert's id, as the API and the queue show it
    alert: String,
    /// Print all of it as JSON, with the rule's whole text
    #[arg(long)]
    json: bool,
}

/// Whether what is kept still leads to the same alert, as far as it can be judged anew.
pub async fn run(args: &ExplainArgs, store: &Store, out: &mut impl Write) -> Result<bool, Failure> {
    let unknown = || Failure::DoesNotHold(format!("there is no alert '{}'", args.alert));
    let id = AlertId::parse(&args.alert).map_err(|_| unknown())?;
    let explanation = explain(store, &id).await?.ok_or_else(unknown)?;
    store.close().await;
    if args.json {
        let json = serde_json::to_string_pretty(&explanation).map_err(io::Error::from)?;
        writeln!(out, "{json}")?;
    } else {
        print(&explanation, out)?;
    }
    Ok(explanation.verdict != Verdict::Differs)
}

fn print(told: &Explanation, out: &mut impl Write) -> io::Result<()> {
    writeln!(
        out,
        "alert    {} {} ({}), patient {}",
        told.alert_id, told.severity, told.state, told.patient_id
    )?;
    writeln!(out, "rule     {}: {}", told.rule_id, told.title)?;
    writeln!(out, "opened   {}", told.opened_at)?;
    writeln!(out, "says     {}", told.why)?;
    for firing in &told.firings {
        print_firing(firing, out)?;
    }
    if let Some(site) = &told.site {
        print_site(site, out)?;
    }
    for note in &told.notes {
        writeln!(out, "\nnote     {note}")?;
    }
    writeln!(out, "\nsince then")?;
    for deed in &told.deeds {
        writeln!(out, "  {} {} {}", deed.at, deed.actor, deed.action)?;
    }
    for notice in &told.notices {
        let whom = notice.person.as_deref().unwrap_or(&notice.target);
        match (&notice.channel, &notice.missed) {
            (_, Some(missed)) => writeln!(out, "  {} tried {whom} ({}): {missed}", notice.at, notice.reason)?,
            (channel, None) => {
                let by = channel.as_deref().unwrap_or("-");
                writeln!(out, "  {} told {whom} by {by} ({})", notice.at, notice.reason)?;
            }
        }
    }
    let verdict = match told.verdict {
        Verdict::Same => {
            "the same: judged anew from what is kept, every firing is as it was written, byte by byte"
        }
        Verdict::Differs => "DIFFERS: see above",
        Verdict::NotRebuilt => "not rebuilt: see the notes above",
    };
    writeln!(out, "\nverdict  {verdict}")
}

fn print_firing(firing: &Firing, out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "\nfired    {} on {}", firing.decided_at, firing.set_id)?;
    match &firing.came_in {
        Some(came) => {
            writeln!(out, "  came in   {} from {} at {}", came.kind, came.from, came.received_at)?;
            writeln!(out, "            {}", came.raw.trim_end().replace('\n', "\n            "))?;
            writeln!(out, "  journal   {}: {}", came.outcome, came.reason)?;
        }
        None => writeln!(out, "  came in   nothing: what had not come was judged")?,
    }
    let read = firing.read_as.iter().chain(&firing.answered).cloned().collect::<Vec<_>>().join("; ");
    writeln!(out, "  read as   {}", if read.is_empty() { "no reading and no answer" } else { &read })?;
    writeln!(out, "  known     {} readings and answers from before", firing.known_before)?;
    if let Some(rule) = &firing.rule {
        writeln!(out, "  rule      {} version {} ({})", rule.name, rule.version, rule.kind)?;
        writeln!(out, "            {}", rule.evidence.trim_end().replace('\n', "\n            "))?;
    }
    for limit in &firing.limits {
        print_limit(limit, out)?;
    }
    match firing.sealed {
        Some(true) => writeln!(out, "  sealed    the evidence is the one that the audit trail sealed")?,
        Some(false) => {
            writeln!(out, "  sealed    NO: the evidence is not the one that the audit trail sealed")?
        }
        None => writeln!(out, "  sealed    no: it is older than the seals")?,
    }
    for note in &firing.notes {
        writeln!(out, "  note      {note}")?;
    }
    for difference in &firing.differences {
        writeln!(out, "  differs   {difference}")?;
    }
    let verdict = match firing.verdict {
        Verdict::Same => "the same",
        Verdict::Differs => "differs",
        Verdict::NotRebuilt => "not rebuilt",
    };
    writeln!(out, "  verdict   {verdict}")
}

fn print_site(site: &SiteThen, out: &mut impl Write) -> io::Result<()> {
    let team = site.team.as_deref().unwrap_or("of that version is not known any more");
    writeln!(out, "\nsite     version {}: team {team} (the patient's team as of today)", site.version)?;
    if let Some(standard) = &site.standard {
        writeln!(out, "  look      within {standard}")?;
    }
    for step in &site.chain {
        writeln!(out, "  tell      {step}")?;
    }
    Ok(())
}

fn print_limit(limit: &LimitThen, out: &mut impl Write) -> io::Result<()> {
    let value = limit.value.map_or("none".to_owned(), |value| format!("{value} {}", limit.unit));
    match (&limit.author, &limit.since) {
        (Some(author), Some(since)) => {
            let reason = limit.reason.as_deref().unwrap_or_default();
            writeln!(out, "  limit     {} {value}, set by {author} at {since}: {reason}", limit.parameter)
        }
        _ => writeln!(out, "  limit     {} {value}, the rule's own", limit.parameter),
    }
}
