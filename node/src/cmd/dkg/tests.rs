//! Flags are read or refused by their names.

use std::ffi::OsString;
use std::path::Path;

use clap::Parser;
use node_core::pool::agreement::example;
use proto::definition::Withdrawal;

use super::*;

#[derive(Parser)]
struct Typed {
    #[command(flatten)]
    hold: Hold,
}

fn keystores(given: Option<&str>, variables: &[(&str, &str)]) -> PathBuf {
    let text = "data_dir = '/a'\nkeystore_dir = 'keys'";
    let variables = variables
        .iter()
        .map(|(name, value)| (OsString::from(name), OsString::from(value)));
    let given = given.map(Path::new);
    let config = Config::parse_over(Path::new("gantry.toml"), text, variables, given).unwrap();
    config.keystore_dir
}

#[test]
fn an_address_to_listen_on_is_one_that_others_can_know() {
    let refused = |text: &str| listen_address(text).unwrap_err();
    assert!(refused("0.0.0.0:0").contains("port 0 is another at each start"));
    assert!(refused("a:1").contains("such as 0.0.0.0:3610"));
    assert!(listen_address("[::]:3610").is_ok());
}

#[test]
fn the_last_words_lead_to_the_agreement_where_the_withdrawal_is_left_open() {
    let config = Config::parse_over(Path::new("gantry.toml"), "", std::iter::empty(), None);
    let config = config.unwrap();
    let last_words = |withdrawal| {
        let ending = Ending {
            lock: &example::lock_with(withdrawal),
            config: &config,
            secret: &config.secret,
            flags: "",
        };
        ending.to_string()
    };
    let words = last_words(Withdrawal::Later);
    let next = words.split("Next ").nth(1).unwrap();
    assert!(next.contains("gantry pool agree new"), "{words}");
    let words = last_words(Withdrawal::One([0xbb; 20].into()));
    assert!(!words.contains("pool agree"), "{words}");
}

#[test]
fn a_flag_that_is_no_log_filter_is_refused_by_its_name() {
    let refused = Typed::try_parse_from(["dkg", "--log", "info,node=loud"]);
    let words = refused.err().unwrap().to_string();
    assert!(words.contains("--log <FILTER>"), "{words}");
    assert!(words.contains("is no log filter"), "{words}");
}

#[test]
fn keys_are_made_where_a_peer_with_the_same_config_and_variables_looks_for_them() {
    assert_eq!(keystores(None, &[]), Path::new("/a/keys"));
    let variable = ("GANTRY_DATA_DIR", "/b");
    assert_eq!(keystores(None, &[variable]), Path::new("/b/keys"));
    assert_eq!(keystores(Some("/c"), &[variable]), Path::new("/c/keys"));
}
