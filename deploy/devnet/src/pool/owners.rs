//! The operators' own accounts, which own the node account together: each is made with the command
//! that README tells to type, and has some ether for gas.

use std::process::Command;

use super::{ETHER, NodeAccount, RocketPool, Who, apart};
use crate::Error;
use crate::children::output;
use crate::cluster::Cluster;
use crate::place::Site;

/// What a validator's bond costs, wei.
const BOND: u128 = 4 * ETHER;

impl RocketPool {
    /// Each operator makes an account, and somebody gives it an ether. From now on the node account
    /// is a Safe of them.
    pub async fn make_accounts(&mut self, cluster: &Cluster, site: &Site) -> Result<(), Error> {
        let mut owners = Vec::new();
        for peer in &cluster.peers {
            let mut new = Command::new(site.place.gantry());
            new.args(["account", "new", "--config"]).arg(peer.config());
            let printed = apart(move || output("gantry account new", &mut new)).await?;
            let account = printed.trim().to_owned();
            self.send(Who::Guardian, &account, (ETHER, "0x")).await?;
            owners.push(account);
        }
        self.node = NodeAccount::Safe {
            owners,
            address: String::new(),
        };
        Ok(())
    }

    /// Who has the bonds of so many validators pays them into the node account, if it is a Safe;
    /// says how much, wei.
    pub async fn pay_in(&self, validators: usize) -> Result<Option<u128>, Error> {
        let NodeAccount::Safe { address, .. } = &self.node else {
            return Ok(None);
        };
        let bonds = BOND * validators as u128;
        self.send(Who::Node, address, (bonds, "0x")).await?;
        Ok(Some(bonds))
    }
}
