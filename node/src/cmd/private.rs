//! The memory of a process that holds keys is nobody else's: no core dump of it is written, and no
//! other process of the same user reads it.
//!
//! Whoever looks for a fault in gantry itself switches that off by a variable, and is told so.

use std::env;
use std::io;

use rustix::process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit};
use tracing::warn;

/// Set to anything but nothing, it leaves core dumps and tracing as the system has them.
pub const VARIABLE: &str = "GANTRY_ALLOW_TRACING";

/// Keeps the memory of this process to itself. To be called before any secret is read, and after
/// log lines are shown.
pub(super) fn keep_memory_private() {
    if env::var_os(VARIABLE).is_some_and(|value| !value.is_empty()) {
        warn!(
            "{VARIABLE} is set: core dumps and other processes of this user may hold this peer's \
             keys. Unset it unless you are looking for a fault in gantry"
        );
    } else if let Err(error) = forbid() {
        warn!(%error, "the system does not let the memory be kept private: a core dump holds keys");
    }
}

fn forbid() -> io::Result<()> {
    let none = Rlimit {
        current: Some(0),
        maximum: Some(0),
    };
    setrlimit(Resource::Core, none)?;
    Ok(set_dumpable_behavior(DumpableBehavior::NotDumpable)?)
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use rustix::process::{dumpable_behavior, getrlimit};

    use super::*;

    /// Tells the process that this test starts what it is for.
    const CHILD: &str = "CHILD_OF_A_TEST";

    #[test]
    fn a_process_with_keys_cannot_be_dumped_or_read_unless_a_variable_allows_it() {
        let state = || {
            let limit = getrlimit(Resource::Core).maximum;
            (dumpable_behavior().unwrap(), limit)
        };
        if env::var_os(CHILD).is_some() {
            let before = state();
            keep_memory_private();
            match env::var_os(VARIABLE) {
                Some(_) => assert_eq!(state(), before),
                None => assert_eq!(state(), (DumpableBehavior::NotDumpable, Some(0))),
            }
            return;
        }
        // In processes of their own: there is no way back, and other tests run beside this one.
        let name = "cmd::private::tests::\
                    a_process_with_keys_cannot_be_dumped_or_read_unless_a_variable_allows_it";
        for allowed in [false, true] {
            let mut command = Command::new(env::current_exe().unwrap());
            command.args(["--exact", name]).env(CHILD, "1");
            command.env_remove(VARIABLE);
            if allowed {
                command.env(VARIABLE, "1");
            }
            let output = command.output().unwrap();
            let words = String::from_utf8_lossy(&output.stdout).into_owned();
            assert!(output.status.success(), "{words}");
            assert!(words.contains("1 passed"), "{words}");
        }
    }
}
