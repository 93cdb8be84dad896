//! A network of its own for a test: a network namespace for each peer, joined by a bridge.
//!
//! ```text
//!   peer 1           peer 2                        own user and network namespace of the test
//!  ┌───────────┐    ┌───────────┐
//!  │ 10.77.0.11│    │ 10.77.0.12│  …     namespaces inside of it, each held by a process
//!  └─────┬─────┘    └─────┬─────┘
//!      cable1           cable2
//!     ┌──┴────────────────┴─────┐
//!     │ bridge, 10.77.0.1       │        the test itself, and the beacon node
//!     └─────────────────────────┘
//! ```
//!
//! Nothing of it has a name outside, and the kernel takes a namespace down with its last process:
//! however the test ends, nothing is left. It needs no privilege where users may make namespaces.
//!
//! Never here: what the peers do.

use std::fs;
use std::net::Ipv4Addr;
use std::path::Path;
use std::process::{Command, Output};
use std::time::Duration;

use devnet::children::{Child, Children};

use crate::stand::{run, until};

/// Set for the copy of the test that runs inside.
const INSIDE: &str = "INSIDE_OF_THE_TEST";
/// How long the kernel may take to make a namespace.
const MAKING: Duration = Duration::from_secs(10);
/// How long a test inside may take.
const LONGEST: Duration = Duration::from_secs(600);
/// Makes the namespaces of a user who may not make any otherwise.
const AS_USER: [&str; 3] = ["--user", "--map-root-user", "--net"];
/// Makes those of root, where users may make none.
const AS_ROOT: [&str; 1] = ["--net"];

/// Runs `test`, whose full name is `name`, in a user and a network namespace of its own: this
/// program starts itself again inside of them. Beside a devnet too: its peers wait for slots of
/// twelve seconds, and share no port with anything outside.
pub fn inside(name: &str, test: impl Future<Output = ()>) {
    if std::env::var_os(INSIDE).is_some() {
        return run(test);
    }
    let mut command = Command::new("unshare");
    command
        .args(namespaces())
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", name, "--nocapture"])
        .env(INSIDE, "yes");
    let logs = Path::new(env!("CARGO_TARGET_TMPDIR")).join("e2e-inside");
    fs::remove_dir_all(&logs).ok(); // it may not be there
    let children = Children::new(logs).unwrap();
    let mut child = children.start(&name.replace("::", "-"), command).unwrap();
    run(async {
        until("the test inside ends", LONGEST, || child.ended().is_some()).await;
        let status = child.ended().unwrap();
        assert!(
            status.success(),
            "{}",
            child.failure(format!("failed ({status})"))
        );
    });
}

/// What `unshare` needs on this machine.
fn namespaces() -> &'static [&'static str] {
    for tool in ["unshare", "nsenter", "ip"] {
        let found = Command::new(tool).arg("-V").output();
        assert!(
            found.is_ok(),
            "`{tool}` is missing: install util-linux (unshare, nsenter) and iproute2 (ip)"
        );
    }
    let mut refusals = String::new();
    for flags in [&AS_USER[..], &AS_ROOT[..]] {
        // With nothing but a name some systems give a namespace in which nothing may be done.
        let tried = Command::new("unshare")
            .args(flags)
            .args(["ip", "link", "set", "lo", "up"])
            .output()
            .unwrap();
        if tried.status.success() {
            return flags;
        }
        refusals += &String::from_utf8_lossy(&tried.stderr);
    }
    panic!(
        "this machine lets us make no network namespace; let users make them (sysctl \
         user.max_user_namespaces above 0, kernel.apparmor_restrict_unprivileged_userns=0), or \
         run as root: {refusals}"
    );
}

/// Whether a peer's cable is plugged in. Without it nothing passes, and nobody is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cable {
    In,
    Out,
}

/// The bridge, and the namespaces at it.
pub struct Lan {
    /// The process that holds each namespace.
    holders: Vec<Child>,
}

impl Lan {
    /// Lays a network with `count` namespaces, inside of [`inside`].
    pub async fn lay(children: &Children, count: usize) -> Self {
        ip("link set lo up");
        ip("link add bridge type bridge");
        ip(&format!("address add {}/24 dev bridge", Self::middle()));
        ip("link set bridge up");
        let mut holders = Vec::new();
        for i in 0..count {
            let mut command = Command::new("unshare");
            command.args(["--net", "sleep", "infinity"]);
            let name = format!("namespace{}", i + 1);
            holders.push(children.start(&name, command).unwrap());
        }
        let lan = Self { holders };
        for i in 0..count {
            lan.connect(i).await;
        }
        lan
    }

    async fn connect(&self, i: usize) {
        let id = self.holders[i].id();
        let ours = fs::read_link("/proc/self/ns/net").unwrap();
        until("a namespace is made", MAKING, || {
            fs::read_link(format!("/proc/{id}/ns/net")).is_ok_and(|theirs| theirs != ours)
        })
        .await;
        let cable = cable(i);
        ip(&format!(
            "link add {cable} type veth peer name eth0 netns {id}"
        ));
        ip(&format!("link set {cable} master bridge"));
        let address = format!("address add {}/24 dev eth0", Self::address(i));
        for words in ["link set lo up", &address, "link set eth0 up"] {
            let mut command = self.at(i, Path::new("ip"));
            must(command.args(words.split(' ')).output().unwrap(), words);
        }
        self.plug(i, Cable::In);
    }

    /// The address of the test itself.
    pub fn middle() -> Ipv4Addr {
        Ipv4Addr::new(10, 77, 0, 1)
    }

    /// The address in the namespace `i`.
    pub fn address(i: usize) -> Ipv4Addr {
        Ipv4Addr::new(10, 77, 0, 11 + u8::try_from(i).unwrap())
    }

    /// `program`, to be run in the namespace `i`.
    pub fn at(&self, i: usize, program: &Path) -> Command {
        let mut command = Command::new("nsenter");
        let id = self.holders[i].id();
        command
            .arg(format!("--net=/proc/{id}/ns/net"))
            .arg("--")
            .arg(program);
        command
    }

    /// Plugs the cable of the namespace `i` in, or pulls it.
    pub fn plug(&self, i: usize, state: Cable) {
        let state = match state {
            Cable::In => "up",
            Cable::Out => "down",
        };
        ip(&format!("link set {} {state}", cable(i)));
    }
}

fn cable(i: usize) -> String {
    format!("cable{}", i + 1)
}

fn ip(words: &str) {
    let done = Command::new("ip").args(words.split(' ')).output();
    must(done.unwrap(), words);
}

fn must(done: Output, words: &str) {
    let said = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "ip {words}: {said}");
}
