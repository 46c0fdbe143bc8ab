//! A subscriber that does nothing: it acknowledges what it has read, at once and in one write.

use std::io::{Read, Write};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use anyhow::{Result, anyhow, bail};

use crate::wire::{self, PUBACK};

const SILENCE: Duration = Duration::from_secs(30);

/// Subscribes like the gateway does, then counts on a thread of its own. The thread returns when it wrote the last of
/// `messages` acknowledgements.
pub fn start(port: u16, messages: usize) -> Result<JoinHandle<Result<Instant>>> {
    let mut stream = wire::connect(port, "nothing", false)?;
    wire::subscribe(&mut stream, "lamplight/v1/+/reading")?;
    stream.set_read_timeout(Some(SILENCE))?;
    Ok(thread::spawn(move || {
        let mut buffer = vec![0; 256 * 1024];
        let mut filled = 0;
        let mut acknowledgements = Vec::new();
        let mut counted = 0;
        while counted < messages {
            let read = stream.read(&mut buffer[filled..])?;
            if read == 0 {
                bail!("the broker closed the subscriber's connection");
            }
            filled += read;
            let mut at = 0;
            while let Some((first, body, length)) = wire::next_packet(&buffer[at..filled]) {
                let id = wire::publish_id(first, body)
                    .ok_or_else(|| anyhow!("the subscriber was sent something else than a publish"))?;
                acknowledgements.extend_from_slice(&[PUBACK, 2, id[0], id[1]]);
                counted += 1;
                at += length;
            }
            buffer.copy_within(at..filled, 0);
            filled -= at;
            stream.write_all(&acknowledgements)?;
            acknowledgements.clear();
        }
        Ok(Instant::now())
    }))
}
