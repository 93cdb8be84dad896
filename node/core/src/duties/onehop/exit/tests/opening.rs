//! From what operators say to what was sealed, and to the whole exit.

use proto::exit::{ExitWord, SealedText};
use proto::frame::{ExitOpening, OpeningPart};

use super::presigned::{Place, RIPE, cluster, part, presigned, sent_by, something_else};
use super::*;
use crate::vault::ApprovedOpening;

impl Place {
    fn order(&mut self, request: ExitRequest) {
        let all = |which| match which {
            Which::Position(at) => Some(at),
            Which::Index(_) => None,
        };
        let order = Order::of(request, all).unwrap();
        self.act(|exits, step| exits.order(9, order, step));
    }

    fn answer(&mut self, standing: Leaving) {
        let found = vec![(VALIDATOR, Some(standing))];
        self.act(|exits, step| exits.answered(Some(found), step));
        self.works();
    }

    /// Its operator lets the exit be opened; the beacon node and the disk are sound.
    fn opens(&mut self) {
        self.order(opens(DAY));
        self.answer(sound());
        self.keep();
        self.works();
    }

    fn keep(&mut self) {
        let mut keeping = None;
        for output in &self.ground.out {
            if let Output::Keep { keeping: of, .. } = output {
                keeping = Some(*of);
            }
        }
        let keeping = keeping.expect("something is to be kept");
        self.act(|exits, step| exits.kept(keeping, true, step));
    }
}

fn opens(term: u64) -> ExitRequest {
    let validator = Which::Position(VALIDATOR);
    ExitRequest::Open { validator, term }
}

/// This operator's word, said at the beginning, signed by `signer`.
fn word_of(operator: usize, signer: usize, says: Says) -> SentExitWord {
    word((operator, signer), (cluster(), VALIDATOR), (BEGIN, says))
}

fn opener(operator: usize) -> Frame {
    let says = Says::Opens { until: BEGIN + DAY };
    Frame::ExitWords(vec![word_of(operator, operator, says)])
}

fn openings(outputs: &[Output]) -> Vec<Frame> {
    let is_one = |frame: &Frame| matches!(frame, Frame::ExitOpening(_));
    frames(outputs).into_iter().filter(is_one).collect()
}

/// What the peer at this place lets go of, if two operators, its own among them, have said so.
fn parts_of(peer: usize) -> ExitOpening {
    let mut place = Place::holding_all(peer);
    place.opens();
    place.hears((peer + 1) % 4, &[opener((peer + 1) % 4)]);
    place.works();
    let sent = openings(&place.take());
    let [Frame::ExitOpening(opening)] = sent.as_slice() else {
        panic!("{sent:?}");
    };
    opening.clone()
}

fn whole() -> SignatureBytes {
    let root = presigned(VALIDATOR, RIPE).signing_root();
    secret(5).sign(&dkg::bls::Message::hash(root)).to_bytes()
}

#[test]
fn two_of_four_open_what_all_have_sealed_and_the_whole_goes_to_the_beacon_node() {
    let mut place = Place::holding_all(0);
    place.opens();
    let mut outputs = place.take();
    assert_eq!(openings(&outputs), [], "one says yes");
    assert_eq!(place.view().stage, Stage::Waiting);
    place.hears(3, &[opener(3)]);
    place.works();
    outputs = place.take();
    let [Frame::ExitOpening(own)] = &openings(&outputs)[..] else {
        panic!("{outputs:?}");
    };
    assert_eq!(own.parts.len(), 4);
    assert_eq!(place.view().stage, Stage::Opening(0));
    place.hears(3, &[Frame::ExitOpening(parts_of(3))]);
    place.works();
    let exit = submitted(&place.take()).expect("two parts of the key to four sealed parts");
    let message = VoluntaryExit {
        epoch: RIPE,
        validator_index: INDEX,
    };
    assert_eq!((exit.message, exit.signature), (message, whole()));
    assert_eq!(place.view().stage, Stage::Signed);
    place.act(|exits, step| exits.submitted(VALIDATOR, None, step));
    assert_eq!(place.view().stage, Stage::Accepted);
    // Who comes back is sent them again.
    let again = place.exits.sent(place.ground.index(0));
    assert!(again.contains(&Frame::ExitOpening(own.clone())));
}

#[test]
fn with_fewer_words_or_without_the_own_operators_nothing_leaves() {
    // A word of somebody else's key, and one that is over, count for nothing.
    let forged = word_of(1, 2, Says::Opens { until: BEGIN + DAY });
    let approved = word_of(2, 2, yes(200, BEGIN + DAY));
    let mut place = Place::holding_all(0);
    place.opens();
    place.hears(
        1,
        &[
            Frame::ExitWords(vec![forged]),
            Frame::ExitWords(vec![approved]),
        ],
    );
    place.passes(SLOT);
    place.answer(sound());
    assert_eq!(openings(&place.take()), []);
    // The third and fourth say yes, the own operator does not: it helps nobody.
    let mut place = Place::holding_all(0);
    place.hears(2, &[opener(2), opener(3)]);
    place.answer(sound());
    place.passes(SLOT);
    place.answer(sound());
    assert_eq!(openings(&place.take()), []);
    // But what the two let go of is enough for the exit.
    place.hears(2, &[Frame::ExitOpening(parts_of(2))]);
    place.hears(3, &[Frame::ExitOpening(parts_of(3))]);
    place.works();
    assert!(submitted(&place.take()).is_some());
}

#[test]
fn parts_of_the_key_without_words_open_nothing_here() {
    let mut place = Place::holding_all(0);
    for peer in [2, 3] {
        place.hears(peer, &[Frame::ExitOpening(parts_of(peer))]);
    }
    place.works();
    place.passes(SLOT);
    place.works();
    assert_eq!(submitted(&place.take()), None);
    assert_eq!(place.exits.presigned.opened(VALIDATOR), 0);
}

#[test]
fn words_that_open_sign_no_exit_and_words_that_approve_open_none() {
    let mut place = Place::holding_all(0);
    place.hears(1, &[opener(1), opener(2), opener(3)]);
    place.answer(sound());
    assert_eq!(shares(&frames(&place.take())), []);
    let mut place = Place::holding_all(0);
    place.order(approve(DAY));
    place.answer(sound());
    place.keep();
    for operator in [1, 2] {
        let approved = word_of(operator, operator, yes(200, BEGIN + DAY));
        place.hears(operator, &[Frame::ExitWords(vec![approved])]);
    }
    place.works();
    let outputs = place.take();
    assert_eq!(shares(&frames(&outputs)).len(), 1);
    assert_eq!(openings(&outputs), []);
}

#[test]
fn a_forged_part_of_the_key_names_its_peer_and_another_one_is_enough() {
    let mut place = Place::holding_all(0);
    place.opens();
    place.hears(1, &[opener(1), opener(3)]);
    place.works();
    let mut forged = parts_of(1);
    forged.parts[2].share = forged.parts[1].share;
    place.take();
    place.hears(1, &[Frame::ExitOpening(forged.clone())]);
    place.works();
    assert_eq!(faults(&place.take()), [(1, Breach::SealedExit)]);
    // Nothing more of it is looked at.
    place.hears(1, &[Frame::ExitOpening(forged)]);
    place.works();
    assert_eq!(faults(&place.take()), []);
    place.hears(3, &[Frame::ExitOpening(parts_of(3))]);
    place.works();
    let outputs = place.take();
    assert_eq!(faults(&outputs), []);
    assert!(submitted(&outputs).is_some());
}

#[test]
fn who_seals_one_for_some_and_another_for_others_holds_up_nobody_and_has_nobody_else_blamed() {
    let mut place = Place::holding_all(0);
    place.opens();
    place.hears(3, &[opener(3)]);
    place.works();
    place.take();
    // The fourth holds another sealed part of the second than this peer does, so that its part of
    // the key does not fit what is held here.
    let mut fourth = parts_of(3);
    fourth.parts[1].of = SealedText([7; SealedText::LENGTH]).hash();
    fourth.parts[1].share = fourth.parts[0].share;
    place.hears(3, &[Frame::ExitOpening(fourth)]);
    place.works();
    let outputs = place.take();
    assert_eq!(faults(&outputs), []);
    assert_eq!(submitted(&outputs).unwrap().signature, whole());
}

#[test]
fn parts_of_keys_that_name_nobody_are_refused() {
    let mut place = Place::holding_all(0);
    place.take();
    let odd_part = OpeningPart {
        sealer: 4,
        ..parts_of(1).parts[0]
    };
    let odd = ExitOpening {
        parts: vec![odd_part],
        ..parts_of(1)
    };
    place.hears(1, &[Frame::ExitOpening(odd)]);
    assert_eq!(faults(&place.take()), [(1, Breach::SealedExit)]);
}

#[test]
fn who_has_sealed_something_else_is_named_when_it_is_opened_and_the_others_are_enough() {
    let mut place = Place::new(0);
    place.looks(sound());
    let lie = something_else(1);
    place.hears(1, &[Frame::SealedExits(vec![sent_by(1, VALIDATOR, lie)])]);
    for honest in [2, 3] {
        let sealed = part(honest, VALIDATOR);
        place.hears(honest, &[Frame::SealedExits(vec![sealed])]);
    }
    place.works();
    assert_eq!(place.held(), [0, 1, 2, 3], "nobody can see that yet");
    place.opens();
    place.hears(3, &[opener(3)]);
    place.works();
    place.take();
    // What the fourth lets go of, of the same four.
    let mut fourth = parts_of(3);
    let share = dkg::seal::SealedPartial::read(&lie.text, lie.part.label()).unwrap();
    let own = dkg::seal::secret_share(&four::exit_share(3));
    fourth.parts[1].share = share.decryption_share(&own);
    fourth.parts[1].of = lie.text.hash();
    place.hears(3, &[Frame::ExitOpening(fourth)]);
    place.works();
    let outputs = place.take();
    assert_eq!(faults(&outputs), [(1, Breach::BadShare)]);
    assert_eq!(submitted(&outputs).unwrap().signature, whole());
}

#[test]
fn what_the_chain_would_not_take_is_not_opened_and_the_reason_is_shown() {
    let leaves = Leaving {
        exit_epoch: Epoch(300),
        ..sound()
    };
    let mut place = Place::holding_all(0);
    place.order(opens(DAY));
    place.answer(leaves);
    assert!(refused(&place.take()).unwrap().contains("leaves already"));
    let mut young = Place::new(0);
    young.now = 30 * EPOCH;
    young.looks(sound());
    young.order(opens(DAY));
    young.answer(sound());
    assert!(
        refused(&young.take())
            .unwrap()
            .contains("may from epoch 64 on")
    );
    // Others have said so when it was sound by theirs.
    let mut place = Place::holding_all(0);
    place.opens();
    place.passes(SLOT);
    place.take();
    place.hears(1, &[opener(1)]);
    place.answer(leaves);
    assert_eq!(openings(&place.take()), []);
}

#[test]
fn who_may_not_or_cannot_open_is_told_why() {
    let mut keyless = Place::without_key(0, WireVersion::V10);
    keyless.order(opens(DAY));
    keyless.answer(sound());
    assert!(refused(&keyless.take()).unwrap().contains("no seal key"));
    let mut early = Place::new(0);
    early.order(opens(DAY));
    early.answer(sound());
    assert!(refused(&early.take()).unwrap().contains("final state"));
    let mut alone = Place::new(0);
    alone.looks(sound());
    alone.order(opens(DAY));
    alone.answer(sound());
    let why = alone.take();
    assert!(
        refused(&why)
            .unwrap()
            .contains("1 sealed parts of this exit are here and 3")
    );
    let mut long = Place::holding_all(0);
    long.order(opens(LONGEST_TERM + 1));
    assert!(refused(&long.take()).unwrap().contains("7 days"));
}

#[test]
fn who_withdraws_in_time_opens_nothing_and_afterwards_it_is_too_late() {
    let withdraw = || ExitRequest::Withdraw(Which::Position(VALIDATOR));
    let mut place = Place::holding_all(0);
    place.opens();
    place.now += 1;
    place.order(withdraw());
    // On its way to the disk it counts already.
    place.hears(1, &[opener(1)]);
    place.works();
    place.keep();
    place.passes(SLOT);
    place.answer(sound());
    assert_eq!(openings(&place.take()), []);
    let mut place = Place::holding_all(0);
    place.opens();
    place.hears(1, &[opener(1)]);
    place.works();
    place.take();
    place.order(withdraw());
    assert!(
        refused(&place.take())
            .unwrap()
            .contains("cannot be called back")
    );
}

#[test]
fn the_vault_opens_what_its_own_operator_and_enough_others_have_said_and_nothing_else() {
    let place = Place::new(0);
    let says = |operator, signer, validator, until| {
        let says = (BEGIN, Says::Opens { until });
        let said = word((operator, signer), (cluster(), validator), says);
        let said = SentExitWord { validator, ..said };
        named(said, &place.ground.facts).unwrap()
    };
    let by = |words: &[Signed<ExitWord>], lock, now| {
        ApprovedOpening::by((&*place.ground.facts.roster, lock), words, now)
    };
    let good = |operator| says(operator, operator, VALIDATOR, BEGIN + DAY);
    let two = [good(0), good(1)];
    let approved = by(&two, cluster(), BEGIN).unwrap();
    assert_eq!(by(&two[..1], cluster(), BEGIN), None);
    assert_eq!(by(&[good(0), good(0)], cluster(), BEGIN), None);
    assert_eq!(by(&two, cluster(), BEGIN + DAY), None);
    assert_eq!(by(&two, [4; 32].into(), BEGIN), None);
    let forged = says(1, 2, VALIDATOR, BEGIN + DAY);
    assert_eq!(by(&[good(0), forged], cluster(), BEGIN), None);
    let other = says(1, 1, OTHER, BEGIN + DAY);
    assert_eq!(by(&[good(0), other], cluster(), BEGIN), None);
    let endless = says(1, 1, VALIDATOR, BEGIN + LONGEST_TERM + 1);
    assert_eq!(by(&[good(0), endless], cluster(), BEGIN), None);

    let vault = &place.ground.vault;
    let (exit, other) = (presigned(VALIDATOR, RIPE), presigned(OTHER, RIPE));
    let sealed = vault.seal_exit(VALIDATOR, &exit).unwrap();
    assert!(vault.open_exit(VALIDATOR, &approved, &sealed).is_ok());
    let rule = |approved: &ApprovedOpening, sealed| {
        let refusal = vault.open_exit(VALIDATOR, approved, sealed).unwrap_err();
        refusal.rule()
    };
    let others = by(&[good(1), good(2)], cluster(), BEGIN).unwrap();
    assert_eq!(rule(&others, &sealed), "no_own_yes");
    let elsewhere = vault.seal_exit(OTHER, &other).unwrap();
    assert_eq!(rule(&approved, &elsewhere), "other_exit");
    let mut passed_off = sealed;
    passed_off.text = elsewhere.text;
    assert_eq!(rule(&approved, &passed_off), "not_sealed");
    let mut foreign = sealed;
    foreign.part.lock = [4; 32].into();
    assert_eq!(rule(&approved, &foreign), "not_sealed");
    assert_eq!(
        vault.seal_exit(OTHER, &exit).unwrap_err().rule(),
        "other_exit"
    );
    let keyless = Place::without_key(0, WireVersion::V10);
    let refusal = keyless.ground.vault.seal_exit(VALIDATOR, &exit);
    assert_eq!(refusal.unwrap_err().rule(), "no_exit_key");
    let mut stopped = Place::new(0);
    stopped.ground.vault.poison();
    let refusal = stopped.ground.vault.seal_exit(VALIDATOR, &exit);
    assert_eq!(refusal.unwrap_err().rule(), "poisoned");
    let refusal = stopped
        .ground
        .vault
        .open_exit(VALIDATOR, &approved, &sealed);
    assert_eq!(refusal.unwrap_err().rule(), "poisoned");
}
