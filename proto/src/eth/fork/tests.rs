//! Forks in their order, and one without containers.

use super::*;

fn scheduled(name: &str, version: u8, epoch: u64) -> ScheduledFork {
    ScheduledFork {
        name: name.to_owned(),
        version: [version, 0, 0, 0].into(),
        epoch: Epoch(epoch),
    }
}

#[test]
fn forks_of_one_epoch_stand_in_the_order_of_history_whatever_their_versions() {
    let schedule = ForkSchedule::new(
        [9, 0, 0, 0].into(),
        vec![
            scheduled("gloas", 1, 7),
            scheduled("electra", 3, 0),
            scheduled("altair", 8, 0),
            scheduled("fulu", 2, 5),
            scheduled("heze", 0, u64::MAX),
        ],
    );
    let names: Vec<&str> = schedule.iter().map(|fork| fork.name.as_str()).collect();
    assert_eq!(names, ["phase0", "altair", "electra", "fulu", "gloas"]);
    assert_eq!(schedule.at(Epoch(0)).name, "electra");
    assert_eq!(schedule.at(Epoch(4)).name, "electra");
    assert_eq!(schedule.at(Epoch(5)).name, "fulu");
    assert_eq!(schedule.at(Epoch(u64::MAX)).name, "gloas");
    assert_eq!(schedule.after(Epoch(5)).unwrap().name, "gloas");
    assert_eq!(schedule.after(Epoch(7)), None);
}

#[test]
fn a_fork_without_containers_is_refused_by_name() {
    assert_eq!(
        "gloas".parse::<ForkName>().unwrap_err().to_string(),
        "the chain is at fork \"gloas\", which this version of gantry cannot sign for: \
         upgrade gantry"
    );
}
