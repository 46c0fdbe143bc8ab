//! What is asked for on the command line.

use std::fmt;

use clap::{Parser, ValueEnum};

/// Measures Lamplight beside the limits of its parts.
#[derive(Debug, Parser)]
#[command(name = "gateway")]
pub struct Options {
    /// Repetitions of every leg; medians are printed.
    #[arg(long, default_value_t = 5)]
    pub reps: usize,
    /// Device messages in one repetition of a throughput leg.
    #[arg(long, default_value_t = 60_000)]
    pub messages: usize,
    /// Text messages in one repetition of the HTTP leg.
    #[arg(long, default_value_t = 40_000)]
    pub texts: usize,
    /// Seconds of one repetition of the latency leg.
    #[arg(long, default_value_t = 20)]
    pub seconds: u32,
    /// Readings that are stored before the `stored` leg.
    #[arg(long, default_value_t = 10_000_000)]
    pub stored: u64,
    /// Only these legs, parted by commas.
    #[arg(long, value_enum, value_delimiter = ',')]
    pub only: Vec<Leg>,
    /// A short look: one repetition of everything, with little in it. Not for quoting.
    #[arg(long)]
    pub quick: bool,
    /// What cargo adds.
    #[arg(long, hide = true)]
    pub bench: bool,
    /// Be the HTTP server that does nothing.
    #[arg(long, hide = true)]
    pub serve_empty: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Leg {
    Mqtt,
    Http,
    Latency,
    Memory,
    Start,
    Stored,
}

impl Options {
    /// With everything that `--quick` implies.
    pub fn settled(mut self) -> Self {
        if self.quick {
            self.reps = 1;
            self.messages = self.messages.min(20_000);
            self.texts = self.texts.min(10_000);
            self.seconds = self.seconds.min(5);
            self.stored = self.stored.min(300_000);
        }
        self.reps = self.reps.max(1);
        self
    }

    pub fn legs(&self) -> Vec<Leg> {
        Leg::value_variants()
            .iter()
            .copied()
            .filter(|leg| self.only.is_empty() || self.only.contains(leg))
            .collect()
    }
}

impl Leg {
    /// The gateway is ready only with a broker, so nearly every leg needs one.
    pub fn needs_broker(self) -> bool {
        match self {
            Self::Mqtt | Self::Http | Self::Latency | Self::Memory | Self::Start | Self::Stored => true,
        }
    }
}

impl fmt::Display for Leg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Mqtt => "mqtt",
            Self::Http => "http",
            Self::Latency => "latency",
            Self::Memory => "memory",
            Self::Start => "start",
            Self::Stored => "stored",
        })
    }
}
