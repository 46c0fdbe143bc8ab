//! The provider of text messages: takes every text at once and gives it a name, like Twilio's create call.

use std::net::{Ipv4Addr, TcpListener};
use std::thread;

use anyhow::Result;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::http_load::message_length;

/// Listens until the benchmark ends.
#[derive(Debug)]
pub struct SmsSink {
    pub port: u16,
}

impl SmsSink {
    pub fn start() -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        listener.set_nonblocking(true)?;
        let port = listener.local_addr()?.port();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        thread::spawn(move || {
            runtime.block_on(async {
                let listener = tokio::net::TcpListener::from_std(listener)?;
                let mut connections = 0_u64;
                loop {
                    let (stream, _) = listener.accept().await?;
                    connections += 1;
                    tokio::spawn(answer(stream, connections));
                }
                #[expect(unreachable_code, reason = "says what the block returns")]
                std::io::Result::Ok(())
            })
        });
        Ok(Self { port })
    }
}

/// Answers one connection until its other end closes it.
async fn answer(mut stream: TcpStream, connection: u64) -> std::io::Result<()> {
    let mut buffer = Vec::with_capacity(4096);
    let mut texts = 0_u64;
    loop {
        while let Some(length) = message_length(&buffer) {
            buffer.drain(..length);
            texts += 1;
            let body = format!("{{\"sid\":\"SM{connection:016x}{texts:016x}\",\"status\":\"queued\"}}");
            let head = format!(
                "HTTP/1.1 201 Created\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
                body.len()
            );
            stream.write_all((head + &body).as_bytes()).await?;
        }
        if stream.read_buf(&mut buffer).await? == 0 {
            return Ok(());
        }
    }
}
