//! What is printed about exits that were signed in advance.

use proto::control::{Exit, Opener, Presigned};

use super::words::Words;

impl Words<'_> {
    /// How many operators must let one be opened.
    fn openers_needed(&self) -> usize {
        self.lock.definition.terms().size().halting()
    }

    /// How many more must.
    pub(super) fn lacks_openers(&self, exit: &Exit) -> usize {
        let openers = exit.presigned.openers.len();
        self.openers_needed().saturating_sub(openers)
    }

    fn openers(&self, presigned: &Presigned) -> String {
        let one = |opener: &Opener| {
            let hours = opener.until.saturating_sub(self.now).div_ceil(60 * 60);
            format!("{} (for {hours} h more)", self.name(opener.operator))
        };
        let all: Vec<String> = presigned.openers.iter().map(one).collect();
        match all.is_empty() {
            true => "nobody yet".to_owned(),
            false => all.join(", "),
        }
    }

    /// How many parts of it are held, and whose are not.
    pub(super) fn sealed(&self, presigned: &Presigned) -> String {
        let size = self.lock.definition.terms().size();
        let all = (0..).take(size.peers());
        let lacking = self.names(all.filter(|at| !presigned.sealers.contains(at)));
        let lacking = match lacking.is_empty() {
            true => String::new(),
            false => format!(", none of {lacking}"),
        };
        let (held, needed) = (presigned.sealers.len(), size.threshold());
        format!("{held} sealed parts held, {needed} needed{lacking}")
    }

    /// What must be known before somebody types yes to opening; `pool` is what an exit means at
    /// Rocket Pool.
    pub(super) fn before_opening(&self, exit: &Exit, hours: u64, pool: &str) -> String {
        let needed = self.openers_needed();
        let all = self.lock.definition.terms().operators.len();
        format!(
            "This approves that the exit of {} is opened, which all peers have signed in advance.\n\
             It is for the day on which so many operators are gone for good that no {} are left to \
             approve of an exit. It cannot be taken back: the validator never comes back. It has \
             duties until its exit epoch, so keep the peers running; its balance goes to its \
             withdrawal address some time after its withdrawable epoch.\n\
             {pool}\n\
             {}.\n\
             Approved so far by {} of {needed} that are needed (of {all}): {}\n\
             Your approval holds for {hours} h. Until {needed} have approved, \
             `gantry exit --withdraw` takes it back; after that nothing does.",
            self.validator(exit),
            self.needed(),
            self.sealed(&exit.presigned),
            exit.presigned.openers.len(),
            self.openers(&exit.presigned),
        )
    }

    /// What has become of a yes to opening.
    pub(super) fn approved_opening(&self, exit: &Exit) -> String {
        let openers = exit.presigned.openers.len();
        match self.lacks_openers(exit) {
            0 => format!("Approved: {openers} operators have now."),
            lacks => format!(
                "Approved, and kept. {lacks} more must approve, each on his own machine, with \
                 `gantry exit --presigned {}`. So far: {}",
                self.key(exit),
                self.openers(&exit.presigned),
            ),
        }
    }

    /// Who lets it be opened, in the list of exits; nothing if nobody does.
    pub(super) fn opened_by(&self, exit: &Exit) -> String {
        match exit.presigned.openers.is_empty() {
            true => String::new(),
            false => format!(
                "  pre-signed: {} of {} let it be opened: {}; {}\n",
                exit.presigned.openers.len(),
                self.openers_needed(),
                self.openers(&exit.presigned),
                self.sealed(&exit.presigned),
            ),
        }
    }

    /// What was signed in advance, of all validators.
    pub(super) fn presigned(&self, all: &[Presigned]) -> String {
        if self.lock.exit_seal_commitment.is_none() {
            return "no exit is signed in advance: this cluster's lock was made before there was a \
                    seal key for that, and gantry cannot add one yet\n"
                .to_owned();
        }
        let size = self.lock.definition.terms().size();
        let known = all.iter().filter(|one| one.epoch.is_some());
        let (known, unknown) = (known.clone().count(), all.len() - known.count());
        let is_whole = |one: &&Presigned| one.sealers.len() >= size.threshold();
        let whole = all.iter().filter(is_whole).count();
        let mut text = format!(
            "signed in advance: the exits of {whole} of {known} active validators can be opened by \
             {} operators\n",
            self.openers_needed()
        );
        if unknown > 0 {
            text += &format!(
                "  of {unknown} nothing is signed in advance: they were active in no final state \
                 yet, or have left\n"
            );
        }
        let is_short = |one: &&Presigned| one.epoch.is_some() && one.sealers.len() < size.peers();
        for one in all.iter().filter(is_short) {
            text += &format!("  lock:{}: {}\n", one.validator, self.sealed(one));
        }
        text
    }
}
