/**
 * Sends transactions so that each takes effect once: signed here, one at a time per account, with an explicit nonce,
 * and sent again under that nonce until its receipt is seen. Networks may drop transactions without a word.
 * @module
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { type AbstractSigner, isError, Transaction, type TransactionReceipt, toQuantity } from 'ethers';
import { LedgerError, RevertError, refusalIn } from './errors.ts';
import { betterFees, currentFees, type Fees } from './fees.ts';
import type { RetryingProvider } from './provider.ts';

/** One call to make: to whom, and with which data. */
export interface Call {
  /** Contract address; null to create a contract. */
  readonly to: string | null;
  /** ABI-encoded call, or creation code. */
  readonly data: string;
  /** Name of the action, for messages. */
  readonly name: string;
}

/** How a sender works. */
export interface SenderOptions {
  readonly provider: RetryingProvider;
  /** Holds the account's key, or asks the one who does. It is only ever asked for its address and to sign. */
  readonly signer: AbstractSigner;
  readonly chainId: bigint;
  /** Turns revert data into the contract's error; undefined when it is none. */
  readonly decodeRevert: (data: string, call: string) => RevertError | undefined;
  /** Pause between two looks for the receipt, in milliseconds. */
  readonly pollIntervalMs?: number;
  /** Time without a receipt after which the transaction is sent again, in milliseconds. */
  readonly resendAfterMs?: number;
  /** Time without a receipt after which `TIMEOUT` is thrown, in milliseconds. */
  readonly giveUpAfterMs?: number;
}

/** What a sender's transactions have cost. */
export interface TransactionTotals {
  /** Transactions recorded, reverted ones included. */
  readonly count: number;
  readonly gasUsed: bigint;
}

/** Sends the transactions of one account. */
export interface Sender {
  /** The account, checksummed. */
  account(): Promise<string>;
  /**
   * Makes a call and waits until it is recorded.
   * @throws RevertError the contract refuses, now or when the transaction is included.
   * @throws LedgerError `TIMEOUT`, `NO_FUNDS`, `RPC_REFUSED`, `RPC_UNAVAILABLE`.
   */
  send(call: Call): Promise<TransactionReceipt>;
  totals(): TransactionTotals;
}

/** Times another process of the same account may take our nonce before we stop competing with it. */
const MOST_RIVALS = 8;
/** Refusals in a row before we believe them; an endpoint that restarts refuses for a while. */
const MOST_REFUSALS = 25;
/** Looks that must agree before we believe that our nonce was taken, or that the chain lost blocks. */
const LOOKS_BEFORE_REPLANNING = 5;

/**
 * Gas a call may use. An estimate is of the state now; by inclusion, others' calls may have made this one the last of
 * its phase, which then also ends the phase (a refund and a tally over ≤ 256 parties).
 */
const gasLimitFor = (estimate: bigint, blockLimit: bigint) => {
  const roomy = (estimate * 3n) / 2n + 2_000_000n;
  return roomy < blockLimit ? roomy : blockLimit;
};

/** What an endpoint made of a transaction. */
type Broadcast = 'sent' | 'underpriced' | 'used' | 'refused';

/** The message of a JSON-RPC error, wherever ethers put it. */
const refusal = (error: unknown) => refusalIn(error) ?? (error instanceof Error ? error.message : String(error));

/** Creates the sender of a signer's account. */
export function createSender(options: SenderOptions): Sender {
  const { provider, signer, chainId, decodeRevert } = options;
  const { pollIntervalMs = 200, resendAfterMs = 5_000, giveUpAfterMs = 600_000 } = options;
  let count = 0;
  let gasUsed = 0n;
  /** Refusals in a row to take the transaction that is being sent. */
  let refusals = 0;
  let queue: Promise<unknown> = Promise.resolve();

  /** Asks again, for a while, what the endpoint refuses to answer. */
  const persist = async <T>(ask: () => Promise<T>): Promise<T> => {
    for (let refusals = 0; ; refusals++) {
      try {
        return await ask();
      } catch (error) {
        if (refusalIn(error) === undefined || refusals === MOST_REFUSALS) throw error;
      }
      await sleep(pollIntervalMs);
    }
  };

  /** Runs a read that the contract may revert. */
  const simulate = async (method: 'eth_estimateGas' | 'eth_call', call: Call, block: string): Promise<string> => {
    const from = await signer.getAddress();
    const transaction = { from, data: call.data, ...(call.to === null ? {} : { to: call.to }) };
    try {
      return await persist(() => provider.send(method, [transaction, block]));
    } catch (cause) {
      if (!isError(cause, 'CALL_EXCEPTION') || refusalIn(cause) !== undefined) throw asLedgerError(cause, call);
      throw decodeRevert(cause.data ?? '0x', call.name) ?? new RevertError('unknown', [], { call: call.name, cause });
    }
  };

  const asLedgerError = (cause: unknown, call: Call): LedgerError => {
    if (cause instanceof LedgerError) return cause;
    if (isError(cause, 'INSUFFICIENT_FUNDS')) {
      return new LedgerError('NO_FUNDS', `The account cannot pay for the transaction "${call.name}"`, {
        fault: 'self',
        action: 'Fund the account, or run the chain with a gas price of zero.',
        cause,
      });
    }
    return new LedgerError('RPC_REFUSED', `The endpoint refused the transaction "${call.name}": ${refusal(cause)}`, {
      fault: 'chain',
      cause,
    });
  };

  const sign = async (call: Call, nonce: number, gasLimit: bigint, fees: Fees): Promise<Transaction> => {
    const { to, data } = call;
    return Transaction.from(await signer.signTransaction({ to, data, nonce, gasLimit, chainId, value: 0n, ...fees }));
  };

  /** Hands a signed transaction to the endpoint. @returns whether its nonce may have been used by another one. */
  const broadcast = async (transaction: Transaction, call: Call): Promise<Broadcast> => {
    try {
      await provider.send('eth_sendRawTransaction', [transaction.serialized]);
    } catch (cause) {
      if (cause instanceof LedgerError) throw cause;
      const reason = refusal(cause);
      if (isError(cause, 'NONCE_EXPIRED') || /nonce.*(too low|below|already)/i.test(reason)) return 'used';
      if (isError(cause, 'REPLACEMENT_UNDERPRICED') || /underpriced|replacement/i.test(reason)) return 'underpriced';
      if (/base ?fee|max fee per gas less/i.test(reason)) return 'underpriced';
      // Development chains include a transaction that reverts and answer with why; its receipt will say so too.
      if (/revert/i.test(reason)) return 'sent';
      if (/already (known|imported|exists)|known transaction/i.test(reason)) return 'sent';
      // Any other reason may be that the endpoint has only just started.
      if (refusalIn(cause) !== undefined && ++refusals <= MOST_REFUSALS) return 'refused';
      throw asLedgerError(cause, call);
    }
    refusals = 0;
    return 'sent';
  };

  /** @returns the receipt, or undefined when the nonce is no longer the next one: taken, or the chain was reset. */
  const settle = async (call: Call, nonce: number, gasLimit: bigint): Promise<TransactionReceipt | undefined> => {
    const started = Date.now();
    refusals = 0;
    let fees = await persist(() => currentFees(provider));
    const signed = [await sign(call, nonce, gasLimit, fees)];
    let status = await broadcast(signed[0], call);
    let sentAt = Date.now();
    let strangeLooks = 0;
    for (;;) {
      for (const { hash } of signed) {
        const receipt = hash === null ? null : await persist(() => provider.getTransactionReceipt(hash));
        if (receipt !== null) return receipt;
      }
      const next = await persist(() => provider.getTransactionCount(signer.getAddress(), 'latest'));
      strangeLooks = next === nonce ? 0 : strangeLooks + 1;
      if (strangeLooks >= LOOKS_BEFORE_REPLANNING) return undefined;
      if (Date.now() - started > giveUpAfterMs) {
        throw new LedgerError('TIMEOUT', `The transaction "${call.name}" was not included in a block in time`, {
          fault: 'chain',
          action: 'Check that the chain makes blocks and accepts transactions of this account.',
          meta: { nonce, hash: signed[signed.length - 1].hash, waitedMs: Date.now() - started },
        });
      }
      await sleep(pollIntervalMs);
      if (next > nonce || (status === 'sent' && Date.now() - sentAt < resendAfterMs)) continue;
      const better = await persist(() => betterFees(provider, fees, status === 'underpriced'));
      if (better !== undefined) {
        fees = better;
        signed.push(await sign(call, nonce, gasLimit, fees));
      }
      status = await broadcast(signed[signed.length - 1], call);
      sentAt = Date.now();
    }
  };

  const sendNow = async (call: Call): Promise<TransactionReceipt> => {
    const blockLimit = (await persist(() => provider.getBlock('latest')))?.gasLimit ?? 30_000_000n;
    let wholeBlock = false;
    for (let rivals = 0; rivals < MOST_RIVALS; rivals++) {
      const estimate = BigInt(await simulate('eth_estimateGas', call, 'pending'));
      const gasLimit = wholeBlock ? blockLimit : gasLimitFor(estimate, blockLimit);
      const nonce = await persist(() => provider.getTransactionCount(signer.getAddress(), 'latest'));
      const receipt = await settle(call, nonce, gasLimit);
      if (receipt === undefined) continue;
      count++;
      gasUsed += receipt.gasUsed;
      if (receipt.status === 1) return receipt;
      // Either the state changed between estimate and inclusion, and the call now says why; or the gas was short.
      await simulate('eth_call', call, toQuantity(receipt.blockNumber));
      if (wholeBlock) break;
      wholeBlock = true;
    }
    throw new LedgerError('RPC_REFUSED', `The transaction "${call.name}" did not take effect`, {
      fault: 'chain',
      action: 'Make sure that no other process uses the same account.',
      meta: { call: call.name },
    });
  };

  return {
    account: () => signer.getAddress(),
    send(call) {
      const result = queue.then(() => sendNow(call));
      queue = result.catch(() => undefined);
      return result;
    },
    totals: () => ({ count, gasUsed }),
  };
}
