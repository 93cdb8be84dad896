//! A blinded block is a value of its own.

use consensus::Value as _;
use proto::eth::ChainSpec;
use proto::example;

use super::*;
use crate::pool::agreement::example::policy;

const BLOCK: &[u8] = include_bytes!("../../../../../../proto/tests/vectors/blinded-minimal.ssz");
const FULL: &[u8] = include_bytes!("../../../../../../proto/tests/vectors/full-minimal.ssz");

fn chain() -> ChainSpec {
    example::chain([1; 32].into(), &[])
}

fn block() -> Block {
    Block::from_ssz_of(&chain(), Form::Blinded, BLOCK).unwrap()
}

fn stating(wei: u128) -> Value {
    Value::Blinded(Blinded::new(block(), wei).unwrap())
}

#[test]
fn a_blinded_block_comes_back_from_its_bytes_and_is_another_value_than_any_other() {
    let value = stating(7);
    assert_eq!(Value::decode(&value.encode()), Some(value.clone()));
    // The block with its payload has the same root.
    let full = Block::from_ssz(&chain(), FULL).unwrap();
    assert_eq!(full.root(), block().root());
    for other in [
        stating(8),
        Value::Block(block()),
        Value::Block(full.clone()),
    ] {
        assert_ne!(other.hash(), value.hash());
    }
    // What has its payload is no blinded block, and the other way round.
    let mut bytes = value.encode();
    bytes[1] -= 2;
    assert_eq!(Value::decode(&bytes), None);
    let bare = [&value.encode()[..LAYOUT_BYTES], BLOCK].concat();
    assert_eq!(Value::decode(&bare), None);
    assert_eq!(Blinded::new(full, 7), None);
}

#[test]
fn builders_are_off_where_no_relay_is_agreed_on() {
    let full = Value::Block(Block::from_ssz(&chain(), FULL).unwrap());
    let policy = policy(1);
    for (value, policy, verdict) in [
        (stating(7), Some(&policy), Ok(())),
        (stating(7), None, Err(Flaw::BuilderOff)),
        (full, None, Ok(())),
    ] {
        assert_eq!(check(&value, policy), verdict);
    }
}
