// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.30;

/// A place in a tree: the way down to it, one bit a step, left is 0.
struct Path {
    uint256 way;
    uint256 depth;
}

/// Hash tree roots of SSZ.
library Ssz {
    function pair(bytes32 left, bytes32 right) internal pure returns (bytes32) {
        return sha256(abi.encodePacked(left, right));
    }

    /// A number as a leaf: little endian, zeros behind.
    function number(uint64 value) internal pure returns (bytes32) {
        uint256 leaf = 0;
        for (uint256 i = 0; i < 8; i++) {
            leaf = (leaf << 8) | ((value >> (8 * i)) & 0xff);
        }
        return bytes32(leaf << 192);
    }

    /// The 32 bytes from an offset on, or as many as there are.
    function word(bytes memory bytes_, uint256 offset) internal pure returns (bytes32 leaf) {
        assembly {
            leaf := mload(add(add(bytes_, 0x20), offset))
        }
        uint256 left = bytes_.length > offset ? bytes_.length - offset : 0;
        if (left < 32) leaf &= ~bytes32(type(uint256).max >> (8 * left));
    }

    function pubkey(bytes memory key) internal pure returns (bytes32) {
        return pair(word(key, 0), word(key, 32));
    }

    function down(Path memory from, uint256 at, uint256 depth)
        internal
        pure
        returns (Path memory)
    {
        return Path((from.way << depth) | at, from.depth + depth);
    }

    /// The root that a leaf has with these witnesses, which go from the leaf up.
    function root(bytes32 leaf, Path memory at, bytes32[] memory witnesses)
        internal
        pure
        returns (bytes32 node)
    {
        require(witnesses.length == at.depth, "Invalid witness length");
        node = leaf;
        for (uint256 i = 0; i < witnesses.length; i++) {
            bool right = (at.way >> i) & 1 == 1;
            node = right ? pair(witnesses[i], node) : pair(node, witnesses[i]);
        }
    }
}
