// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.30;

import {Part, RocketStorage} from "./Storage.sol";

/// A validator that waits: amounts in thousandths of an ether.
struct Entry {
    address receiver;
    uint32 validatorId;
    uint32 suppliedValue;
    uint32 requestedValue;
}

struct Key {
    address receiver;
    uint32 validatorId;
}

/// Lists by namespace, first in and first out, whose entries can also leave from the middle.
/// Places count up from 1 and are kept for as long as an entry waits; an empty list begins anew.
contract LinkedListStorage is Part {
    struct Link {
        Entry entry;
        uint256 before;
        uint256 behind;
    }

    mapping(bytes32 => uint256) public getLength;
    mapping(bytes32 => uint256) public getHeadIndex;
    mapping(bytes32 => uint256) private tail;
    mapping(bytes32 => mapping(uint256 => Link)) private links;
    mapping(bytes32 => mapping(address => mapping(uint32 => uint256))) private places;

    constructor(RocketStorage storage_) Part(storage_, 1) {}

    function getIndexOf(bytes32 list, Key calldata of_) public view returns (uint256) {
        return places[list][of_.receiver][of_.validatorId];
    }

    function getItem(bytes32 list, uint256 place) external view returns (Entry memory) {
        return links[list][place].entry;
    }

    function peekItem(bytes32 list) public view returns (Entry memory) {
        require(getLength[list] > 0, "Queue can't be empty");
        return links[list][getHeadIndex[list]].entry;
    }

    /// Entries from a place on, or from the head with 0, and where to go on.
    function scan(bytes32 list, uint256 from, uint256 count)
        external
        view
        returns (Entry[] memory entries, uint256 next)
    {
        next = from == 0 ? getHeadIndex[list] : from;
        entries = new Entry[](count);
        uint256 found = 0;
        for (; found < count && next != 0; found++) {
            entries[found] = links[list][next].entry;
            next = links[list][next].behind;
        }
        assembly {
            mstore(entries, found)
        }
    }

    function enqueueItem(bytes32 list, Entry calldata entry)
        external
        onlyLatestContract("rocketDepositPool", msg.sender)
    {
        require(
            places[list][entry.receiver][entry.validatorId] == 0, "Item already exists in queue"
        );
        uint256 last = tail[list];
        uint256 place = last + 1;
        links[list][place] = Link(entry, last, 0);
        if (last == 0) getHeadIndex[list] = place;
        else links[list][last].behind = place;
        tail[list] = place;
        places[list][entry.receiver][entry.validatorId] = place;
        getLength[list]++;
    }

    function dequeueItem(bytes32 list)
        external
        onlyLatestContract("rocketDepositPool", msg.sender)
        returns (Entry memory entry)
    {
        entry = peekItem(list);
        remove(list, getHeadIndex[list]);
    }

    function removeItem(bytes32 list, Key calldata of_)
        external
        onlyLatestContract("rocketDepositPool", msg.sender)
    {
        uint256 place = getIndexOf(list, of_);
        require(place > 0, "Item does not exist in queue");
        remove(list, place);
    }

    function remove(bytes32 list, uint256 place) private {
        Link memory link = links[list][place];
        if (link.before == 0) getHeadIndex[list] = link.behind;
        else links[list][link.before].behind = link.behind;
        if (link.behind == 0) tail[list] = link.before;
        else links[list][link.behind].before = link.before;
        delete links[list][place];
        delete places[list][link.entry.receiver][link.entry.validatorId];
        getLength[list]--;
    }
}
