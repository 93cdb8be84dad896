//! What is sent last stays behind what is not.

use super::*;

#[tokio::test]
async fn a_vote_overtakes_what_is_sent_last() {
    let (queue, mut waiting) = queue(4, 100);
    for frame in ["blobs", "more blobs", "dropped"] {
        queue.push_last(frame.into());
    }
    queue.push("vote".into());
    assert_eq!(waiting.next(true).await.unwrap(), "vote");
    assert_eq!(waiting.next_now(), None, "gathered are only the others");
    assert_eq!(waiting.next(true).await.unwrap(), "blobs");
    queue.push("second vote".into());
    assert_eq!(waiting.next(true).await.unwrap(), "second vote");
    // While something is being written, what is sent last stays where it is.
    queue.push("third vote".into());
    assert_eq!(waiting.next(false).await.unwrap(), "third vote");
    assert_eq!(waiting.next(true).await.unwrap(), "more blobs");
    drop(queue);
    assert_eq!(waiting.next(true).await, None);
}
