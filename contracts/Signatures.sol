// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

import {IDppdl} from "./interfaces/IDppdl.sol";

/// @title What accounts sign off the chain (EIP-712): invitations, and consent to be succeeded
abstract contract Signatures is IDppdl {
    bytes32 private constant DOMAIN_TYPE =
        keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");
    bytes32 internal constant INVITATION_TYPE = keccak256("Invitation(address account,uint64 expires)");
    bytes32 internal constant SUCCESSION_TYPE = keccak256("Succession(address account,uint64 expires)");
    /// @notice Half of secp256k1's order: a signature's s is at most this, so that each has one form (EIP-2).
    uint256 private constant HALF_ORDER = 0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0;

    /// @inheritdoc IDppdl
    function domainSeparator() public view returns (bytes32) {
        return
            keccak256(abi.encode(DOMAIN_TYPE, keccak256("DPPDL"), keccak256("1"), block.chainid, address(this)));
    }

    /// @notice Who signed a structure of this type for `account`, until `expires`; for what is no signature the zero
    /// address, which no party has.
    function _signerOf(
        bytes32 structure,
        address account,
        uint64 expires,
        bytes calldata signature
    ) internal view returns (address) {
        if (signature.length != 65 || uint256(bytes32(signature[32:64])) > HALF_ORDER) return address(0);
        bytes32 signed = keccak256(abi.encode(structure, account, expires));
        bytes32 digest = keccak256(abi.encodePacked(hex"1901", domainSeparator(), signed));
        return ecrecover(digest, uint8(signature[64]), bytes32(signature[:32]), bytes32(signature[32:64]));
    }
}
