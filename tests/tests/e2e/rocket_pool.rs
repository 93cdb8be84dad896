//! One life at Rocket Pool: four validators of a megapool from the node's founding to the last wei,
//! against stand-ins of the contracts on the devnet's chain. The node account is a Safe of the four
//! operators, with Safe's own contracts.

use devnet::plan::{Blow, Entry, Plan, Strike};
use devnet::progress::Progress;
use devnet::show::Scene;

use crate::stand::{alone, run, site};

/// Shorter than in the main job: what is judged here is the money, and what a busy chain leaves out
/// costs none.
const SLOT_MS: u64 = 1000;
/// The stages of a life, as the report names them.
const STAGES: [&str; 17] = [
    "foundation",
    "chain",
    "definition",
    "ceremony",
    "contracts",
    "agreement",
    "peers",
    "founding",
    "queue",
    "assignment",
    "stake",
    "activation",
    "duties",
    "rewards",
    "exit",
    "payout",
    "money",
];

/// The coordinator is killed when duties begin, and started again for what remains to be sent.
#[test]
fn a_life_at_rocket_pool_ends_with_every_wei_at_the_withdrawal_address() {
    let _alone = alone();
    let plan = Plan {
        slot_ms: SLOT_MS,
        entry: Entry::RocketPool,
        node_safe: true,
        strikes: [(1, Blow::Kill), (2, Blow::Restart)]
            .map(|(epoch, blow)| Strike {
                peer: 0,
                epoch,
                blow,
            })
            .into(),
        ..Plan::small(4)
    };
    let site = site(&plan, "rocket-pool");
    run(async {
        let mut scene = Scene::new(plan, site);
        let mut progress = Progress::shown();
        let played = scene.play(&mut progress).await;
        scene.stop().await;
        played.unwrap();
        let stages: Vec<&str> = progress.done().iter().map(|done| done.name).collect();
        assert_eq!(stages, STAGES);
    });
}
