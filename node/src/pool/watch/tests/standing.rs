//! What is in force by a file that changes, and after a new start.

use node_core::record::Joined;

use super::*;

/// What is fixed may change until the first share of a deposit leaves, as the record says.
#[test]
fn what_is_fixed_changes_until_this_peer_consents_to_a_deposit_and_never_after() {
    let dir = tempfile::tempdir().unwrap();
    let file = file(dir.path());
    let put = |agreement: &Agreement| fs::write(&file, agreement.to_file().to_json()).unwrap();
    let first = signed(first());
    put(&first);
    let mut standing = Standing::new(
        (file.clone(), dir.path().to_owned()),
        lock(),
        Deposits::of_record(None),
    );
    let in_force = |standing: &mut Standing| {
        let version = standing.in_force().map(|it| it.number);
        version.map_err(|why| why.to_string())
    };
    assert_eq!(in_force(&mut standing), Ok(1));
    let second = followed(&first, |terms| terms.fixed.rocket_storage = [2; 20].into());
    put(&second);
    assert_eq!(in_force(&mut standing), Ok(2));
    standing.consented(2);
    assert_eq!(in_force(&mut standing), Ok(2));
    let third = followed(&second, |terms| terms.fixed.rocket_storage = [3; 20].into());
    put(&third);
    let words = in_force(&mut standing).unwrap_err();
    assert!(words.contains("stands since version 2"), "{words}");
    // Nor after a start, by the record.
    let joined = Joined {
        number: 2,
        fixed: second.last().on_pool().unwrap().terms.fixed,
    };
    let known = Deposits::of_record(Some(&joined));
    let mut standing = Standing::new((file.clone(), dir.path().to_owned()), lock(), known);
    let words = in_force(&mut standing).unwrap_err();
    assert!(words.contains("stands since version 2"), "{words}");
    put(&second);
    assert_eq!(in_force(&mut standing), Ok(2));
}

/// An older one could take back who owns a Safe, and where money goes.
#[test]
fn no_older_version_is_in_force_again_after_a_start() {
    let dir = tempfile::tempdir().unwrap();
    let file = file(dir.path());
    let put = |agreement: &Agreement| fs::write(&file, agreement.to_file().to_json()).unwrap();
    let in_force = || {
        let mut started = Standing::new(
            (file.clone(), dir.path().to_owned()),
            lock(),
            Deposits::None,
        );
        let version = started.in_force().map(|it| it.number);
        version.map_err(|why| why.to_string())
    };
    let first = signed(first());
    put(&first);
    assert_eq!(in_force(), Ok(1));
    let second = followed(&first, |terms| terms.withdrawal = [2; 20].into());
    put(&second);
    assert_eq!(in_force(), Ok(2));
    // As it was, and as it was while the second was still being signed.
    let terms = second.last().on_pool().unwrap().terms;
    let mut open = first.next(terms, Deposits::None).unwrap();
    open.sign(&identities()[0]).unwrap();
    // Another one of its number.
    let other = followed(&first, |terms| terms.withdrawal = [3; 20].into());
    for copy in [&first, &open, &other] {
        put(copy);
        let words = in_force().unwrap_err();
        let hash = second.last().hash.to_string();
        assert!(words.contains("version 2 with the hash"), "{words}");
        assert!(
            words.contains(&hash) && words.contains("agree merge"),
            "{words}"
        );
    }
    put(&second);
    assert_eq!(in_force(), Ok(2));
    let third = followed(&second, |terms| terms.withdrawal = [3; 20].into());
    put(&third);
    assert_eq!(in_force(), Ok(3));
    fs::write(file.with_file_name("pool-agreement-in-force"), "3").unwrap();
    let words = in_force().unwrap_err();
    assert!(words.contains("is not what gantry writes there"), "{words}");
}
