//! Exits that are signed in advance: this peer's partial signature of one leaves the vault only
//! sealed to the cluster's seal key for them, and this peer's part of that key leaves it only when
//! n - t + 1 operators, its own among them, have said that the exit may be opened.
//!
//! So there is no [`Signable`](super::Signable) of such an exit: that would give its signature in
//! plain. What is made here ([`Vault::seal_exit`]) is already hidden when it comes from the shared
//! key's own code.
//!
//! Never here: whether the chain would take the exit, and what the others have sealed.

use dkg::bls::{Message, SecretShare};
use dkg::seal::{self, BadSealKey, PublicKeySet, SealedPartial, SecretKeyShare};
use proto::eth::{ChainSpec, ValidatorIndex, VoluntaryExit, signing_root};
use proto::exit::{ExitPart, ExitWord, SealedExit};
use proto::lock::Lock;
use proto::{
    Epoch, PeerIndex, PeerSet, PublicKey, Root, Roster, SignatureBytes, Signed, ValidatorPosition,
};

use super::{Refusal, Vault};

/// The cluster's seal key for pre-signed exits, as its lock has it.
#[derive(Debug, Clone)]
pub struct ExitKey {
    lock: Root,
    set: PublicKeySet,
}

/// The same, with this peer's share of it.
#[derive(Debug, Clone)]
pub struct HeldExitKey {
    key: ExitKey,
    me: PeerIndex,
    share: SecretKeyShare,
}

/// The exit of one validator that is signed in advance: the first that the chain will ever take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Presigned {
    validator: PublicKey,
    message: VoluntaryExit,
    signing_root: Root,
}

/// What was signed in advance of the exit of one validator, as n - t + 1 operators let it be
/// opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ApprovedOpening {
    lock: Root,
    validator: PublicKey,
    operators: PeerSet,
}

impl ExitKey {
    /// That of `lock`; none if it was made without one.
    ///
    /// # Errors
    /// If what it has is no such key.
    pub fn of(lock: &Lock) -> Result<Option<Self>, BadSealKey> {
        let size = lock.definition.terms().size();
        let set = lock.exit_seal_commitment.as_ref();
        let set = set.map(|points| seal::exit_set(size, points)).transpose()?;
        let lock = lock.hash();
        Ok(set.map(|set| Self { lock, set }))
    }

    /// With the share of the peer `me`.
    pub fn held(self, me: PeerIndex, share: &SecretShare) -> HeldExitKey {
        HeldExitKey {
            key: self,
            me,
            share: seal::secret_share(share),
        }
    }

    /// Reads what a peer has sealed; none if it is not sealed to this key for what it says. Takes
    /// some milliseconds.
    pub fn read(&self, sealed: &SealedExit) -> Option<SealedPartial> {
        let is_ours = sealed.part.lock == self.lock;
        is_ours.then(|| SealedPartial::read(&sealed.text, sealed.part.label()))?
    }

    /// Whether `share` is the part of this key to `sealed` that `peer` alone can give.
    pub fn is_part(&self, sealed: &SealedPartial, peer: PeerIndex, share: &PublicKey) -> bool {
        sealed.is_of(&self.set, peer, share)
    }

    /// What was sealed, by parts of this key that were verified; none if they are too few.
    pub fn unseal(
        &self,
        sealed: &SealedPartial,
        parts: &[(PeerIndex, PublicKey)],
    ) -> Option<SignatureBytes> {
        sealed.unseal(&self.set, parts)
    }
}

impl Presigned {
    /// The exit of `validator`, which has `index`, from `epoch` on: under Capella's domain for ever
    /// (EIP-7044).
    pub fn new(
        chain: &ChainSpec,
        validator: PublicKey,
        (index, epoch): (ValidatorIndex, Epoch),
    ) -> Self {
        let message = VoluntaryExit {
            epoch,
            validator_index: index,
        };
        Self {
            validator,
            message,
            signing_root: signing_root(&message, chain.voluntary_exit_domain()),
        }
    }

    /// What the chain is given.
    pub fn message(&self) -> VoluntaryExit {
        self.message
    }

    /// The 32 bytes that the key signs.
    pub fn signing_root(&self) -> Root {
        self.signing_root
    }

    /// The part of it that `sealer` signs, in the cluster of `lock`.
    pub fn part(&self, lock: Root, sealer: PeerIndex) -> ExitPart {
        ExitPart {
            lock,
            validator: self.validator,
            index: self.message.validator_index,
            epoch: self.message.epoch,
            signing_root: self.signing_root,
            sealer,
        }
    }
}

impl ApprovedOpening {
    /// What all of `words` let be opened at `now`, in Unix seconds, if n - t + 1 operators of
    /// `roster` say so of one validator of the cluster of `lock`. Every signature is checked here:
    /// whatever is wrong elsewhere, nothing is opened that people have not approved.
    pub fn by<'a>(
        (roster, lock): (&Roster, Root),
        words: impl IntoIterator<Item = &'a Signed<ExitWord>>,
        now: u64,
    ) -> Option<Self> {
        let mut validator = None;
        let mut operators = PeerSet::EMPTY;
        for signed in words {
            let word = &signed.statement;
            let is_sound = word.lock == lock && word.is_within_bounds() && word.opens(now);
            let is_same = *validator.get_or_insert(word.validator) == word.validator;
            if !is_sound || !is_same || signed.check(roster).is_err() {
                return None;
            }
            operators.insert(signed.signer);
        }
        let validator = validator?;
        (operators.len() >= roster.size().halting()).then_some(Self {
            lock,
            validator,
            operators,
        })
    }
}

impl Vault {
    /// Holds this peer's share of the seal key for pre-signed exits too.
    pub fn hold_exit_key(&mut self, held: HeldExitKey) {
        self.exit_key = Some(held);
    }

    /// The seal key for pre-signed exits, if there is one.
    pub fn exit_key(&self) -> Option<&ExitKey> {
        self.exit_key.as_ref().map(|held| &held.key)
    }

    /// This peer's part of `exit`, sealed. Nothing that is signed again differs. An exit
    /// contradicts nothing, so it waits for no record.
    ///
    /// # Errors
    /// If the vault has stopped, holds no seal key, or this is another validator's exit.
    pub fn seal_exit(
        &self,
        validator: ValidatorPosition,
        exit: &Presigned,
    ) -> Result<SealedExit, Refusal> {
        if let Some(refusal) = self.stopped() {
            return Err(refusal);
        }
        let HeldExitKey { key, me, .. } = self.exit_key.as_ref().ok_or(Refusal::NoExitKey)?;
        let held = self.held.get(validator.index());
        let held = held.ok_or(Refusal::UnknownValidator(validator))?;
        if held.group_key != exit.validator {
            return Err(Refusal::OtherExit(validator));
        }
        let part = exit.part(key.lock, *me);
        let message = Message::hash(exit.signing_root);
        let text = SealedPartial::seal(&key.set, &held.share, &message, part.label());
        Ok(SealedExit { part, text })
    }

    /// This peer's part of the key to what a peer has sealed of the exit of `validator`.
    ///
    /// # Errors
    /// If the vault has stopped or holds no seal key, if this peer's own operator is not among
    /// those who let it be opened, or if that is not what they let be opened.
    pub fn open_exit(
        &self,
        validator: ValidatorPosition,
        approved: &ApprovedOpening,
        sealed: &SealedExit,
    ) -> Result<PublicKey, Refusal> {
        if let Some(refusal) = self.stopped() {
            return Err(refusal);
        }
        let held = self.exit_key.as_ref().ok_or(Refusal::NoExitKey)?;
        if !approved.operators.contains(held.me) {
            return Err(Refusal::NoOwnYes(validator));
        }
        let is_approved =
            approved.lock == held.key.lock && approved.validator == sealed.part.validator;
        if !is_approved {
            return Err(Refusal::OtherExit(validator));
        }
        let sealed = held.key.read(sealed).ok_or(Refusal::NotSealed(validator))?;
        Ok(sealed.decryption_share(&held.share))
    }
}
