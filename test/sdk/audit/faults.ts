/**
 * Faults to plant in the ledger, each with what makes it show and the rule an audit must name.
 * @module
 */
import { Interface } from 'ethers';
import { advance } from '../../../sdk/actions/advance.ts';
import { answerClaim } from '../../../sdk/actions/answerClaim.ts';
import { download } from '../../../sdk/actions/download.ts';
import { fileClaim } from '../../../sdk/actions/fileClaim.ts';
import { getEvents } from '../../../sdk/actions/getEvents.ts';
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
import type { Rule } from '../../../sdk/audit/rules.ts';
import { type Client, createClient } from '../../../sdk/client.ts';
import { unpackDeliveries } from '../../../sdk/packing.ts';
import { claimId } from '../../../sdk/types.ts';
import type { Chain } from '../../chain.ts';
import { type Fixture, fastSending, registrationOf } from '../ledgerFixture.ts';
import type { Patch } from './brokenContract.ts';
import { form, type Life } from './life.ts';

/** What a fault's story may use. */
export interface Stage {
  readonly chain: Chain;
  readonly fixture: Fixture;
  readonly life: Life;
}

/** A planted fault. */
export interface Fault {
  readonly name: string;
  /** The rule an audit must name. */
  readonly rule: Rule;
  readonly patches?: readonly Patch[];
  /** Functions a ledger must not have. */
  readonly functions?: string;
  /** Makes it show; the last transaction in it is the one the audit must name, unless `elsewhere`. */
  readonly story: (stage: Stage) => Promise<void>;
  /** The violation is not in the story's last transaction. */
  readonly elsewhere?: true;
}

const patch = (file: string, find: string, replace: string): Patch => ({ file, find, replace });
const encryptionKey = new Uint8Array(32).fill(7);
const bytes = (value: number) => new Uint8Array(32).fill(value);

/** Up to the order phase of round 1. */
async function begin({ life }: Stage): Promise<void> {
  await form(life.clients);
  await life.benchmark();
}

/** Up to the evaluation of round 1. */
async function exchange(stage: Stage): Promise<void> {
  await begin(stage);
  await stage.life.order(1);
  await stage.life.deliver(1);
}

/** Calls a function the SDK does not know. */
async function callHidden(
  { life }: Stage,
  party: number,
  signature: string,
  parameters: readonly unknown[],
): Promise<void> {
  const client = life.clients[party];
  const functions = new Interface([`function ${signature}`]);
  const name = functions.fragments[0].type === 'function' ? signature.slice(0, signature.indexOf('(')) : '';
  await client.sender?.send({ to: client.contract, data: functions.encodeFunctionData(name, [...parameters]), name });
}

async function strangerOf({ chain, fixture }: Stage, index: number): Promise<Client> {
  const { contract } = fixture.deployment;
  const { url: rpcUrl, chainId, wallets } = chain;
  return await createClient({ rpcUrl, chainId, contract, signer: wallets[index], sending: fastSending });
}

/** Files party 0's claim against provider 1 in round 1. */
async function claim({ life }: Stage): Promise<bigint> {
  const [uploaded] = await getEvents(life.clients[0], { name: 'Uploaded', indexed: [1, 1] });
  const deliveries = unpackDeliveries(uploaded.deliveries);
  await fileClaim(life.clients[0], { round: 1, provider: 1, complaint: 'doesNotOpen', deliveries });
  return claimId({ round: 1, requester: 0, provider: 1 });
}

/** Files and answers it. */
async function answeredClaim(stage: Stage): Promise<bigint> {
  const id = await claim(stage);
  await answerClaim(stage.life.clients[1], { claim: id, key: encryptionKey, location: 'https://example.org/blob' });
  return id;
}

/** Party 0 goes on with the account of the eighth wallet. */
async function succeed(stage: Stage): Promise<void> {
  const successor = await strangerOf(stage, 7);
  const account = stage.chain.wallets[7].address;
  await takeOver(successor, await nameSuccessor(stage.life.clients[0], { account, expires: 4_000_000_000 }));
  successor.close();
}

const ordersOf = (self: number, count: number) =>
  [0, 1, 2, 3].filter((id) => id !== self).map((provider) => ({ provider, count }));

/** All faults. The ledger has 4 members, 3 rounds, 1 of grace; λ = 1/2, |w| = 1000: caps of 500 and 1500 points each. */
export const faults: readonly Fault[] = [
  {
    name: 'INIT creates points for oneself too',
    rule: 'MINT',
    patches: [patch('Points.sol', '* (n - 1))', '* n)')],
    story: ({ life }) => form(life.clients),
  },
  {
    name: 'points are created by a hidden function, with an event',
    rule: 'MINT',
    functions: `function gift(uint8 party, uint64 amount) external {
      _accounts[_owners[party]].points += amount; _accounts[_owners[party]].minted += amount; _minted += amount;
      emit Initialised(party, 1, 500, amount); }`,
    async story(stage) {
      await begin(stage);
      await callHidden(stage, 2, 'gift(uint8,uint64)', [2, 777]);
    },
  },
  {
    name: 'points are created by a hidden function, without an event',
    rule: 'STATE',
    functions: 'function gift(uint8 party, uint64 amount) external { _accounts[_owners[party]].points += amount; }',
    async story(stage) {
      await begin(stage);
      await stage.life.order(1, 100, [3]);
      await callHidden(stage, 2, 'gift(uint8,uint64)', [2, 777]);
    },
  },
  {
    name: 'a hidden function moves points from one party to another',
    rule: 'STATE',
    functions: `function take(uint8 from, uint8 to, uint64 amount) external {
      _accounts[_owners[from]].points -= amount; _accounts[_owners[to]].points += amount; }`,
    async story(stage) {
      await exchange(stage);
      await callHidden(stage, 2, 'take(uint8,uint8,uint64)', [0, 2, 50]);
    },
  },
  {
    name: 'the cap is ignored',
    rule: 'ORDER_CAP',
    patches: [patch('Exchange.sol', 'count == 0 || count > ((caps >> shift) & _laneMask)', 'count == 0')],
    async story(stage) {
      await begin(stage);
      const orders = [1, 2].map((provider) => ({ provider, count: 501 }));
      await download(stage.life.clients[0], { round: 1, orders, encryptionKey });
    },
  },
  {
    name: 'the cap is twice what was declared',
    rule: 'CAP',
    patches: [
      patch('Parties.sol', '* _parameterCount) / account.examples);', '* _parameterCount * 2) / account.examples);'),
    ],
    story: ({ life }) => form(life.clients),
  },
  {
    name: 'the cap in the books is not the one announced',
    rule: 'STATE',
    patches: [patch('Parties.sol', '_setCap(party, cap);', '_setCap(party, cap / 2);')],
    story: ({ life }) => form(life.clients),
  },
  {
    name: 'points that are not there are spent',
    rule: 'ORDER_BALANCE',
    patches: [
      patch('Points.sol', 'if (account.points < amount) {', 'if (account.points < amount && amount < 300) {'),
      patch('Points.sol', 'account.points - amount;', 'account.points < amount ? 0 : account.points - amount;'),
    ],
    async story(stage) {
      const { life } = stage;
      await begin(stage);
      await download(life.clients[0], { round: 1, orders: ordersOf(0, 500), encryptionKey });
      for (const id of [1, 2, 3]) await download(life.clients[id], { round: 1, orders: [], encryptionKey });
      await life.deliver(
        1,
        [0],
        [1, 2, 3].flatMap((from) => [1, 2, 3].map((to) => [from, to] as const)),
      );
      await upload(life.clients[0], { round: 1, deliveries: [] });
      await life.evaluate(1);
      await download(life.clients[0], { round: 2, orders: ordersOf(0, 200), encryptionKey });
    },
  },
  {
    name: 'orders to one provider alone are taken',
    rule: 'ORDER_GROUP',
    patches: [patch('Exchange.sol', 'given != 0 && given < _minProviders', 'given > 256')],
    async story(stage) {
      await begin(stage);
      await download(stage.life.clients[0], { round: 1, orders: [{ provider: 1, count: 5 }], encryptionKey });
    },
  },
  {
    name: 'a party orders from itself',
    rule: 'ORDER_PROVIDER',
    patches: [patch('Exchange.sol', 'if (invalid != 0) revert ExchangeInvalidProvider(invalid);', 'invalid;')],
    async story(stage) {
      await begin(stage);
      const orders = [0, 1].map((provider) => ({ provider, count: 5 }));
      await download(stage.life.clients[0], { round: 1, orders, encryptionKey });
    },
  },
  {
    name: 'an order without a key is taken',
    rule: 'ORDER_FORM',
    patches: [patch('Exchange.sol', 'if (encryptionKey == 0) revert ExchangeInvalidKey();', '')],
    async story(stage) {
      await begin(stage);
      await download(stage.life.clients[0], { round: 1, orders: ordersOf(0, 5), encryptionKey: bytes(0) });
    },
  },
  {
    name: 'refunds are skipped at the end of the phase',
    rule: 'REFUND',
    patches: [patch('Exchange.sol', 'if (even != 0 && ordered', 'if (false && ordered')],
    async story(stage) {
      await begin(stage);
      await stage.life.order(1);
      await stage.life.deliver(1, [3]);
      await stage.life.timeOut();
    },
  },
  {
    name: 'refunds are announced and not paid',
    rule: 'STATE',
    patches: [patch('Exchange.sol', '_credit(_owners[requester], amount);', '')],
    async story(stage) {
      await begin(stage);
      await stage.life.order(1);
      await stage.life.deliver(1, [3]);
      await stage.life.timeOut();
    },
  },
  {
    name: 'refunds go to somebody else',
    rule: 'REFUND',
    patches: [patch('Exchange.sol', '_refund(uint8(pair * 2), even)', '_refund(3, even)')],
    async story(stage) {
      await begin(stage);
      await stage.life.order(1);
      await stage.life.deliver(1, [3]);
      await stage.life.timeOut();
    },
  },
  {
    name: 'orders left out are not refunded',
    rule: 'REFUND',
    patches: [patch('Exchange.sol', '_refund(uint8(requester), uint64(count));', '')],
    async story(stage) {
      await begin(stage);
      await stage.life.order(1);
      await upload(stage.life.clients[0], {
        round: 1,
        deliveries: [1, 2].map((requester) => ({ requester, commitment: bytes(1) })),
      });
    },
  },
  {
    name: 'an order is settled twice',
    rule: 'DELIVERY',
    patches: [patch('Rounds.sol', 'if (!idle) revert RoundAlreadyActed(party);', '')],
    async story(stage) {
      await begin(stage);
      await stage.life.order(1);
      const deliveries = [1, 2, 3].map((requester) => ({ requester, commitment: bytes(1) }));
      for (const _ of 'ab') await upload(stage.life.clients[0], { round: 1, deliveries });
    },
  },
  {
    name: 'a party reports twice',
    rule: 'ACT_ONCE',
    patches: [patch('Rounds.sol', 'if (!idle) revert RoundAlreadyActed(party);', '')],
    async story({ life }) {
      await form(life.clients);
      await report(life.clients[0], { round: 0, lowContributors: [1] });
      await report(life.clients[0], { round: 0, lowContributors: [2] });
    },
  },
  {
    name: 'providers earn more than the orders cost',
    rule: 'EARNED',
    patches: [
      patch('Exchange.sol', '_credit(msg.sender, earned);', 'earned += 1; _credit(msg.sender, earned);'),
      patch('Exchange.sol', '_clock.escrow -= earned + refunded;', '_clock.escrow -= earned + refunded - 1;'),
    ],
    async story(stage) {
      await begin(stage);
      await stage.life.order(1);
      const deliveries = [1, 2, 3].map((requester) => ({ requester, commitment: bytes(1) }));
      await upload(stage.life.clients[0], { round: 1, deliveries });
    },
  },
  {
    name: 'escrow is not emptied',
    rule: 'STATE',
    patches: [patch('Exchange.sol', '_clock.escrow -= earned + refunded;', '_clock.escrow -= refunded;')],
    async story(stage) {
      await begin(stage);
      await stage.life.order(1);
      const deliveries = [1, 2, 3].map((requester) => ({ requester, commitment: bytes(1) }));
      await upload(stage.life.clients[0], { round: 1, deliveries });
    },
  },
  {
    name: 'a delivery nobody ordered is booked',
    rule: 'DELIVERY',
    patches: [patch('Exchange.sol', 'if (matched != given) revert ExchangeNotOrdered(given & ~matched);', '')],
    async story(stage) {
      await begin(stage);
      await stage.life.order(1, 100, [3]);
      await stage.life.timeOut();
      const deliveries = [1, 2, 3].map((requester) => ({ requester, commitment: bytes(1) }));
      await upload(stage.life.clients[0], { round: 1, deliveries });
    },
  },
  {
    name: 'a minority removes a party',
    rule: 'REMOVAL',
    patches: [patch('CredibleSet.sol', 'count * 1000 <= bar', 'count * 1000 <= bar / 4')],
    async story({ life }) {
      await form(life.clients);
      await life.benchmark({ 0: [3] });
    },
  },
  {
    name: 'a majority removes nobody',
    rule: 'REMOVAL',
    patches: [patch('CredibleSet.sol', 'count * 1000 <= bar', 'count <= bar')],
    async story({ life }) {
      await form(life.clients);
      await life.benchmark({ 0: [3], 1: [3], 2: [3] });
    },
  },
  {
    name: 'a party is removed in a round of grace',
    rule: 'REMOVAL',
    patches: [patch('CredibleSet.sol', 'round <= _graceRounds', 'round < _graceRounds')],
    async story(stage) {
      await exchange(stage);
      await stage.life.evaluate(1, { 0: [3], 1: [3], 2: [3] });
    },
  },
  {
    name: 'one party alone removes another by a hidden function',
    rule: 'REMOVAL',
    functions: `function expel(uint8 party) external {
      _credible &= ~Bitmap.only(party); _waiting &= ~Bitmap.only(party); _removed |= Bitmap.only(party);
      emit Removed(_clock.round, party, 3); }`,
    async story(stage) {
      await begin(stage);
      await callHidden(stage, 0, 'expel(uint8)', [3]);
    },
  },
  {
    name: 'whoever is outside the credible set acts',
    rule: 'ACT_CREDIBLE',
    patches: [
      patch('Rounds.sol', 'if (!idle && !_credible.has(party)) revert', 'if (party > 200) revert'),
      patch('Rounds.sol', 'if (!idle) revert RoundAlreadyActed(party);', ''),
    ],
    async story({ life }) {
      await form(life.clients);
      await life.benchmark({ 0: [3], 1: [3], 2: [3] });
      await download(life.clients[3], { round: 1, orders: [], encryptionKey });
    },
  },
  {
    name: 'reports may name the reporter',
    rule: 'REPORT',
    patches: [patch('CredibleSet.sol', 'if (invalid != 0) revert CredibleSetInvalidReport(invalid);', 'invalid;')],
    async story({ life }) {
      await form(life.clients);
      await report(life.clients[0], { round: 0, lowContributors: [0] });
    },
  },
  {
    name: 'a phase is ended before its deadline',
    rule: 'PHASE_EARLY',
    patches: [patch('Rounds.sol', 'if (block.timestamp < clock.deadline)', 'if (block.timestamp < 1)')],
    async story(stage) {
      await begin(stage);
      await advance(stage.life.clients[0]);
    },
  },
  {
    name: 'forming ends with too few parties',
    rule: 'PHASE_EARLY',
    patches: [patch('Rounds.sol', 'clock.phase == Phase.Forming && present < _minParties', 'present > 256')],
    async story(stage) {
      await form(stage.life.clients.slice(0, 2));
      await stage.life.timeOut();
    },
  },
  {
    name: 'a phase goes on although all have acted',
    rule: 'PHASE_OVERDUE',
    patches: [patch('Rounds.sol', 'if (_waiting == 0 && _credible != 0)', 'if (_waiting == 1)')],
    async story({ life }) {
      await form(life.clients);
      await life.benchmark();
    },
  },
  {
    name: 'deadlines are longer than agreed',
    rule: 'DEADLINE',
    patches: [patch('Rounds.sol', '+ _duration(phase)', '+ 2 * _duration(phase)')],
    story: ({ life }) => form(life.clients),
    elsewhere: true,
  },
  {
    name: 'a round is left out',
    rule: 'PHASE_ORDER',
    patches: [
      patch('Dppdl.sol', '_admit(round + 1);', '_admit(round + 2);'),
      patch('Dppdl.sol', '_enter(Phase.Order, round + 1);', '_enter(Phase.Order, round + 2);'),
    ],
    story: begin,
  },
  {
    name: 'a stranger joins',
    rule: 'INVITATION',
    patches: [patch('Parties.sol', '_checkInvited(invitation);', 'invitation;')],
    async story(stage) {
      await begin(stage);
      const stranger = await strangerOf(stage, 7);
      await init(stranger, { registration: registrationOf(7) });
      stranger.close();
    },
  },
  {
    name: 'whoever was removed comes back',
    rule: 'REGISTRATION',
    patches: [patch('Parties.sol', '(_credible | _pending | _removed)', '(_credible | _pending)')],
    async story({ life }) {
      await form(life.clients);
      await life.benchmark({ 0: [3], 1: [3], 2: [3] });
      await init(life.clients[3], { registration: registrationOf(3) });
    },
  },
  {
    name: 'a location that nobody can read is registered',
    rule: 'REGISTRATION',
    patches: [patch('Parties.sol', ' || !isPrintable(registration.location)', '')],
    async story(stage) {
      await begin(stage);
      await update(stage.life.clients[0], { registration: { ...registrationOf(0), location: '/ip4/10.0.0.7\n' } });
    },
  },
  {
    name: 'an account takes a party over without its consent',
    rule: 'SUCCESSION',
    patches: [
      patch('Parties.sol', '_signerOf(SUCCESSION_TYPE, msg.sender, expires, signature)', '_owners[signature.length]'),
    ],
    async story(stage) {
      await begin(stage);
      const thief = await strangerOf(stage, 7);
      await takeOver(thief, { expires: 4_000_000_000, signature: '0x0000' });
      thief.close();
    },
  },
  {
    name: 'an account that was succeeded takes another party over',
    rule: 'SUCCESSION',
    patches: [
      patch(
        'Parties.sol',
        'if (_accounts[msg.sender].registeredAt != 0) revert PartiesAlreadyRegistered(msg.sender);\n        party =',
        'party =',
      ),
    ],
    async story(stage) {
      await begin(stage);
      await succeed(stage);
      const [former, other] = stage.life.clients;
      const account = stage.chain.wallets[0].address;
      await takeOver(former, await nameSuccessor(other, { account, expires: 4_000_000_000 }));
    },
  },
  {
    name: 'an account that was succeeded joins again',
    rule: 'REGISTRATION',
    patches: [
      patch('Parties.sol', 'if (account.registeredAt != 0) revert PartiesAlreadyRegistered(msg.sender);', 'account;'),
    ],
    async story(stage) {
      await begin(stage);
      await succeed(stage);
      const [former, inviter] = stage.life.clients;
      const account = stage.chain.wallets[0].address;
      const invitation = await invite(inviter, { account, expires: 4_000_000_000 });
      await init(former, { registration: registrationOf(8), invitation });
    },
  },
  {
    name: 'an account that was succeeded may still invite',
    rule: 'STATE',
    patches: [patch('Constitution.sol', '_members[former] = false;', '')],
    async story(stage) {
      await begin(stage);
      await succeed(stage);
    },
  },
  {
    name: 'points are lost when a party changes its account',
    rule: 'STATE',
    patches: [
      patch('Parties.sol', '_accounts[msg.sender] = account;', 'account.points /= 2; _accounts[msg.sender] = account;'),
    ],
    async story(stage) {
      await begin(stage);
      await succeed(stage);
    },
  },
  {
    name: 'a party registers the peer id of another',
    rule: 'PEER_ID',
    patches: [patch('Parties.sol', 'holder != uint16(party) + 1', 'false')],
    async story(stage) {
      await begin(stage);
      const { peerId } = registrationOf(2);
      await update(stage.life.clients[0], { registration: { ...registrationOf(0), peerId } });
    },
  },
  {
    name: 'a party registers a peer id that another has given up',
    rule: 'PEER_ID',
    patches: [
      patch(
        'Parties.sol',
        'if (holder == 0) _peers[peer]',
        'delete _peers[_mine[party]]; _mine[party] = peer;\n if (holder == 0) _peers[peer]',
      ),
      patch('Parties.sol', 'uint256 internal _pending;', 'uint256 internal _pending; bytes32[256] private _mine;'),
    ],
    async story(stage) {
      await begin(stage);
      const [first, second] = stage.life.clients;
      await update(first, { registration: registrationOf(8) });
      await update(second, { registration: { ...registrationOf(1), peerId: registrationOf(0).peerId } });
    },
  },
  {
    name: 'a removed party votes for newcomers',
    rule: 'VOUCH',
    patches: [
      patch(
        'Parties.sol',
        'function vouch(address account) external {\n        uint8 party = _crediblySent();',
        'function vouch(address account) external {\n        uint8 party = _sender();',
      ),
    ],
    async story({ life, chain }) {
      await form(life.clients);
      await life.benchmark({ 0: [3], 1: [3], 2: [3] });
      await vouch(life.clients[3], { account: chain.wallets[9].address });
    },
  },
  {
    name: 'a vote for a newcomer is kept as another party’s',
    rule: 'STATE',
    patches: [
      patch(
        'Parties.sol',
        '_vouchers[account] |= Bitmap.only(party);',
        '_vouchers[account] |= Bitmap.only(party ^ 1);',
      ),
    ],
    async story(stage) {
      await begin(stage);
      await vouch(stage.life.clients[0], { account: stage.chain.wallets[9].address });
    },
  },
  {
    name: 'a party resigns a second time',
    rule: 'RESIGNATION',
    patches: [
      patch(
        'Parties.sol',
        'function resign() external {\n        uint8 party = _crediblySent();',
        'function resign() external {\n        uint8 party = _sender();',
      ),
    ],
    async story(stage) {
      await begin(stage);
      for (const _ of 'ab') await resign(stage.life.clients[3]);
    },
  },
  {
    name: 'one party acts in another’s name',
    rule: 'SIGNER',
    functions: `function reportAs(uint8 party, uint256 low) external {
      _waiting &= ~Bitmap.only(party); emit Reported(_clock.round, party, low); _endIfComplete(); }`,
    async story(stage) {
      await form(stage.life.clients);
      await callHidden(stage, 0, 'reportAs(uint8,uint256)', [2, 8]);
    },
  },
  {
    name: 'a report is booked otherwise than it was signed',
    rule: 'CALL',
    patches: [
      patch('CredibleSet.sol', 'emit Reported(round, party, lowContributors);', 'emit Reported(round, party, 0);'),
    ],
    async story({ life }) {
      await form(life.clients);
      await report(life.clients[0], { round: 0, lowContributors: [1] });
    },
  },
  {
    name: 'a phase is ended by a hidden function',
    rule: 'EFFECT',
    functions: 'function skip() external { _endPhase(_clock.phase, _clock.round); }',
    async story(stage) {
      await begin(stage);
      await callHidden(stage, 0, 'skip()', []);
    },
  },
  {
    name: 'a claim locks too little',
    rule: 'CLAIM_FILED',
    patches: [patch('Claims.sol', '_atMost(accused, price + deposit)', '_atMost(accused, deposit)')],
    async story(stage) {
      await exchange(stage);
      await claim(stage);
    },
  },
  {
    name: 'a claim is kept with another complaint than was announced',
    rule: 'STATE',
    patches: [patch('Claims.sol', 'complaint: complaint,', 'complaint: Complaint.NotDelivered,')],
    async story(stage) {
      await exchange(stage);
      await claim(stage);
    },
  },
  {
    name: 'a claim is kept with another commitment than was announced',
    rule: 'STATE',
    patches: [patch('Claims.sol', 'commitment: commitment,', 'commitment: ~commitment,')],
    async story(stage) {
      await exchange(stage);
      await claim(stage);
    },
  },
  {
    name: 'a claim is answered too late',
    rule: 'CLAIM_ANSWER',
    patches: [
      patch(
        'Claims.sol',
        'if (party != _providerOf(claim)) revert ClaimNotAllowed(claim, party);\n        if (block.timestamp > entry.deadline) {',
        'if (block.timestamp < 1) {',
      ),
    ],
    async story(stage) {
      await exchange(stage);
      const id = await claim(stage);
      await stage.chain.increaseTime(90_000);
      await answerClaim(stage.life.clients[1], { claim: id, key: encryptionKey, location: 'x' });
    },
  },
  {
    name: 'the claimant votes on its own claim',
    rule: 'CLAIM_VOTE',
    patches: [patch('Claims.sol', 'if (!_jury(claim).has(party)) revert', 'if (party > 200) revert')],
    async story(stage) {
      await exchange(stage);
      const id = await answeredClaim(stage);
      await voteClaim(stage.life.clients[0], { claim: id, upheld: true });
    },
  },
  {
    name: 'a claim is upheld before the answer was due',
    rule: 'CLAIM_OUTCOME',
    patches: [patch('Claims.sol', 'status == ClaimStatus.Filed && over', 'status == ClaimStatus.Filed')],
    async story(stage) {
      await exchange(stage);
      await resolveClaim(stage.life.clients[0], { claim: await claim(stage) });
    },
  },
  {
    name: 'the fine goes to the wrong side',
    rule: 'CLAIM_PAYOUT',
    patches: [patch('Claims.sol', 'toRequester += bond;', 'toProvider += bond;')],
    async story(stage) {
      await exchange(stage);
      const id = await answeredClaim(stage);
      for (const juror of [2, 3]) await voteClaim(stage.life.clients[juror], { claim: id, upheld: true });
      await resolveClaim(stage.life.clients[0], { claim: id });
    },
  },
  {
    name: 'deposits vanish when a claim ends',
    rule: 'CONSERVATION',
    patches: [
      patch('Claims.sol', 'uint64 toProvider = outcome == ClaimStatus.Upheld ? 0 : bond;', 'uint64 toProvider = 0;'),
    ],
    async story(stage) {
      await exchange(stage);
      const id = await answeredClaim(stage);
      for (const juror of [2, 3]) await voteClaim(stage.life.clients[juror], { claim: id, upheld: false });
      await resolveClaim(stage.life.clients[0], { claim: id });
    },
  },
  {
    name: 'the constitution is impossible',
    rule: 'CONSTITUTION',
    patches: [
      patch('Constitution.sol', '_check(given);', 'if (given.rounds == 0) _check(given); given.removalPermille = 100;'),
    ],
    story: async () => undefined,
    elsewhere: true,
  },
];
