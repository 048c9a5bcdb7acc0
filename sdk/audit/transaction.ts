/**
 * Judges one transaction: who signed it, what it asked for, what followed.
 * @module
 */
import { type DecodedCall, decodeCall, ledgerInterface } from '../contract.ts';
import type { LedgerEvent } from '../events.ts';
import { complaints, generators } from '../types.ts';
import type { Judgement } from './books.ts';
import { judgeAnswer, judgeFiling, judgeResolution, judgeVote } from './claims.ts';
import { type EffectName, Effects, isEffect } from './effects.ts';
import { judgeDownload, judgeReport, judgeUpload } from './exchange.ts';
import { judgeConstitution, judgeRegistration, judgeResignation, judgeSuccession, judgeVouch } from './membership.ts';
import { advance, judgeUndue } from './phases.ts';

/** A transaction as the block holds it. */
export interface SignedTransaction {
  readonly hash: string;
  /** The signer, checksummed. */
  readonly from: string;
  /** Checksummed; null when it creates a contract. */
  readonly to: string | null;
  readonly data: string;
}

/** An event that is an act of somebody. */
type Act = Exclude<LedgerEvent, { name: EffectName }>;

/** Functions that book each kind of act. */
const callsOf: Readonly<Record<Act['name'], readonly string[]>> = {
  Constituted: [],
  Registered: ['init', 'update'],
  Vouched: ['vouch'],
  TakenOver: ['takeOver'],
  Downloaded: ['download'],
  Uploaded: ['upload'],
  Reported: ['report'],
  Resigned: ['resign'],
  ClaimFiled: ['fileClaim'],
  ClaimAnswered: ['answerClaim'],
  ClaimVoted: ['voteClaim'],
  ClaimResolved: ['resolveClaim'],
};

/** The call a transaction makes to the ledger itself; undefined when it goes elsewhere or is no function of it. */
export function callOf(transaction: SignedTransaction, contract: string): DecodedCall | undefined {
  return transaction.to === contract ? decodeCall(transaction.data) : undefined;
}

/** Judges all events of one transaction, in their order, and books them. */
export function judgeTransaction(
  judgement: Judgement,
  transaction: SignedTransaction,
  events: readonly LedgerEvent[],
): void {
  const effects = new Effects(events);
  const acts = events.filter((event): event is Act => !isEffect(event));
  for (const act of acts) {
    judgeSigner(judgement, transaction, act);
    judgeCall(judgement, transaction, act);
    book(judgement, act, effects);
  }
  const { books, call, contract } = judgement;
  if (books.facts === undefined) return;
  const isDirect = transaction.to === contract;
  if (isDirect && acts.length > 1) {
    judgement.violate('EFFECT', `One call of ${call?.name} booked ${acts.length} acts.`);
  }
  if (isDirect && call?.name !== 'advance' && (acts.length === 0 || effects.has('PhaseStarted'))) {
    const name = call?.name ?? 'a function that a ledger does not have';
    const effect = effects.has('PhaseStarted') ? 'that a phase ended in which not all had acted' : events[0]?.name;
    judgement.violate('EFFECT', `A transaction that called ${name} had the effect ${effect}.`);
  }
  while (effects.has('PhaseStarted')) advance(judgement, effects);
  judgeUndue(judgement, effects);
}

function book(judgement: Judgement, act: Act, effects: Effects): void {
  switch (act.name) {
    case 'Constituted':
      judgeConstitution(judgement, act, effects);
      break;
    case 'Registered':
      judgeRegistration(judgement, act, effects);
      break;
    case 'Vouched':
      judgeVouch(judgement, act);
      break;
    case 'TakenOver':
      judgeSuccession(judgement, act);
      break;
    case 'Resigned':
      judgeResignation(judgement, act, effects);
      break;
    case 'Downloaded':
      judgeDownload(judgement, act, effects);
      break;
    case 'Uploaded':
      judgeUpload(judgement, act, effects);
      break;
    case 'Reported':
      judgeReport(judgement, act, effects);
      break;
    case 'ClaimFiled':
      judgeFiling(judgement, act);
      break;
    case 'ClaimAnswered':
      judgeAnswer(judgement, act);
      break;
    case 'ClaimVoted':
      judgeVote(judgement, act);
      break;
    case 'ClaimResolved':
      judgeResolution(judgement, act);
  }
}

/** Whose act an event is: a party's id, or undefined when anyone may do it. */
function actorOf(act: Act): number | undefined {
  switch (act.name) {
    case 'Registered':
    case 'Vouched':
    case 'TakenOver':
    case 'Resigned':
    case 'Reported':
    case 'ClaimVoted':
      return act.party;
    case 'Downloaded':
    case 'ClaimFiled':
      return act.requester;
    case 'Uploaded':
      return act.provider;
    case 'ClaimAnswered':
      return Number(act.claim & 0xffn);
    default:
      return undefined;
  }
}

function judgeSigner(judgement: Judgement, { from, to }: SignedTransaction, act: Act): void {
  const party = actorOf(act);
  if (party === undefined) return;
  const names = act.name === 'Registered' || act.name === 'TakenOver';
  const account = names ? act.account : judgement.books.parties[party]?.account;
  // An account may itself be a contract, such as a wallet with several owners; then it is what the transaction calls.
  if (account === from || account === to) return;
  const owner = account ?? 'nobody';
  judgement.violate(
    'SIGNER',
    `${act.name} of party ${party}, whose account is ${owner}, was signed by ${from}.`,
    party,
  );
}

/** Fields of the event that the call must have stated, by the name of the call's argument. */
function statedBy(act: Act): Readonly<Record<string, unknown>> {
  switch (act.name) {
    case 'Registered':
      return { registration: act.registration };
    case 'ClaimFiled':
      return { provider: act.provider, complaint: complaints.indexOf(act.complaint) };
    default:
      return { ...act };
  }
}

function judgeCall(judgement: Judgement, { to, data }: SignedTransaction, act: Act): void {
  const { call, contract } = judgement;
  if (act.name === 'Constituted' && to === null) {
    const given = ledgerInterface.encodeDeploy([act.facts, act.members]).slice(2);
    if (!data.endsWith(given))
      judgement.violate('CALL', 'The constitution is not the one the ledger was deployed with.');
  }
  if (to !== contract) return;
  if (call === undefined || !callsOf[act.name].includes(call.name)) {
    judgement.violate(
      'CALL',
      `${act.name} was booked by a call of ${call?.name ?? 'a function that a ledger does not have'}.`,
    );
    return;
  }
  const stated = statedBy(act);
  for (const name of call.parameters) {
    if (!(name in stated)) continue;
    const asked = plain(call.args.getValue(name));
    const booked = plain(stated[name]);
    if (asked === booked) continue;
    judgement.violate('CALL', `${act.name} was booked with ${name} = ${booked}, and the call asked for ${asked}.`);
  }
}

/** A value as text, the same for a call's argument and an event's decoded field. */
function plain(value: unknown): string {
  if (Array.isArray(value) && 'toObject' in value && typeof value.toObject === 'function')
    return plain(value.toObject());
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).map(([key, entry]) => {
      const word = key === 'generator' && typeof entry === 'bigint' ? generators[Number(entry)] : entry;
      return `${key}=${plain(word)}`;
    });
    return entries.join(', ');
  }
  return String(value);
}
