// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

import {IDppdl} from "./interfaces/IDppdl.sol";

/// @title Invitations signed off the chain (EIP-712)
abstract contract Invitations is IDppdl {
    bytes32 private constant DOMAIN_TYPE =
        keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");
    bytes32 private constant INVITATION_TYPE = keccak256("Invitation(address account,uint64 expires)");
    /// @notice Half of secp256k1's order: a signature's s is at most this, so that each has one form (EIP-2).
    uint256 private constant HALF_ORDER = 0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0;

    /// @inheritdoc IDppdl
    function domainSeparator() public view returns (bytes32) {
        return
            keccak256(abi.encode(DOMAIN_TYPE, keccak256("DPPDL"), keccak256("1"), block.chainid, address(this)));
    }

    /// @notice Who signed the invitation of `account`.
    function _invitedBy(address account, Invitation calldata invitation) internal view returns (address signer) {
        if (block.timestamp > invitation.expires) {
            revert InvitationExpired(invitation.expires, uint64(block.timestamp));
        }
        bytes calldata signature = invitation.signature;
        if (signature.length != 65 || uint256(bytes32(signature[32:64])) > HALF_ORDER) {
            revert InvitationInvalidSigner(address(0));
        }
        bytes32 invited = keccak256(abi.encode(INVITATION_TYPE, account, invitation.expires));
        bytes32 digest = keccak256(abi.encodePacked(hex"1901", domainSeparator(), invited));
        // ecrecover gives the zero address for anything that is no signature; no member has it.
        return ecrecover(digest, uint8(signature[64]), bytes32(signature[:32]), bytes32(signature[32:64]));
    }
}
