//! When the loop wakes by itself: one timer of the kernel, set to a time of day.
//!
//! A timer of the runtime wakes its thread once more on the way to each moment that is more than
//! 64 ms away, then up to a millisecond late, and does not see that the clock has been put right.

use std::io;
use std::os::fd::OwnedFd;

use proto::Timestamp;
use rustix::time::{
    Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create,
    timerfd_settime,
};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

/// Rings at one moment at a time.
#[derive(Debug)]
pub struct Alarm {
    timer: AsyncFd<OwnedFd>,
    /// The moment that it waits for.
    set_to: Option<Timestamp>,
}

impl Alarm {
    /// One that is set to no moment.
    ///
    /// # Errors
    /// If the system has no descriptor left for it.
    #[expect(
        deprecated,
        reason = "its successor is unsafe for types that change their descriptor: this one cannot"
    )]
    pub fn new() -> io::Result<Self> {
        let flags = TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC;
        let timer = timerfd_create(TimerfdClockId::Realtime, flags)?;
        Ok(Self {
            timer: AsyncFd::with_interest(timer, Interest::READABLE)?,
            set_to: None,
        })
    }

    /// Ready at `moment`, at once if that is over, and now and then too early: after one moment has
    /// come and another one was asked for. Nothing is lost if the future is dropped.
    pub async fn rings(&mut self, moment: Timestamp) {
        if self.set_to != Some(moment) {
            self.set(moment).expect("a timer of ours takes every time");
            self.set_to = Some(moment);
        }
        let rung = self.timer.readable().await;
        rung.expect("who waits has a runtime").clear_ready();
        self.set_to = None;
    }

    fn set(&self, moment: Timestamp) -> io::Result<()> {
        // Zero would switch it off.
        let micros = i64::try_from(moment.micros().max(1)).unwrap_or(i64::MAX);
        let never = Timespec {
            tv_sec: 0,
            tv_nsec: 0,
        };
        let once = Itimerspec {
            it_interval: never,
            it_value: Timespec {
                tv_sec: micros / 1_000_000,
                tv_nsec: micros % 1_000_000 * 1000,
            },
        };
        timerfd_settime(self.timer.get_ref(), TimerfdTimerFlags::ABSTIME, &once)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests;
