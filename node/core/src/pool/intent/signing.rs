//! What this peer may propose and sign.
//!
//! The order is that of every signature here: [`Intents::sign`] says whether it may be and counts
//! it as signed; what is counted is written; then the signature is made known.

use proto::intent::{Aims, Intent, IntentHash, IntentId, SentIntent, SentSignature};
use proto::{Identity, PeerIndex, Root};

use super::refused::Refused;
use super::{Backed, Cluster, Intents, MOST_AHEAD, MOST_LEAP, rules};

impl Intents {
    /// The intent with these aims that comes after what holds, which `on` names: the hash of the
    /// intent in force, or of the version of the agreement while there is none.
    ///
    /// Its number is the first that nobody has signed an open intent of, and that this peer may
    /// sign. It may say anew what holds, if others are open: once it has its signatures, none of
    /// them comes into force any more.
    ///
    /// # Errors
    /// If it cannot be.
    pub fn propose(&self, aims: Aims, on: Root, cluster: &Cluster) -> Result<Intent, Refused> {
        let base = self.base.as_ref().ok_or(Refused::NotAgreed)?;
        let previous = self.stands_at();
        if on != previous {
            return Err(Refused::Moved);
        }
        if self.aims() == Some(&aims) && self.open.is_empty() {
            return Err(Refused::Unchanged);
        }
        let holds = self.in_force.as_ref();
        let holds = holds.map_or(0, |it| it.backed.intent().number);
        let taken: Vec<u64> = self.open.values().map(|it| it.intent().number).collect();
        let first = self.reached().saturating_add(1);
        let mut free = (first..=holds.saturating_add(MOST_AHEAD)).filter(|it| !taken.contains(it));
        let intent = Intent {
            lock: cluster.lock,
            agreement: base.hash,
            number: free.next().ok_or(Refused::NoNumber)?,
            previous,
            aims,
        };
        rules::check(&intent, cluster)?;
        Ok(intent)
    }

    /// The open intent with this hash, if this peer may sign it.
    ///
    /// # Errors
    /// If it may not, or there is none.
    pub fn approve(&self, hash: &Root) -> Result<Intent, Refused> {
        let backed = self.open.get(hash).ok_or(Refused::NotOpen)?;
        let number = backed.intent().number;
        self.may_sign(backed.id())?;
        let others = self.open.values().filter(|it| it.hash() != *hash);
        let known = others.map(|it| it.intent().number).max();
        let known = known.unwrap_or_default().max(self.reached());
        match number > known.saturating_add(MOST_LEAP) {
            true => Err(Refused::Leap { number, known }),
            false => Ok(backed.intent().clone()),
        }
    }

    /// The highest number that is in force or was signed here, on the version in force.
    fn reached(&self) -> u64 {
        let holds = self.in_force.as_ref();
        let holds = holds.map_or(0, |it| it.backed.intent().number);
        holds.max(self.signed().map_or(0, |it| it.number))
    }

    /// Whether this peer may sign an intent on the version in force.
    pub(super) fn may_sign(&self, id: IntentId) -> Result<(), Refused> {
        let base = self.base.as_ref().ok_or(Refused::NotAgreed)?;
        match self.signed.get(&base.hash) {
            Some(last) if last.number >= id.number && *last != id => Err(Refused::Signed {
                number: id.number,
                signed: last.number,
                hash: last.hash,
            }),
            Some(_) | None => Ok(()),
        }
    }

    /// Counts this intent as signed, and signs it. The signature may leave once [what is
    /// kept](Intents::to_json) with it is durable; whether or not that succeeds, this peer signs no
    /// other of its number.
    ///
    /// # Errors
    /// If it may not be signed.
    pub fn sign(
        &mut self,
        intent: &Intent,
        identity: &Identity,
        me: PeerIndex,
    ) -> Result<SentIntent, Refused> {
        let id = intent.id();
        self.may_sign(id)?;
        self.signed.insert(intent.agreement, id);
        let operator = me.number();
        let signature = identity.sign_bare(&IntentHash(id.hash));
        Ok(SentIntent {
            intent: intent.clone(),
            signatures: vec![SentSignature {
                operator,
                signature,
            }],
        })
    }

    /// What this peer has signed last on the version in force.
    pub fn signed(&self) -> Option<IntentId> {
        let base = self.base.as_ref()?;
        self.signed.get(&base.hash).copied()
    }

    /// Counts as signed what the own peer has signed by what others hold, as its own file may have
    /// been lost: whether that is news.
    pub fn recover(&mut self, me: PeerIndex) -> bool {
        let known = self.in_force.iter().map(|it| &it.backed);
        let known = known.chain(self.open.values());
        let own = known.filter(|it| it.is_signed_by(me));
        let own: Vec<&Backed> = own.collect();
        let mut is_news = false;
        for (agreement, id) in own.iter().map(|it| (it.intent().agreement, it.id())) {
            let before = self.signed.get(&agreement);
            if before.is_none_or(|before| before.number < id.number) {
                self.signed.insert(agreement, id);
                is_news = true;
            }
        }
        is_news
    }
}
