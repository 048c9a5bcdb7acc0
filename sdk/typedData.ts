/**
 * What accounts sign off the chain (EIP-712), in ethers' terms; contracts/Signatures.sol hashes the same.
 * @module
 */

/** A member invites an account; a party's account consents to be succeeded by another. */
export type Statement = 'Invitation' | 'Succession';

/** Domain and types of a statement about one ledger. Its value is `{ account, expires }`. */
export function typedDataOf(
  statement: Statement,
  { chainId, contract }: { readonly chainId: bigint; readonly contract: string },
) {
  return {
    domain: { name: 'DPPDL', version: '1', chainId, verifyingContract: contract },
    types: {
      [statement]: [
        { name: 'account', type: 'address' },
        { name: 'expires', type: 'uint64' },
      ],
    },
  };
}
