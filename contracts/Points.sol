// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

import {Rounds} from "./Rounds.sol";

/// @title Points: created by INIT alone, moved by rule alone
/// @notice Σ points + escrow + deposits = minted, always. No sum overflows: a party gets at most |w|·(n − 1) points,
/// less than 2^40, and there are at most 256 parties, so all points together stay below 2^48.
abstract contract Points is Rounds {
    /// @notice A party's account, in one slot.
    struct Account {
        uint64 points;
        uint64 minted;
        uint32 examples;
        uint32 samples;
        uint64 registeredAt;
    }

    Account[256] internal _accounts;
    uint64 internal _minted;

    /// @notice Creates what the party's declaration entitles it to with n parties, ⌊u·|w|·(n − 1) / |D|⌋ (paper,
    /// equation 2), less what was created for it before.
    /// @return amount What was created.
    function _mint(uint8 party, uint16 n) internal returns (uint64 amount) {
        Account memory account = _accounts[party];
        uint256 entitled = (uint256(account.samples) * _parameterCount * (n - 1)) / account.examples;
        if (entitled <= account.minted) return 0;
        amount = uint64(entitled) - account.minted;
        _accounts[party].points = account.points + amount;
        _accounts[party].minted = uint64(entitled);
        _minted += amount;
    }

    /// @notice Adds points to a party's free ones. The caller takes them from escrow or deposits.
    function _credit(uint8 party, uint64 amount) internal {
        _accounts[party].points += amount;
    }

    /// @notice Takes free points. The caller adds them to escrow or deposits.
    function _debit(uint8 party, uint64 amount) internal {
        uint64 balance = _accounts[party].points;
        if (balance < amount) revert PointsInsufficientBalance(party, balance, amount);
        _accounts[party].points = balance - amount;
    }
}
