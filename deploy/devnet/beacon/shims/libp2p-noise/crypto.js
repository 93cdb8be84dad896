// Stands for the crypto entry of @chainsafe/libp2p-noise: the devnet node has no libp2p network.
export const asCrypto = {};
export const defaultCrypto = {};
