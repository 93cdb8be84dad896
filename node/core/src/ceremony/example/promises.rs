//! What must hold in the end.

use dkg::bls::{Message, PublicPoint, combine, verify};
use dkg::ceremony::Step;
use proto::example::NAMES;
use proto::lock::Lock;
use proto::{PublicKey, Root, ShareIndex};

use super::{Disk, VICTIM, World, peer};
use crate::ceremony::{Doing, Note, Participation};

impl<D: Disk> World<D> {
    /// What `at` has against others, and what it must not miss.
    pub fn complaints(&self, at: usize) -> Vec<&Note> {
        let is_complaint = |note: &&Note| match note {
            Note::Fault(..) | Note::Alarm(..) => true,
            Note::Doing(Doing::Step { step, .. }, _) => {
                matches!(step, Step::Failed | Step::Unusable | Step::Contradicted)
            }
            Note::Doing(..)
            | Note::FinishedBefore
            | Note::Recalled { .. }
            | Note::Opened(_)
            | Note::Refused(_)
            | Note::KeysMade
            | Note::Unsettled
            | Note::DepositsSigned(_)
            | Note::Unknown(_)
            | Note::PassedOver(_)
            | Note::Done(_) => false,
        };
        self.notes[at].iter().filter(is_complaint).collect()
    }

    /// Operator `at` goes on and has nothing against anybody.
    pub fn assert_complains_of_nothing(&self, at: usize, when: &str) {
        let stopped = &self.stopped[at];
        assert!(
            self.peers[at].is_some(),
            "{when}: {} {stopped:?}",
            NAMES[at]
        );
        let complaints = self.complaints(at);
        assert!(complaints.is_empty(), "{when}: {complaints:?}");
    }

    /// Nobody has anything against the victim, though it is gone for good, and no deposit is
    /// signed.
    pub fn assert_nobody_blames(&self, when: &str) {
        for at in (0..4).filter(|at| *at != VICTIM) {
            self.assert_complains_of_nothing(at, when);
            assert_eq!(self.disks[at].deposits(), None, "{when}");
        }
        assert_eq!(self.blames, [], "{when}");
    }

    /// Every peer is done and has the same lock and deposits, every share of it works, the seeds
    /// are gone, and nobody was found to have done anything wrong.
    pub fn assert_all_have_the_same(&mut self, when: &str) {
        let lock = self.disks[0].lock().expect(when);
        let deposits = self.disks[0].deposits().expect("deposits are signed");
        for (at, name) in NAMES.iter().take(4).enumerate() {
            self.assert_complains_of_nothing(at, when);
            let is_over = self.peers[at].as_ref().is_some_and(Participation::is_over);
            assert!(is_over, "{when}: {name} is not done");
            let disk = &self.disks[at];
            assert_eq!(disk.lock().as_ref(), Some(&lock), "{when}");
            assert_eq!(disk.leftovers(), Vec::<String>::new(), "{when}");
            assert_eq!(disk.deposits().as_ref(), Some(&deposits), "{when}");
        }
        assert_eq!(self.blames, [], "{when}");
        self.assert_shares_work(&lock);
    }

    /// The keystores open to shares of which every t sign for the group.
    fn assert_shares_work(&mut self, lock: &Lock) {
        let message = Message::hash(Root::from([3; 32]));
        let partials = self.disks.iter_mut().enumerate().map(|(at, disk)| {
            let keys: Vec<PublicKey> = lock.shares_of(peer(at)).copied().collect();
            let share = disk.shares(&keys).swap_remove(0);
            (ShareIndex::from(peer(at)), share.sign(&message))
        });
        let partials: Vec<_> = partials.collect();
        let group = PublicPoint::from_bytes(&lock.validators[0].public_key).unwrap();
        for absent in 0..4 {
            let mut three = partials.clone();
            three.remove(absent);
            assert!(verify(&group, &message, &combine(&three).unwrap()));
        }
    }
}
