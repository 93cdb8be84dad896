//! Words from a time to come, operators who turn others round, a disk that fails or cannot be read.

use super::*;

fn notes(outputs: &[Output]) -> Vec<ExitNote> {
    let note = |output: &Output| {
        if let Output::Note(Note::Exit(_, note)) = output {
            Some(note.clone())
        } else {
            None
        }
    };
    outputs.iter().filter_map(note).collect()
}

fn share_for(epoch: u64) -> Frame {
    Frame::ExitShare(proto::frame::ExitShare {
        epoch: Epoch(epoch),
        partial: proto::vote::Partial {
            validator: VALIDATOR,
            signature: [0xc0; 96].into(),
        },
    })
}

#[test]
fn a_peer_that_sends_other_shares_again_and_again_is_told_of_once() {
    let mut peer = decided();
    peer.take();
    let mut told = 0;
    for _ in 0..20 {
        peer.hears(3, &[share_for(200), share_for(199)]);
        let notes = notes(&peer.take()).into_iter();
        told += notes
            .filter(|note| matches!(note, ExitNote::Stage(_)))
            .count();
    }
    assert_eq!(told, 1);
}

#[test]
fn words_from_a_time_to_come_count_when_it_has_come() {
    let mut peer = Peer::new(0);
    peer.says_yes();
    let early = said(1, 200, 1_000);
    peer.hears(1, std::slice::from_ref(&early));
    let outputs = peer.take();
    assert_eq!(notes(&outputs), [ExitNote::Ahead(peer.index(1))]);
    assert_eq!(peer.approvers(), 1);
    peer.passes(101);
    assert_eq!(peer.approvers(), 2, "nobody has said it again");
    peer.passes(SLOT);
    assert_eq!(frames(&peer.take()), [early], "and others hear of it");
    // An epoch that has not begun is one to come as well.
    let mut peer = Peer::new(0);
    peer.says_yes();
    peer.hears(1, &[said(1, 202, 0)]);
    assert_eq!(peer.approvers(), 1);
    let epoch = peer.ground.facts.chain.slots_per_epoch() * SLOT;
    peer.passes(2 * epoch);
    assert_eq!(peer.approvers(), 2);
}

/// Its disk takes whatever is to be kept.
fn settle(peer: &mut Peer) {
    if peer
        .ground
        .out
        .iter()
        .any(|it| matches!(it, Output::Keep { .. }))
    {
        peer.keep();
    }
    peer.take();
}

#[test]
fn who_turns_others_round_holds_them_up_for_an_epoch() {
    let mut peer = Peer::new(0);
    peer.says_yes();
    // Two others go to and fro between two epochs.
    for (epoch, later) in [199, 198, 199, 198, 199].into_iter().zip(1..) {
        peer.hears(1, &[said(1, epoch, later), said(2, epoch, later)]);
        settle(&mut peer);
    }
    let own = |peer: &Peer| {
        let own = peer.exits.words.of(VALIDATOR, peer.index(0)).unwrap();
        own.approves(peer.now)
    };
    assert_eq!(own(&peer), Some(Epoch(198)), "it has followed often enough");
    let epoch = peer.ground.facts.chain.slots_per_epoch() * SLOT;
    peer.passes(epoch);
    settle(&mut peer);
    assert_eq!(own(&peer), Some(Epoch(199)));
}

#[test]
fn no_word_is_said_that_ends_before_it_begins() {
    let mut peer = Peer::new(0);
    peer.order(approve(1));
    peer.answer(sound());
    peer.keep();
    // The clock was ahead when he said it: what follows is said after that, and ends before.
    peer.now -= 120;
    peer.take();
    let until = peer.now + 100;
    let frames = [1, 2].map(|operator| {
        let says = (peer.now - 1, yes(199, until));
        Frame::ExitWords(vec![word((operator, operator), (lock(), VALIDATOR), says)])
    });
    peer.hears(1, &frames);
    for output in peer.take() {
        if let Output::Keep { words, .. } = output {
            for word in words {
                if let Says::Approved { until, .. } = word.says {
                    assert!(until > word.said_at, "{word:?}");
                }
            }
        }
    }
}

#[test]
fn what_the_disk_may_have_taken_all_the_same_is_written_over() {
    let mut peer = Peer::new(0);
    peer.approve();
    peer.answer(sound());
    let outputs = peer.take();
    let kept = |outputs: &[Output]| {
        let keeps = outputs.iter().filter_map(|output| {
            if let Output::Keep { keeping, words } = output {
                Some((*keeping, words.len()))
            } else {
                None
            }
        });
        keeps.collect::<Vec<_>>()
    };
    let [(first, 1)] = kept(&outputs)[..] else {
        panic!("{outputs:?}");
    };
    peer.act(|exits, step| exits.kept(first, false, step));
    let outputs = peer.take();
    assert!(refused(&outputs).unwrap().contains("after a restart"));
    let [(second, 0)] = kept(&outputs)[..] else {
        panic!("{outputs:?}");
    };
    // If that fails as well it is not tried for ever.
    peer.act(|exits, step| exits.kept(second, false, step));
    assert_eq!(kept(&peer.take()), []);
}

#[test]
fn where_the_file_cannot_be_read_nothing_is_ordered_kept_or_signed() {
    let mut peer = Peer::new(0);
    peer.exits.bar("it is torn".to_owned());
    peer.approve();
    assert_eq!(refused(&peer.take()), Some("it is torn"));
    peer.order(ExitRequest::Withdraw(Which::Position(VALIDATOR)));
    assert_eq!(refused(&peer.take()), Some("it is torn"));
    peer.hears(1, &[said(1, 200, 0), said(2, 200, 0), said(3, 200, 0)]);
    peer.answer(sound());
    peer.passes(SLOT);
    peer.answer(sound());
    let outputs = peer.take();
    assert_eq!(shares(&frames(&outputs)), []);
    let keeps = |output: &Output| matches!(output, Output::Keep { .. });
    assert!(
        !outputs.iter().any(keeps),
        "what lies there is left as it is"
    );
    assert_eq!(peer.view().stage, Stage::Held("it is torn".to_owned()));
    assert_eq!(peer.approvers(), 3, "what others say is shown");
}
