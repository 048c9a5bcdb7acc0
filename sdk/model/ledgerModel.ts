/**
 * The ledger contract's reference model: the same calls, the same events, the same refusals, from rules written to be
 * read. The in-process ledger runs on it, and tests hold the contract against it.
 * @module
 */
import type { ChainRegistration, Complaint, Facts, Invitation } from '../types.ts';
import { answerClaim, fileClaim, resolveClaim, voteClaim } from './claims.ts';
import { download, report, upload } from './exchange.ts';
import { init, resign, takeOver, update, vouch } from './parties.ts';
import { advance, enter } from './rounds.ts';
import { type Call, type ModelEvent, type ModelState, refuse } from './state.ts';

/** A call of the contract by name, with its arguments; bytes and accounts as 0x… text. */
export type ModelCall =
  | { readonly name: 'init'; readonly registration: ChainRegistration; readonly invitation: Invitation }
  | { readonly name: 'update'; readonly registration: ChainRegistration }
  | { readonly name: 'vouch'; readonly account: string }
  | { readonly name: 'takeOver'; readonly expires: number; readonly signature: string }
  | { readonly name: 'resign' }
  | { readonly name: 'advance' }
  | { readonly name: 'download'; readonly round: number; readonly orders: string; readonly encryptionKey: string }
  | { readonly name: 'upload'; readonly round: number; readonly deliveries: string }
  | { readonly name: 'report'; readonly round: number; readonly lowContributors: bigint }
  | {
      readonly name: 'fileClaim';
      readonly round: number;
      readonly provider: number;
      readonly complaint: Complaint;
      readonly deliveries: string;
    }
  | { readonly name: 'answerClaim'; readonly claim: bigint; readonly key: string; readonly location: string }
  | { readonly name: 'voteClaim'; readonly claim: bigint; readonly upheld: boolean }
  | { readonly name: 'resolveClaim'; readonly claim: bigint };

/** How a ledger is deployed. */
export interface Deployment {
  readonly facts: Facts;
  /** Accounts the constitution names, checksummed. */
  readonly members: readonly string[];
  readonly chainId: bigint;
  /** The contract's address, checksummed. */
  readonly contract: string;
  /** Unix seconds of the deploying block. */
  readonly time: number;
}

/**
 * Deploys the model.
 * @returns its state and the events of the deployment.
 * @throws RevertError `ConstitutionInvalidFact`, `ConstitutionTooManyMembers`, `ConstitutionInvalidMember`.
 */
export function deployModel(deployment: Deployment): { state: ModelState; events: readonly ModelEvent[] } {
  const { facts, members, chainId, contract, time } = deployment;
  requireValid(facts, members);
  const state: ModelState = {
    chainId,
    contract,
    facts,
    members: new Set(members),
    parties: [],
    former: new Set(),
    peers: new Map(),
    phase: 'forming',
    round: 0,
    deadline: 0,
    acted: new Set(),
    orders: [],
    uploads: new Map(),
    reports: new Map(),
    vouchers: new Map(),
    claims: new Map(),
    events: [{ name: 'Constituted', facts, members: [...members] }],
  };
  enter(state, { sender: contract, time, block: 0 }, 'forming', 0);
  return { state, events: state.events };
}

/**
 * Carries out one call on `state`, which is unchanged if it refuses.
 * @returns the events of the call.
 * @throws RevertError with the contract's custom error.
 */
export function execute(state: ModelState, call: Call, given: ModelCall): readonly ModelEvent[] {
  state.events = [];
  switch (given.name) {
    case 'init':
      init(state, call, given.registration, given.invitation);
      break;
    case 'update':
      update(state, call, given.registration);
      break;
    case 'vouch':
      vouch(state, call, given.account);
      break;
    case 'takeOver':
      takeOver(state, call, given);
      break;
    case 'resign':
      resign(state, call);
      break;
    case 'advance':
      advance(state, call);
      break;
    case 'download':
      download(state, call, given.round, given.orders, given.encryptionKey);
      break;
    case 'upload':
      upload(state, call, given.round, given.deliveries);
      break;
    case 'report':
      report(state, call, given.round, given.lowContributors);
      break;
    case 'fileClaim':
      fileClaim(state, call, given.round, given.provider, given.complaint, given.deliveries);
      break;
    case 'answerClaim':
      answerClaim(state, call, given.claim, given.key, given.location);
      break;
    case 'voteClaim':
      voteClaim(state, call, given.claim, given.upheld);
      break;
    case 'resolveClaim':
      resolveClaim(state, call, given.claim);
  }
  return state.events;
}

/** Parties there can be, and members that can be named. */
const MAX_PARTIES = 256;
const ZERO_ADDRESS = `0x${'00'.repeat(20)}`;

function requireValid(facts: Facts, members: readonly string[]): void {
  const positive = ['formSeconds', 'benchmarkSeconds', 'orderSeconds', 'deliverSeconds', 'evaluateSeconds'] as const;
  const windows = ['answerSeconds', 'voteSeconds'] as const;
  const problem =
    (['parameterCount', 'rounds'] as const).find((field) => facts[field] < 1) ??
    (facts.removalPermille < 500 || facts.removalPermille > 999 ? 'removalPermille' : undefined) ??
    (facts.minProviders < 2 ? 'minProviders' : undefined) ??
    (facts.minParties <= facts.minProviders ? 'minParties' : undefined) ??
    (facts.startParties < facts.minParties ? 'startParties' : undefined) ??
    (facts.maxParties < facts.startParties || facts.maxParties > MAX_PARTIES ? 'maxParties' : undefined) ??
    [...positive, ...windows].find((field) => facts[field] < 1) ??
    (facts.claimDeposit < 1n ? 'claimDeposit' : undefined);
  if (problem !== undefined) refuse('ConstitutionInvalidFact', problem, facts[problem]);
  if (members.length > MAX_PARTIES) refuse('ConstitutionTooManyMembers', members.length, MAX_PARTIES);
  members.forEach((member, index) => {
    if (member === ZERO_ADDRESS || members.indexOf(member) < index) refuse('ConstitutionInvalidMember', member);
  });
}
