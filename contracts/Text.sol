// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

/// @dev Whether `text` is of printable ASCII alone, which every reader can decode: a text that cannot be decoded would
/// stop whoever reads the register. Bound: the callers allow 256 characters at most.
function isPrintable(string calldata text) pure returns (bool) {
    bytes calldata characters = bytes(text);
    for (uint256 index = 0; index < characters.length; ++index) {
        if (characters[index] < 0x20 || characters[index] > 0x7e) return false;
    }
    return true;
}
