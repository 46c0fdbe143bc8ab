//! A load of HTTP requests over connections that stay open, each sending its next request when it has its answer.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::process::loopback;
use crate::report::percentile;

const CONNECTIONS: usize = 64;
const WITHIN: Duration = Duration::from_secs(120);

/// What a load came to.
#[derive(Debug, Clone, Copy)]
pub struct Outcome {
    pub requests_a_second: f64,
    pub p99_ms: f64,
}

/// Sends every request once and fails unless each is answered with 200.
pub async fn run(port: u16, requests: &Arc<Vec<Vec<u8>>>) -> Result<Outcome> {
    let next = Arc::new(AtomicUsize::new(0));
    let mut connections = Vec::new();
    for _ in 0..CONNECTIONS {
        let stream = TcpStream::connect(loopback(port)).await?;
        stream.set_nodelay(true)?;
        connections.push(stream);
    }
    let begun = Instant::now();
    let mut tasks: JoinSet<Result<Vec<f64>>> =
        connections.into_iter().map(|stream| send(stream, Arc::clone(requests), Arc::clone(&next))).collect();
    let mut waits = Vec::with_capacity(requests.len());
    while let Some(of_one) = timeout(WITHIN, tasks.join_next()).await? {
        waits.extend(of_one??);
    }
    let seconds = begun.elapsed().as_secs_f64();
    Ok(Outcome { requests_a_second: requests.len() as f64 / seconds, p99_ms: percentile(&waits, 0.99) })
}

/// One connection's share; the time of each answer in milliseconds.
async fn send(
    mut stream: TcpStream,
    requests: Arc<Vec<Vec<u8>>>,
    next: Arc<AtomicUsize>,
) -> Result<Vec<f64>> {
    let mut waits = Vec::new();
    let mut buffer = Vec::with_capacity(4096);
    while let Some(request) = requests.get(next.fetch_add(1, Ordering::Relaxed)) {
        let sent = Instant::now();
        stream.write_all(request).await?;
        let length = loop {
            if stream.read_buf(&mut buffer).await? == 0 {
                bail!("the server closed a connection");
            }
            if let Some(length) = message_length(&buffer) {
                break length;
            }
        };
        if !buffer.starts_with(b"HTTP/1.1 200") {
            bail!("the server answered {}", String::from_utf8_lossy(&buffer[..length.min(200)]));
        }
        buffer.drain(..length);
        waits.push(sent.elapsed().as_secs_f64() * 1000.0);
    }
    Ok(waits)
}

/// How long the HTTP message at the start of `bytes` is, head and body, once all of it is there. Only messages that
/// state their length, which is all that either side sends.
pub fn message_length(bytes: &[u8]) -> Option<usize> {
    let head = bytes.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
    let body = bytes[..head]
        .split(|byte| *byte == b'\n')
        .find_map(|line| {
            let (name, value) = line.split_at_checked(15)?;
            name.eq_ignore_ascii_case(b"content-length:").then_some(value)
        })
        .and_then(|value| std::str::from_utf8(value).ok()?.trim().parse::<usize>().ok())
        .unwrap_or(0);
    (bytes.len() >= head + body).then_some(head + body)
}
