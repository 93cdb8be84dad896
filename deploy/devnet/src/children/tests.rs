//! Children end with the devnet, however it ends.

use super::*;

/// Longer than anything here takes on a loaded machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// Starts another process that never ends, says its id, and waits for it.
fn parent() -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", "sleep infinity & echo $!; wait"]);
    command
}

/// Looks until there is something, and fails with `what` if there is nothing for long.
async fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let last = Instant::now() + PATIENCE;
    let mut looks = tokio::time::interval(LOOK);
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < last, "waited for {what}, in vain");
        looks.tick().await;
    }
}

async fn first_word(log: &Path) -> String {
    until("a first line", || {
        let text = fs::read_to_string(log).unwrap();
        text.split_once('\n').map(|(word, _)| word.to_owned())
    })
    .await
}

/// Returns when the process is gone or a zombie that nobody has collected yet.
async fn wait_until_dead(pid: &str) {
    let stat = format!("/proc/{pid}/stat");
    until("the end of a process", || {
        let text = fs::read_to_string(&stat);
        text.map_or(true, |text| text.contains(") Z "))
            .then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_dropped_child_takes_its_own_children_along() {
    let dir = tempfile::tempdir().unwrap();
    let children = Children::new(dir.path().join("logs")).unwrap();
    let child = children.start("parent", parent()).unwrap();
    let grandchild = first_word(&child.log).await;
    drop(child);
    wait_until_dead(&grandchild).await;
}

#[tokio::test]
async fn the_watchdog_kills_what_a_killed_devnet_left_behind() {
    let dir = tempfile::tempdir().unwrap();
    let children = Children::new(dir.path().join("logs")).unwrap();
    let mut child = children.start("parent", parent()).unwrap();
    let grandchild = first_word(&child.log).await;
    // What the kernel does when this process dies: the pipe closes, nothing else.
    let mut other = Command::new("true").stdin(Stdio::piped()).spawn().unwrap();
    let closed = other.stdin.take().unwrap();
    other.wait().unwrap();
    drop(std::mem::replace(
        &mut *child.watchdog.pipe.lock().unwrap(),
        closed,
    ));
    assert!(!child.process.wait().unwrap().success());
    wait_until_dead(&grandchild).await;
}

#[tokio::test]
async fn a_failed_child_says_its_last_words() {
    let dir = tempfile::tempdir().unwrap();
    let children = Children::new(dir.path().join("logs")).unwrap();
    let mut command = Command::new("sh");
    command.args(["-c", "echo no such chain; exit 3"]);
    let mut child = children.start("node", command).unwrap();
    until("the end of the child", || child.ended()).await;
    let text = child.must_run().unwrap_err().to_string();
    assert!(
        text.contains("no such chain") && text.contains('3'),
        "{text}"
    );
}
