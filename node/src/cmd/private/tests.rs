//! No command leaves the memory of its process open.

use std::process::{Command, Stdio};

use clap::{CommandFactory as _, Parser as _};
use rustix::process::{dumpable_behavior, getrlimit};

use super::*;
use crate::cmd::Gantry;

/// Tells the process that a test starts what it is to do.
const CHILD: &str = "CHILD_OF_A_TEST";

fn state() -> (DumpableBehavior, Option<u64>) {
    let limit = getrlimit(Resource::Core).maximum;
    (dumpable_behavior().unwrap(), limit)
}

const PRIVATE: (DumpableBehavior, Option<u64>) = (DumpableBehavior::NotDumpable, Some(0));

/// Runs this test again, in a process of its own: there is no way back, and other tests run
/// beside this one.
fn in_a_child(test: &str, words: &str, allowed: bool) {
    let dir = tempfile::tempdir().unwrap();
    let mut command = Command::new(env::current_exe().unwrap());
    let test = format!("cmd::private::tests::{test}");
    command.args(["--exact", &test]).env(CHILD, words);
    command.current_dir(dir.path()).stdin(Stdio::null());
    command.env_remove(VARIABLE);
    if allowed {
        command.env(VARIABLE, "1");
    }
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{words}: {said}");
    assert!(said.contains("1 passed"), "{words}: {said}");
}

#[test]
fn a_process_with_keys_cannot_be_dumped_or_read_unless_a_variable_allows_it() {
    if env::var_os(CHILD).is_some() {
        let before = state();
        let warning = keep_memory_private();
        match env::var_os(VARIABLE) {
            Some(_) => {
                assert!(warning.unwrap().contains(VARIABLE));
                assert_eq!(state(), before);
            }
            None => assert_eq!((warning, state()), (None, PRIVATE)),
        }
        return;
    }
    let name = "a_process_with_keys_cannot_be_dumped_or_read_unless_a_variable_allows_it";
    for allowed in [false, true] {
        in_a_child(name, "itself", allowed);
    }
}

/// Every command, in a folder in which nothing is.
const COMMANDS: [&str; 47] = [
    "identity new --dir .",
    "identity show --dir .",
    "cluster new --name n --chain c --withdrawal w --fee-recipient f --operator a=KEY",
    "cluster sign d --dir .",
    "cluster merge a b",
    "cluster show d",
    "keystore secret --out s",
    "keystore password k",
    "keystore export k --out f",
    "account new --config c",
    "account show --config c",
    "dkg --definition d --data-dir .",
    "dkg verify-blame b",
    "lock show l",
    "lock verify --data-dir .",
    "deposit f --rpc http://127.0.0.1:1",
    "run --config c",
    "status --config c",
    "duties --config c",
    "exit --list --config c",
    "evidence verify e --lock l",
    "slashing import f --config c",
    "slashing export f --config c",
    "slashing new-record --config c",
    concat!(
        "slashing resume --config c 0x111111111111111111111111111111111111111111111111",
        "111111111111111111111111111111111111111111111111"
    ),
    "pool status --node 0x0000000000000000000000000000000000000001 --execution-node http://[::1]:1",
    "pool agree new --node 0x0000000000000000000000000000000000000001",
    "pool agree show f",
    "pool agree sign f",
    "pool agree merge a b",
    "pool intent propose --config c --validators 1",
    "pool intent approve --config c",
    "pool intent show --config c",
    "pool plan --execution-node http://[::1]:1",
    "pool prove lock:0 --config c",
    "pool withdrawal --config c",
    "pool fund 8 --config c",
    "pool file rehearsal --config c",
    "pool file confirm --config c",
    "pool file stake-rpl 1 --config c",
    "pool file withdraw-eth --config c",
    "pool file withdraw-credit 1.5 --config c",
    "pool file give-back 0x0000000000000000000000000000000000000001 --config c",
    "pool file end-minipool 0x0000000000000000000000000000000000000001 --config c",
    "pool send stake --node 0x0000000000000000000000000000000000000001 --key-file k",
    "rewards --config c",
    "slashing keep-record --against b --seen 1 --config c",
];

#[test]
fn no_command_forgets_to_keep_its_memory_private() {
    if let Ok(words) = env::var(CHILD) {
        let key = proto::example::identities(1)[0].public().to_string();
        let words = words.replace("KEY", &key);
        let words = ["gantry"].into_iter().chain(words.split(' '));
        // Nothing that it needs is there.
        Gantry::try_parse_from(words).unwrap().run().ok();
        assert_eq!(state(), PRIVATE);
        return;
    }
    let mut leaves = Vec::new();
    gather("", &Gantry::command(), &mut leaves);
    for leaf in leaves {
        let words = COMMANDS.iter().find(|words| words.starts_with(&leaf));
        let words = words.unwrap_or_else(|| panic!("{leaf} is not in the list"));
        in_a_child(
            "no_command_forgets_to_keep_its_memory_private",
            words,
            false,
        );
    }
}

/// The names of all commands that can be typed.
fn gather(before: &str, command: &clap::Command, leaves: &mut Vec<String>) {
    if !command.is_subcommand_required_set() && !before.is_empty() {
        leaves.push(before.trim_start().to_owned());
    }
    for inner in command.get_subcommands() {
        gather(&format!("{before} {}", inner.get_name()), inner, leaves);
    }
}
