//! A way between two peers that can be cut or slowed: TCP on loopback, passed on byte by byte.
//!
//! A cut way is silent, as a pulled cable is: nothing is closed, nothing arrives. What was on the
//! way arrives when it is mended. A slow way delays each direction by itself, and never the order.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, timeout_at};

use crate::Error;
use crate::place::Site;
use crate::plan::Plan;

/// Chunks under way in one direction at most.
const UNDER_WAY: usize = 256;

/// The state of a way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// Passes everything on at once.
    Clear,
    /// Passes everything on after this time.
    Slow(Duration),
    /// Passes nothing on.
    Cut,
}

/// Lays the ways of a plan whose peers are far from each other: to each of them one, at which the
/// definition says that it can be reached.
pub async fn part(plan: &Plan, site: &Site) -> Result<(), Error> {
    if plan.delay_ms == 0 {
        return Ok(());
    }
    let way = Way::Slow(Duration::from_millis(plan.delay_ms));
    // Nobody changes it, so nobody keeps the other half.
    let (_, way) = watch::channel(way);
    let local = |port: u16| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    for i in 0..plan.size.peers() {
        let address = local(site.ports.way(i));
        let laid = lay(address, local(site.ports.peer(i)), way.clone()).await;
        laid.map_err(|source| Error::Way { address, source })?;
    }
    Ok(())
}

/// Lays a way from `from` to `to`; it lasts as long as the runtime.
pub async fn lay(from: SocketAddr, to: SocketAddr, way: watch::Receiver<Way>) -> io::Result<()> {
    let listener = TcpListener::bind(from).await?;
    tokio::spawn(async move {
        while let Ok((caller, _)) = listener.accept().await {
            tokio::spawn(connect(caller, to, way.clone()));
        }
    });
    Ok(())
}

async fn connect(caller: TcpStream, to: SocketAddr, way: watch::Receiver<Way>) {
    // A peer that is down refuses; dropping the caller tells the other side so.
    let Ok(called) = TcpStream::connect(to).await else {
        return;
    };
    for stream in [&caller, &called] {
        if stream.set_nodelay(true).is_err() {
            return; // it is closed already
        }
    }
    let (from_caller, to_caller) = caller.into_split();
    let (from_called, to_called) = called.into_split();
    pass(from_caller, to_called, way.clone());
    pass(from_called, to_caller, way);
}

fn pass(from: OwnedReadHalf, to: OwnedWriteHalf, way: watch::Receiver<Way>) {
    let (taken, given) = mpsc::channel(UNDER_WAY);
    tokio::spawn(take(from, taken, way.clone()));
    tokio::spawn(give(to, given, way));
}

async fn take(
    mut from: OwnedReadHalf,
    taken: mpsc::Sender<(Instant, Vec<u8>)>,
    way: watch::Receiver<Way>,
) {
    let mut bytes = vec![0; 1 << 16];
    while let Ok(count @ 1..) = from.read(&mut bytes).await {
        let due = match *way.borrow() {
            Way::Clear | Way::Cut => Instant::now(),
            Way::Slow(delay) => Instant::now() + delay,
        };
        if taken.send((due, bytes[..count].to_vec())).await.is_err() {
            return;
        }
    }
}

async fn give(
    mut to: OwnedWriteHalf,
    mut given: mpsc::Receiver<(Instant, Vec<u8>)>,
    mut way: watch::Receiver<Way>,
) {
    while let Some((due, bytes)) = given.recv().await {
        // A due time that has passed is over at once.
        timeout_at(due, std::future::pending::<()>()).await.ok();
        if way.wait_for(|way| *way != Way::Cut).await.is_err() {
            return;
        }
        if to.write_all(&bytes).await.is_err() {
            return;
        }
    }
}
