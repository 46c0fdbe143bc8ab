//! `lamplight token`: what programs call the API with.

use std::io::Write;

use clap::{Subcommand, ValueEnum};

use crate::clock::Clock;
use crate::engine::account::{add_token, revoke_token};
use crate::engine::id::IdSource;
use crate::store::Store;
use crate::store::token::{Scope, Token};

/// Whose deeds these are in the audit trail: whoever may open the database file.
const ACTOR: &str = "command line";

#[derive(Debug, Subcommand)]
pub enum TokenCommand {
    /// Make a token; its secret is printed once, alone on one line
    Add {
        /// What the token is for: lower-case letters, digits, '.', '_', '@' or '-'
        name: String,
        #[arg(long, value_enum, default_value_t)]
        scope: ScopeArg,
        /// The user whose deeds its calls are
        #[arg(long)]
        user: Option<String>,
    },
    /// List all tokens, never their secrets
    List,
    /// Revoke a token for ever
    Revoke { name: String },
}

#[derive(Debug, Clone, Copy, Default, ValueEnum)]
pub enum ScopeArg {
    Read,
    #[default]
    Write,
}

/// Runs one command; every failure is one sentence for the person at the terminal.
pub async fn run(
    command: TokenCommand,
    store: &Store,
    clock: &Clock,
    out: &mut impl Write,
) -> anyhow::Result<()> {
    let (actor, now) = (ACTOR, clock.now());
    match command {
        TokenCommand::Add { name, scope, user } => {
            let ids = IdSource::default();
            let secret = add_token(store, &ids, actor, &name, scope.into(), user.as_deref(), now).await?;
            writeln!(out, "{}", secret.expose())?;
        }
        TokenCommand::List => {
            for token in store.tokens().await? {
                writeln!(out, "{}", line(&token))?;
            }
        }
        TokenCommand::Revoke { name } => {
            revoke_token(store, actor, &name, now).await?;
            writeln!(out, "the token {name} no longer works.")?;
        }
    }
    Ok(())
}

/// Name, scope, standing, user, parted by tabs.
fn line(token: &Token) -> String {
    let standing = if token.revoked_at.is_some() { "revoked" } else { "active" };
    let user = token.user_name.as_deref().unwrap_or("-");
    format!("{}\t{}\t{standing}\t{user}", token.name, token.scope.name())
}

impl From<ScopeArg> for Scope {
    fn from(scope: ScopeArg) -> Self {
        match scope {
            ScopeArg::Read => Self::Read,
            ScopeArg::Write => Self::Write,
        }
    }
}
