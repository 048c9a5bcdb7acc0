/**
 * Judges claims: what is locked, who may answer and vote, how it ends, and who is paid.
 * @module
 */
import { has, sizeOf } from '../bitmap.ts';
import { type ClaimStatus, claimId } from '../types.ts';
import { credit, factsOf, type Judgement, type OpenClaim } from './books.ts';
import type { EventOf } from './effects.ts';

const requesterOf = (claim: bigint) => Number((claim >> 8n) & 0xffn);
const providerOf = (claim: bigint) => Number(claim & 0xffn);
const bitOf = (party: number) => 1n << BigInt(party);

/** A claim was filed. */
export function judgeFiling(judgement: Judgement, event: EventOf<'ClaimFiled'>): void {
  const { books, time } = judgement;
  const { claim, requester, provider, deposit, bond, deadline } = event;
  const facts = factsOf(books);
  const wrong = (message: string) => judgement.violate('CLAIM_FILED', `Claim ${claim}: ${message}`, requester);
  if (books.phase !== 'evaluate') wrong(`it was filed in the phase ${books.phase}.`);
  if (!has(books.credible, requester)) wrong(`party ${requester} is not in the credible set.`);
  if (claim !== claimId({ round: books.round, requester, provider })) wrong('its id is not that of its exchange.');
  if (books.claimsOfRound.has(claim)) wrong('it was filed before.');
  const delivery = books.settled.get(provider)?.get(requester);
  if (delivery === undefined) wrong(`party ${provider} delivered nothing to party ${requester} in this round.`);
  else if (delivery.commitment !== event.commitment) wrong('the commitment is not the one recorded.');
  const wealth = books.parties[provider]?.points ?? 0n;
  const purse = books.parties[requester]?.points ?? 0n;
  const dueDeposit = facts.claimDeposit < purse ? facts.claimDeposit : purse;
  const full = (delivery?.price ?? 0n) + deposit;
  const dueBond = full < wealth ? full : wealth;
  if (deposit !== dueDeposit) wrong(`the deposit is ${deposit}, not ${dueDeposit}.`);
  if (deposit === 0n) wrong(`party ${requester} put nothing at stake.`);
  if (bond !== dueBond) wrong(`the bond is ${bond}, not ${dueBond}.`);
  if (deadline !== time + facts.answerSeconds)
    wrong(`the answer is due at ${deadline}, not ${time + facts.answerSeconds}.`);
  credit(books, requester, -deposit);
  credit(books, provider, -bond);
  books.deposits += deposit + bond;
  const { complaint, commitment } = event;
  const filed = { status: 'filed', complaint, commitment, deadline, deposit, bond } as const;
  books.claims.set(claim, { ...filed, votesFor: 0n, votesAgainst: 0n });
  books.claimsOfRound.add(claim);
  judgement.record.claimFiled(event);
}

/** A claim was answered. */
export function judgeAnswer(judgement: Judgement, event: EventOf<'ClaimAnswered'>): void {
  const { books, time } = judgement;
  const { claim, deadline } = event;
  const entry = books.claims.get(claim);
  const wrong = (message: string) => judgement.violate('CLAIM_ANSWER', `Claim ${claim}: ${message}`, providerOf(claim));
  if (entry === undefined || entry.status !== 'filed') {
    wrong('there is no claim that waits for an answer.');
    return;
  }
  if (time > entry.deadline) wrong(`it was answered ${time - entry.deadline} s late.`);
  const due = time + factsOf(books).voteSeconds;
  if (deadline !== due) wrong(`the vote ends at ${deadline}, not ${due}.`);
  entry.status = 'answered';
  entry.deadline = deadline;
  judgement.record.claimAnswered(claim);
}

/** A party voted on a claim. */
export function judgeVote(judgement: Judgement, event: EventOf<'ClaimVoted'>): void {
  const { books, time } = judgement;
  const { claim, party, upheld } = event;
  const entry = books.claims.get(claim);
  const wrong = (message: string) => judgement.violate('CLAIM_VOTE', `Claim ${claim}: ${message}`, party);
  if (entry === undefined || entry.status !== 'answered') {
    wrong('there is no claim to vote on.');
    return;
  }
  if (!has(juryOf(judgement, claim), party)) wrong(`party ${party} may not vote.`);
  if (has(entry.votesFor | entry.votesAgainst, party)) wrong(`party ${party} voted twice.`);
  if (time > entry.deadline) wrong(`party ${party} voted ${time - entry.deadline} s late.`);
  if (upheld) entry.votesFor |= bitOf(party);
  else entry.votesAgainst |= bitOf(party);
}

/** A claim ended. */
export function judgeResolution(judgement: Judgement, event: EventOf<'ClaimResolved'>): void {
  const { books } = judgement;
  const { claim, outcome, toRequester, toProvider } = event;
  const entry = books.claims.get(claim);
  const requester = requesterOf(claim);
  const provider = providerOf(claim);
  if (entry === undefined) {
    judgement.violate('CLAIM_OUTCOME', `Claim ${claim}: it ended though it was not open.`, requester);
    credit(books, requester, toRequester);
    credit(books, provider, toProvider);
    return;
  }
  const due = outcomeOf(judgement, claim, entry);
  if (due !== outcome) {
    const votes = `${sizeOf(entry.votesFor)} votes for and ${sizeOf(entry.votesAgainst)} against it`;
    const should = due === undefined ? 'it could not end yet' : `it must end ${due}`;
    judgement.violate('CLAIM_OUTCOME', `Claim ${claim}: it ended ${outcome} with ${votes}; ${should}.`, requester);
  }
  const { deposit, bond } = entry;
  const all = deposit + bond;
  const dueRequester = outcome === 'upheld' ? all : outcome === 'rejected' ? 0n : deposit;
  if (toRequester !== dueRequester || toProvider !== all - dueRequester) {
    const paid = `${toRequester} points went to party ${requester} and ${toProvider} to party ${provider}`;
    judgement.violate(
      'CLAIM_PAYOUT',
      `Claim ${claim}: ${paid}, not ${dueRequester} and ${all - dueRequester}.`,
      requester,
    );
  }
  books.deposits -= all;
  credit(books, requester, toRequester);
  credit(books, provider, toProvider);
  books.claims.delete(claim);
  judgement.record.claimEnded(event, entry);
}

/** The credible set without the two sides. */
function juryOf({ books }: Judgement, claim: bigint): bigint {
  return books.credible & ~(bitOf(requesterOf(claim)) | bitOf(providerOf(claim)));
}

/** How a claim must end now; undefined while its window is open. */
function outcomeOf(judgement: Judgement, claim: bigint, entry: OpenClaim): ClaimStatus | undefined {
  const isOver = judgement.time > entry.deadline;
  if (entry.status === 'filed') return isOver ? 'upheld' : undefined;
  const jury = juryOf(judgement, claim);
  const half = Math.floor(sizeOf(jury) / 2);
  if (sizeOf(entry.votesFor & jury) > half) return 'upheld';
  if (sizeOf(entry.votesAgainst & jury) > half) return 'rejected';
  return isOver ? 'undecided' : undefined;
}
