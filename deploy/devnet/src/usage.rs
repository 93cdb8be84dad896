//! CPU time and memory of a process, and how busy the machine is, from `/proc`.

use std::fs;

/// USER_HZ: the unit of times in `/proc/PID/stat`; 100 on every Linux of today.
const TICKS_PER_SECOND: f64 = 100.0;

/// What a process has used so far.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Usage {
    /// CPU time in user and system mode, in seconds.
    pub cpu_seconds: f64,
    /// Resident memory now, in bytes.
    pub rss_bytes: u64,
    /// The most it ever was, or since [`forget_peak`], in bytes.
    pub peak_rss_bytes: u64,
}

impl Usage {
    /// Reads it; `None` if there is no such process any more.
    pub fn of(pid: u32) -> Option<Self> {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
        Some(Self {
            cpu_seconds: cpu_ticks(&stat)? / TICKS_PER_SECOND,
            rss_bytes: bytes(&status, "VmRSS:")?,
            peak_rss_bytes: bytes(&status, "VmHWM:")?,
        })
    }
}

/// CPU time of the whole machine, in ticks, as long as it was looked at.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Machine {
    /// In which some processor did something.
    pub busy: f64,
    /// Of all processors together.
    pub all: f64,
}

impl Machine {
    /// Since the system's start; nothing where it does not say.
    pub fn now() -> Self {
        let stat = fs::read_to_string("/proc/stat").unwrap_or_default();
        machine(&stat).unwrap_or_default()
    }

    /// From `earlier` until this.
    pub fn since(&self, earlier: &Self) -> Self {
        Self {
            busy: self.busy - earlier.busy,
            all: self.all - earlier.all,
        }
    }

    pub fn add(&mut self, other: &Self) {
        self.busy += other.busy;
        self.all += other.all;
    }

    /// How much of it was busy, 0 to 1.
    pub fn share(&self) -> Option<f64> {
        (self.all > 0.0).then(|| self.busy / self.all)
    }
}

/// The line of all processors in proc_stat(5): idle is its fourth number, waiting for a disk its
/// fifth; the time of guests, from the ninth on, is in the first two as well.
fn machine(stat: &str) -> Option<Machine> {
    let line = stat.lines().find_map(|line| line.strip_prefix("cpu "))?;
    let times = line.split_whitespace().take(8);
    let times: Vec<f64> = times.map_while(|time| time.parse().ok()).collect();
    let all: f64 = times.iter().sum();
    Some(Machine {
        busy: all - times.get(3)? - times.get(4)?,
        all,
    })
}

/// Lets the peak of memory be counted from now on. (Where the system refuses, it counts from the
/// process's start.)
pub fn forget_peak(pid: u32) {
    fs::write(format!("/proc/{pid}/clear_refs"), "5").ok();
}

/// Fields 14 and 15 of proc_pid_stat(5), counted behind the name, which may hold spaces.
fn cpu_ticks(stat: &str) -> Option<f64> {
    let (_, fields) = stat.rsplit_once(')')?;
    let mut times = fields.split_whitespace().skip(11);
    let user: f64 = times.next()?.parse().ok()?;
    let system: f64 = times.next()?.parse().ok()?;
    Some(user + system)
}

fn bytes(status: &str, name: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    let kilobytes: u64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kilobytes * 1024)
}

#[cfg(test)]
mod tests;
