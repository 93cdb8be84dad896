//! The last words of a ceremony: what was made, what to keep a copy of, and what comes next.

use std::fmt;
use std::path::Path;

use proto::definition::{Fingerprint, Withdrawal};
use proto::lock::Lock;

use crate::cmd::deposit::to_deposit;
use crate::config::Config;
use crate::disk::files;
use crate::disk::keystore::SecretSource;
use node_core::deposit;

/// The most keys that are listed; `gantry lock show` lists all.
const LISTED: usize = 8;

/// What the last words are about.
pub(super) struct Ending<'a> {
    /// What was made.
    pub lock: &'a Lock,
    /// Where it was put.
    pub config: &'a Config,
    /// What opens the keystores.
    pub secret: &'a SecretSource,
    /// The flags by which `gantry lock verify` finds it.
    pub flags: &'a str,
}

impl fmt::Display for Ending<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (lock, config) = (self.lock, self.config);
        let fingerprint = Fingerprint::of_hash(&lock.hash());
        writeln!(
            f,
            "\nThe keys of {} are made.",
            lock.definition.terms().name
        )?;
        writeln!(f, "Lock hash     {}", lock.hash())?;
        writeln!(f, "  fingerprint {fingerprint}")?;
        writeln!(
            f,
            "              all operators must see the same: compare it before you pay"
        )?;
        for (i, validator) in lock.validators.iter().take(LISTED).enumerate() {
            let title = if i == 0 { "Validators" } else { "" };
            writeln!(f, "{title:<13} {}", validator.public_key)?;
        }
        if let Some(more @ 1..) = lock.validators.len().checked_sub(LISTED) {
            let file = files::typed(&config.lock_file);
            writeln!(
                f,
                "              and {more} more: `gantry lock show {file}`"
            )?;
        }
        let deposits = config.data_dir.join(deposit::file_name(lock));
        if deposits.exists() {
            writeln!(f, "Deposits      {}", deposits.display())?;
        }
        self.write_copies(f)?;
        writeln!(f, "Next          gantry lock verify{}", self.flags)?;
        if matches!(lock.definition.terms().withdrawal, Withdrawal::Later) {
            writeln!(
                f,
                "              gantry pool agree new, by one of you, for Rocket Pool (--help says \
                 more): all sign,\n              and before that nothing can be deposited"
            )?;
        }
        self.write_start(f)?;
        if deposits.exists() {
            let typed = to_deposit(&deposits, &config.lock_file);
            writeln!(f, "              {typed}")?;
            writeln!(
                f,
                "              by one of you, once all have compared the hash"
            )?;
        }
        Ok(())
    }
}

impl Ending<'_> {
    fn write_copies(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let config = self.config;
        let secret = match self.secret {
            SecretSource::SecretFile(file) | SecretSource::PassphraseFile(file) => file.as_path(),
            SecretSource::Terminal => Path::new("the passphrase, which only you know"),
        };
        let copies: [(&Path, &str); 4] = [
            (&config.lock_file, "every operator has the same"),
            (&config.identity_file, "without it this peer is not yours"),
            (&config.keystore_dir, "your shares"),
            (secret, "opens them; keep its copy away from theirs"),
        ];
        for (i, (path, why)) in copies.into_iter().enumerate() {
            let title = if i == 0 { "Back up now" } else { "" };
            writeln!(f, "{title:<13} {} ({why})", path.display())?;
        }
        let record = config.data_dir.join("record");
        writeln!(
            f,
            "              but not {}: an old copy put back could get you slashed",
            record.display()
        )
    }

    /// How the peer is started, and what its config lacks for that.
    fn write_start(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Only the config and the environment say to `gantry run` where things are.
        let flags = self.flags.split(" --data-dir").next().unwrap_or_default();
        let flags = flags.split(" --secret-file").next().unwrap_or_default();
        let flags = flags.split(" --passphrase-file").next().unwrap_or_default();
        writeln!(f, "              gantry run{flags}")?;
        let mut lacking = Vec::new();
        if self.config.beacon_nodes().is_err() {
            lacking.push("beacon_node".to_owned());
        }
        if *self.secret != self.config.secret {
            lacking.push("secret_file or passphrase_file as given here".to_owned());
        }
        if self.flags.contains(" --data-dir") {
            lacking.push(format!("data_dir = \"{}\"", self.config.data_dir.display()));
        }
        if lacking.is_empty() {
            return Ok(());
        }
        let lacking = lacking.join(", ");
        writeln!(f, "              once its config has: {lacking}")
    }
}
