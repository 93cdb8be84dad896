//! The main job, as a newcomer sees it: from nothing to duties in the chain's blocks.

use devnet::plan::{Blow, Plan, Strike};
use devnet::progress::Progress;
use devnet::show::Scene;

use crate::stand::{alone, run, site};

/// Epochs of duties.
const EPOCHS: u64 = 6;
/// A second and a half would not do: the execution client counts whole seconds. One second does on
/// an idle machine only: on a busy one the chain itself forks, and leaves signed votes out.
const SLOT_MS: u64 = 2000;

/// The third peer is dead for two epochs and then started again. When it has been back for an epoch
/// the first one dies, so that nothing can be signed without the third.
#[test]
fn from_nothing_to_duties_with_a_peer_dead_for_two_epochs() {
    let _alone = alone();
    let strike = |peer, epoch, blow| Strike { peer, epoch, blow };
    let plan = Plan {
        slot_ms: SLOT_MS,
        for_epochs: Some(EPOCHS),
        strikes: vec![
            strike(2, 2, Blow::Kill),
            strike(2, 4, Blow::Restart),
            strike(0, 5, Blow::Kill),
        ],
        ..Plan::small(8)
    };
    let site = site(&plan, "whole");
    run(async {
        let mut scene = Scene::new(plan, site);
        // Fails if a duty is missed in any epoch.
        scene.play(&mut Progress::shown()).await.unwrap();
        let (epochs, duties, gains) = scene.figures();
        scene.stop().await;
        assert_eq!(epochs, EPOCHS);
        assert_eq!(duties.attestations.expected, 8 * 6);
        // How many are ours the chain draws; one run in some hundred has none.
        let proposals = duties.proposals;
        assert_eq!(proposals.included, proposals.expected, "{duties:?}");
        for (name, gained) in gains {
            let faults = gained.metrics.sum("gantry_faults_total");
            assert_eq!(faults, 0.0, "{name} saw another break a rule");
            assert!(gained.metrics.sum("gantry_duties_total") > 0.0, "{name}");
        }
    });
}
