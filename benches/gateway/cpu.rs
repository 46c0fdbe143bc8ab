//! What limits a leg: how busy a process and its busiest thread were, from the kernel's own books.

use std::collections::HashMap;
use std::fs;
use std::time::Instant;

/// `/proc` counts in hundredths of a second on every Linux.
const TICKS_A_SECOND: f64 = 100.0;

/// Processor time of each thread of a process so far.
#[derive(Debug)]
pub struct Books {
    process: u32,
    at: Instant,
    threads: HashMap<String, (String, u64)>,
}

/// How busy a process was in a stretch of time, in cores.
#[derive(Debug, Clone, Default)]
pub struct Busy {
    pub seconds: f64,
    pub cores: f64,
    pub busiest_thread: String,
    pub busiest_share: f64,
}

impl Books {
    pub fn open(process: u32) -> Self {
        Self { process, at: Instant::now(), threads: read(process) }
    }

    /// What was used since the books were opened.
    pub fn close(&self) -> Busy {
        let seconds = self.at.elapsed().as_secs_f64();
        let mut busy = Busy { seconds, ..Busy::default() };
        for (id, (name, ticks)) in read(self.process) {
            let before = self.threads.get(&id).map_or(0, |(_, ticks)| *ticks);
            let share = ticks.saturating_sub(before) as f64 / TICKS_A_SECOND / seconds;
            busy.cores += share;
            if share > busy.busiest_share {
                (busy.busiest_thread, busy.busiest_share) = (name, share);
            }
        }
        busy
    }
}

impl Busy {
    /// Processor time spent on each of `count` things, in microseconds: it moves less than a rate when others use the
    /// machine too.
    pub fn micros_each(&self, count: usize) -> f64 {
        self.cores * self.seconds * 1_000_000.0 / count as f64
    }

    /// What held the work up, as far as the processor's books tell.
    pub fn words(&self) -> String {
        let Self { cores, busiest_thread, busiest_share, .. } = self;
        let share = busiest_share * 100.0;
        format!(
            "the gateway used {cores:.2} cores, its busiest thread ({busiest_thread}) {share:.0} % of one"
        )
    }
}

fn read(process: u32) -> HashMap<String, (String, u64)> {
    let Ok(tasks) = fs::read_dir(format!("/proc/{process}/task")) else { return HashMap::new() };
    tasks
        .flatten()
        .filter_map(|task| {
            let stat = fs::read_to_string(task.path().join("stat")).ok()?;
            // The name stands in brackets and may hold anything; user and system time are the 14th and 15th field.
            let (front, back) = stat.rsplit_once(')')?;
            let name = front.split_once('(')?.1.to_owned();
            let mut times = back.split_whitespace().skip(11).map(str::parse::<u64>);
            let ticks = times.next()?.ok()? + times.next()?.ok()?;
            Some((task.file_name().to_string_lossy().into_owned(), (name, ticks)))
        })
        .collect()
}
