// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

/// @title Sets of at most 256 parties in one word
library Bitmap {
    /// @notice The set that holds `party` alone.
    function only(uint8 party) internal pure returns (uint256) {
        return 1 << party;
    }

    /// @notice Whether `party` is in `set`.
    function has(uint256 set, uint256 party) internal pure returns (bool) {
        return (set >> party) & 1 == 1;
    }

    /// @notice |set|, 0 … 256.
    function size(uint256 set) internal pure returns (uint16) {
        if (set == type(uint256).max) return 256;
        // Sums of bits side by side: of 2, of 4, of 8; each fits its lane, so nothing overflows. The product then adds
        // the 32 bytes into the top one, at most 255.
        unchecked {
            uint256 sums = set - ((set >> 1) & (type(uint256).max / 3));
            sums = (sums & (type(uint256).max / 5)) + ((sums >> 2) & (type(uint256).max / 5));
            sums = (sums + (sums >> 4)) & (type(uint256).max / 17);
            return uint16((sums * (type(uint256).max / 255)) >> 248);
        }
    }
}
