//! The HTTP limit: axum with a handler that does nothing, in a process of its own as the gateway is.

use std::env::current_exe;
use std::io::{BufRead, BufReader};
use std::net::Ipv4Addr;
use std::process::{Command, Stdio};

use anyhow::{Context, Result};
use axum::Router;
use axum::http::StatusCode;
use axum::routing::post;

use crate::form::WEBHOOK;
use crate::process::Process;

#[derive(Debug)]
pub struct EmptyHandler {
    pub port: u16,
    /// Ends with us.
    _process: Process,
}

impl EmptyHandler {
    /// Starts this very program again, as the server.
    pub fn start() -> Result<Self> {
        let mut process =
            Process::start(Command::new(current_exe()?).arg("--serve-empty").stdout(Stdio::piped()))?;
        let output = process.child().stdout.take().context("the empty handler has no output")?;
        let mut line = String::new();
        BufReader::new(output).read_line(&mut line)?;
        let port = line.trim().parse().context("the empty handler does not say its port")?;
        Ok(Self { port, _process: process })
    }
}

/// Serves until it is killed; says its port first.
pub fn serve() -> Result<()> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(async {
        let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        println!("{}", listener.local_addr()?.port());
        let app = Router::new().route(WEBHOOK, post(|| async { StatusCode::OK }));
        axum::serve(listener, app).await?;
        Ok(())
    })
}
