// Stands for @chainsafe/libp2p-noise: the devnet node has no libp2p network.
export const noise = () => {};
