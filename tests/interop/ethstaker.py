# Opens exported keystores with ethstaker-deposit, which signs exits with them. The first argument
# is the JSON file that keystores.mjs reads too.
import json
import sys

from ethstaker_deposit.key_handling.keystore import Keystore
from py_ecc.bls import G2ProofOfPossession as bls

with open(sys.argv[1]) as file:
    keystores = json.load(file)["keystores"]
for entry in keystores:
    keystore = Keystore.from_file(entry["file"])
    secret = keystore.decrypt(entry["password"])
    assert secret.hex() == entry["secret"]
    assert bls.SkToPk(int.from_bytes(secret, "big")).hex() == keystore.pubkey
print(f"ethstaker-deposit opens {len(keystores)} exported keystores")
