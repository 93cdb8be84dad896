//! What operators say, and when it counts.

use super::*;

#[test]
fn a_word_that_is_not_its_operators_is_refused_and_its_sender_named() {
    let ours = (lock(), VALIDATOR);
    let fresh = (BEGIN, yes(200, BEGIN + DAY));
    let too_long = (BEGIN, yes(200, BEGIN + LONGEST_TERM + 1));
    let mut of_nobody = word((1, 1), ours, fresh);
    of_nobody.operator = 4;
    let mut of_no_validator = word((1, 1), ours, fresh);
    of_no_validator.validator = ValidatorPosition(2);
    let mut later = word((1, 1), ours, fresh);
    later.says = yes(200, BEGIN + DAY + 1);
    for (what, word) in [
        ("of another key", word((1, 2), ours, fresh)),
        (
            "for another cluster",
            word((1, 1), ([4; 32].into(), VALIDATOR), fresh),
        ),
        (
            "for another validator",
            word((1, 1), (lock(), OTHER), fresh),
        ),
        ("made longer", later),
        ("for too long", word((1, 1), ours, too_long)),
        ("of nobody", of_nobody),
        ("about nothing", of_no_validator),
    ] {
        let mut peer = Peer::new(0);
        peer.hears(2, &[Frame::ExitWords(vec![word])]);
        let outputs = peer.take();
        assert_eq!(faults(&outputs), [(2, Breach::ExitWord)], "{what}");
        assert_eq!((peer.approvers(), frames(&outputs)), (0, vec![]), "{what}");
    }
}

#[test]
fn what_is_over_or_to_come_is_not_counted_and_nobody_is_blamed() {
    let ours = (lock(), VALIDATOR);
    let over = (BEGIN - 100, yes(199, BEGIN));
    let to_come = (BEGIN + 60 * 60, yes(200, BEGIN + DAY));
    let later_epoch = (BEGIN, yes(202, BEGIN + DAY));
    for said in [over, to_come, later_epoch] {
        let mut peer = Peer::new(0);
        peer.hears(1, &[Frame::ExitWords(vec![word((1, 1), ours, said)])]);
        let outputs = peer.take();
        assert_eq!(faults(&outputs), []);
        assert_eq!((peer.approvers(), frames(&outputs)), (0, vec![]));
    }
}

#[test]
fn an_approval_that_runs_out_counts_no_more() {
    let mut peer = Peer::new(0);
    peer.hears(1, &[said(1, 200, 0), said(2, 200, 0)]);
    assert_eq!(peer.approvers(), 2);
    peer.passes(DAY);
    assert_eq!(peer.approvers(), 0);
    peer.says_yes();
    peer.passes(SLOT);
    peer.answer(sound());
    assert_eq!(shares(&frames(&peer.take())), []);
}

#[test]
fn nobody_hears_of_an_approval_before_it_is_durable_or_if_it_never_is() {
    let mut peer = Peer::new(0);
    peer.approve();
    peer.answer(sound());
    let outputs = peer.take();
    assert_eq!(frames(&outputs), []);
    let keeps = outputs.iter().find_map(|output| {
        if let Output::Keep { keeping, words } = output {
            Some((*keeping, words.len()))
        } else {
            None
        }
    });
    let (keeping, words) = keeps.unwrap();
    assert_eq!(words, 1);
    assert_eq!(peer.exits.sent(peer.index(peer.me)), []);
    peer.act(|exits, step| exits.kept(keeping, false, step));
    let outputs = peer.take();
    assert!(refused(&outputs).unwrap().contains("disk"));
    assert_eq!((peer.approvers(), frames(&outputs)), (0, vec![]));
    assert_ne!(peer.says_yes(), []);
}

#[test]
fn what_was_kept_and_is_not_its_operators_is_not_recalled() {
    let fresh = (BEGIN, yes(200, BEGIN + DAY));
    let forged = word((1, 2), (lock(), VALIDATOR), fresh);
    let mut peer = Peer::new(0);
    let facts = peer.ground.facts.clone();
    peer.exits.recall(vec![forged], &facts);
    assert_eq!(peer.approvers(), 0);
}

#[test]
fn the_first_approval_fixes_the_epoch_for_who_comes_later() {
    let mut peer = Peer::new(0);
    peer.hears(1, &[said(1, 200, 0)]);
    peer.passes(5 * EPOCH);
    peer.says_yes();
    let epochs = peer
        .view()
        .approvals
        .iter()
        .map(|a| a.epoch)
        .collect::<Vec<_>>();
    assert_eq!(epochs, [Epoch(200), Epoch(200)]);
}

#[test]
fn of_two_that_begin_at_once_the_higher_epoch_follows_the_lower() {
    let (mut low, mut high) = (Peer::new(0), Peer::new(1));
    high.passes(EPOCH);
    let (of_low, of_high) = (low.says_yes(), high.says_yes());
    high.hears(0, &of_low);
    high.keep();
    let followed = frames(&high.take());
    low.passes(EPOCH);
    low.hears(1, &of_high);
    low.hears(1, &followed);
    for peer in [low, high] {
        let approvals = peer.view().approvals;
        assert!(
            approvals.iter().all(|a| a.epoch == Epoch(200)),
            "{approvals:?}"
        );
        assert_eq!(approvals.len(), 2);
        let ends: Vec<u64> = approvals.iter().map(|approval| approval.until).collect();
        assert_eq!(ends, [BEGIN + DAY, BEGIN + EPOCH + DAY], "for no longer");
    }
}

#[test]
fn an_operator_who_says_ever_lower_epochs_is_followed_a_few_times_only() {
    let mut peer = Peer::new(0);
    peer.says_yes();
    let mut followed = 0;
    for time in 1..20 {
        peer.hears(1, &[said(1, 200 - time, time)]);
        let low = yes(200 - time, BEGIN + DAY);
        let is_low = |word: &SentExitWord| word.operator == 0 && word.says == low;
        let follows =
            peer.ground.out.iter().any(
                |output| matches!(output, Output::Keep { words, .. } if words.iter().any(is_low)),
            );
        if follows {
            followed += 1;
            peer.keep();
        }
        peer.take();
    }
    assert_eq!(followed, usize::from(FOLLOWS));
    // What most have approved is not left for him.
    peer.says_yes();
    let epoch = peer.view().epoch;
    peer.hears(2, &[said(2, epoch.0, 30)]);
    peer.hears(1, &[said(1, 100, 40)]);
    assert_eq!(peer.view().epoch, epoch);
}

#[test]
fn an_approval_can_be_withdrawn_until_the_exit_is_signed() {
    let withdraw = ExitRequest::Withdraw(Which::Position(VALIDATOR));
    let mut peer = Peer::new(0);
    peer.order(withdraw.clone());
    assert!(
        refused(&peer.take())
            .unwrap()
            .contains("nothing to withdraw")
    );
    let approved = peer.says_yes();
    peer.order(withdraw.clone());
    peer.keep();
    let withdrawn = frames(&peer.take());
    let mut other = Peer::new(1);
    other.hears(0, &withdrawn);
    other.hears(0, &approved);
    assert_eq!((peer.approvers(), other.approvers()), (0, 0));
    let mut signed = decided();
    signed.take();
    signed.order(withdraw);
    assert!(
        refused(&signed.take())
            .unwrap()
            .contains("cannot be called back")
    );
}

#[test]
fn nothing_is_signed_once_a_withdrawal_is_ordered_however_slow_the_disk_is() {
    let mut peer = Peer::new(0);
    peer.says_yes();
    peer.hears(1, &[said(1, 200, 0)]);
    peer.order(ExitRequest::Withdraw(Which::Position(VALIDATOR)));
    peer.hears(2, &[said(2, 200, 0)]);
    assert_eq!(shares(&frames(&peer.ground.out)), []);
    peer.keep();
    assert_eq!(peer.approvers(), 2);
    peer.passes(SLOT);
    peer.answer(sound());
    assert_eq!(shares(&frames(&peer.take())), []);
}

#[test]
fn an_approval_that_waits_for_the_beacon_node_is_withdrawn_too() {
    let mut peer = Peer::new(0);
    peer.approve();
    peer.order(ExitRequest::Withdraw(Which::Position(VALIDATOR)));
    let outputs = peer.take();
    assert!(refused(&outputs).unwrap().contains("nothing was approved"));
    let is_shown = |output: &Output| matches!(output, Output::Answer(9, Answer::Exit(_)));
    assert!(outputs.iter().any(is_shown));
    peer.answer(sound());
    let is_said = |output: &Output| matches!(output, Output::Keep { .. });
    assert!(!peer.take().iter().any(is_said));
}

#[test]
fn a_beacon_node_that_says_nothing_lets_nobody_approve_and_shows_what_is_known() {
    let mut peer = Peer::new(0);
    peer.approve();
    peer.act(|exits, step| exits.answered(None, step));
    assert!(refused(&peer.take()).unwrap().contains("beacon node"));
    peer.order(ExitRequest::Look(Which::Position(VALIDATOR)));
    peer.act(|exits, step| exits.answered(None, step));
    let shown = peer.take();
    let is_shown = |output: &Output| matches!(output, Output::Answer(9, Answer::Exit(_)));
    assert!(shown.iter().any(is_shown));
    peer.order(approve(LONGEST_TERM + 1));
    assert!(refused(&peer.take()).unwrap().contains("7 days"));
}

#[test]
fn a_program_that_does_not_know_exits_is_named_and_never_sent_a_frame_of_them() {
    let mut peer = Peer::new(0);
    let old = peer.index(2);
    peer.ground.peers.set_up(old, WireVersion::V2);
    peer.approve();
    peer.answer(sound());
    peer.keep();
    let to = |output: &Output| {
        if let Output::Send(to, _) = output {
            Some(to.position())
        } else {
            None
        }
    };
    let sent: Vec<usize> = peer.take().iter().filter_map(to).collect();
    assert_eq!(sent, [1, 3]);
    assert_eq!(peer.view().too_old, [2]);
}
