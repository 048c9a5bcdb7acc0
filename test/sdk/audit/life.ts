/**
 * A ledger's life with everything in it, for audits: late joiners, refunds, removal, resignation, a change of account,
 * claims of every outcome, phases that end by themselves and by deadline.
 * @module
 */
import { advance } from '../../../sdk/actions/advance.ts';
import { answerClaim } from '../../../sdk/actions/answerClaim.ts';
import { download } from '../../../sdk/actions/download.ts';
import { fileClaim } from '../../../sdk/actions/fileClaim.ts';
import { getState } from '../../../sdk/actions/getState.ts';
import { init } from '../../../sdk/actions/init.ts';
import { invite } from '../../../sdk/actions/invite.ts';
import { nameSuccessor } from '../../../sdk/actions/nameSuccessor.ts';
import { report } from '../../../sdk/actions/report.ts';
import { resign } from '../../../sdk/actions/resign.ts';
import { resolveClaim } from '../../../sdk/actions/resolveClaim.ts';
import { takeOver } from '../../../sdk/actions/takeOver.ts';
import { update } from '../../../sdk/actions/update.ts';
import { upload } from '../../../sdk/actions/upload.ts';
import { voteClaim } from '../../../sdk/actions/voteClaim.ts';
import { vouch } from '../../../sdk/actions/vouch.ts';
import { fromBitmap } from '../../../sdk/bitmap.ts';
import { type Client, createClient } from '../../../sdk/client.ts';
import { claimId } from '../../../sdk/types.ts';
import type { Chain } from '../../chain.ts';
import { type Fixture, fastSending, registrationOf } from '../ledgerFixture.ts';

/** Key of every DOWNLOAD. */
const encryptionKey = new Uint8Array(32).fill(7);

/** The blob a provider makes for a requester in a round; its SHA-256 is the commitment. */
export function blobOf(round: number, provider: number, requester: number): Uint8Array {
  return new TextEncoder().encode(`blob of round ${round} from ${provider} to ${requester}`);
}

async function commitmentOf(round: number, provider: number, requester: number): Promise<Uint8Array> {
  const bytes = blobOf(round, provider, requester);
  return new Uint8Array(await crypto.subtle.digest('SHA-256', Uint8Array.from(bytes)));
}

/** Acts of a ledger's parties, a phase at a time. */
export interface Life {
  readonly clients: Client[];
  /** All members and whoever joined later. */
  credible(): Promise<number[]>;
  benchmark(reports?: Readonly<Record<number, readonly number[]>>): Promise<void>;
  /** Everyone orders `count` of everyone, but those in `absent`. */
  order(round: number, count?: number, absent?: readonly number[]): Promise<void>;
  /** Everyone delivers to everyone, but those in `absent`; `leftOut` names pairs [provider, requester]. */
  deliver(round: number, absent?: readonly number[], leftOut?: readonly (readonly [number, number])[]): Promise<void>;
  evaluate(round: number, reports?: Readonly<Record<number, readonly number[]>>): Promise<void>;
  /** Ends the phase by its deadline. */
  timeOut(): Promise<void>;
  close(): void;
}

/** Lets the members of a fixture act. */
export function createLife(chain: Chain, fixture: Fixture): Life {
  const clients = [...fixture.clients];
  const credible = async () => fromBitmap((await getState(clients[0])).credible);
  const life: Life = {
    clients,
    credible,
    async benchmark(reports = {}) {
      for (const id of await credible()) await report(clients[id], { round: 0, lowContributors: reports[id] ?? [] });
    },
    async order(round, count = 100, absent = []) {
      const parties = await credible();
      for (const self of parties.filter((id) => !absent.includes(id))) {
        const orders = parties.filter((id) => id !== self).map((provider) => ({ provider, count: count + provider }));
        await download(clients[self], { round, orders, encryptionKey });
      }
    },
    async deliver(round, absent = [], leftOut = []) {
      const parties = await credible();
      for (const self of parties.filter((id) => !absent.includes(id))) {
        const isLeftOut = (other: number) =>
          leftOut.some(([provider, requester]) => provider === self && requester === other);
        const requesters = parties.filter((id) => id !== self && !isLeftOut(id));
        const deliveries = requesters.map(async (requester) => ({
          requester,
          commitment: await commitmentOf(round, self, requester),
        }));
        await upload(clients[self], { round, deliveries: await Promise.all(deliveries) });
      }
    },
    async evaluate(round, reports = {}) {
      for (const id of await credible()) await report(clients[id], { round, lowContributors: reports[id] ?? [] });
    },
    async timeOut() {
      await chain.increaseTime(chain.day + 1);
      await advance(clients[0]);
    },
    close() {
      for (const client of clients) client.close();
    },
  };
  return life;
}

/** Joins all members; the benchmark begins. */
export async function form(clients: readonly Client[]): Promise<void> {
  for (const [id, client] of clients.entries()) await init(client, { registration: registrationOf(id) });
}

/** Lives the whole life on a ledger of 5 members, 4 rounds and 1 round of grace. @returns the parties' number. */
export async function liveFully(chain: Chain, fixture: Fixture): Promise<void> {
  const life = createLife(chain, fixture);
  const { clients } = life;
  const clientOf = (index: number) =>
    createClient({
      rpcUrl: chain.url,
      chainId: chain.chainId,
      contract: fixture.deployment.contract,
      signer: chain.wallets[index],
      sending: fastSending,
    });
  const deliveriesOf = async (round: number, provider: number, requesters: readonly number[]) =>
    await Promise.all(
      requesters.map(async (requester) => ({ requester, commitment: await commitmentOf(round, provider, requester) })),
    );

  await form(clients);
  await life.benchmark({ 0: [4], 1: [4] });

  // Round 1: one leaves an order out, one does not come; a newcomer is invited, another voted in; claims.
  clients.push(await clientOf(5), await clientOf(6));
  const expires = 4_000_000_000;
  const invitation = await invite(clients[0], { account: chain.wallets[5].address, expires });
  await init(clients[5], { registration: registrationOf(5), invitation });
  for (const id of [0, 1, 2]) await vouch(clients[id], { account: chain.wallets[6].address });
  await init(clients[6], { registration: registrationOf(6, 40) });
  await update(clients[6], { registration: registrationOf(6, 45) });
  await life.order(1, 100, [4]);
  await life.timeOut();
  await life.deliver(
    1,
    [3],
    [
      [0, 1],
      [0, 4],
      [1, 4],
      [2, 4],
    ],
  );
  await life.timeOut();
  const ofProvider = { round: 1, provider: 0, deliveries: await deliveriesOf(1, 0, [2, 3]) };
  await fileClaim(clients[2], { ...ofProvider, complaint: 'doesNotOpen' });
  await fileClaim(clients[3], { ...ofProvider, complaint: 'notDelivered' });
  const rejected = claimId({ round: 1, requester: 2, provider: 0 });
  const upheld = claimId({ round: 1, requester: 3, provider: 0 });
  await answerClaim(clients[0], { claim: rejected, key: encryptionKey, location: 'https://example.org/blob' });
  await voteClaim(clients[1], { claim: rejected, upheld: false });
  await voteClaim(clients[3], { claim: rejected, upheld: false });
  await resolveClaim(clients[4], { claim: rejected });
  await life.evaluate(1, { 0: [4], 1: [4], 2: [4] });

  // Round 2: everybody acts; the unanswered claim is upheld, another stays undecided; party 4 is removed.
  await life.order(2);
  await life.deliver(2);
  await chain.increaseTime(chain.day + 1);
  await resolveClaim(clients[1], { claim: upheld });
  const all = [0, 2, 3, 4, 5, 6];
  await fileClaim(clients[0], {
    round: 2,
    provider: 1,
    complaint: 'doesNotOpen',
    deliveries: await deliveriesOf(2, 1, all),
  });
  const undecided = claimId({ round: 2, requester: 0, provider: 1 });
  await answerClaim(clients[1], { claim: undecided, key: encryptionKey, location: 'https://example.org/blob' });
  await voteClaim(clients[6], { claim: undecided, upheld: true });
  await life.evaluate(2, { 0: [4], 1: [4], 2: [4], 3: [4], 4: [0] });

  // Round 3: more data, one goes on with another account, one resigns in the middle, the phase ends with it.
  await update(clients[0], { registration: registrationOf(0, 60) });
  const successor = await clientOf(7);
  await takeOver(successor, await nameSuccessor(clients[3], { account: chain.wallets[7].address, expires }));
  clients[3] = successor;
  await life.order(3, 50, [5]);
  await resign(clients[5]);
  await chain.increaseTime(chain.day + 1);
  await resolveClaim(clients[6], { claim: undecided });
  await life.deliver(3, [2]);
  await life.timeOut();
  await life.evaluate(3);

  // Round 4, the last: nobody orders; a claim stays open when the ledger closes.
  await life.order(4, 20);
  await life.deliver(4);
  const last = [0, 1, 2, 6].filter((id) => id !== 1);
  await fileClaim(clients[2], {
    round: 4,
    provider: 1,
    complaint: 'doesNotOpen',
    deliveries: await deliveriesOf(4, 1, [...last, 3].sort()),
  });
  await life.evaluate(4);
  for (const client of [successor, ...clients.slice(5)]) client.close();
}
