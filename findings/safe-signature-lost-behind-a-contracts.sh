#!/usr/bin/env bash
# safe-eth-py 7.27.0 (PyPI), gathering the signatures of a Safe transaction of which one owner is a
# Safe too. All of it offline: nonce, version and chain are given.
#
# Guess:  after `SafeTx.sign(key)`, `signatures` has that owner's signature at its sorted place: the
#         method inserts it, and for two people it does, in either order.
# Really: once the transaction has a contract's signature, `sign` returns one and keeps none. It
#         puts the new 65 bytes behind the data that a contract's signature has at the end, and
#         reads the whole back; reading ends where that data begins. `signatures` stays what it was
#         and `signers` leaves the owner out. No error, the first time or the second.
#         The same two signatures, read apart and given to `export_signatures`, are all there.
#
# So a group with a Safe among its members can be one signature short and learn it from the chain:
# let people sign first and the Safe last, or read `signers` after each, or put the list together.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv python
python/bin/pip install --quiet --disable-pip-version-check --no-compile safe-eth-py==7.27.0
cat >probe.py <<'SCRIPT'
from eth_account import Account
from safe_eth.eth import EthereumClient
from safe_eth.eth.eip712 import eip712_encode_hash
from safe_eth.safe import SafeTx
from safe_eth.safe.safe_signature import SafeSignature, SafeSignatureContract

chain = 560048
first, second, member = (Account.create() for _ in range(3))
# The account of the group, and the Safe that is one of its owners.
group, inside = (Account.create().address for _ in range(2))
client = EthereumClient("http://127.0.0.1:1")  # there is none, and none is asked


def fresh():
    nothing = {"safe_tx_gas": 0, "base_gas": 0, "gas_price": 0, "gas_token": None}
    terms = {"to": first.address, "value": 1, "data": b"", "operation": 0, "refund_receiver": None}
    known = {"safe_nonce": 7, "safe_version": "1.5.0", "chain_id": chain}
    return SafeTx(client, group, **terms, **nothing, **known)


def contract_signature(wanted):
    # What a Safe 1.5.0 asks its owner about is the hash; `inside` has one person, who signs for it.
    kinds = {"chainId": "uint256", "verifyingContract": "address"}
    domain = [{"name": name, "type": kind} for name, kind in kinds.items()]
    message = {
        "types": {"EIP712Domain": domain, "SafeMessage": [{"name": "message", "type": "bytes"}]},
        "primaryType": "SafeMessage",
        "domain": {"chainId": chain, "verifyingContract": inside},
        "message": {"message": wanted},
    }
    signature = member.unsafe_sign_hash(eip712_encode_hash(message)).signature
    return SafeSignatureContract.from_values(inside, wanted, None, signature)


names = {first.address: "first", second.address: "second", inside: "the Safe"}


def told(step, transaction):
    signers = {names[signer] for signer in transaction.signers}
    size = len(transaction.signatures)
    print(f"{step}: {', '.join(sorted(signers)) or 'nobody'} ({size} bytes)")
    return signers


people = fresh()
people.sign(first.key)
people.sign(second.key)
assert told("two people sign", people) == {"first", "second"}

for earlier in [[], [first]]:
    mixed = fresh()
    for person in earlier:
        mixed.sign(person.key)
    hashed = mixed.safe_tx_hash
    gathered = SafeSignature.parse_signature(mixed.signatures, hashed)
    gathered.append(contract_signature(hashed))
    mixed.signatures = SafeSignature.export_signatures(gathered)
    kept = told("the Safe signs", mixed)
    assert kept == {names[person.address] for person in earlier} | {"the Safe"}
    before = bytes(mixed.signatures)

    signature = mixed.sign(second.key)
    assert told("then sign(second)", mixed) == kept, "the signature is kept now"
    assert mixed.sign(second.key) == signature
    assert bytes(mixed.signatures) == before
    # What was returned is the signature of that owner, and together with the others it fits.
    [alone] = SafeSignature.parse_signature(signature, hashed)
    assert alone.owner == second.address and alone.is_valid()
    both = SafeSignature.parse_signature(mixed.signatures, hashed) + [alone]
    mixed.signatures = SafeSignature.export_signatures(both)
    assert told("put together by hand", mixed) == kept | {"second"}
SCRIPT
timeout 60 python/bin/python probe.py
