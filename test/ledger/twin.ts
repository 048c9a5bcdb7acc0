/**
 * The contract on a chain in this process beside its model: every call goes to both, and everything they show must be
 * the same.
 * @module
 */
import assert from 'node:assert/strict';
import { ContractFactory, getAddress, type HDNodeWallet, type InterfaceAbi, type Log } from 'ethers';
import { artifacts, network } from 'hardhat';
import { z } from 'zod';
import { decodeRevert, ledgerInterface } from '../../sdk/contract.ts';
import { RevertError } from '../../sdk/errors.ts';
import { decodeEvent } from '../../sdk/events.ts';
import { deployModel, execute, type ModelCall } from '../../sdk/model/ledgerModel.ts';
import { escrowOf, type ModelEvent, type ModelState, summaryOf } from '../../sdk/model/state.ts';
import { encodeRegistration } from '../../sdk/registration.ts';
import { claim, complaints, type Facts, party, state as stateSchema } from '../../sdk/types.ts';
import { developmentWallets } from '../chain.ts';

/** What a call did: its events or its refusal. */
export type Outcome = { readonly events: readonly ModelEvent[] } | { readonly revert: string; readonly args: string[] };

/** Contract and model of one deployment. */
export interface Twin {
  readonly model: ModelState;
  /** Seconds of the latest block. */
  readonly time: number;
  /** Sends a call to both, `wait` seconds after the block before; fails unless they agree. @returns what it did. */
  apply(sender: string, call: ModelCall, wait?: number): Promise<Outcome>;
  /** Fails unless both show the same state. */
  compare(): Promise<void>;
}

/** Deploys twins on one chain. */
export interface Laboratory {
  /** Accounts that can send, with their keys. */
  readonly wallets: readonly HDNodeWallet[];
  deploy(facts: Facts, members: readonly string[]): Promise<Twin>;
  close(): Promise<void>;
}

const GAS = '0x1c9c380';
const log = z.object({ topics: z.array(z.string()), data: z.string() });
const receiptSchema = z.object({ logs: z.array(log), contractAddress: z.string().nullable(), gasUsed: z.string() });

/** The call's arguments in the contract's order. */
export function argumentsOf(call: ModelCall): unknown[] {
  switch (call.name) {
    case 'init':
      return [encodeRegistration(call.registration), call.invitation];
    case 'update':
      return [encodeRegistration(call.registration)];
    case 'vouch':
      return [call.account];
    case 'takeOver':
      return [call.expires, call.signature];
    case 'resign':
    case 'advance':
      return [];
    case 'download':
      return [call.round, call.orders, call.encryptionKey];
    case 'upload':
      return [call.round, call.deliveries];
    case 'report':
      return [call.round, call.lowContributors];
    case 'fileClaim':
      return [call.round, call.provider, complaints.indexOf(call.complaint), call.deliveries];
    case 'answerClaim':
      return [call.claim, call.key, call.location];
    case 'voteClaim':
      return [call.claim, call.upheld];
    case 'resolveClaim':
      return [call.claim];
  }
}

/** Starts a chain in this process. @param artifact - the contract under test, the compiled one unless told. */
export async function openLaboratory(artifact?: {
  readonly abi: readonly unknown[];
  readonly bytecode: string;
}): Promise<Laboratory> {
  // Contracts compiled without optimiser, for mutants, are larger than a chain takes.
  const override = { allowUnlimitedContractSize: artifact !== undefined };
  const connection = await network.create({ network: 'default', override });
  const { provider } = connection;
  const wallets = developmentWallets(20);
  const { abi, bytecode } = artifact ?? (await artifacts.readArtifact('Dppdl'));
  const factory = new ContractFactory([...abi] as InterfaceAbi, bytecode);
  let time = Math.floor(Date.UTC(2030, 0) / 1000);

  const mine = async (transaction: Record<string, string>, wait: number) => {
    time += wait;
    await provider.request({ method: 'evm_setNextBlockTimestamp', params: [time] });
    const hash = await provider.request({ method: 'eth_sendTransaction', params: [{ gas: GAS, ...transaction }] });
    return receiptSchema.parse(await provider.request({ method: 'eth_getTransactionReceipt', params: [hash] }));
  };
  const eventsIn = (receipt: z.infer<typeof receiptSchema>) =>
    receipt.logs.map((entry) => {
      // The position is not compared, so any will do.
      const { block, transaction, transactionIndex, index, ...event } = decodeEvent(entry as unknown as Log);
      return event;
    });

  return {
    wallets,
    close: () => connection.close(),
    async deploy(facts, members) {
      const { data } = await factory.getDeployTransaction(facts, members);
      const deployed = await mine({ from: wallets[0].address, data }, 1);
      const to = getAddress(deployed.contractAddress ?? '');
      const { state: model, events } = deployModel({ facts, members, chainId: 31337n, contract: to, time });
      assert.deepEqual(eventsIn(deployed), events);

      const read = async (
        name: 'state' | 'parties' | 'ordersOf' | 'claimOf' | 'vouchers' | 'isMember',
        args: unknown[] = [],
      ) => {
        const request = { to, data: ledgerInterface.encodeFunctionData(name, args) };
        const result = await provider.request({ method: 'eth_call', params: [request, 'latest'] });
        return ledgerInterface.decodeFunctionResult(name, z.string().parse(result));
      };

      const onChain = async (from: string, call: ModelCall, wait: number): Promise<Outcome> => {
        const data = ledgerInterface.encodeFunctionData(call.name, argumentsOf(call));
        try {
          return { events: eventsIn(await mine({ from, to, data }, wait)) };
        } catch (error) {
          const refusal = revertOf(error, call.name);
          if (refusal === undefined) throw error;
          return refusal;
        }
      };
      const inModel = (sender: string, call: ModelCall, block: number): Outcome => {
        try {
          return { events: execute(model, { sender, time, block }, call) };
        } catch (error) {
          if (!(error instanceof RevertError)) throw error;
          return { revert: error.revert, args: error.args.map(String) };
        }
      };

      const twin: Twin = {
        model,
        get time() {
          return time;
        },
        async apply(sender, call, wait = 1) {
          const before = Number(await provider.request({ method: 'eth_blockNumber' }));
          const actual = await onChain(sender, call, wait);
          const expected = inModel(sender, call, before + 1);
          assert.deepEqual(actual, expected);
          return actual;
        },
        async compare() {
          const [shown] = await read('state');
          const summary = stateSchema.parse(shown.toObject(true));
          assert.deepEqual(summary, summaryOf(model));
          const [page] = await read('parties', [0, 256]);
          const parties = page.map((entry: { toObject(deep: boolean): unknown }) => party.parse(entry.toObject(true)));
          assert.deepEqual(parties, model.parties.map(shownParty(model)));
          const points = parties.reduce((sum: bigint, entry: z.infer<typeof party>) => sum + entry.points, 0n);
          assert.equal(points + summary.escrow + summary.deposits, summary.minted);
          for (const id of model.parties.keys()) {
            const [counts] = await read('ordersOf', [id]);
            assert.deepEqual([...counts], ordersOf(model, id));
          }
          for (const [id, entry] of model.claims) {
            assert.deepEqual(claim.parse((await read('claimOf', [id]))[0].toObject(true)), entry);
          }
          for (const account of model.former.size === 0 ? [] : [...model.members, ...model.former]) {
            assert.equal((await read('isMember', [account]))[0], model.members.has(account));
          }
          for (const [account, voters] of model.vouchers) {
            const bits = [...voters].reduce((sum, id) => sum | (1n << BigInt(id)), 0n);
            assert.equal((await read('vouchers', [account]))[0], bits);
          }
        },
      };
      return twin;
    },
  };
}

/** The contract's refusal in an error of the in-process chain. */
function revertOf(error: unknown, call: string): Outcome | undefined {
  if (!(error instanceof Error) || !('data' in error) || typeof error.data !== 'string') return undefined;
  const refusal = decodeRevert(error.data, call);
  return refusal && { revert: refusal.revert, args: refusal.args.map(String) };
}

/** A model's party as `parties()` shows it. */
function shownParty(model: ModelState) {
  return ({ registration, pending, removed, ...entry }: ModelState['parties'][number], id: number) => ({
    ...entry,
    examples: registration.examples,
    samples: registration.samples,
    escrow: escrowOf(model, id),
  });
}

/** A model's orders as `ordersOf()` shows them. */
function ordersOf(model: ModelState, requester: number): bigint[] {
  const counts = model.parties.map(() => 0n);
  if (!['order', 'deliver', 'evaluate'].includes(model.phase)) return counts;
  for (const order of model.orders) if (order.requester === requester) counts[order.provider] = order.count;
  return counts;
}

/** The events of an outcome, which must not be a refusal. */
export function eventsOf(outcome: Outcome): readonly ModelEvent[] {
  assert.ok('events' in outcome, `refused: ${JSON.stringify(outcome)}`);
  return outcome.events as readonly ModelEvent[];
}
