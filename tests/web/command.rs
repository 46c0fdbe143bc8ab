//! `lamplight user` and `lamplight token`, as the command line parses and runs them.

use clap::Parser;
use lamplight::cli::token::{self, TokenCommand};
use lamplight::cli::user::{self, UserCommand};

use super::ward::Ward;

#[derive(Parser)]
enum Commands {
    #[command(subcommand)]
    User(UserCommand),
    #[command(subcommand)]
    Token(TokenCommand),
}

/// What a command prints, or the sentence it fails with.
async fn run(ward: &Ward, line: &str) -> Result<String, String> {
    let commands = Commands::try_parse_from(["lamplight"].into_iter().chain(line.split(' ')))
        .map_err(|error| error.to_string())?;
    let mut out = Vec::new();
    match commands {
        Commands::User(command) => user::run(command, &ward.store, &ward.clock, &mut out).await,
        Commands::Token(command) => token::run(command, &ward.store, &ward.clock, &mut out).await,
    }
    .map_err(|error| error.to_string())?;
    Ok(String::from_utf8(out).unwrap())
}

#[tokio::test]
async fn a_user_is_added_with_a_password_that_works_and_is_told_once() {
    let ward = Ward::open().await;
    let told = run(&ward, "user add anna --full-name Anna --role admin").await.unwrap();
    let password = told.lines().last().unwrap();
    assert_eq!(told.matches(password).count(), 1);
    assert_eq!(ward.try_sign_in("anna", password).await.status, 303);
    assert_eq!(run(&ward, "user list").await.unwrap(), "anna\tadmin\tactive\tAnna\n");

    run(&ward, "user disable anna").await.unwrap();
    assert_eq!(ward.try_sign_in("anna", password).await.status, 403);
    assert_eq!(run(&ward, "user list").await.unwrap(), "anna\tadmin\tdisabled\tAnna\n");

    let told = run(&ward, "user reset-password anna").await.unwrap();
    let fresh = told.lines().last().unwrap();
    assert_ne!(fresh, password);
    assert_eq!(ward.try_sign_in("anna", password).await.status, 403);
    assert_eq!(ward.try_sign_in("anna", fresh).await.status, 303);
}

#[tokio::test]
async fn a_token_is_printed_alone_and_never_again() {
    let ward = Ward::open().await;
    ward.hire("anna", "Anna Nurse").await;
    let reader = run(&ward, "token add monitor --scope read").await.unwrap();
    let writer = run(&ward, "token add triage --user anna").await.unwrap();
    assert!(reader.starts_with("lamp_") && reader.lines().count() == 1, "{reader}");
    assert_eq!(ward.call(reader.trim(), "GET", "/api/v1/alerts", "").await.status, 200);
    assert_eq!(ward.call(reader.trim(), "POST", "/api/v1/alerts/x/resolve", "").await.status, 403);
    assert_eq!(ward.call(writer.trim(), "POST", "/api/v1/alerts/x/resolve", "").await.status, 404);

    run(&ward, "token revoke monitor").await.unwrap();
    assert_eq!(ward.call(reader.trim(), "GET", "/api/v1/alerts", "").await.status, 401);
    let list = run(&ward, "token list").await.unwrap();
    assert_eq!(list, "monitor\tread\trevoked\t-\ntriage\twrite\tactive\tanna\n");
}

#[tokio::test]
async fn every_fault_is_one_sentence() {
    let ward = Ward::open().await;
    ward.hire("anna", "Anna Nurse").await;
    run(&ward, "token add monitor").await.unwrap();
    for (line, told) in [
        ("user add anna", "there is already a user named 'anna': choose another name"),
        (
            "user add Anna/B",
            "'Anna/B' is not a usable name: use 1 to 64 lower-case letters, digits, '.', '_', '@' or '-'",
        ),
        ("user disable ben", "there is no user named 'ben'"),
        ("user reset-password ben", "there is no user named 'ben'"),
        ("token add monitor", "there is already a token named 'monitor': choose another name"),
        ("token add other --user ben", "there is no user named 'ben'"),
        ("token revoke other", "there is no token in force named 'other'"),
    ] {
        assert_eq!(run(&ward, line).await.unwrap_err(), told, "{line}");
    }
}
