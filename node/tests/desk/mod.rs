//! A desk at which somebody types a command, and what lies on it.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use proto::lock::{Contents, Lock, Validator};
use proto::{Root, example};
use tempfile::TempDir;

/// A folder in which the program is started.
pub struct Desk(pub TempDir);

impl Desk {
    pub fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub fn put(&self, name: &str, content: &str) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, content).unwrap();
        path
    }

    /// Writes the identity key of the operator at `position` of [`example`].
    pub fn put_identity(&self, position: u8) -> PathBuf {
        let line = format!(
            "gantry-identity-secret {}\n",
            format!("{:02x}", position + 1).repeat(32)
        );
        let path = self.put("identity.key", &line);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        path
    }

    pub fn gantry(&self, typed: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_gantry"));
        command
            .env_clear()
            .current_dir(self.0.path())
            .args(typed.split(' '));
        command.stdin(Stdio::null());
        command
    }

    /// What is said on refusing.
    pub fn refused(&self, typed: &str) -> String {
        words_of_refusal(self.gantry(typed).output().unwrap())
    }
}

pub fn words_of_refusal(output: Output) -> String {
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    String::from_utf8(output.stderr).unwrap()
}

/// The lock of a cluster of four with one validator.
pub fn lock() -> Lock {
    let identities = example::identities(4);
    let validator = Validator {
        public_key: [0x10; 48].into(),
        share_public_keys: (0x11..=0x14).map(|byte| [byte; 48].into()).collect(),
    };
    let contents = Contents {
        definition: example::agreed(example::draft(&identities), &identities),
        validators: vec![validator],
        seal_commitment: vec![[0x31; 48].into(), [0x32; 48].into(), [0x33; 48].into()],
        exit_seal_commitment: None,
        transcript_hash: Root::ZERO,
        keystore_salt: Root::ZERO,
    };
    example::witnessed(contents, &identities)
}
