//! Whoever watches is asked, and nobody else.

use super::*;
use crate::pool::agreement::Agreement;
use crate::pool::agreement::example::{lock, terms};
use crate::pool::example::World;

#[test]
fn rocket_pool_is_looked_at_once_an_epoch_where_somebody_looks() {
    let mut pool = Pool::default();
    assert_eq!(pool.due(Epoch(7)), None);
    pool.watch();
    assert_eq!(pool.due(Epoch(7)), Some(Errand::Look));
    assert_eq!(pool.due(Epoch(7)), None);
    assert_eq!(pool.due(Epoch(8)), Some(Errand::Look));
    // A clock that is set back asks for nothing twice.
    assert_eq!(pool.due(Epoch(7)), None);
}

#[test]
fn what_was_seen_is_kept_and_told() {
    let mut pool = Pool::default();
    assert_eq!(pool.last(), None);
    let agreement = Agreement::first(lock(), terms()).unwrap();
    let looked = Arc::new(Looked {
        sight: World::saturn().sight().unwrap(),
        version: agreement.last().on_pool().unwrap(),
    });
    let note = pool.take(Arc::clone(&looked));
    assert_eq!(note, Note::Looked(Arc::clone(&looked)));
    assert_eq!(pool.last(), Some(&*looked));
}
