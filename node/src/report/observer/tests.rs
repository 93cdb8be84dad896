//! What an operator reads must not be a flood.

use std::sync::Arc;

use proto::eth::ValidatorIndex;
use proto::{ClusterSize, DutyKind, Epoch, Slot, ValidatorPosition};

use super::*;
use crate::beacon::{BeaconError, Call, Cause};
use crate::disk::duty_history::Row;
use crate::report::metrics::Metrics;
use node_core::duties::agreed::objection::Objection;
use node_core::duties::note;
use node_core::duties::pool::Looked;
use node_core::outcome::effect::Effect;
use node_core::outcome::{self, Owed, Vote, Work};
use node_core::pool::abi::{NodeManager, Storage};
use node_core::pool::agreement::Agreement;
use node_core::pool::agreement::example::{lock, terms};
use node_core::pool::alarm::{Alarm, Purse};
use node_core::pool::amount::Wei;
use node_core::pool::example::{NODE, STORAGE, World, at};
use node_core::pool::misuse::Misuse;
use node_core::vault::Refusal;

/// How many of the lines that one of four logs for these notes hold `words`.
fn lines(notes: Vec<Note>, words: &str) -> usize {
    lines_of(4, notes, words)
}

fn lines_of(peers: usize, notes: Vec<Note>, words: &str) -> usize {
    let (log, _) = told(peers, notes);
    log.lines().filter(|line| line.contains(words)).count()
}

/// What one of so many peers writes into its log for these notes, and what its metrics show then.
fn told(peers: usize, notes: Vec<Note>) -> (String, String) {
    told_by(peers, |observer| {
        notes
            .into_iter()
            .map(News::Core)
            .for_each(|news| observer.tell(news));
    })
}

/// What one of so many peers writes into its log when it is made to tell `what`, and its metrics.
fn told_by(peers: usize, what: impl FnOnce(&mut Observer)) -> (String, String) {
    let (log, metrics, _) = kept_by(peers, what);
    (log, metrics)
}

/// The same, and the rows that are kept.
fn kept_by(peers: usize, what: impl FnOnce(&mut Observer)) -> (String, String, Vec<Row>) {
    let dir = tempfile::tempdir().unwrap();
    let log = dir.path().join("log");
    let file = std::fs::File::create(&log).unwrap();
    let metrics = Arc::new(Metrics::new());
    let size = ClusterSize::of(4).unwrap();
    let memory = dir.path().join("memory");
    let open = || {
        DutyHistory::open(&memory, proto::Root::ZERO, size)
            .unwrap()
            .0
    };
    let history = open();
    let shown = Shown {
        metrics: Arc::clone(&metrics),
        board: Arc::default(),
        book: history.book(),
        names: (1..=peers).map(|number| format!("peer {number}")).collect(),
    };
    let mut observer = Observer::new(shown, history, None, (size, 32));
    let subscriber = tracing_subscriber::fmt().with_writer(Arc::new(file));
    tracing::subscriber::with_default(subscriber.finish(), || {
        what(&mut observer);
    });
    // What is to be remembered is written by now.
    observer.history.close().unwrap();
    let rows = open().book().within(0..u64::MAX).collect();
    (std::fs::read_to_string(log).unwrap(), metrics.text(), rows)
}

fn head(slot: u64) -> DutyId {
    DutyId {
        slot: Slot(slot),
        kind: DutyKind::Head,
    }
}

#[test]
fn a_peer_that_is_stopped_says_so_once_in_a_while_and_not_at_every_value() {
    let objected = |slot| Note::Objected {
        duty: head(slot),
        objection: Objection::OfVault,
        by: None,
    };
    assert_eq!(lines((0..20).map(objected).collect(), "would not sign"), 1);
    let refused = |validator| Note::Refused {
        duty: head(1),
        validator: ValidatorPosition(validator),
        refusal: Refusal::Poisoned,
    };
    assert_eq!(lines((0..500).map(refused).collect(), "mend the disk"), 1);
}

#[test]
fn two_processes_of_one_identity_are_told_once_in_a_while_and_not_whenever_they_meet() {
    let size = ClusterSize::of(4).unwrap();
    let (me, other) = (size.all().next().unwrap(), size.all().last().unwrap());
    let (log, _) = told_by(4, |observer| {
        for _ in 0..50 {
            for (peer, is_me) in [(me, true), (other, false)] {
                observer.tell(News::SecondSession { peer, is_me });
            }
        }
    });
    assert_eq!(log.matches("another process runs with").count(), 1, "{log}");
    assert_eq!(log.matches("two processes run with").count(), 1, "{log}");
}

#[test]
fn a_beacon_node_that_is_down_is_told_once_a_slot_for_each_question_and_when_it_ends() {
    let lacking = |what, slot| News::Lacking {
        what,
        why: "it is down".to_owned(),
        slot: Some(Slot(slot)),
    };
    let (log, _) = told_by(4, |observer| {
        for slot in [1, 1, 1, 2, 2] {
            observer.tell(lacking("a head vote", slot));
            observer.tell(lacking("a block", slot));
        }
    });
    for what in ["a head vote", "a block"] {
        let line = format!("nothing for {what} from the beacon node: it is down");
        assert_eq!(log.matches(&line).count(), 2, "{log}");
    }
}

#[test]
fn that_no_head_events_come_is_told_once_for_each_cause_and_again_after_a_head() {
    let no_heads = |status| {
        News::NoHeads(BeaconError {
            node: "http://127.0.0.1:5052".into(),
            call: Call::Events,
            cause: Cause::Timeout(status),
        })
    };
    let (log, _) = told_by(4, |observer| {
        for news in [no_heads(1), no_heads(1), no_heads(2), no_heads(2)] {
            observer.tell(news);
        }
        observer.tell(News::Head(Slot(1)));
        observer.tell(no_heads(2));
    });
    assert_eq!(log.matches("no head events").count(), 3, "{log}");
    assert_eq!(log.matches("within 2 ms").count(), 2, "{log}");
}

#[test]
fn the_faults_of_one_peer_do_not_hide_those_of_another() {
    let size = ClusterSize::of(4).unwrap();
    let fault = |peer| Note::Fault {
        peer,
        breach: Breach::BadVote,
        detail: "unreadable".to_owned(),
    };
    let notes = size.all().chain(size.all()).map(fault).collect();
    assert_eq!(lines(notes, "unreadable"), 4);
}

#[test]
fn a_claim_about_the_record_is_told_as_one_peers_word_with_what_to_do() {
    let rolled_back = || Note::RolledBack {
        witness: ClusterSize::of(4).unwrap().peer(2).unwrap(),
        seen: 90,
        held: 80,
    };
    let says = "peer 3 says that it has seen 90 of this peer's signing record, which ended at 80";
    assert_eq!(lines(vec![rolled_back(), rolled_back()], says), 1);
    let enough = "When 2 peers say so, nothing more is signed";
    assert_eq!(lines(vec![rolled_back()], enough), 1);
    assert_eq!(
        lines(vec![rolled_back()], "`gantry slashing new-record`"),
        1
    );
}

/// Three tolerate no liar, so whoever is stopped by one needs to know whom to call.
#[test]
fn of_three_a_claim_names_who_claims_it_and_the_command_that_denies_it() {
    let claimed = Note::RolledBack {
        witness: ClusterSize::of(3).unwrap().peer(2).unwrap(),
        seen: 90,
        held: 80,
    };
    let command = "`gantry slashing keep-record --against peer 3 --seen 90`";
    assert_eq!(lines_of(3, vec![claimed], command), 1);
}

#[test]
fn a_miss_that_is_none_for_the_cluster_says_whose_beacon_node_took_it() {
    let size = ClusterSize::of(4).unwrap();
    let missed = |by: Vec<usize>| Note::Missed {
        duty: head(1),
        validators: 1,
        why: Miss::NotTaken {
            why: "unknown parent".to_owned(),
            by: by.into_iter().filter_map(|at| size.peer(at)).collect(),
        },
    };
    let words = "my beacon node refused: unknown parent; taken by that of peer 2, peer 4";
    assert_eq!(lines(vec![missed(vec![1, 3])], words), 1);
    let words = "refused: unknown parent; no peer says that its own took it";
    assert_eq!(lines(vec![missed(vec![])], words), 1);
    let (_, metrics) = told(4, vec![missed(vec![1]), missed(vec![])]);
    for series in ["taken_elsewhere\"} 1", "missed\"} 2"] {
        let series = format!("gantry_duties_total{{kind=\"head\",outcome=\"{series}");
        assert!(metrics.contains(&series), "{metrics}");
    }
}

#[test]
fn a_peer_that_loses_sight_again_and_again_fills_no_log_and_the_metrics_show_how_it_is() {
    let peer = ClusterSize::of(4).unwrap().peer(1).unwrap();
    let sight = |is_blind| Note::Sight { peer, is_blind };
    let gauge = "gantry_peer_blind{peer=\"peer 2\"} ";
    for blind_at_last in [true, false] {
        let turns = (0..20).flat_map(|_| [sight(!blind_at_last), sight(blind_at_last)]);
        let (log, metrics) = told(4, turns.collect());
        assert_eq!(log.lines().count(), 2, "{log}");
        let now = format!("{gauge}{}", u8::from(blind_at_last));
        assert!(metrics.contains(&now), "{metrics}");
    }
}

#[test]
fn what_should_worry_at_rocket_pool_is_a_line_when_it_begins_and_stands_in_the_status() {
    let agreement = Agreement::first(lock(), terms()).unwrap();
    let looked = |world: &World| {
        Note::Looked(Arc::new(Looked {
            sight: world.sight().unwrap(),
            version: agreement.last().on_pool().unwrap(),
        }))
    };
    let well = World::saturn();
    let mut planted = well.clone();
    let pending = Storage::getNodePendingWithdrawalAddressCall(NODE.into());
    planted.set(
        STORAGE,
        pending,
        alloy::primitives::Address::from([0xee; 20]),
    );
    let worlds = [&well, &planted, &planted, &well, &planted];
    let mut board = None;
    let (log, _) = told_by(4, |observer| {
        for world in worlds {
            observer.tell(News::Core(looked(world)));
        }
        let down = || News::PoolBlind("it is down".to_owned());
        observer.tell(down());
        observer.tell(down());
        // What is not seen beside a look is said after each.
        observer.tell(News::Core(looked(&planted)));
        observer.tell(down());
        // It is over, and begins again.
        observer.tell(News::Core(looked(&planted)));
        observer.tell(News::Core(looked(&planted)));
        observer.tell(down());
        board = observer.shown.board.read().pool;
    });
    assert_eq!(
        log.matches("waits as withdrawal address").count(),
        2,
        "{log}"
    );
    assert_eq!(log.matches("duties go on: it is down").count(), 2, "{log}");
    assert_eq!(
        log.matches("version 1 of the agreement").count(),
        1,
        "{log}"
    );
    let board = board.unwrap();
    assert_eq!((board.version, board.head_block), (1, 100));
    assert!(board.is_of_one_key);
    assert_eq!(board.alarms.len(), 1);
    assert_eq!(board.problem.as_deref(), Some("it is down"));
}

#[test]
fn what_worries_of_steps_stands_beside_what_the_contracts_show_until_it_is_over() {
    let agreement = Agreement::first(lock(), terms()).unwrap();
    let mut unset = World::saturn();
    let is_set = NodeManager::getNodeRPLWithdrawalAddressIsSetCall(NODE.into());
    unset.set(at("rocketNodeManager"), is_set, false);
    let looked = Note::Looked(Arc::new(Looked {
        sight: unset.sight().unwrap(),
        version: agreement.last().on_pool().unwrap(),
    }));
    let low = Alarm::of_purse(&Purse {
        account: NODE.into(),
        balance: Wei::ZERO,
        price: 1,
    });
    let low = Vec::from_iter(low);
    let misuse = Misuse::Foreign {
        id: 2,
        key: [7; 48].into(),
    };
    let mut boards = Vec::new();
    let (log, metrics) = told_by(4, |observer| {
        let told = [
            News::Core(looked.clone()),
            News::PoolAlarms(low.clone()),
            News::Misused(vec![misuse]),
            News::Core(looked.clone()),
            News::PoolAlarms(low),
            News::Misused(Vec::new()),
            News::PoolAlarms(Vec::new()),
        ];
        for news in told {
            observer.tell(news);
            boards.push(observer.shown.board.read().pool.unwrap().alarms);
        }
    });
    let counts: Vec<usize> = boards.iter().map(Vec::len).collect();
    // What was misused stays above all through every look, until it is mended.
    assert_eq!(counts, [1, 2, 3, 3, 3, 2, 1]);
    assert!(boards[3][0].starts_with("validator 2 of the megapool"));
    assert!(boards[3][1].contains("from which this peer pays"), "urgent");
    for once in ["from which this peer pays", "no RPL withdrawal address"] {
        assert_eq!(log.matches(once).count(), 1, "{log}");
    }
    let unset = "gantry_pool_alarms{kind=\"rpl_unset\",urgent=\"false\"} 1";
    assert!(metrics.contains(unset), "{metrics}");
    assert!(!metrics.contains("low_gas"), "{metrics}");
}

#[test]
fn a_misused_node_account_is_a_line_once_and_stands_above_all_in_the_status() {
    let misuse = |id| Misuse::Foreign {
        id,
        key: [7; 48].into(),
    };
    let mut board = None;
    let (log, _) = told_by(4, |observer| {
        for _ in 0..3 {
            observer.tell(News::Misused(vec![misuse(2), misuse(5)]));
        }
        board = observer.shown.board.read().pool;
    });
    let lines: Vec<&str> = log
        .lines()
        .filter(|it| it.contains("not of this cluster"))
        .collect();
    assert_eq!(lines.len(), 2, "{log}");
    assert!(
        lines
            .iter()
            .all(|it| it.contains("ERROR") && it.contains("foreign_validator"))
    );
    let alarms = board.unwrap().alarms;
    assert!(
        alarms[0].starts_with("validator 2 of the megapool"),
        "{alarms:?}"
    );
}

/// The end of a duty to which peer 4 gave nothing: done for the first validator alone.
fn without_dave() -> note::Ended {
    let size = ClusterSize::of(4).unwrap();
    let peers: Vec<PeerIndex> = size.all().collect();
    let dave: PeerSet = [peers[3]].into_iter().collect();
    let shares = PeerSet::full(size).without(dave);
    let of = |position, index| (ValidatorPosition(position), ValidatorIndex(index));
    let fate = |why, of| note::Fate {
        work: Work::Attestation,
        why,
        of: vec![of],
    };
    note::Ended {
        fates: vec![
            fate(None, of(0, 70)),
            fate(Some(Miss::NoCommitQuorum), of(1, 71)),
        ],
        signed: None,
        reached: Some(Phase::CommitQuorum),
        missing: dave,
        shares,
        led: Some(peers[1]),
        saw: shares,
    }
}

/// It is nobody's fault, and is not counted to what anybody contributes.
#[test]
fn of_a_duty_that_only_halted_validators_owe_a_row_is_kept_and_nobodys_contribution_counted() {
    let (log, metrics, rows) = kept_by(4, |observer| {
        for slot in 40..240 {
            let (duty, mut ended) = (head(slot), without_dave());
            ended.fates.truncate(1);
            ended.fates[0].why = Some(Miss::Halted);
            let (validators, why) = (1, Miss::Halted);
            let missed = Note::Missed {
                duty,
                validators,
                why,
            };
            observer.tell(News::Core(missed));
            observer.tell(News::Core(Note::Ended { duty, ended }));
        }
        let kept = observer.timelines.0.len();
        assert_eq!(kept, TIMELINES, "and no more");
    });
    assert!(log.contains("missed: this peer has halted"), "{log}");
    assert!(!metrics.contains("peer_duties_total{"), "{metrics}");
    let row = rows.iter().find(|row| row.slot == 239).unwrap();
    assert_eq!(row.missing, [""; 0]);
    let reason = row.fates[0].reason.as_deref().unwrap();
    assert!(reason.contains("gantry status"), "{reason}");
}

#[test]
fn a_duty_that_has_ended_is_kept_for_each_validator_with_how_far_it_came_and_who_was_missing() {
    let (log, metrics, rows) = kept_by(4, |observer| {
        let duty = head(40);
        let ended = without_dave();
        let reached = |phase| Note::Reached { duty, phase };
        for note in [
            reached(Phase::Trigger),
            reached(Phase::CommitQuorum),
            Note::Ended { duty, ended },
        ] {
            observer.tell(News::Core(note));
        }
        let owed = |index| Owed {
            slot: Slot(40),
            work: Work::Attestation,
            index: ValidatorIndex(index),
        };
        let vote = Vote {
            included: Slot(41),
            target: true,
            head: true,
        };
        let effect = Effect {
            attestations: 2,
            settled: 2,
            included: 1,
            targets: 1,
            heads: 1,
            earned: 54,
            ..Effect::default()
        };
        observer.tell(News::Seen {
            duties: vec![
                (owed(70), outcome::Shown::Voted(vote)),
                (owed(71), outcome::Shown::Lacking),
            ],
            effects: vec![(Epoch(1), effect)],
        });
        let status = observer.shown.board.read();
        assert_eq!(status.epochs[0].effectiveness, Some(0.5));
    });
    assert!(log.contains("not in the chain"), "{log}");
    assert!(log.contains("[71]"), "{log}");
    assert!(metrics.contains("effectiveness 0.5"), "{metrics}");
    let row = rows[0].clone();
    assert_eq!(row.missing, ["peer 4"]);
    assert_eq!(row.reached.unwrap().0, "enough shares");
    assert_eq!(row.fates[0].reason, None);
    assert_eq!(row.fates[1].reason.as_deref(), Some("too few peers signed"));
    for line in [
        "peer_shares_total{peer=\"peer 1\"} 1",
        "peer_shares_total{peer=\"peer 4\"} 0",
        "peer_led_total{peer=\"peer 2\"} 1",
        "peer_duties_total{peer=\"peer 4\"} 1",
    ] {
        assert!(metrics.contains(line), "{line} in {metrics}");
    }
}
