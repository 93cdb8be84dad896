//! `devnet`: reads the flags, plays the whole, ends everything, writes the report.
//!
//! Exit codes: 0 as expected, 1 otherwise, 2 a wrong command line, 130 interrupted before the end.
//! A run without a number of epochs ends with Ctrl-C, and is judged by the epochs shown until then.

use std::process::ExitCode;

use clap::Parser as _;
use devnet::Error;
use devnet::flags::{Flags, Order};
use devnet::load::LoadScene;
use devnet::place::{Place, Ports, Site};
use devnet::plan::{BeaconNodes, Blow, Entry, Plan};
use devnet::progress::Progress;
use devnet::proxy;
use devnet::report::{Parameters, Report};
use devnet::show::Scene;
use tokio::signal::unix::{SignalKind, signal};

#[tokio::main]
async fn main() -> ExitCode {
    match run(Flags::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("devnet: {error}");
            let interrupted = matches!(error, Error::Interrupted);
            ExitCode::from(if interrupted { 130 } else { 1 })
        }
    }
}

async fn run(flags: Flags) -> Result<(), Error> {
    if flags.write_genesis()? {
        return Ok(());
    }
    let order = flags.order()?;
    let ports = Ports::from_base(order.port_base)?;
    // Before the directory is emptied: it may be that of a devnet which holds these ports.
    ports.check(&order.plan)?;
    let place = Place::new(&order.scripts, &order.gantry, &order.dir)?;
    let site = Site::prepare(&order.plan, place, ports)?;
    proxy::part(&order.plan, &site).await?;
    let logs = site.children.logs().to_path_buf();
    let mut progress = Progress::shown();
    let mut beside = None;
    let (mut played, judged, (epochs, duties, gains)) = if order.load {
        let mut scene = LoadScene::new(order.plan.clone(), site);
        let played = until_stopped(scene.play(&mut progress)).await;
        let (judged, figures) = (scene.judge(), scene.figures());
        beside = scene.beside().cloned();
        scene.stop().await;
        (played, judged, figures)
    } else {
        let mut scene = Scene::new(order.plan.clone(), site);
        let played = until_stopped(scene.play(&mut progress)).await;
        let (judged, figures) = (scene.judge(), scene.figures());
        scene.stop().await;
        (played, judged, figures)
    };
    let is_told = epochs > 0 || order.plan.entry == Entry::RocketPool;
    if let (Some(file), true) = (&order.report, is_told) {
        let report = Report::new(parameters(&order, epochs), progress.done(), duties, &gains);
        let report = report.beside(beside.as_ref());
        report.write(file)?;
        for line in report.beside_lines() {
            eprintln!("{line}");
        }
        if let Some((p50, p99)) = report.signing_ms() {
            eprintln!(
                "attestation signed after {p50:.1} ms (p50), {p99:.1} ms (p99), slowest peer"
            );
        }
    }
    let has_end = order.plan.for_epochs.is_some() || order.plan.entry == Entry::RocketPool;
    let was_endless = !has_end && epochs > 0;
    if was_endless && matches!(played, Err(Error::Interrupted)) {
        played = judged;
    }
    eprintln!("everything has ended; logs are in {}", logs.display());
    played
}

async fn until_stopped(play: impl Future<Output = Result<(), Error>>) -> Result<(), Error> {
    tokio::select! {
        played = play => played,
        () = stop_signal() => Err(Error::Interrupted),
    }
}

/// Ctrl-C, or SIGTERM.
async fn stop_signal() {
    let mut terminated = signal(SignalKind::terminate()).expect("the signal can be listened for");
    let mut interrupted = signal(SignalKind::interrupt()).expect("the signal can be listened for");
    tokio::select! {
        _ = terminated.recv() => {}
        _ = interrupted.recv() => {}
    }
}

fn parameters(order: &Order, epochs: u64) -> Parameters {
    let Plan {
        size,
        validators,
        slot_ms,
        preset,
        fork,
        beacon_nodes,
        entry,
        node_safe,
        strikes,
        delay_ms,
        prove,
        ..
    } = &order.plan;
    let strike = |strike: &devnet::plan::Strike| {
        let blow = match strike.blow {
            Blow::Kill => "kill",
            Blow::Restart => "restart",
        };
        format!("{blow} {}@{}", strike.peer + 1, strike.epoch)
    };
    Parameters {
        peers: size.peers(),
        validators: *validators,
        slot_ms: *slot_ms,
        preset: preset.name(),
        fork: fork.name(),
        beacon_nodes: match beacon_nodes {
            BeaconNodes::Shared => "shared",
            BeaconNodes::Each => "each",
            BeaconNodes::Pair => "pair",
        },
        in_genesis: *entry == Entry::Genesis,
        rocketpool: *entry == Entry::RocketPool,
        safe: *node_safe,
        load: order.load,
        delay_ms: *delay_ms,
        prove: *prove,
        epochs,
        strikes: strikes.iter().map(strike).collect(),
    }
}
