//! Command lines that are plans, and those that cannot be.

use clap::CommandFactory as _;

use super::*;

fn plan(line: &str) -> Result<Plan, String> {
    let words = std::iter::once("devnet").chain(line.split_whitespace());
    let flags = Flags::try_parse_from(words).map_err(|e| e.to_string())?;
    flags.plan().map_err(|e| e.to_string())
}

/// `up` shows it before anything is built.
#[test]
fn the_page_of_help_says_what_the_flags_are() {
    let page = Flags::command().term_width(100).render_long_help();
    let page = page.to_string().replace("devnet [OPTIONS]", "up [OPTIONS]");
    let kept = include_str!("../../help.txt");
    assert_eq!(kept, page, "help.txt is to be:\n{page}");
}

#[test]
fn the_default_is_four_peers_with_deposits() {
    let plan = plan("").unwrap();
    assert_eq!((plan.size.peers(), plan.validators), (4, 8));
    assert_eq!((plan.engine, plan.entry), (Engine::Npm, Entry::Deposit));
}

#[test]
fn another_client_is_named_whole_and_its_genesis_is_written_before() {
    let named = plan("--fork fulu --execution-url http://x --execution-rpc http://y --jwt z");
    assert!(matches!(named.unwrap().engine, Engine::External { .. }));
    let both = "--execution-genesis g --execution-url http://x --execution-rpc y --jwt z";
    assert!(plan(both).unwrap_err().contains("--execution-genesis"));
}

#[test]
fn rocket_pool_wants_an_execution_client_and_is_in_a_hurry() {
    let plan = plan("--rocketpool --validators 4").unwrap();
    assert_eq!((plan.engine, plan.entry), (Engine::Npm, Entry::RocketPool));
    assert_eq!(plan.slot_ms, 1000);
    assert!(!plan.node_safe);
}

#[test]
fn a_safe_is_the_node_account_of_a_life_at_rocket_pool_alone() {
    assert!(
        plan("--rocketpool --safe --validators 4")
            .unwrap()
            .node_safe
    );
    assert!(plan("--safe").unwrap_err().contains("--rocketpool"));
}

#[test]
fn combinations_that_cannot_work_are_refused_by_name() {
    assert!(plan("--fork fulu").unwrap_err().contains("--fork fulu"));
    assert!(
        plan("--load 32 --fork fulu")
            .unwrap_err()
            .contains("--load")
    );
    assert!(
        plan("--execution-url http://x")
            .unwrap_err()
            .contains("--jwt")
    );
    assert!(plan("--peers 2").unwrap_err().contains("--peers 2"));
    assert!(plan("--slot-ms 500").unwrap_err().contains("--slot-ms 500"));
    assert!(plan("--slot-ms 500 --in-genesis").is_err());
    assert!(plan("--slot-ms 500 --load 32").is_ok());
    assert!(plan("--delay-ms 1001").unwrap_err().contains("--delay-ms"));
    assert_eq!(plan("--delay-ms 50").unwrap().delay_ms, 50);
    assert!(plan("--prove 1000").unwrap_err().contains("--load"));
    assert_eq!(plan("--load 32 --prove 1000").unwrap().prove, Some(1000));
    assert!(plan("--kill 5@1").unwrap_err().contains("peers 1 to 4"));
    assert!(plan("--rocketpool --in-genesis").is_err());
    let many = plan("--rocketpool --validators 26").unwrap_err();
    assert!(many.contains("up to 25"), "{many}");
}
