//! What an operator of a megapool's validator reads before he says yes.

use node_core::pool::abi::ValidatorInfo;
use node_core::pool::agreement::Agreement;
use node_core::pool::agreement::example::{lock, terms};
use node_core::pool::example::{NODE, OWNER, World, key as key_of};

use super::*;

fn world() -> World {
    let mut world = World::saturn();
    let staked = ValidatorInfo {
        staked: true,
        depositValue: 32_000,
        ..ValidatorInfo::default()
    };
    world.set_validators(&[staked.clone(), staked]);
    world
}

fn agreed(seen: Result<Seen, String>) -> AtPool {
    AtPool::Agreed {
        node: NODE.into(),
        withdrawal: OWNER.into(),
        seen: seen.map(Box::new),
    }
}

#[test]
fn he_reads_what_stops_until_when_it_is_to_be_notified_and_what_comes_back() {
    let sight = world().sight().unwrap();
    let at_pool = agreed(Ok(Seen::of(&sight).unwrap()));
    let text = at_pool.before(Some(&key_of(0)));
    let (node, to) = (checksummed(&NODE.into()), checksummed(&OWNER.into()));
    for part in [
        format!("the Rocket Pool megapool of {node}"),
        "the WHOLE megapool pays out no rewards until the final balance".to_owned(),
        "1 other validators".to_owned(),
        "112 epochs before its withdrawable epoch at the latest, or it costs 0.05 ETH".to_owned(),
        "ETH of bond".to_owned(),
        format!("to {to}"),
    ] {
        assert!(text.contains(&part), "{part}: {text}");
    }
    assert!(!text.contains("nothing to notify"), "{text}");
    let other = at_pool.before(Some(&key_of(7)));
    assert!(other.contains("does not know this key"), "{other}");
    let after = at_pool.after(Epoch(500)).unwrap();
    assert!(after.contains("in epoch 388 at the latest"), "{after}");
}

#[test]
fn without_figures_he_reads_why_and_what_holds_all_the_same() {
    let blind = agreed(Err("no execution_node in the config".to_owned()));
    let text = blind.before(Some(&key_of(0)));
    assert!(text.contains("WHOLE megapool"), "{text}");
    assert!(text.contains("no execution_node in the config"), "{text}");
    assert!(blind.after(Epoch(9)).unwrap().contains("in good time"));
    let unread = AtPool::Unread("it is torn".to_owned()).before(None);
    assert!(unread.contains("it is torn") && unread.contains("WHOLE megapool"));
    assert!(
        AtPool::NotAgreed
            .before(None)
            .starts_with("If it belongs to")
    );
    assert_eq!(AtPool::NotAgreed.after(Epoch(9)), None);
}

#[tokio::test]
async fn an_agreement_that_is_not_in_force_or_not_to_be_read_is_told_from_none() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("gantry.toml");
    let text = format!("data_dir = {:?}\nsecret_file = \"s\"\n", dir.path());
    std::fs::write(&file, text).unwrap();
    let config = Config::read(&file).unwrap();
    let read = async || AtPool::read(&config, &lock()).await;
    assert!(matches!(read().await, AtPool::NotAgreed));
    let place = agreement::beside(&config.lock_file);
    let open = Agreement::first(lock(), terms()).unwrap();
    std::fs::write(&place, open.to_file().to_json()).unwrap();
    assert!(matches!(read().await, AtPool::NotAgreed));
    std::fs::write(&place, "torn").unwrap();
    assert!(matches!(read().await, AtPool::Unread(_)));
}
