// Stands for @chainsafe/discv5: the devnet node discovers nobody.
export class Discv5 {}
