//! The alarm rings at the moment that was set last.

use std::time::Duration;

use super::*;
use crate::clock;

#[tokio::test]
async fn it_rings_once_the_moment_has_come_and_never_stays_away() {
    let mut alarm = Alarm::new().unwrap();
    let moment = clock::now() + Duration::from_millis(70);
    alarm.rings(moment).await;
    assert!(clock::now() >= moment);
    // What is over, or before any clock, rings at once; twice, too.
    for over in [moment, moment, Timestamp::from_micros(0)] {
        alarm.rings(over).await;
    }
}

#[tokio::test]
async fn another_moment_takes_the_place_of_the_one_before() {
    let mut alarm = Alarm::new().unwrap();
    let far = clock::now() + Duration::from_secs(3600);
    let sooner = clock::now() + Duration::from_millis(70);
    for moment in [far, Timestamp::from_micros(u64::MAX), sooner, far] {
        tokio::select! {
            biased;
            () = alarm.rings(moment) => panic!("nothing has come yet"),
            () = std::future::ready(()) => {}
        }
    }
    alarm.rings(sooner).await;
    assert!(clock::now() >= sooner);
}
