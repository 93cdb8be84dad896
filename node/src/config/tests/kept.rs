//! Configs as earlier versions of gantry read them.

use super::*;

/// A config is read by every later gantry: these are the keys of gantry 0.1.0. An older gantry
/// refuses the keys that it does not know, by name.
#[test]
fn a_config_of_the_first_version_is_read_for_ever() {
    let text = "beacon_node = \"http://b:5052\"\ndata_dir = \"/d\"\nlock_file = \"l\"\n\
                identity_file = \"i\"\nkeystore_dir = \"k\"\npassphrase_file = \"p\"\n\
                listen = [\"0.0.0.0:1\"]\nmetrics = \"127.0.0.1:2\"\nmetrics_names = [\"m\"]\n\
                log = \"debug\"\nlog_format = \"json\"\ngraffiti = \"g\"\n\
                [peers]\nalice = [\"203.0.113.7:3610\"]\n";
    let config = parse(text, &[]).unwrap();
    assert_eq!(config.lock_file, Path::new("/d/l"));
    let passphrase = SecretSource::PassphraseFile("/d/p".into());
    assert_eq!((config.secret, config.graffiti.as_str()), (passphrase, "g"));
    assert_eq!(config.peers["alice"].len(), 1);
}
