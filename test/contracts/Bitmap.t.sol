// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

import {Bitmap} from "../../contracts/Bitmap.sol";
import {Fixture} from "./support/Fixture.sol";

contract BitmapTest is Fixture {
    function count(uint256 set) private pure returns (uint256 size) {
        for (; set != 0; set >>= 1) size += set & 1;
    }

    function test_sizeAtTheEdges() public pure {
        equal(Bitmap.size(0), 0);
        equal(Bitmap.size(1), 1);
        equal(Bitmap.size(type(uint256).max), 256);
        equal(Bitmap.size(type(uint256).max - 1), 255);
        equal(Bitmap.size(1 << 255), 1);
    }

    function testFuzz_sizeCountsBits(uint256 set) public pure {
        equal(Bitmap.size(set), count(set));
    }

    function testFuzz_onlyHasItself(uint8 party, uint8 other) public pure {
        yes(Bitmap.has(Bitmap.only(party), other) == (party == other), "only");
    }
}
