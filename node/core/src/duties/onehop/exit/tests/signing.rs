//! From approvals to an exit that the beacon node has.

use super::*;

#[test]
fn t_approvals_let_every_peer_sign_one_root_and_the_whole_goes_to_the_beacon_node() {
    let mut peers: Vec<Peer> = (0..4).map(Peer::new).collect();
    let mut said = Vec::new();
    for peer in &mut peers[..3] {
        said.push((peer.me, peer.says_yes()));
    }
    let mut sent = Vec::new();
    for peer in &mut peers {
        for (from, frames) in &said {
            peer.hears(*from, frames);
        }
        let asks = |output: &Output| matches!(output, Output::Ask(Request::Leaving(_)));
        // Who has approved himself has just heard how the validator stands.
        assert_eq!(peer.ground.out.iter().any(asks), peer.me == 3);
        peer.answer(sound());
        sent.push((peer.me, shares(&frames(&peer.take()))));
    }
    for peer in &mut peers {
        assert_eq!(peer.view().stage, Stage::Signing(1));
        for (from, frames) in &sent {
            peer.hears(*from, frames);
        }
        let exit = submitted(&peer.take()).expect("t shares make a whole");
        let message = VoluntaryExit {
            epoch: Epoch(200),
            validator_index: INDEX,
        };
        assert_eq!(exit.message, message);
        let root = proto::eth::signing_root(&message, chain().voluntary_exit_domain());
        let whole = secret(5).sign(&dkg::bls::Message::hash(root));
        assert_eq!(exit.signature, whole.to_bytes());
        peer.act(|exits, step| exits.submitted(VALIDATOR, None, step));
        assert_eq!(peer.view().stage, Stage::Accepted);
        peer.answer(Leaving {
            exit_epoch: Epoch(205),
            withdrawable_epoch: Epoch(461),
            ..sound()
        });
        let words = peer.view().stage.to_string();
        assert_eq!(words, "exiting, exit epoch 205, withdrawable epoch 461");
    }
}

#[test]
fn without_t_approvals_nothing_is_signed_whatever_shares_come() {
    let mut peer = Peer::new(3);
    peer.hears(0, &[said(0, 200, 0), said(1, 200, 0)]);
    // One of them says it twice.
    peer.hears(1, &[said(1, 200, 1)]);
    let others = [decided().take(), decided().take()];
    for (from, sent) in others.iter().enumerate() {
        peer.hears(from, &shares(&frames(sent)));
    }
    peer.passes(SLOT);
    peer.answer(sound());
    let outputs = peer.take();
    assert_eq!(shares(&frames(&outputs)), []);
    assert_eq!(submitted(&outputs), None);
    assert_eq!((peer.approvers(), peer.view().stage), (2, Stage::Waiting));
}

#[test]
fn a_restart_loses_no_word_and_the_share_is_sent_again() {
    let mut before = decided();
    let share = shares(&frames(&before.take()));
    assert_eq!(share.len(), 1);
    let mut peer = Peer::new(0);
    let kept = before.exits.words.sent();
    let facts = peer.ground.facts.clone();
    peer.exits.recall(kept, &facts);
    assert_eq!(peer.approvers(), 3);
    peer.passes(SLOT);
    peer.answer(sound());
    assert_eq!(shares(&frames(&peer.take())), share);
    let missed = peer.exits.sent(peer.index(peer.me));
    assert_eq!(shares(&missed), share);
    let mut other = Peer::new(3);
    other.hears(0, &missed);
    assert_eq!(other.approvers(), 3);
}

#[test]
fn what_the_chain_would_not_take_is_not_signed_and_the_reason_is_shown() {
    let young = Leaving {
        activation_epoch: Epoch(150),
        ..sound()
    };
    let pending = Leaving {
        active: false,
        ..sound()
    };
    let leaves = Leaving {
        exit_epoch: Epoch(300),
        ..sound()
    };
    for (standing, words) in [
        (Some(young), "epoch 214"),
        (Some(pending), "not active"),
        (Some(leaves), "300"),
        (None, "its deposit was never sent, or is still on its way"),
        (None, "approve once `gantry status` counts it"),
    ] {
        let mut peer = Peer::new(0);
        peer.hears(1, &[said(1, 200, 0), said(2, 200, 0), said(3, 200, 0)]);
        peer.answer(standing);
        let told = peer.view().stage.to_string();
        assert!(told.contains(words), "{told}");
        assert_eq!(shares(&frames(&peer.take())), []);
        peer.approve();
        peer.passes(SLOT);
        peer.answer(standing);
        assert!(refused(&peer.take()).unwrap().contains(words));
        assert_eq!(peer.approvers(), 3);
    }
    let mut peer = Peer::new(0);
    peer.hears(1, &[said(1, 200, 0), said(2, 200, 0), said(3, 200, 0)]);
    peer.answer(young);
    peer.passes(14 * EPOCH);
    peer.answer(young);
    assert_eq!(
        shares(&frames(&peer.take())).len(),
        1,
        "now it is old enough"
    );
}

#[test]
fn a_peer_whose_share_is_bad_is_named_and_the_others_are_enough() {
    let mut peer = decided();
    let own = shares(&frames(&peer.take()));
    let Frame::ExitShare(own) = &own[0] else {
        panic!("it has signed");
    };
    let message = VoluntaryExit {
        epoch: Epoch(200),
        validator_index: INDEX,
    };
    let root = proto::eth::signing_root(&message, chain().voluntary_exit_domain());
    let root = dkg::bls::Message::hash(root);
    let of = |peer: u8| {
        let signature = share(0, peer).sign(&root).to_bytes();
        let partial = proto::vote::Partial {
            validator: VALIDATOR,
            signature,
        };
        let epoch = own.epoch;
        Frame::ExitShare(proto::frame::ExitShare { epoch, partial })
    };
    peer.hears(1, &[of(1)]);
    // The third sends the share of the second.
    peer.hears(2, &[of(1)]);
    let outputs = peer.take();
    assert_eq!(faults(&outputs), [(2, Breach::BadShare)]);
    assert_eq!(submitted(&outputs), None);
    peer.hears(3, &[of(3)]);
    assert!(submitted(&peer.take()).is_some());
}

#[test]
fn an_exit_that_the_chain_does_not_show_is_given_to_the_beacon_node_again_in_the_next_epoch() {
    let mut peer = decided();
    let open = peer.exits.open.get_mut(&VALIDATOR).unwrap();
    open.decided.as_mut().unwrap().be_whole([6; 96].into());
    peer.act(|exits, step| exits.submitted(VALIDATOR, Some("full".to_owned()), step));
    assert!(peer.view().stage.to_string().contains("full"));
    peer.take();
    peer.passes(SLOT);
    assert_eq!(submitted(&peer.take()), None);
    peer.passes(EPOCH);
    assert!(submitted(&peer.take()).is_some());
}

/// What operators say of epoch 201, with the signatures of these.
fn signed(peer: &Peer, words: &[(usize, usize)]) -> Vec<Signed<ExitWord>> {
    let of = |who: &(usize, usize)| {
        let fresh = (BEGIN, yes(201, BEGIN + DAY));
        named(word(*who, (lock(), VALIDATOR), fresh), &peer.ground.facts).unwrap()
    };
    words.iter().map(of).collect()
}

#[test]
fn an_exit_is_approved_by_t_operators_of_the_cluster_in_time_and_by_nothing_less() {
    let peer = Peer::new(0);
    let by = |words: &[Signed<ExitWord>], lock, now| {
        ApprovedExit::by((&*peer.ground.facts.roster, lock), words, now)
    };
    let all = signed(&peer, &[(0, 0), (1, 1), (2, 2)]);
    assert!(by(&all, lock(), BEGIN).is_some());
    assert_eq!(by(&all[..2], lock(), BEGIN), None);
    assert_eq!(by(&all, lock(), BEGIN + DAY), None);
    assert_eq!(by(&all, [4; 32].into(), BEGIN), None);
    let forged = signed(&peer, &[(0, 0), (1, 1), (2, 1)]);
    assert_eq!(by(&forged, lock(), BEGIN), None);
    let twice = signed(&peer, &[(0, 0), (1, 1), (1, 1)]);
    assert_eq!(by(&twice, lock(), BEGIN), None);
    let mut mixed = all;
    mixed[2] = named(
        word((2, 2), (lock(), VALIDATOR), (BEGIN, yes(202, BEGIN + DAY))),
        &peer.ground.facts,
    )
    .unwrap();
    assert_eq!(by(&mixed, lock(), BEGIN), None);
}

#[test]
fn the_vault_signs_an_approved_exit_for_its_validator_alone_and_not_before_its_epoch() {
    let mut peer = Peer::new(0);
    let words = signed(&peer, &[(0, 0), (1, 1), (2, 2)]);
    let approved = ApprovedExit::by((&*peer.ground.facts.roster, lock()), &words, BEGIN).unwrap();
    let signable = Signable::exit(&chain(), INDEX, &approved);
    let mut rule = |slot, validator| {
        let signing = peer.ground.vault.sign(slot, &signable, &[validator]);
        signing.refused.first().map(|(_, refusal)| refusal.rule())
    };
    assert_eq!(rule(Slot(201 * 8 - 1), VALIDATOR), Some("ahead_of_clock"));
    assert_eq!(rule(Slot(201 * 8), OTHER), Some("other_exit"));
    assert_eq!(rule(Slot(201 * 8), VALIDATOR), None);
}
