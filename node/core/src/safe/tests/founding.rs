//! The address of a Safe never changes for the same cluster: whoever founds it later finds it where
//! it was looked for.

use alloy_primitives::{B256, U256, keccak256};

use super::*;
use crate::pool::agreement::example::lock;
use crate::safe::founding::{Contracts, Founding};

/// The selector of `setup`, as every explorer shows it.
const SETUP: [u8; 4] = [0xb6, 0x3e, 0x80, 0x0d];

fn word(number: u64) -> [u8; 32] {
    U256::from(number).to_be_bytes()
}

fn left(address: &Address) -> [u8; 32] {
    B256::left_padding_from(address.as_bytes()).0
}

#[test]
fn the_address_follows_from_the_founding_byte_for_byte() {
    let owners: Vec<Address> = size().all().map(owner).collect();
    let contracts = Contracts::canonical();
    let lock = lock();
    let founding = Founding::new(contracts, owners.clone(), &lock);
    assert_eq!(founding.threshold(), 3);
    // Eight arguments: two of them stand behind, the owners and no data.
    let mut words = vec![
        word(8 * 32),
        word(3),
        word(0),
        word((8 + 1 + 4) * 32),
        left(&contracts.handler),
        word(0),
        word(0),
        word(0),
        word(4),
    ];
    words.extend(owners.iter().map(left));
    words.push(word(0));
    let setup = [&SETUP[..], &words.concat()].concat();
    assert_eq!(founding.initializer(), setup);
    let purpose = [b"gantry/node-safe/1", &lock.hash().as_bytes()[..]].concat();
    let salt = [keccak256(setup).0, keccak256(purpose).0].concat();
    let (salt, code) = (keccak256(salt), contracts.proxy_hash);
    let factory = contracts.factory.as_bytes();
    let parts = [&[0xff][..], factory, salt.as_slice(), code.as_bytes()];
    let address = Address::try_from(&keccak256(parts.concat())[12..]).unwrap();
    assert_eq!(founding.address(), address);
    // Another order of the same owners is another Safe.
    let mut turned = owners;
    turned.swap(0, 1);
    let other = Founding::new(contracts, turned, &lock);
    assert_ne!(other.address(), address);
}

#[test]
fn mainnet_and_hoodi_have_the_contracts_that_all_wallets_know_and_no_other_chain_is_known() {
    let known = Some(Contracts::canonical());
    assert_eq!([1, 560_048].map(Contracts::known), [known, known]);
    assert_eq!(Contracts::known(31_337), None);
}
