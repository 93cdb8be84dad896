//! What holds for every command.

use clap::{CommandFactory as _, FromArgMatches as _};

use super::*;

#[test]
fn a_tilde_is_the_home_in_every_path_of_the_command_line() {
    let home = std::env::home_dir().unwrap().join("x");
    for typed in [
        "cluster show ~/x",
        "cluster sign --dir=~/x",
        "dkg --definition=~/x",
        "identity new --dir ~/x",
        "keystore password ~/x",
        "lock verify --data-dir=~/x",
        "run --config=~/x",
        "slashing export ~/x",
    ] {
        let words = ["gantry"].into_iter().chain(typed.split(' '));
        let matches = with_homes(Gantry::command()).get_matches_from(words);
        let read = format!("{:?}", Gantry::from_arg_matches(&matches).unwrap());
        assert!(read.contains(&format!("{home:?}")), "{typed}: {read}");
        assert!(!read.contains('~'), "{typed}: {read}");
    }
}
