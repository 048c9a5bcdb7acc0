/**
 * Random lives of a ledger: sequences of moves that are mostly legal and sometimes wrong in one place, made against the
 * model's state so that they reach deep, and plain data so that fast-check can shrink them.
 * @module
 */

import { concat, getBytes, type HDNodeWallet, TypedDataEncoder, ZeroHash } from 'ethers';
import fc from 'fast-check';
import { createSeededRandom, type SeededRandom } from '../../node/random.ts';
import { toBitmap } from '../../sdk/bitmap.ts';
import type { ModelCall } from '../../sdk/model/ledgerModel.ts';
import { credibleSet, type ModelState } from '../../sdk/model/state.ts';
import { packDeliveries, packOrders } from '../../sdk/packing.ts';
import type { ChainRegistration, Facts, Invitation } from '../../sdk/types.ts';

/** Order of secp256k1. */
const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;

/** One move: who does what, when, and what is wrong with it. */
export interface Move {
  readonly kind: (typeof kinds)[number];
  /** Index of the account, outsiders included. */
  readonly actor: number;
  /** Decides what the kind leaves open. */
  readonly seed: number;
  /** 0 … 9: nothing is wrong up to 6; the rest picks a flaw. */
  readonly flaw: number;
  /** What time does before: a second, some, right before the deadline, at it, after it. */
  readonly wait: 'second' | 'some' | 'before' | 'deadline' | 'after';
}

/** `rest` lets everybody act who has not; the others are calls of the contract. */
const kinds = [
  'rest',
  'init',
  'update',
  'vouch',
  'takeOver',
  'resign',
  'advance',
  'download',
  'upload',
  'report',
  'fileClaim',
  'answerClaim',
  'voteClaim',
  'resolveClaim',
] as const;

const weights: Record<(typeof kinds)[number], number> = {
  rest: 30,
  init: 10,
  update: 4,
  vouch: 5,
  takeOver: 3,
  resign: 1,
  advance: 4,
  download: 6,
  upload: 6,
  report: 6,
  fileClaim: 14,
  answerClaim: 8,
  voteClaim: 12,
  resolveClaim: 8,
};

/** Accounts that play: members first, then outsiders. Further ones only take others over. */
export const PLAYERS = 11;
/** How many of them the constitution names. */
export const MEMBERS = 7;

const move: fc.Arbitrary<Move> = fc.record({
  kind: fc.oneof(...kinds.map((kind) => ({ weight: weights[kind], arbitrary: fc.constant(kind) }))),
  actor: fc.nat(PLAYERS - 1),
  seed: fc.nat(0x7fffffff),
  flaw: fc.nat(9),
  wait: fc.oneof(
    { weight: 20, arbitrary: fc.constant('second' as const) },
    { weight: 2, arbitrary: fc.constant('some' as const) },
    { weight: 1, arbitrary: fc.constantFrom('before' as const, 'deadline' as const, 'after' as const) },
  ),
});

/** Facts of small ledgers, at the edges of what is allowed too. */
const facts: fc.Arbitrary<Facts> = fc
  .record({
    parameterCount: fc.constantFrom(1, 100, 1000, 65_535, 65_536, 140_106, 2 ** 32 - 1),
    rounds: fc.integer({ min: 1, max: 6 }),
    graceRounds: fc.nat(2),
    removalPermille: fc.constantFrom(500, 666, 750, 999),
    minProviders: fc.integer({ min: 2, max: 3 }),
    spare: fc.nat(3),
    late: fc.nat(3),
    seconds: fc.integer({ min: 20, max: 90 }),
    claimDeposit: fc.constantFrom(1n, 2n, 40n),
  })
  .map(({ spare, late, seconds, minProviders, ...rest }) => ({
    ...rest,
    minProviders,
    consortiumHash: `0x${'c5'.repeat(32)}`,
    minParties: minProviders + 1,
    startParties: minProviders + 1 + spare,
    maxParties: minProviders + 1 + spare + late,
    formSeconds: seconds,
    benchmarkSeconds: seconds + 1,
    orderSeconds: seconds + 2,
    deliverSeconds: seconds + 3,
    evaluateSeconds: seconds + 4,
    answerSeconds: 15,
    voteSeconds: 10,
  }));

/** A ledger's facts and what happens to it. */
export const lives = (maxLength: number) =>
  fc.record({
    facts,
    /** Whether the members it takes to start have joined before the first move. */
    formed: fc.oneof({ weight: 5, arbitrary: fc.constant(true) }, fc.constant(false)),
    moves: fc.array(move, { minLength: 1, maxLength, size: 'max' }),
  });

/** A call and its sender. */
export interface Step {
  readonly sender: string;
  readonly call: ModelCall;
  /** Seconds since the block before. */
  readonly wait: number;
}

/** Makes the calls with which the members it takes to start join. */
export function joiningOf(model: ModelState, wallets: readonly HDNodeWallet[]): Step[] {
  return wallets.slice(0, Math.min(model.facts.startParties, MEMBERS)).map(({ address: sender }, index) => {
    const registration = new Table(model, wallets, createSeededRandom(index), false).registration();
    return { sender, call: { name: 'init', registration, invitation: { expires: 0, signature: '0x' } }, wait: 1 };
  });
}

/** Plays moves: makes each into the calls it stands for, against the model as it is when a call is made. */
export function* play(
  { kind, actor, seed, flaw, wait }: Move,
  model: ModelState,
  wallets: readonly HDNodeWallet[],
  now: () => number,
): Generator<Step> {
  const random = createSeededRandom(seed);
  const table = new Table(model, wallets, random, flaw > 6);
  if (kind === 'rest') {
    const { phase, round } = model;
    const acts = { benchmark: 'report', order: 'download', deliver: 'upload', evaluate: 'report' } as const;
    if (phase === 'forming') {
      const joiner = Array.from({ length: MEMBERS }, (_, index) => index).find((index) => !table.isParty(index));
      if (joiner !== undefined) yield { sender: table.account(joiner), call: table.init(joiner, now()), wait: 1 };
      return;
    }
    if (phase === 'closed') return;
    const faultless = new Table(model, wallets, random, false);
    // Every third time one party stays behind, so that other things happen in the phase too.
    for (const id of credibleSet(model).slice(random.below(3) === 0 ? 1 : 0)) {
      if (model.phase !== phase || model.round !== round) return;
      if (model.acted.has(id)) continue;
      yield { sender: model.parties[id].account, call: faultless.act(acts[phase], id), wait: 1 };
    }
    return;
  }
  yield table.step(kind, actor, now(), wait);
}

/** What a player sees and can do. */
class Table {
  readonly #model: ModelState;
  readonly #wallets: readonly HDNodeWallet[];
  readonly #random: SeededRandom;
  /** Whether something should be wrong. */
  readonly #flawed: boolean;

  constructor(model: ModelState, wallets: readonly HDNodeWallet[], random: SeededRandom, flawed: boolean) {
    this.#model = model;
    this.#wallets = wallets;
    this.#random = random;
    this.#flawed = flawed;
  }

  account(actor: number): string {
    return this.#wallets[actor].address;
  }

  /** Whether the account is, or once was, a party's. */
  isParty(actor: number): boolean {
    const address = this.account(actor);
    return this.#model.former.has(address) || this.#model.parties.some(({ account }) => account === address);
  }

  step(kind: Exclude<Move['kind'], 'rest'>, actor: number, time: number, wait: Move['wait']): Step {
    const sender = this.account(actor);
    if (kind === 'answerClaim' || kind === 'voteClaim' || kind === 'resolveClaim') {
      const step = this.#aboutClaim(kind, actor, time, wait);
      if (step !== undefined) return step;
    }
    const pause = this.#pause(this.#model.deadline, time, wait);
    if (kind === 'init') return { sender, call: this.init(actor, time), wait: pause };
    if (kind === 'update') {
      const call = { name: 'update', registration: this.registration() } as const;
      return { sender: this.#someParty(sender), call, wait: pause };
    }
    if (kind === 'takeOver') return this.#takeOver(actor, time, pause);
    if (kind === 'resign') return { sender: this.#someParty(sender), call: { name: kind }, wait: pause };
    if (kind === 'advance') {
      const late = wait === 'before' || this.#flawed ? pause : this.#pause(this.#model.deadline, time, 'deadline');
      return { sender, call: { name: kind }, wait: late };
    }
    if (kind === 'vouch') {
      const account = this.account(MEMBERS + this.#random.below(PLAYERS - MEMBERS));
      return { sender: this.#someParty(sender), call: { name: 'vouch', account }, wait: pause };
    }
    const delivered = this.#model.orders.some((order) => order.commitment !== undefined);
    if (kind === 'fileClaim' && (this.#flawed || (this.#model.phase === 'evaluate' && delivered))) {
      return this.#fileClaim(actor, pause);
    }
    const waiting = credibleSet(this.#model).filter((party) => !this.#model.acted.has(party));
    const idle = waiting[this.#random.below(Math.max(1, waiting.length))];
    const account = this.#flawed || idle === undefined ? this.#someParty(sender) : this.#model.parties[idle].account;
    const id = this.#model.parties.findIndex((party) => party.account === account);
    return { sender: account, call: this.act(this.#fitting(kind), id), wait: pause };
  }

  init(actor: number, time: number): ModelCall {
    const invited = actor >= MEMBERS ? this.#random.below(3) > 0 : this.#random.below(8) === 0;
    const invitation = invited ? this.#invite(this.account(actor), time) : { expires: 0, signature: '0x' };
    return { name: 'init', registration: this.registration(), invitation };
  }

  /** The act the phase asks for; the one that was meant if something should be wrong. */
  #fitting(meant: Move['kind']): 'download' | 'upload' | 'report' {
    if (this.#flawed && (meant === 'download' || meant === 'upload' || meant === 'report')) return meant;
    const { phase } = this.#model;
    return phase === 'order' ? 'download' : phase === 'deliver' ? 'upload' : 'report';
  }

  /** One act of a phase by a party. */
  act(name: 'download' | 'upload' | 'report', id: number): ModelCall {
    const spoilt = this.#flawed ? this.#random.below(8) : 8;
    const round = Math.max(0, this.#model.round + (spoilt === 0 ? 1 : spoilt === 1 ? -1 : 0));
    if (name === 'report') return { name, round, lowContributors: this.#report(id, spoilt) };
    if (name === 'upload') return { name, round, deliveries: this.#deliveries(id, spoilt) };
    const key = spoilt === 2 ? ZeroHash : this.#bytes(32);
    return { name, round, orders: this.#orders(id, spoilt), encryptionKey: key };
  }

  #bytes(length: number): string {
    return `0x${Array.from({ length }, () => (1 + this.#random.below(255)).toString(16).padStart(2, '0')).join('')}`;
  }

  #pause(deadline: number, time: number, wait: Move['wait']): number {
    const left = deadline - time;
    const pauses = { second: 1, some: 1 + this.#random.below(12), before: left - 1, deadline: left, after: left + 1 };
    return Math.max(1, pauses[wait]);
  }

  registration(): ChainRegistration {
    const spoilt = this.#flawed ? this.#random.below(11) : 11;
    const examples = [1, 1, 7, 7, 60, 60, 600, 2 ** 32 - 1][this.#random.below(8)];
    const samples = 1 + this.#random.below(Math.min(examples, 50));
    const peerIdLengths = [0, 65, 64, 1];
    return {
      peerId: spoilt === 10 ? this.#knownPeerId() : this.#bytes(spoilt < 4 ? peerIdLengths[spoilt] : 38),
      location: spoilt === 4 ? '' : spoilt === 5 ? 'é'.repeat(129) : '/ip4/10.0.0.7/tcp/4001',
      maskKey: spoilt === 6 ? ZeroHash : this.#bytes(32),
      encryptionKey: spoilt === 7 ? ZeroHash : this.#bytes(32),
      samplesHash: this.#bytes(32),
      examples: spoilt === 8 ? 0 : examples,
      samples: spoilt === 9 ? [0, examples + 1][this.#random.below(2)] % 2 ** 32 : samples,
      generator: this.#random.below(2) === 0 ? 'dpgan' : 'gaussian',
      epsilon: BigInt(this.#random.below(1_000_000)),
      delta: BigInt(this.#random.below(1_000_000)),
    };
  }

  /** A peer id that some party registered, the sender itself maybe. */
  #knownPeerId(): string {
    const known = [...this.#model.peers.keys()];
    return known[this.#random.below(Math.max(1, known.length))] ?? this.#bytes(38);
  }

  #invite(account: string, time: number): Invitation {
    const spoilt = this.#flawed ? this.#random.below(7) : 7;
    const members = [...this.#model.members];
    const any = this.account(this.#random.below(PLAYERS));
    const inviter = spoilt === 0 ? any : members[this.#random.below(members.length)];
    return this.#sign('Invitation', inviter, account, time, spoilt);
  }

  #takeOver(actor: number, time: number, wait: number): Step {
    const { parties, former: gone } = this.#model;
    const spoilt = this.#flawed ? this.#random.below(9) : 9;
    const some = parties[this.#random.below(Math.max(1, parties.length))]?.account ?? this.account(actor);
    const former = spoilt === 0 ? this.account(actor) : some;
    const free = this.#wallets.map(({ address }) => address).filter((address) => !gone.has(address));
    const fresh = free.filter((address) => parties.every(({ account }) => account !== address));
    const used = [...parties.map(({ account }) => account), ...gone];
    // Mostly an account that had no other part to play; sometimes one that is named, invited or voted for.
    const successors = spoilt === 7 ? used : this.#random.below(3) === 0 ? fresh : fresh.slice(-3);
    const sender = successors[this.#random.below(Math.max(1, successors.length))] ?? this.account(actor);
    const signed = this.#sign('Succession', former, spoilt === 8 ? this.account(actor) : sender, time, spoilt);
    return { sender, call: { name: 'takeOver', ...signed }, wait };
  }

  /** A statement of `signer` about `account`; `spoilt` 1 … 6 says what is wrong with it. */
  #sign(
    statement: 'Invitation' | 'Succession',
    signer: string,
    account: string,
    time: number,
    spoilt: number,
  ): Invitation {
    const expires = spoilt === 1 ? time - this.#random.below(3) : time + 1 + this.#random.below(40);
    const { chainId, contract } = this.#model;
    const domain = { name: 'DPPDL', version: '1', chainId, verifyingContract: contract };
    const types = {
      [statement]: [
        { name: 'account', type: 'address' },
        { name: 'expires', type: 'uint64' },
      ],
    };
    const digest = TypedDataEncoder.hash(domain, types, { account, expires });
    const wallet = this.#wallets.find(({ address }) => address === signer) ?? this.#wallets[0];
    const { r, s, v, serialized } = wallet.signingKey.sign(digest);
    // The same signature with the other root, refused so that each invitation has one form.
    const high = `0x${(ORDER - BigInt(s)).toString(16).padStart(64, '0')}`;
    const spoiled: Record<number, string> = {
      2: serialized.slice(0, -2),
      3: concat([r, high, v === 27 ? '0x1c' : '0x1b']),
      4: concat([r, s, '0x00']),
      5: concat([ZeroHash, s, '0x1b']),
      6: this.#bytes(65),
    };
    return { expires, signature: spoiled[spoilt] ?? serialized };
  }

  #orders(id: number, spoilt: number): string {
    const { parties, facts } = this.#model;
    const random = this.#random;
    if (random.below(8) === 0) return ZeroHash;
    const others = credibleSet(this.#model).filter((other) => other !== id);
    let rest = parties[id]?.points ?? 0n;
    let lines = others
      .filter((other) => parties[other].cap > 0 && random.below(6) > 0)
      .flatMap((provider) => {
        const most = Math.min(parties[provider].cap, Number(rest));
        const full = random.below(3) === 0;
        const count = full ? most : 1 + random.below(Math.min(most, 0x7fffffff));
        if (most < 1) return [];
        rest -= BigInt(count);
        return [{ provider, count }];
      });
    if (lines.length < facts.minProviders && spoilt === 8) return ZeroHash;
    if (spoilt === 3) return '0x';
    if (spoilt === 4) lines = lines.slice(0, 1);
    if (spoilt === 5) lines = lines.map(({ provider, count }) => ({ provider, count: count + parties[provider].cap }));
    if (spoilt === 6) lines = lines.map((line, index) => (index === 0 ? { ...line, count: 0 } : line));
    if (spoilt === 7) lines = [...lines, { provider: [id & 0xff, parties.length, 255][random.below(3)], count: 1 }];
    const wrapped = lines.map((line) => ({ ...line, count: line.count % 2 ** 32 }));
    return packOrders(wrapped) + (spoilt === 2 ? '00' : '');
  }

  #deliveries(id: number, spoilt: number): string {
    const asked = this.#model.orders.filter((order) => order.provider === id).map((order) => order.requester);
    let given = asked.toSorted((a, b) => a - b).filter(() => this.#random.below(5) > 0);
    if (spoilt === 3) return '0x';
    if (spoilt === 4) given = [...new Set([...given, ...credibleSet(this.#model)])];
    if (spoilt === 5)
      given = [...new Set([...given, [id & 0xff, 255, this.#model.parties.length][this.#random.below(3)]])];
    const lines = given.map((requester) => ({ requester, commitment: getBytes(this.#bytes(32)) }));
    return packDeliveries(lines) + (spoilt === 6 ? '00' : '');
  }

  #report(id: number, spoilt: number): bigint {
    const credible = credibleSet(this.#model);
    // Mostly nobody; sometimes the same party by all, so that removals happen.
    const style = this.#random.below(6);
    const scapegoat = credible[this.#model.round % Math.max(1, credible.length)];
    const named = credible.filter((other) => {
      if (other === id) return false;
      return style < 3 ? other === scapegoat && style > 0 : style === 5 && this.#random.below(2) === 0;
    });
    if (spoilt === 3) named.push(id & 0xff);
    if (spoilt === 4) named.push(this.#random.below(256));
    return toBitmap(named);
  }

  /** A party's account, or `otherwise` when there are none or something should be wrong. */
  #someParty(otherwise: string): string {
    const credible = credibleSet(this.#model);
    if (credible.length === 0 || (this.#flawed && this.#random.below(4) === 0)) return otherwise;
    return this.#model.parties[credible[this.#random.below(credible.length)]].account;
  }

  #fileClaim(actor: number, wait: number): Step {
    const { orders, uploads, round, parties } = this.#model;
    const delivered = orders.filter((order) => order.commitment !== undefined);
    const { requester, provider } = (this.#flawed ? orders : delivered)[
      this.#random.below(Math.max(1, (this.#flawed ? orders : delivered).length))
    ] ?? { requester: 0, provider: 1 };
    const spoilt = this.#flawed ? this.#random.below(5) : 5;
    const sender = spoilt === 0 ? this.account(actor) : (parties[requester]?.account ?? this.account(actor));
    const uploaded = uploads.get(spoilt === 1 ? requester : provider) ?? ZeroHash;
    const complaint = this.#random.below(2) === 0 ? 'notDelivered' : 'doesNotOpen';
    const given = { provider, complaint, round: spoilt === 2 ? round + 1 : round } as const;
    return { sender, call: { name: 'fileClaim', ...given, deliveries: uploaded }, wait };
  }

  #aboutClaim(
    name: 'answerClaim' | 'voteClaim' | 'resolveClaim',
    actor: number,
    time: number,
    wait: Move['wait'],
  ): Step | undefined {
    const claims = [...this.#model.claims];
    const wanted = name === 'answerClaim' ? ['filed'] : name === 'voteClaim' ? ['answered'] : ['filed', 'answered'];
    const fitting = claims.filter(([, { status }]) => this.#flawed || wanted.includes(status));
    const [claim, entry] = fitting[this.#random.below(Math.max(1, fitting.length))] ?? [0x10001n, undefined];
    if (entry === undefined && !this.#flawed) return undefined;
    const pause = this.#pause(entry?.deadline ?? time, time, wait);
    if (name === 'resolveClaim') return { sender: this.account(actor), call: { name, claim }, wait: pause };
    if (name === 'voteClaim') {
      // Votes lean one way, so that claims are decided both ways.
      const upheld = this.#random.below(4) === 0 ? claim % 2n === 0n : claim % 3n === 0n;
      return { sender: this.#someParty(this.account(actor)), call: { name, claim, upheld }, wait: pause };
    }
    const provider = this.#model.parties[Number(claim & 0xffn)]?.account ?? this.account(actor);
    const sender = this.#flawed && this.#random.below(2) === 0 ? this.account(actor) : provider;
    const location = this.#flawed ? ['', 'é'.repeat(129)][this.#random.below(2)] : '/ip4/10.0.0.7/tcp/4001';
    return { sender, call: { name, claim, key: this.#bytes(32), location }, wait: pause };
  }
}
