//! The round of bundles: this peer has dealt, and checks what every other deals.

use std::collections::BTreeMap;

use proto::ceremony::{Bundle, Complaint, Confirm, Opening, Spoken, hash_of};
use proto::{PeerIndex, PeerSet, Root, Verified};

use super::{Checked, Proving, Said};
use crate::sharing::check::{check_public, check_shares};
use crate::sharing::deal::{Channel, Opener, deal, one_time_secret};
use crate::sharing::settle::{self, PublicKeys};
use crate::sharing::{Dealt, Participant};

/// Every opening is there.
pub(in crate::ceremony) struct Dealing {
    openings: Vec<Root>,
    dealt: BTreeMap<PeerIndex, Dealt>,
}

/// What all bundles together come to.
pub(in crate::ceremony) enum Summed {
    /// Keys, and this peer confirms them. The shares of these other peers are not sound.
    Keys(Box<Proving>, Verified<Confirm>, PeerSet),
    /// No keys, or none for this peer. The shares of these other peers are not sound either.
    Unusable(PeerSet),
}

impl Dealing {
    /// Begins with the openings of all: deals.
    pub(in crate::ceremony) fn begin(who: &Participant, said: &Said) -> (Self, Verified<Bundle>) {
        let openings = said.openings.values().map(|opening| {
            let opening = opening.statement.clone();
            (hash_of(&opening), opening)
        });
        let openings: Vec<(Root, Opening)> = openings.collect();
        let (bundle, dealt) = deal(who, said.context, &openings);
        let dealing = Self {
            openings: openings.into_iter().map(|(hash, _)| hash).collect(),
            dealt: BTreeMap::from([(who.me, dealt)]),
        };
        (dealing, who.identity.sign(who.me, bundle))
    }

    /// The peers whose bundle is checked.
    pub(in crate::ceremony) fn checked(&self) -> PeerSet {
        self.dealt.keys().copied().collect()
    }

    /// Whether `bundle` is of this session.
    pub(in crate::ceremony) fn is_of(&self, bundle: &Bundle) -> bool {
        bundle.openings == self.openings
    }

    /// A dealer whose bundle is there and not checked.
    pub(in crate::ceremony) fn unchecked(&self, said: &Said) -> Option<PeerIndex> {
        let mut dealers = said.bundles.keys();
        dealers.find(|d| !self.dealt.contains_key(d)).copied()
    }

    /// Checks the bundle of `dealer`.
    pub(in crate::ceremony) fn check(
        &mut self,
        who: &Participant,
        said: &Said,
        dealer: PeerIndex,
    ) -> Checked {
        let bundle = &said.bundles[&dealer];
        if !self.is_of(&bundle.statement) {
            // One of the openings has a twin.
            return Checked::Differs(said.all_openings());
        }
        let signed = || Spoken::Bundle((*bundle).clone().into_signed());
        let commitments = match check_public(&who.terms, dealer, &bundle.statement, &who.seed) {
            Ok(commitments) => commitments,
            Err(_) => return Checked::Convicts(vec![signed()]),
        };
        let opener = Opener {
            channel: Channel {
                session: bundle.statement.session(),
                dealer,
                receiver: who.me,
            },
            secret: one_time_secret(&who.seed, said.context, dealer),
        };
        match check_shares(&bundle.statement, &opener, commitments, &who.seed) {
            Ok(dealt) => {
                self.dealt.insert(dealer, dealt);
                Checked::Good
            }
            Err(_) => {
                let complaint = Complaint {
                    context: said.context,
                    dealer,
                    bundle: hash_of(&bundle.statement),
                    secret: opener.secret.to_bytes(),
                };
                let complaint = who.identity.sign(who.me, complaint).into_signed();
                let opening = said.openings[&who.me].clone().into_signed();
                Checked::Convicts(vec![
                    Spoken::Opening(opening),
                    signed(),
                    Spoken::Complaint(complaint),
                ])
            }
        }
    }

    /// Sums up, once every bundle is checked, and shows that the own shares work.
    pub(in crate::ceremony) fn sum(self, who: &Participant, said: &Said) -> Summed {
        let bundles = said.bundles.values().map(|s| hash_of(&s.statement));
        let bundles: Vec<Root> = bundles.collect();
        let transcript = settle::transcript_of(said.context, &self.openings, &bundles);
        let dealt: Vec<&Dealt> = self.dealt.values().collect();
        let commitments: Vec<_> = dealt.iter().map(|d| d.commitments.as_slice()).collect();
        let Some(public) = PublicKeys::sum(who.terms.roster.size(), &commitments) else {
            return Summed::Unusable(PeerSet::EMPTY);
        };
        let mut unsound = public.unsound;
        if unsound.remove(who.me) {
            // Who confirms such shares is convicted: see `blame`.
            return Summed::Unusable(unsound);
        }
        let shares = settle::own_shares(&dealt);
        let confirm = Confirm {
            context: said.context,
            bundles: bundles.clone(),
            partials: settle::prove(&shares, transcript),
        };
        let proving = Proving::begin(who, (bundles, transcript), public, shares);
        let confirm = who.identity.sign(who.me, confirm);
        Summed::Keys(Box::new(proving), confirm, unsound)
    }
}
