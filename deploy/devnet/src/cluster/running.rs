//! A cluster whose peers run: started, struck, measured, ended.

use tokio::time::{Duration, Instant, sleep};

use super::Cluster;
use crate::Error;
use crate::children::{Child, stop_all};
use crate::peer::{Gained, Peer};
use crate::place::Site;
use crate::plan::{Blow, Strike};

/// How long peers may take from their start to answering.
const START: Duration = Duration::from_secs(60);
/// How often it is looked whether they do.
const LOOK: Duration = Duration::from_millis(50);

impl Cluster {
    /// Starts every peer, and waits until all answer at `/metrics`.
    pub async fn start(&mut self, site: &Site) -> Result<(), Error> {
        self.peers
            .iter_mut()
            .try_for_each(|peer| peer.start(site))?;
        let began = Instant::now();
        loop {
            self.must_run()?;
            let mut silent = Vec::new();
            for peer in &self.peers {
                if !peer.answers().await {
                    silent.push(peer.name.clone());
                }
            }
            if silent.is_empty() {
                return Ok(());
            }
            if began.elapsed() > START {
                return Err(Error::TooLate {
                    what: format!("/metrics of {}", silent.join(", ")),
                    seconds: START.as_secs(),
                    logs: site.children.logs().to_path_buf(),
                });
            }
            sleep(LOOK).await;
        }
    }

    /// How somebody sees what a peer says of itself while the devnet runs: a command to be typed.
    ///
    /// # Panics
    /// Never: a cluster has peers.
    pub fn how_to_look(&self, site: &Site) -> String {
        let config = self.peers.first().expect("a cluster has peers").config();
        let (gantry, config) = (site.place.gantry().display(), config.display());
        format!("look at a peer: {gantry} status --config {config}")
    }

    /// Performs what `strikes` say for the duty epoch `epoch`, and answers with a line for each.
    pub async fn strike(
        &mut self,
        site: &Site,
        strikes: &[Strike],
        epoch: u64,
    ) -> Result<Vec<String>, Error> {
        let mut lines = Vec::new();
        for strike in strikes.iter().filter(|strike| strike.epoch == epoch) {
            let peer = &mut self.peers[strike.peer];
            peer.kill().await;
            match strike.blow {
                Blow::Kill => lines.push(format!("{} killed", peer.name)),
                Blow::Restart => {
                    peer.start(site)?;
                    peer.measure_from_start();
                    lines.push(format!("{} started again", peer.name));
                }
            }
        }
        Ok(lines)
    }

    /// How many peers run.
    pub fn running(&mut self) -> usize {
        self.peers
            .iter_mut()
            .map(|peer| usize::from(peer.is_running()))
            .sum()
    }

    /// Begins measuring every peer.
    pub async fn begin_measuring(&mut self) {
        for peer in &mut self.peers {
            peer.begin_measuring().await;
        }
    }

    /// Reads every peer's figures, for [`Self::gained`].
    pub async fn measure(&mut self) {
        for peer in &mut self.peers {
            peer.measure().await;
        }
    }

    /// What each peer had gained at the last reading.
    pub fn gained(&self) -> Vec<(String, Gained)> {
        self.peers
            .iter()
            .map(|peer| (peer.name.clone(), peer.gained().clone()))
            .collect()
    }

    /// Fails if a peer ended that nobody killed.
    ///
    /// # Errors
    /// With the end of that peer's log.
    pub fn must_run(&mut self) -> Result<(), Error> {
        self.peers.iter_mut().try_for_each(Peer::must_run)
    }

    /// Ends every peer.
    pub async fn stop(&mut self) {
        let mut all: Vec<&mut Child> = self.peers.iter_mut().filter_map(Peer::child).collect();
        stop_all(&mut all).await;
    }
}
