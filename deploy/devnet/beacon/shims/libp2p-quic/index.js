// Stands for @chainsafe/libp2p-quic: the devnet node has no libp2p network.
export const quic = () => {};
