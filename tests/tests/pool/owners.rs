//! Four peers whose node account is a Safe of theirs: made, agreed on and founded by the commands
//! and by `gantry run`, each with its own account.

use std::fs;
use std::path::Path;
use std::process::Command;

use alloy_primitives::{Address, U256};
use k256::ecdsa::SigningKey;
use node_core::pool::abi::Megapool;
use node_core::safe::Safe;
use serde_json::{Value, json};
use tests::program::gantry;

use crate::abi::Storage;
use crate::chain::{Chain, ETHER, who};
use crate::coordinator::owner_sends;
use crate::group::Group;
use crate::node::expected;
use crate::running::Peer;
use crate::safe::deploy;

/// The node account is the Safe of these, of whom the first coordinates.
pub struct Owners<'a> {
    pub all: Vec<Group<'a>>,
    pub accounts: Vec<Address>,
}

/// What a command prints in a data directory.
fn run(dir: &Path, arguments: &[&str]) -> String {
    let mut command = Command::new(gantry());
    command.args(arguments).current_dir(dir);
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {said}");
    String::from_utf8(output.stdout).unwrap()
}

impl<'a> Owners<'a> {
    pub async fn found(chain: &'a Chain, name: &str) -> Self {
        Self::found_with(chain, name, &[]).await
    }

    /// The same, and the first of them have accounts with these keys.
    pub async fn found_with(chain: &'a Chain, name: &str, keys: &[SigningKey]) -> Self {
        deploy(chain).await;
        chain.mine(6).await;
        let all = Group::together(chain, name);
        for (at, group) in all.iter().enumerate() {
            let first = if at == 0 { "[coordinator]\n" } else { "" };
            group.configure(first);
            fs::remove_file(group.dir.join("pool-agreement.json")).unwrap();
        }
        for (group, key) in all.iter().zip(keys) {
            group.keep_account(key);
        }
        let made = all.iter().enumerate().map(|(at, it)| {
            let what = if at < keys.len() { "show" } else { "new" };
            run(&it.dir, &["account", what])
        });
        let accounts: Vec<Address> = made.map(|it| it.trim().parse().unwrap()).collect();
        for account in &accounts {
            chain.credit(*account, ETHER).await;
        }
        let owners = Self { all, accounts };
        owners.agree(chain);
        owners
    }

    /// The first writes the agreement, and each signs it as operator and with its account.
    fn agree(&self, chain: &Chain) {
        let (storage, owner) = (
            chain.at("rocketStorage").to_string(),
            who::OWNER.to_string(),
        );
        let names = proto::example::NAMES;
        let shares = names[..4].iter().map(|name| format!("--share={name}=2500"));
        let accounts = names.iter().zip(&self.accounts);
        let accounts = accounts.map(|(name, account)| format!("--account={name}={account}"));
        let named: Vec<String> = shares.chain(accounts).collect();
        let mut arguments = vec!["pool", "agree", "new", "--rocket-storage", &storage];
        arguments.extend(["--withdrawal", &owner, "--smoothing-pool", "in"]);
        arguments.extend(named.iter().map(String::as_str));
        let page = run(&self.all[0].dir, &arguments);
        assert!(
            page.contains("of all operators: any 3 of them act"),
            "{page}"
        );
        self.sign(0);
    }

    /// Each signs the newest version in this one's copy, which all have in the end.
    fn sign(&self, from: usize) {
        let file = "pool-agreement.json";
        let hash = self.newest(from)["hash"].as_str().unwrap().to_owned();
        let mut before = self.all[from].dir.join(file);
        let take = |group: &Group<'_>, before: &Path| {
            if group.dir.join(file) != before {
                // Whole at once: a peer that runs reads it.
                let sent = group.dir.join("sent.json");
                fs::copy(before, &sent).unwrap();
                fs::rename(sent, group.dir.join(file)).unwrap();
            }
        };
        for group in &self.all {
            take(group, &before);
            run(&group.dir, &["pool", "agree", "sign", "--hash", &hash]);
            before = group.dir.join(file);
        }
        for group in &self.all {
            take(group, &before);
            run(&group.dir, &["pool", "agree", "show", "--complete"]);
        }
    }

    /// The newest version in this one's copy.
    fn newest(&self, of: usize) -> Value {
        let file = self.all[of].dir.join("pool-agreement.json");
        let text: Value = serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap();
        text["versions"].as_array().unwrap().last().unwrap().clone()
    }

    /// The first, whose account is lost, makes a new one, and all agree on it; the new one.
    fn replace_first(&self) -> Address {
        let account = self.all[0].dir.join("account.json");
        fs::rename(&account, self.all[0].dir.join("account-lost.json")).unwrap();
        let new = run(&self.all[0].dir, &["account", "new"]);
        let named = format!("--account={}={}", proto::example::NAMES[0], new.trim());
        run(&self.all[0].dir, &["pool", "agree", "new", &named]);
        self.sign(0);
        new.trim().parse().unwrap()
    }

    /// What each has signed at a nonce, and keeps; nothing of one that did not come to it.
    fn signed(&self, nonce: u64) -> Vec<Option<Value>> {
        let file = format!("node-account-signed/{:#x}-31337.json", self.safe());
        let of = |group: &Group<'_>| {
            let text = fs::read_to_string(group.dir.join(&file)).ok()?;
            let kept: Value = serde_json::from_str(&text).unwrap();
            let lines = kept["signed"].as_array().unwrap().clone();
            lines.into_iter().find(|line| line["nonce"] == nonce)
        };
        self.all.iter().map(of).collect()
    }

    /// Where the Safe is, by the agreement.
    pub fn safe(&self) -> Address {
        let newest = self.newest(0);
        let fixed = &newest["fixed"];
        fixed["node_account"].as_str().unwrap().parse().unwrap()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn four_peers_found_the_node_that_is_their_safe_and_another_goes_on_when_one_dies() {
    let chain = Chain::start().await;
    let owners = Owners::found(&chain, "pool-safe-founds").await;
    let safe = owners.safe();
    let mut others: Vec<Peer> = owners.all[1..].iter().map(Group::run).collect();
    let mut first = owners.all[0].run();
    first.wait_for("coordinator: sent create-safe:");
    first.wait_for("coordinator: sent register:");
    first.wait_for("coordinator: sent propose-rpl-withdrawal:");
    first.wait_for("coordinator: sent propose-withdrawal:");
    let nonce = chain.view(safe, Safe::nonceCall {}).await;
    assert_eq!(nonce, U256::from(3));
    let page = owners.all[0].status();
    assert!(
        page.contains("signs for the node account, a Safe of all operators"),
        "{page}"
    );
    // The one that coordinated is gone, and another one is told to.
    drop(first);
    drop(others.remove(0));
    owners.all[1].configure("[coordinator]\n");
    let mut second = owners.all[1].run();
    let confirmed = ["confirm_rpl_withdrawal", "confirm_withdrawal"];
    assert_eq!(owner_sends(&owners.all[1]).await, confirmed);
    second.wait_for("coordinator: sent deploy-megapool:");
    second.wait_for("coordinator: sent join-smoothing-pool:");
    let nonce = chain.view(safe, Safe::nonceCall {}).await;
    assert_eq!(nonce, U256::from(5));
    // A deposit is signed by the shares of all, and then by their accounts, once all before it is
    // final.
    chain.credit(safe, 8 * ETHER).await;
    chain.mine(6).await;
    second.wait_for("coordinator: sent deposit:");
    let nonce = chain.view(safe, Safe::nonceCall {}).await;
    assert_eq!(nonce, U256::from(6));
    let megapool = expected(&chain, safe);
    let count = chain
        .view(megapool, Megapool::getValidatorCountCall {})
        .await;
    assert_eq!(count, 2);
    assert!(chain.balance(safe).await < U256::from(ETHER));
    // Who has lost the account has a new one, by the agreement first and then by the Safe.
    let new = owners.replace_first();
    second.wait_for("coordinator: sent swap-owner:");
    let mut expected = owners.accounts.clone();
    expected[0] = new;
    let there = chain.view(safe, Safe::getOwnersCall {}).await;
    assert_eq!(there, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_that_go_first_at_once_have_nothing_done_twice() {
    let chain = Chain::start().await;
    let owners = Owners::found(&chain, "pool-safe-two").await;
    let safe = owners.safe();
    owners.all[1].configure("[coordinator]\n");
    let mut all: Vec<Peer> = owners.all.iter().map(Group::run).collect();
    let (both, _) = all.split_at_mut(2);
    for peer in both {
        // By then all is proposed that only the Safe can.
        peer.wait_for("confirms that it is to be the withdrawal address");
    }
    drop(all);
    let nonce = chain.view(safe, Safe::nonceCall {}).await;
    assert_eq!(nonce, U256::from(3));
    let there = chain.view(safe, Safe::getOwnersCall {}).await;
    assert_eq!(there, owners.accounts);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_step_whose_block_is_taken_back_is_done_again_with_the_same_signatures() {
    let chain = Chain::start().await;
    let owners = Owners::found(&chain, "pool-safe-back").await;
    let safe = owners.safe();
    let mut all: Vec<Peer> = owners.all.iter().map(Group::run).collect();
    all[0].wait_for("coordinator: sent propose-withdrawal:");
    let storage = chain.at("rocketStorage");
    let asked = || Storage::getNodePendingWithdrawalAddressCall { node: safe };
    assert_eq!(chain.view(storage, asked()).await, who::OWNER);
    drop(all);
    chain.ask("anvil_reorg", json!([1, []])).await;
    assert_eq!(chain.view(storage, asked()).await, Address::ZERO);
    let nonce = chain.view(safe, Safe::nonceCall {}).await;
    assert_eq!(nonce, U256::from(2));
    // Enough of them; the one that is not needed may have been late.
    let before = owners.signed(2);
    assert!(before.iter().flatten().count() >= 3);
    // By whoever is left, as long as enough are.
    let mut all: Vec<Peer> = owners.all[..3].iter().map(Group::run).collect();
    for peer in &mut all {
        // The owner's turn has come.
        peer.wait_for("confirms that it is to be the withdrawal address");
    }
    drop(all);
    assert_eq!(chain.view(storage, asked()).await, who::OWNER);
    let nonce = chain.view(safe, Safe::nonceCall {}).await;
    assert_eq!(nonce, U256::from(3));
    for (before, now) in before.into_iter().zip(owners.signed(2)) {
        assert!(before.is_none() || before == now);
    }
}
