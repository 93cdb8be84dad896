//! The stage of duties: what is done to peers, what the blocks contain, and whether that was
//! expected.

use std::collections::BTreeSet;

use proto::{Epoch, Slot};

use super::Scene;
use crate::Error;
use crate::ledger::{Duties, Ledger, Tally};
use crate::plan::Entry;
use crate::progress::{Progress, Stage};

/// How many epochs validators of Rocket Pool are watched: in the longest time one of four among 68
/// proposes, but for one life in ten thousand.
const SHORTEST: u64 = 2;
const LONGEST: u64 = 20;

impl Scene {
    pub(super) async fn watch(
        &mut self,
        first: Epoch,
        progress: &mut Progress,
    ) -> Result<(), Error> {
        let stage = progress.begin("duties");
        let api = self.running().0.api().clone();
        let slots = api.slots_per_epoch();
        let mut number = 1;
        api.until(first.first_slot(slots)).await;
        self.running().1.begin_measuring().await;
        loop {
            let epoch = Epoch(first.0 + number - 1);
            let strikes = self.plan.strikes.clone();
            let (_, cluster, site) = self.running();
            for line in cluster.strike(site, &strikes, number).await? {
                stage.keep(&line);
            }
            self.excuse(epoch);
            // Asked in the epoch itself: before it the proposers are not settled until Fulu.
            self.ledger().expect(&api, epoch).await?;
            api.until(epoch.next().first_slot(slots)).await;
            self.epochs = number;
            self.running().1.measure().await;
            if self.is_enough(number) {
                self.close(first, epoch, &stage).await?;
                progress.end(stage, &total(self.ledger().total()));
                return Ok(());
            }
            number += 1;
            self.count(epoch.next().first_slot(slots)).await?;
            if epoch > first {
                self.show_epoch(Epoch(epoch.0 - 1), &stage);
            }
        }
    }

    /// Whether so many epochs of duties are enough: as many as were asked for, or, of a life at
    /// Rocket Pool, two or more in which a validator has proposed.
    fn is_enough(&mut self, number: u64) -> bool {
        match self.plan.entry {
            Entry::Deposit | Entry::Genesis => self.plan.for_epochs == Some(number),
            Entry::RocketPool => {
                let has_proposed = self.ledger().total().proposals.included > 0;
                number >= LONGEST || (number >= SHORTEST && has_proposed)
            }
        }
    }

    /// Reads what the blocks before `end` say.
    async fn count(&mut self, end: Slot) -> Result<(), Error> {
        let (chain, cluster, _) = self.running();
        chain.must_run()?;
        cluster.must_run()?;
        let api = chain.api().clone();
        self.ledger().read(&api, end).await
    }

    /// Counts the last two epochs: nothing was shown of them yet.
    async fn close(&mut self, first: Epoch, last: Epoch, stage: &Stage) -> Result<(), Error> {
        let api = self.running().0.api().clone();
        self.ledger().settle(&api, last).await?;
        let (chain, cluster, _) = self.running();
        chain.must_run()?;
        cluster.must_run()?;
        for epoch in first.0.max(last.0.saturating_sub(1))..=last.0 {
            self.show_epoch(Epoch(epoch), stage);
        }
        Ok(())
    }

    fn show_epoch(&mut self, epoch: Epoch, stage: &Stage) {
        let duties = self.ledger().of(epoch);
        self.shown.insert(epoch);
        stage.keep(&format!("epoch {epoch}: {}", total(duties)));
    }

    /// An epoch with fewer running peers than can sign is not expected to have duties.
    fn excuse(&mut self, epoch: Epoch) {
        let threshold = self.plan.size.threshold();
        if self.running().1.running() < threshold {
            self.excused.insert(epoch);
        }
    }

    /// Whether the chain contains in the end what was expected of the epochs shown so far: no block
    /// can bring them anything any more. An endless run that is interrupted is judged by them.
    pub fn judge(&self) -> Result<(), Error> {
        let Some(ledger) = &self.ledger else {
            return Ok(());
        };
        judge(ledger, &self.shown, &self.excused)
    }
}

/// Judges `epochs`, but for the excused, by what the chain contains.
fn judge(
    ledger: &Ledger,
    epochs: &BTreeSet<Epoch>,
    excused: &BTreeSet<Epoch>,
) -> Result<(), Error> {
    let mut unexpected = Vec::new();
    for epoch in epochs.difference(excused) {
        let duties = ledger.of(*epoch);
        if duties.attestations.missed() + duties.proposals.missed() > 0 {
            unexpected.push(format!("epoch {epoch}: {}", total(duties)));
        }
    }
    if unexpected.is_empty() {
        Ok(())
    } else {
        Err(Error::Unexpected(unexpected.join("; ")))
    }
}

fn total(duties: Duties) -> String {
    let of = |tally: Tally| format!("{}/{}", tally.included, tally.expected);
    let Duties {
        attestations,
        proposals,
        sync_messages,
    } = duties;
    format!(
        "attestations {}, proposals {}, sync committee messages {}",
        of(attestations),
        of(proposals),
        of(sync_messages)
    )
}

#[cfg(test)]
mod tests;
