// Stands for @crate-crypto/node-eth-kzg: there are no blobs on the devnet, so nothing to prove.
export class DasContextJs {
  static create() {
    return new DasContextJs();
  }
}

export default {DasContextJs};
