//! One `gantry run` process: started, killed, restarted, measured.

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use crate::children::{Child, Children};
use crate::metrics::Scrape;
use crate::place::Site;
use crate::usage::{Usage, forget_peak};
use crate::{Error, bounded};

/// How long `/metrics` may take.
const REQUEST: Duration = Duration::from_secs(2);

/// What a peer used and counted while it was measured, all its lives together.
#[derive(Debug, Clone, Default)]
pub struct Gained {
    /// Its counters' and histograms' gains.
    pub metrics: Scrape,
    /// CPU time in seconds.
    pub cpu_seconds: f64,
    /// Resident memory at the end, of the life that had most, in bytes.
    pub rss_bytes: u64,
    /// The most resident memory, in bytes.
    pub peak_rss_bytes: u64,
    /// Resident memory at the last reading, in bytes.
    pub latest_rss_bytes: u64,
    /// The most between the last two readings, in bytes.
    pub latest_peak_bytes: u64,
}

/// A reading of one life.
#[derive(Debug)]
struct Reading {
    metrics: Scrape,
    usage: Usage,
}

/// A peer of the cluster, running or not.
#[derive(Debug)]
pub struct Peer {
    /// Its name in the definition.
    pub name: String,
    /// Its data directory, with config, lock, keystores and record.
    pub dir: PathBuf,
    metrics_url: String,
    child: Option<Child>,
    since: Option<Reading>,
    gained: Gained,
}

impl Peer {
    /// A peer that has its files in `dir` and does not run yet.
    pub fn new(name: String, dir: PathBuf, metrics_port: u16) -> Self {
        Self {
            name,
            dir,
            metrics_url: format!("http://127.0.0.1:{metrics_port}/metrics"),
            child: None,
            since: None,
            gained: Gained::default(),
        }
    }

    pub fn config(&self) -> PathBuf {
        self.dir.join("gantry.toml")
    }

    /// Starts `gantry run`.
    pub fn start(&mut self, site: &Site) -> Result<(), Error> {
        let mut command = Command::new(site.place.gantry());
        command
            .arg("run")
            .arg("--config")
            .arg(self.config())
            .current_dir(&self.dir);
        self.child = Some(site.children.start(&self.name, command)?);
        Ok(())
    }

    /// SIGKILL, in whatever it was doing. What it counted since the last reading is read first.
    pub async fn kill(&mut self) {
        self.measure().await;
        self.since = None;
        self.child = None; // a dropped child is killed
    }

    /// SIGKILL without a reading, for tests that want the moment: nothing is awaited before it.
    pub fn kill_now(&mut self) {
        self.since = None;
        self.child = None;
    }

    /// Whether it runs.
    pub fn is_running(&mut self) -> bool {
        self.child
            .as_mut()
            .is_some_and(|child| child.ended().is_none())
    }

    /// Fails if it was started, not killed, and has ended nevertheless.
    ///
    /// # Errors
    /// With the end of its log.
    pub fn must_run(&mut self) -> Result<(), Error> {
        self.child.as_mut().map_or(Ok(()), Child::must_run)
    }

    /// The process, if it runs.
    pub fn child(&mut self) -> Option<&mut Child> {
        self.child.as_mut()
    }

    /// Begins measuring: gains count from here on.
    pub async fn begin_measuring(&mut self) {
        self.gained = Gained::default();
        if let Some(child) = &self.child {
            forget_peak(child.id());
        }
        self.since = self.reading().await;
    }

    /// Measures a life that began while others were measured, from its start.
    pub fn measure_from_start(&mut self) {
        self.since = Some(Reading {
            metrics: Scrape::default(),
            usage: Usage::default(),
        });
    }

    /// What it had gained at the last reading.
    pub fn gained(&self) -> &Gained {
        &self.gained
    }

    /// Reads its figures now; a peer that does not answer keeps those of the last reading.
    pub async fn measure(&mut self) {
        if let (Some(since), Some(now)) = (&self.since, self.reading().await) {
            self.gained.metrics.add_gain(&since.metrics, &now.metrics);
            self.gained.cpu_seconds += now.usage.cpu_seconds - since.usage.cpu_seconds;
            self.gained.rss_bytes = self.gained.rss_bytes.max(now.usage.rss_bytes);
            self.gained.peak_rss_bytes = self.gained.peak_rss_bytes.max(now.usage.peak_rss_bytes);
            self.gained.latest_rss_bytes = now.usage.rss_bytes;
            self.gained.latest_peak_bytes = now.usage.peak_rss_bytes;
            if let Some(child) = &self.child {
                forget_peak(child.id());
            }
            self.since = Some(now);
        }
    }

    async fn reading(&self) -> Option<Reading> {
        let usage = Usage::of(self.child.as_ref()?.id())?;
        let client = reqwest::Client::builder().timeout(REQUEST).build().ok()?;
        let response = client.get(&self.metrics_url).send().await.ok()?;
        // A peer that still waits for its beacon node answers, and has no figures.
        let response = response.error_for_status().ok()?;
        let text = bounded::text(response).await.ok()?;
        Some(Reading {
            metrics: Scrape::parse(&text),
            usage,
        })
    }

    /// Whether its `/metrics` answers: it is past its start-up checks.
    pub async fn answers(&self) -> bool {
        self.reading().await.is_some()
    }

    /// Starts another command of this peer, as `gantry dkg`, beside or before `gantry run`.
    pub fn command(
        &self,
        site: &Site,
        children: &Children,
        arguments: &[&str],
    ) -> Result<Child, Error> {
        let mut command = Command::new(site.place.gantry());
        command
            .args(arguments)
            .arg("--config")
            .arg(self.config())
            .current_dir(&self.dir);
        children.start(&format!("{}-{}", self.name, arguments[0]), command)
    }
}
