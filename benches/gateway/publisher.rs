//! Devices: four connections that publish as fast as the broker acknowledges, with a bounded window each.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::{Arc, Barrier};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use anyhow::{Result, anyhow, bail};

use crate::flow::Message;
use crate::wire::{self, PUBACK, PUBACK_BYTES};

pub const PUBLISHERS: usize = 4;
/// Publishes of one connection that may wait for their acknowledgement.
const WINDOW: usize = 100;
const SILENCE: Duration = Duration::from_secs(30);

/// Everything that one repetition publishes, ready to be written.
#[derive(Debug, Clone)]
pub struct Load(Vec<Arc<Track>>);

/// One connection's packets, one after the other.
#[derive(Debug, Default)]
struct Track {
    bytes: Vec<u8>,
    /// Where each packet ends.
    ends: Vec<usize>,
}

/// Publishers that wait for the starting shot.
#[derive(Debug)]
pub struct Ready {
    start: Arc<Barrier>,
    threads: Vec<JoinHandle<Result<()>>>,
}

impl Load {
    pub fn new(messages: &[Message]) -> Self {
        let mut tracks: Vec<Track> = (0..PUBLISHERS).map(|_| Track::default()).collect();
        for (n, message) in messages.iter().enumerate() {
            let track = &mut tracks[n % PUBLISHERS];
            let packet_id = (track.ends.len() % usize::from(u16::MAX)) as u16 + 1;
            wire::put_publish(&mut track.bytes, &message.topic(), packet_id, message.payload().as_bytes());
            track.ends.push(track.bytes.len());
        }
        Self(tracks.into_iter().map(Arc::new).collect())
    }

    /// Connects the publishers.
    pub fn ready(&self, port: u16) -> Result<Ready> {
        let start = Arc::new(Barrier::new(self.0.len() + 1));
        let mut threads = Vec::new();
        for (n, track) in self.0.iter().cloned().enumerate() {
            let stream = wire::connect(port, &format!("publisher-{n}"), true)?;
            stream.set_read_timeout(Some(SILENCE))?;
            let start = Arc::clone(&start);
            threads.push(thread::spawn(move || {
                start.wait();
                track.publish(stream)
            }));
        }
        Ok(Ready { start, threads })
    }
}

impl Ready {
    /// Fires the starting shot and returns its moment.
    pub fn go(&self) -> Instant {
        let begun = Instant::now();
        self.start.wait();
        begun
    }

    /// Waits until the broker has acknowledged everything.
    pub fn join(self) -> Result<()> {
        for thread in self.threads {
            thread.join().map_err(|_| anyhow!("a publisher panicked"))??;
        }
        Ok(())
    }
}

impl Track {
    fn publish(&self, mut stream: TcpStream) -> Result<()> {
        let mut answers = [0; WINDOW * PUBACK_BYTES];
        let mut partial = 0;
        let (mut sent, mut acknowledged) = (0, 0);
        while acknowledged < self.ends.len() {
            let until = self.ends.len().min(acknowledged + WINDOW);
            if sent < until {
                let from = if sent == 0 { 0 } else { self.ends[sent - 1] };
                stream.write_all(&self.bytes[from..self.ends[until - 1]])?;
                sent = until;
            }
            // Only acknowledgements come in, so counting bytes is counting them.
            let read = stream.read(&mut answers[partial..])?;
            if read == 0 || answers[0] != PUBACK {
                bail!("the broker broke off with a publisher");
            }
            acknowledged += (partial + read) / PUBACK_BYTES;
            let rest = (partial + read) % PUBACK_BYTES;
            answers.copy_within(partial + read - rest..partial + read, 0);
            partial = rest;
        }
        Ok(())
    }
}
