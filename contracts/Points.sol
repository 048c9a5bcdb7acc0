// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

import {Constitution} from "./Constitution.sol";

/// @title Points: created by INIT alone, moved by rule alone
/// @notice Σ points + escrow + deposits = minted, always. No sum overflows: a party gets at most |w|·(n − 1) points,
/// less than 2^40, and there are at most 256 parties, so all points together stay below 2^48.
abstract contract Points is Constitution {
    /// @notice A party's account, in one slot; it is found by the sender's address, so that an act reads it once.
    struct Account {
        uint64 points;
        uint64 minted;
        uint32 examples;
        uint32 samples;
        uint48 registeredAt;
        /// The party's id plus one; 0 for strangers.
        uint16 idPlusOne;
    }

    mapping(address owner => Account) internal _accounts;
    /// @notice Accounts by party id.
    address[256] internal _owners;
    uint64 internal _minted;

    /// @notice Creates what the party's declaration entitles it to with n parties, ⌊u·|w|·(n − 1) / |D|⌋ (paper,
    /// equation 2), less what was created for it before.
    /// @return amount What was created.
    function _mint(address owner, uint16 n) internal returns (uint64 amount) {
        Account memory account = _accounts[owner];
        uint256 entitled = (uint256(account.samples) * _parameterCount * (n - 1)) / account.examples;
        if (entitled <= account.minted) return 0;
        amount = uint64(entitled) - account.minted;
        _accounts[owner].points = account.points + amount;
        _accounts[owner].minted = uint64(entitled);
        _minted += amount;
    }

    /// @notice Adds points to an account's free ones. The caller takes them from escrow or deposits.
    function _credit(address owner, uint64 amount) internal {
        _accounts[owner].points += amount;
    }

    /// @notice Takes free points. The caller adds them to escrow or deposits.
    function _debit(address owner, uint64 amount) internal {
        Account memory account = _accounts[owner];
        if (account.points < amount) {
            revert PointsInsufficientBalance(uint8(account.idPlusOne - 1), account.points, amount);
        }
        _accounts[owner].points = account.points - amount;
    }

    /// @notice The sender's id; it must be a party.
    function _sender() internal view returns (uint8) {
        uint16 idPlusOne = _accounts[msg.sender].idPlusOne;
        if (idPlusOne == 0) revert PartiesUnknownAccount(msg.sender);
        return uint8(idPlusOne - 1);
    }
}
