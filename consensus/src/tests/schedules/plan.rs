//! One random schedule as data, drawn from a seed. Same seed, same schedule.

use std::time::Duration;

use proto::DutyKind;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

/// What a restarted peer remembers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Faults {
    /// It knows that it has forgotten, and abstains (mark H).
    RestartAbstaining,
    /// It does not know, and says that it has voted for nothing.
    RestartForgetting,
}

/// How one peer behaves.
#[derive(Debug, Clone)]
pub struct Temper {
    /// The head its source sees first, and when; none if the source is dead.
    pub candidate: Option<(char, Duration)>,
    /// When it crashes, if it does.
    pub crash: Option<Duration>,
    /// How long after the crash it is back, if it is.
    pub restart: Option<Duration>,
    /// How long its record takes to become durable.
    pub record: Duration,
}

/// How messages from one peer to another fare until the network heals.
#[derive(Debug, Clone, Copy)]
pub struct Link {
    /// The longest delay; the shortest is a tenth of it.
    pub delay: Duration,
    /// The share of messages that is lost, in percent.
    pub loss: u32,
}

/// A schedule.
#[derive(Debug, Clone)]
pub struct Plan {
    pub n: usize,
    pub seed: u64,
    pub kind: DutyKind,
    pub faults: Faults,
    pub peers: Vec<Temper>,
    /// Links by sender, then receiver.
    pub links: Vec<Vec<Link>>,
    /// The peers that run twice under one key: their other bodies stand behind the n of `peers`.
    pub twins: Vec<usize>,
    /// From when on the network is whole, after the start of the instance.
    pub heal: Duration,
}

impl Plan {
    pub fn draw(n: usize, seed: u64, kind: DutyKind) -> Self {
        let mut rng = StdRng::seed_from_u64(seed);
        let heads = rng.random_range(1..=3);
        let mut peers: Vec<Temper> = (0..n).map(|_| temper(&mut rng, heads)).collect();
        trouble(&mut rng, &mut peers);
        let calm = rng.random_bool(0.2);
        let links = (0..n).map(|_| (0..n).map(|_| link(&mut rng, calm)).collect());
        let mut links: Vec<Vec<Link>> = links.collect();
        if rng.random_bool(0.5) {
            muffle(&mut rng, &mut links);
        }
        Self {
            n,
            seed,
            kind,
            faults: Faults::RestartAbstaining,
            peers,
            links,
            twins: Vec::new(),
            heal: millis(&mut rng, 200, 5000),
        }
    }

    /// A schedule in which one peer restarts early, remembers nothing, and does not know it.
    pub fn draw_forgetting(n: usize, seed: u64) -> Self {
        let mut plan = Self::draw(n, seed, DutyKind::Head);
        let mut rng = StdRng::seed_from_u64(seed ^ 0x5eed);
        for peer in &mut plan.peers {
            (peer.crash, peer.restart) = (None, None);
        }
        let one = rng.random_range(0..n);
        plan.peers[one].crash = Some(millis(&mut rng, 100, 700));
        plan.peers[one].restart = Some(millis(&mut rng, 1, 50));
        plan.faults = Faults::RestartForgetting;
        plan
    }

    /// A schedule in which so many peers run twice: each body sees its own head, and is heard by
    /// some peers only.
    pub fn draw_twins(n: usize, twins: usize, seed: u64) -> Self {
        let mut plan = Self::draw(n, seed, DutyKind::Head);
        let mut rng = StdRng::seed_from_u64(seed ^ 0x7717);
        let first = rng.random_range(0..n);
        for villain in (0..twins).map(|at| (first + at) % n) {
            plan.add_twin(villain, &mut rng);
        }
        plan
    }

    fn add_twin(&mut self, villain: usize, rng: &mut StdRng) {
        let dead = Link {
            delay: Duration::ZERO,
            loss: 100,
        };
        let mut other = self.links[villain].clone();
        for (one, other) in self.links[villain].iter_mut().zip(&mut other) {
            match rng.random_range(0..3) {
                0 => *other = dead,
                1 => *one = dead,
                _ => {}
            }
        }
        self.links.push(other);
        for links in &mut self.links {
            links.push(links[villain]);
        }
        self.peers.push(temper(rng, 3));
        self.twins.push(villain);
    }

    /// A schedule without loss, long delays and returns: some peers fall silent, as many as may.
    pub fn draw_timely(n: usize, seed: u64) -> Self {
        let mut plan = Self::draw(n, seed, DutyKind::Head);
        let mut rng = StdRng::seed_from_u64(seed ^ 0x71e7);
        for link in plan.links.iter_mut().flatten() {
            *link = self::link(&mut rng, true);
        }
        for peer in &mut plan.peers {
            peer.restart = None;
        }
        plan
    }

    /// Whether so few peers are in trouble that a decision is due after the network has healed. A
    /// peer with a twin is in trouble.
    pub fn promises_a_decision(&self) -> bool {
        let silent = self.n - (2 * self.n).div_ceil(3);
        let troubled = self.peers[..self.n]
            .iter()
            .enumerate()
            .filter(|(at, peer)| {
                peer.crash.is_some() || peer.candidate.is_none() || self.twins.contains(at)
            });
        troubled.count() <= silent
    }
}

fn temper(rng: &mut StdRng, heads: u8) -> Temper {
    Temper {
        candidate: Some((
            char::from(rng.random_range(b'a'..b'a' + heads)),
            millis(rng, 0, 400),
        )),
        crash: None,
        restart: None,
        record: if rng.random_bool(0.9) {
            millis(rng, 1, 10)
        } else {
            millis(rng, 10, 1500)
        },
    }
}

/// Crashes, restarts and dead sources for up to two peers.
fn trouble(rng: &mut StdRng, peers: &mut [Temper]) {
    for _ in 0..rng.random_range(0..=2) {
        let one = rng.random_range(0..peers.len());
        match rng.random_range(0..4) {
            0 => peers[one].candidate = None,
            1 => peers[one].crash = Some(millis(rng, 0, 1500)),
            _ => {
                peers[one].crash = Some(millis(rng, 0, 2500));
                peers[one].restart = Some(millis(rng, 50, 1500));
            }
        }
    }
}

fn link(rng: &mut StdRng, calm: bool) -> Link {
    let (delay, loss) = match rng.random_range(0..10) {
        _ if calm => (millis(rng, 1, 60), 0),
        0..6 => (millis(rng, 1, 60), 0),
        6 | 7 => (millis(rng, 60, 900), 0),
        8 => (millis(rng, 500, 4000), 10),
        _ => (millis(rng, 10, 500), 60),
    };
    Link { delay, loss }
}

/// One peer hears well, but is hardly heard, as the holder of a certificate nobody else has.
fn muffle(rng: &mut StdRng, links: &mut [Vec<Link>]) {
    let one = rng.random_range(0..links.len());
    for link in &mut links[one] {
        *link = Link {
            delay: millis(rng, 1500, 4500),
            loss: 30,
        };
    }
    for from in links.iter_mut() {
        if rng.random_bool(0.8) {
            from[one] = Link {
                delay: millis(rng, 1, 300),
                loss: 0,
            };
        }
    }
}

fn millis(rng: &mut StdRng, from: u64, to: u64) -> Duration {
    Duration::from_millis(rng.random_range(from..=to))
}
