//! `lamplight audit verify` and `lamplight audit head`: that what was done is still on record, unchanged.

use std::io::Write;

use clap::{Args, Subcommand};

use super::failure::Failure;
use crate::domain::audit::Head;
use crate::store::Store;

#[derive(Debug, Subcommand)]
pub enum AuditCommand {
    /// Walks the whole audit trail and says whether every row holds
    Verify(VerifyArgs),
    /// Prints the head of the trail; keep it outside this machine, and `verify --head` proves that nothing was rewritten
    Head,
}

#[derive(Debug, Args)]
pub struct VerifyArgs {
    /// A head that was kept: the trail must still have it
    #[arg(long, value_name = "HASH:SEQ")]
    head: Option<Head>,
}

/// Whether what was looked at holds.
pub async fn run(command: &AuditCommand, store: &Store, out: &mut impl Write) -> Result<bool, Failure> {
    let holds = match command {
        AuditCommand::Verify(args) => match store.verify_audit(args.head.clone()).await? {
            Ok(head) => {
                writeln!(out, "{} rows hold; the head is {head}", head.seq)?;
                if let Some(kept) = &args.head {
                    writeln!(out, "row {} is the one that was kept", kept.seq)?;
                }
                true
            }
            Err(broken) => {
                writeln!(out, "the audit trail does not hold: {broken}")?;
                false
            }
        },
        AuditCommand::Head => match store.audit_head().await? {
            Some(head) => {
                writeln!(out, "{head}")?;
                true
            }
            None => return Err(Failure::DoesNotHold("nothing has been done yet".to_owned())),
        },
    };
    store.close().await;
    Ok(holds)
}
