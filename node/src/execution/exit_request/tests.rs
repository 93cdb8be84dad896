//! The request is as the EIP has it.

use super::*;

#[test]
fn a_request_names_the_key_and_no_amount_and_its_fee_is_one_word() {
    let data = data(&[7; 48].into());
    assert_eq!((&data[..48], &data[48..]), (&[7; 48][..], &[0; 8][..]));
    let contract = proto::definition::checksummed(&contract());
    assert_eq!(contract, "0x00000961Ef480Eb55e80D19ad83579A64c007002");
    let mut word = vec![0; 32];
    word[31] = 5;
    assert_eq!(read(&StateAnswer::Bytes(word)), Some(U256::from(5)));
    // A chain without the contract answers nothing.
    assert_eq!(read(&StateAnswer::Bytes(Vec::new())), None);
    assert_eq!(read(&StateAnswer::Reverted(String::new())), None);
}
