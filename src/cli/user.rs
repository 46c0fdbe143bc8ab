//! `lamplight user`: who may sign in.

use std::io::{Write, stdin};

use anyhow::{Context, bail};
use clap::{Subcommand, ValueEnum};

use super::ACTOR;
use super::contact::{self, ContactCommand};
use crate::clock::Clock;
use crate::engine::account::{
    NewUser, Passwords, Secret, add_user, disable_user, random_password, reset_password,
};
use crate::store::Store;
use crate::store::user::{Role, User};

#[derive(Debug, Subcommand)]
pub enum UserCommand {
    /// Add somebody who may sign in; a password is made up and printed once unless one is given
    Add {
        /// What they type to sign in: lower-case letters, digits, '.', '_', '@' or '-'
        name: String,
        /// What others see; the name when left out
        #[arg(long)]
        full_name: Option<String>,
        #[arg(long, value_enum, default_value_t)]
        role: RoleArg,
        /// Read the password from the first line of standard input
        #[arg(long)]
        password_stdin: bool,
    },
    /// List everybody
    List,
    /// Shut somebody out at once
    Disable { name: String },
    /// How somebody is reached when an alert waits
    #[command(subcommand)]
    Contact(ContactCommand),
    /// Give somebody a new password, which also opens a locked or disabled account again
    ResetPassword {
        name: String,
        /// Read the password from the first line of standard input
        #[arg(long)]
        password_stdin: bool,
    },
}

#[derive(Debug, Clone, Copy, Default, ValueEnum)]
pub enum RoleArg {
    #[default]
    Nurse,
    Admin,
}

/// Runs one command; every failure is one sentence for the person at the terminal.
pub async fn run(
    command: UserCommand,
    store: &Store,
    clock: &Clock,
    out: &mut impl Write,
) -> anyhow::Result<()> {
    let (actor, now) = (ACTOR, clock.now());
    let passwords = Passwords::new();
    match command {
        UserCommand::Add { name, full_name, role, password_stdin } => {
            let (password, made_up) = choose_password(password_stdin)?;
            let full_name = full_name.as_deref().map(str::trim).filter(|full| !full.is_empty());
            let user = NewUser {
                name: &name,
                full_name: full_name.unwrap_or(&name),
                role: role.into(),
                password: &password,
            };
            add_user(store, &passwords, actor, &user, now).await?;
            tell(out, &format!("{name} may sign in"), &password, made_up)?;
        }
        UserCommand::List => {
            for user in store.users().await? {
                writeln!(out, "{}", line(&user, clock))?;
            }
        }
        UserCommand::Disable { name } => {
            disable_user(store, actor, &name, now).await?;
            writeln!(out, "{name} is signed out everywhere and can no longer sign in.")?;
        }
        UserCommand::Contact(command) => contact::run(command, store, now, out).await?,
        UserCommand::ResetPassword { name, password_stdin } => {
            let (password, made_up) = choose_password(password_stdin)?;
            reset_password(store, &passwords, actor, &name, &password, now).await?;
            tell(out, &format!("{name} may sign in again"), &password, made_up)?;
        }
    }
    Ok(())
}

/// The password from standard input, or a made-up one, and which of both it is.
fn choose_password(from_stdin: bool) -> anyhow::Result<(Secret, bool)> {
    if !from_stdin {
        return Ok((random_password(), true));
    }
    let mut line = String::new();
    stdin().read_line(&mut line).context("the password could not be read from standard input")?;
    let password = line.trim_end_matches(['\r', '\n']);
    if password.is_empty() {
        bail!("there is no password on standard input: write it there as one line");
    }
    Ok((Secret::new(password), false))
}

fn tell(out: &mut impl Write, what: &str, password: &Secret, made_up: bool) -> anyhow::Result<()> {
    if made_up {
        writeln!(out, "{what} with this password, which is not shown again:")?;
        writeln!(out, "{}", password.expose())?;
    } else {
        writeln!(out, "{what} with the password you gave.")?;
    }
    Ok(())
}

/// Name, role, standing, full name, parted by tabs.
fn line(user: &User, clock: &Clock) -> String {
    let standing = match (user.disabled_at, user.locked_until) {
        (Some(_), _) => "disabled",
        (None, Some(until)) if until > clock.now() => "locked",
        (None, _) => "active",
    };
    format!("{}\t{}\t{standing}\t{}", user.name, user.role.name(), user.full_name)
}

impl From<RoleArg> for Role {
    fn from(role: RoleArg) -> Self {
        match role {
            RoleArg::Nurse => Self::Nurse,
            RoleArg::Admin => Self::Admin,
        }
    }
}
