//! Step tables of peers whose sources give them no value to choose: their turns to lead are
//! skipped, their votes count. Peers are named by the round they lead.

use super::rig::{BLOCK, Letter, Rig, root, round_change};
use crate::Input;

fn blind(rig: &Rig, turn: u64, is_blind: bool) -> Input<Letter> {
    let peer = rig.leader(turn);
    Input::Blind { peer, is_blind }
}

#[test]
fn blind_leaders_are_skipped_at_once_however_many_and_their_votes_count() {
    let mut rig = Rig::new(4, BLOCK, 3);
    rig.check(blind(&rig, 2, true), &[]);
    rig.check(blind(&rig, 1, true), &["CHANGE 2 []", "CHANGE 3 []"]);
    let change = |rig: &Rig, turn| round_change(rig.change(turn, 3, "---"), "");
    rig.hear(1, change(&rig, 1), &[]);
    rig.hear(2, change(&rig, 2), &["want 3"]);
    rig.check(Input::Candidate(Letter('c')), &["PROPOSE 3c", "PREPARE 3c"]);
    rig.hear(1, rig.prepare(1, 3, 'c'), &[]);
    rig.hear(2, rig.prepare(2, 3, 'c'), &["sign 3c"]);
}

#[test]
fn a_peer_that_becomes_blind_while_it_leads_passes_its_round_on() {
    let mut rig = Rig::new(4, BLOCK, 2);
    rig.check(Input::Down(rig.leader(1)), &["CHANGE 2 []"]);
    rig.hear(3, round_change(rig.change(3, 2, "--"), ""), &[]);
    rig.hear(4, round_change(rig.change(4, 2, "--"), ""), &["want 2"]);
    rig.check(blind(&rig, 2, true), &["CHANGE 3 []"]);
}

#[test]
fn a_peer_that_sees_again_leads_again_and_where_nobody_sees_no_round_is_skipped() {
    let mut rig = Rig::new(4, BLOCK, 2);
    rig.check(blind(&rig, 1, false), &[]);
    for turn in [2, 3, 4, 1] {
        rig.check(blind(&rig, turn, true), &[]);
    }
    rig.check(
        blind(&rig, 4, false),
        &["CHANGE 2 []", "CHANGE 3 []", "CHANGE 4 []"],
    );
}

#[test]
fn a_value_is_vouched_for_by_f_and_one_others() {
    let mut rig = Rig::new(4, BLOCK, 4);
    rig.hear(1, rig.propose(1, 'a', vec![]), &["judge 1a free"]);
    rig.hear(1, rig.prepare(1, 1, 'a'), &[]);
    rig.hear(3, rig.prepare(3, 1, 'b'), &[]);
    assert!(!rig.instance.is_vouched_for(&root('a')), "perhaps a liar");
    rig.hear(2, rig.prepare(2, 1, 'a'), &[]);
    assert!(rig.instance.is_vouched_for(&root('a')));
    assert!(!rig.instance.is_vouched_for(&root('b')));
    // They stay what they are in the rounds that others lead, where the same value is forced.
    let end = rig.instance.deadline().unwrap();
    rig.tick(end, &["CHANGE 2 []"]);
    assert!(rig.instance.is_vouched_for(&root('a')));
    assert!(!rig.instance.is_vouched_for(&root('b')));
}
