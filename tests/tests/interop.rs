//! What a ceremony of the real program leaves behind, judged by code that is not ours: the script
//! `tests/interop/deposits.mjs` with the devnet's npm packages, and `tests/interop/keystores.mjs`
//! with packages of its own, which are those that people open keystores with.

#![expect(
    clippy::unwrap_used,
    reason = "what a test builds on must hold, or the test stops"
)]

use std::fs;
use std::path::Path;
use std::process::Command;

use devnet::children::output;
use devnet::cluster::{ChainTerms, Cluster};
use devnet::place::{Place, Ports, Site, install_packages, install_packages_in};
use devnet::plan::{Engine, Entry, Plan};
use proto::Root;
use serde_json::{Value, json};
use tests::program::gantry;

const VALIDATORS: usize = 3;
const SCRIPT: &str = include_str!("../interop/deposits.mjs");

#[tokio::test]
async fn deposits_and_keystores_are_good_for_foreign_tools() {
    let plan = Plan {
        engine: Engine::Mock,
        entry: Entry::Genesis,
        ..Plan::small(VALIDATORS)
    };
    let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy/devnet");
    install_packages(&scripts).unwrap();
    let site = site(&plan, &scripts);
    let terms = ChainTerms::mock(Root::from([7; 32]));
    let cluster = Cluster::found(&plan, &site, &terms, |_| {
        vec!["http://127.0.0.1:1".to_owned()]
    })
    .unwrap();
    cluster.ceremony(&site, |_| {}).await.unwrap();

    let first = &cluster.peers[0].dir;
    let version = hex::encode(plan.preset.genesis_fork_version());
    let keystores: Vec<Value> = (0..4).map(|i| opened(&cluster, &site, i)).collect();
    let secrets = site.place.file("secrets.json");
    let task = json!({
        "deposits": file_in(first, "deposit-data"),
        "forkVersion": version,
        "lock": first.join("cluster-lock.json"),
        "keystores": keystores,
        "secrets": secrets,
    });
    let file = site.place.file("task.json");
    fs::write(&file, task.to_string()).unwrap();
    // Given as text, so that node finds the packages from its working directory.
    let mut node = Command::new("node");
    node.args(["--input-type=module", "--eval", SCRIPT, "--"])
        .arg(&file)
        .current_dir(scripts.join("beacon"));
    assert_eq!(
        output("deposits.mjs", &mut node).unwrap(),
        "3 deposits are valid\n\
         12 keystores hold the shares of the lock\n\
         any 3 shares make the group's key\n"
    );
    let exported = exported(&cluster, &site, &keystores[1], &read(&secrets)[1]);
    fs::write(&file, json!({ "keystores": exported }).to_string()).unwrap();
    let tools = Path::new(env!("CARGO_MANIFEST_DIR")).join("interop");
    install_packages_in(&tools).unwrap();
    let mut node = Command::new("node");
    node.arg("keystores.mjs").arg(&file).current_dir(tools);
    assert_eq!(
        output("keystores.mjs", &mut node).unwrap(),
        "@chainsafe/bls-keystore opens 3 exported keystores\n\
         micro-key-producer opens 3 exported keystores\n"
    );
}

/// The keystores of peer 1 as `gantry keystore export` writes them, with what is in them.
fn exported(cluster: &Cluster, site: &Site, keystores: &Value, secrets: &Value) -> Vec<Value> {
    let dir = &cluster.peers[1].dir;
    let export = |(position, keystore): (usize, &Value)| {
        let out = site.place.file(&format!("exported-{position}.json"));
        let mut export = Command::new(site.place.gantry());
        export.args(["keystore", "export"]);
        export.arg(keystore["file"].as_str().unwrap());
        export.arg("--out").arg(&out);
        export.arg("--lock").arg(dir.join("cluster-lock.json"));
        export.arg("--secret-file").arg(dir.join("keystore.secret"));
        output("gantry keystore export", &mut export).unwrap();
        // A share is written over nothing, not even over itself.
        assert!(output("gantry keystore export", &mut export).is_err());
        json!({"file": out, "password": keystore["password"], "secret": secrets[position]})
    };
    let keystores = keystores.as_array().unwrap();
    keystores.iter().enumerate().map(export).collect()
}

fn read(path: &Path) -> Value {
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

fn site(plan: &Plan, scripts: &Path) -> Site {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join("interop");
    let place = Place::new(scripts, &gantry(), &dir).unwrap();
    Site::prepare(plan, place, Ports::free(plan)).unwrap()
}

/// The keystores of peer `i` in the lock's order, each with the password that `gantry` prints.
fn opened(cluster: &Cluster, site: &Site, i: usize) -> Value {
    let dir = &cluster.peers[i].dir;
    let share = |validator: &proto::lock::Validator| {
        let key = hex::encode(validator.share_public_keys[i].as_bytes());
        let file = file_in(&dir.join("keystores"), &format!("keystore-{key}"));
        let mut print = Command::new(site.place.gantry());
        print.args(["keystore", "password"]).arg(&file);
        print.arg("--lock").arg(dir.join("cluster-lock.json"));
        print.arg("--secret-file").arg(dir.join("keystore.secret"));
        let password = output("gantry keystore password", &mut print).unwrap();
        json!({"file": file, "password": password.trim()})
    };
    cluster
        .lock()
        .unwrap()
        .validators
        .iter()
        .map(share)
        .collect()
}

/// The only file in `dir` whose name begins so.
fn file_in(dir: &Path, beginning: &str) -> std::path::PathBuf {
    let entries = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap());
    let mut found = entries.filter(|e| e.file_name().to_str().unwrap().starts_with(beginning));
    let file = found.next().unwrap().path();
    assert!(found.next().is_none());
    file
}
