//! What keeps a peer from signing is on its page.

use super::*;
use crate::report::status::{
    BeaconNodeStatus, BeaconStatus, ForkStatus, PoolStatus, PresignedStatus, RecordStatus,
};

#[test]
fn a_peer_that_signs_nothing_says_so_and_why() {
    let status = Status {
        record: RecordStatus {
            stopped: Some("the disk is full".into()),
            ..Default::default()
        },
        ..Status::default()
    };
    assert!(page(&status, 0).contains("NOTHING IS SIGNED: the disk is full"));
}

#[test]
fn a_fork_that_the_running_program_does_not_know_is_shown_before_it_comes() {
    let status = Status {
        beacon_node: BeaconStatus {
            other_chain_from: Some(411_392),
            ..Default::default()
        },
        ..Status::default()
    };
    let page = page(&status, 0);
    assert!(
        page.contains("NOTHING IS SIGNED FROM EPOCH 411392 ON"),
        "{page}"
    );
}

#[test]
fn a_fork_that_needs_an_upgrade_and_duties_that_are_not_performed_are_shown() {
    let mut status = Status::default();
    status.beacon_node.unserved_fork = Some(ForkStatus {
        name: "gloas".into(),
        epoch: 411_392,
    });
    status.validators.seats = 2;
    let page = page(&status, 0);
    let fork = "NOTHING IS SIGNED FROM EPOCH 411392 ON: the chain forks to gloas";
    assert!(page.contains(fork), "{page}");
    assert!(page.contains("Upgrade before"), "{page}");
    let seats = "not performed: the sync committee duty of 2 of them";
    assert!(page.contains(seats), "{page}");
}

#[test]
fn a_number_that_jumps_at_a_restart_is_not_called_a_count() {
    let status = Status {
        record: RecordStatus {
            sequence: 32_768_000,
            ..Default::default()
        },
        ..Status::default()
    };
    let page = page(&status, 0);
    assert!(page.contains("signing record: sound\n"), "{page}");
}

#[test]
fn a_lock_without_a_key_for_exits_is_told() {
    let mut status = Status::default();
    let words = "no key for pre-signed exits: this cluster's lock was made before there was one. \
                 Only t operators exit a validator: once fewer are left nobody can, so keep every \
                 backup\n";
    assert!(page(&status, 0).contains(words));
    status.has_exit_key = true;
    assert!(!page(&status, 0).contains("exits"));
    // What an older program answers says nothing of it, and has none.
    let mut older = serde_json::to_value(&status).unwrap();
    older.as_object_mut().unwrap().remove("has_exit_key");
    let older: Status = serde_json::from_value(older).unwrap();
    assert!(!older.has_exit_key);
}

#[test]
fn it_is_told_of_how_many_exits_are_signed_in_advance_and_whose_parts_are_not_held() {
    let mut status = Status {
        has_exit_key: true,
        presigned: PresignedStatus {
            active: 3,
            whole: 2,
            lacking: vec![("dave".to_owned(), 3), ("carol".to_owned(), 1)],
            openers: 2,
            is_keyless: false,
        },
        ..Status::default()
    };
    let words = "pre-signed exits: of 2 of 3 active validators, opened by 2 operators; sealed \
                 parts that are not held: dave of 3, carol of 1\n";
    assert!(page(&status, 0).contains(words));
    status.presigned.is_keyless = true;
    assert!(page(&status, 0).contains("it seals none and opens none"));
    let exit = ExitStatus {
        opened_by: vec!["bob".to_owned()],
        stage: "waiting".to_owned(),
        ..ExitStatus::default()
    };
    let line = exit_line(&exit);
    assert!(
        line.contains("approved by nobody any more, to be opened by bob"),
        "{line}"
    );
}

#[test]
fn a_missed_duty_has_its_reason() {
    let ending = Ending {
        slot: 7,
        kind: "head".into(),
        signed: 1,
        missed: 2,
        took_ms: Some(9),
        reason: "too few peers signed".into(),
        absent: vec!["dave".into()],
    };
    let text = duty_line(&ending);
    assert_eq!(
        text,
        "slot 7 head: 1 signed after 9 ms, 2 MISSED: too few peers signed, without dave"
    );
}

#[test]
fn what_is_seen_of_rocket_pool_is_shown_with_what_should_worry() {
    let mut status = Status::default();
    assert!(!page(&status, 0).contains("Rocket Pool"));
    status.pool = Some(PoolStatus {
        problem: Some("the execution node is down".to_owned()),
        ..PoolStatus::default()
    });
    let blind = page(&status, 0);
    assert!(blind.contains("Rocket Pool: not seen yet\n"), "{blind}");
    let words = "  NOT SEEN NOW: the execution node is down\n";
    assert!(blind.contains(words), "{blind}");
    status.pool = Some(PoolStatus {
        node: "0xAa".to_owned(),
        version: 2,
        intent: Some(7),
        head_block: 100,
        finalised_block: 20,
        alarms: vec!["somebody waits".to_owned()],
        problem: None,
        is_of_one_key: false,
        coordinator: None,
    });
    let of_all = page(&status, 0);
    let words = "Rocket Pool: node account 0xAa seen at block 100, finalised 20; version 2 of the \
                 agreement, intent 7\n  somebody waits\n";
    assert!(of_all.contains(words), "{of_all}");
    status.pool.as_mut().unwrap().is_of_one_key = true;
    let of_one = page(&status, 0);
    let words = "agreement, intent 7\n  one person holds the node key\n  somebody waits\n";
    assert!(of_one.contains(words), "{of_one}");
}

#[test]
fn a_peer_that_coordinates_says_for_which_account_and_what_its_keystore_allows() {
    let coordinator = CoordinatorStatus {
        is_owner: false,
        account: "0xAa".to_owned(),
        does: "sent register:1 at nonce 0".to_owned(),
        waits: vec!["the owner has to confirm".to_owned()],
        problem: Some("the password is wrong".to_owned()),
    };
    let mut status = Status {
        pool: Some(PoolStatus::default()),
        ..Status::default()
    };
    assert!(!page(&status, 0).contains("coordinates"));
    status.pool.as_mut().unwrap().coordinator = Some(coordinator);
    let page = page(&status, 0);
    for words in [
        "this peer coordinates, and sends from 0xAa: sent register:1 at nonce 0\n",
        "IT SENDS NOTHING: the password is wrong\n",
        "not yet: the owner has to confirm\n",
        "can still waste or misuse the bond",
        "A Safe of all",
    ] {
        assert!(page.contains(words), "{words}: {page}");
    }
}

#[test]
fn a_peer_that_coordinates_says_so_before_its_keystore_is_open() {
    let shown = |does: &str, problem: Option<&str>| {
        let coordinator = CoordinatorStatus {
            does: does.to_owned(),
            problem: problem.map(str::to_owned),
            ..CoordinatorStatus::default()
        };
        let pool = PoolStatus {
            coordinator: Some(coordinator),
            ..PoolStatus::default()
        };
        let status = Status {
            pool: Some(pool),
            ..Status::default()
        };
        page(&status, 0)
    };
    let words = shown("waits until Rocket Pool is seen", None);
    let expected = "  this peer coordinates: waits until Rocket Pool is seen\n";
    assert!(words.contains(expected), "{words}");
    let words = shown("", Some("it does not open"));
    let expected = "  this peer coordinates\n  IT SENDS NOTHING: it does not open\n";
    assert!(words.contains(expected), "{words}");
}

#[test]
fn each_of_several_beacon_nodes_is_shown_with_what_is_wrong_with_it() {
    let nodes = vec![
        BeaconNodeStatus {
            node: "1 http://a:5052".into(),
            problem: Some("it does not answer".into()),
            ..Default::default()
        },
        BeaconNodeStatus {
            node: "2 http://b:5052".into(),
            is_sound: true,
            is_first: true,
            head_slot: Some(7),
            answer_ms: Some(3.4),
            ..Default::default()
        },
    ];
    let status = Status {
        beacon_nodes: nodes,
        ..Status::default()
    };
    let page = page(&status, 0);
    let mute = "  1 http://a:5052: NOT WAITED FOR: it does not answer\n";
    assert!(page.contains(mute), "{page}");
    let sound = "  2 http://b:5052: sound, asked first (head at slot 7, answers in 3 ms)\n";
    assert!(page.contains(sound), "{page}");
}
