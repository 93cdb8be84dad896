//! What has come, in the core's words and in those for the operator.
//!
//! Never here: a decision. What network, beacon node and disk say is put into other words, no more.

use node_core::duties::Input;
use proto::PeerIndex;

use super::desk::Order;
use super::inlet::Arrival;
use super::nodes::{Listened, Said, of_the_core};
use super::reading::Told;
use crate::disk::exit_file::Kept;
use crate::disk::intent_file::IntentsKept;
use crate::disk::writer::Written;
use crate::net;
use crate::pool::watch;
use crate::report::news::News;

/// What one arrival is to the operator and to the core.
#[derive(Debug, Default)]
pub(super) struct InWords {
    /// Told first.
    pub(super) news: Option<News>,
    pub(super) input: Option<Input>,
}

impl InWords {
    fn both(news: News, input: Input) -> Self {
        Self {
            news: Some(news),
            input: Some(input),
        }
    }

    fn of_core(input: Input) -> Self {
        Self {
            news: None,
            input: Some(input),
        }
    }

    fn of_operator(news: News) -> Self {
        Self {
            news: Some(news),
            input: None,
        }
    }
}

/// Puts it into words on the peer `me`.
pub(super) fn in_words(arrival: Arrival, me: PeerIndex) -> InWords {
    match arrival {
        Arrival::Written(written) => of_disk(written),
        Arrival::Network(event) => of_network(event, me),
        Arrival::Said(Said { response, news }) => InWords {
            news,
            input: response.map(Input::Response),
        },
        Arrival::Heard(heard) => of_heads(heard),
        Arrival::Kept(Kept { keeping, written }) => InWords {
            input: Some(Input::Kept(keeping, written.is_ok())),
            news: written.err().map(News::ExitsNotKept),
        },
        Arrival::IntentsKept(IntentsKept { keeping, written }) => InWords {
            input: Some(Input::IntentsKept(keeping, written.is_ok())),
            news: written.err().map(News::IntentsNotKept),
        },
        Arrival::Builders(policy) => InWords::of_core(Input::Builders(policy)),
        Arrival::Order(number, order) => InWords::of_core(match order {
            Order::Exit(request) => Input::Order(number, request),
            Order::Intent(request) => Input::Intend(number, request),
        }),
        Arrival::Pool(watch::Said::Found(found)) => InWords::of_core(Input::Pool(found)),
        Arrival::Pool(watch::Said::Coordinates(status)) => {
            InWords::of_operator(News::Coordinates(status))
        }
        Arrival::Pool(watch::Said::Alarms(alarms)) => {
            InWords::of_operator(News::PoolAlarms(alarms))
        }
        Arrival::Pool(watch::Said::Misused(misuses)) => {
            InWords::of_operator(News::Misused(misuses))
        }
        Arrival::Pool(watch::Said::Trouble(trouble)) => {
            InWords::of_operator(News::PoolBlind(trouble.to_string()))
        }
        Arrival::Outcome(Told::Shown { duties, effects }) => {
            InWords::of_operator(News::Seen { duties, effects })
        }
        Arrival::Outcome(Told::Stray(stray)) => InWords::of_core(Input::Stray(stray)),
        Arrival::Outcome(Told::Disputed(vote)) => InWords::of_operator(News::Disputed(vote)),
        Arrival::Outcome(Told::Trouble(error)) => InWords::of_operator(News::NotRead(error)),
        Arrival::Deferred(deferred) => InWords::of_core(Input::Later(deferred)),
        Arrival::Time => InWords::of_core(Input::Tick),
    }
}

fn of_disk(written: Written) -> InWords {
    match written {
        Written::Durable { recorded, took } => {
            InWords::both(News::Durable(took), Input::Recorded(recorded))
        }
        Written::Failed(error) => InWords::both(News::NotDurable(error), Input::NotRecorded),
    }
}

fn of_heads(heard: Listened) -> InWords {
    match heard {
        Listened::Begins => InWords::of_core(Input::Hears(true)),
        Listened::Head(head) => {
            InWords::both(News::Head(head.slot), Input::Head(of_the_core(head)))
        }
        Listened::Ends(error) => InWords::both(News::NoHeads(error), Input::Hears(false)),
    }
}

fn of_network(event: net::Event, me: PeerIndex) -> InWords {
    match event {
        net::Event::Up {
            peer,
            software,
            version,
        } => {
            let news = News::Up {
                peer,
                software,
                version,
            };
            InWords::both(news, Input::Up(peer, version))
        }
        net::Event::Down { peer, reason } => {
            InWords::both(News::Down { peer, reason }, Input::Down(peer))
        }
        net::Event::Frame { peer, frame } => InWords::of_core(Input::Frame(peer, frame.to_vec())),
        net::Event::Measured {
            peer,
            rtt,
            clock_offset_micros,
        } => {
            let news = News::Measured {
                peer,
                rtt,
                clock_offset_micros,
            };
            InWords::both(news, Input::RoundTrip(peer, rtt))
        }
        net::Event::Refused { peer, reason } => {
            InWords::of_operator(News::Refused { peer, reason })
        }
        net::Event::SecondSession { peer } => {
            let is_me = peer == me;
            InWords {
                news: Some(News::SecondSession { peer, is_me }),
                input: is_me.then_some(Input::SecondSession),
            }
        }
    }
}

#[cfg(test)]
mod tests;
