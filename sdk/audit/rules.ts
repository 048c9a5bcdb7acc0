/**
 * The rules an auditor holds a ledger to. Each violation names one of them.
 * @module
 */

/** Every rule by its name, as a sentence that is true of a ledger in order. */
export const rules = {
  CONSTITUTION: 'The first event is the constitution; it occurs once and its facts are in their ranges.',
  EVENT: 'Every entry of the log is an event of a ledger.',
  SIGNER: 'Every act was signed by the account it is booked on.',
  CALL: 'Every act is booked as its signed transaction asked.',
  EFFECT: 'Every effect in the log follows from an act or from a phase that ended.',
  INVITATION: 'Only members, those a member in good standing invited, and those voted in have joined.',
  REGISTRATION: 'Every registration is complete, under the account’s own id, and nobody removed came back.',
  SUCCESSION:
    'An account takes a party over only with the consent that the account before it signed, and none that was a party’s before.',
  PEER_ID: 'No party registered a peer id that another registered before it.',
  VOUCH: 'Only credible parties vote for newcomers, once the rounds have begun to form.',
  MINT: 'Points are created by declarations taking effect alone, ⌊u·|w|·(n − 1) / |D|⌋ in all for each party.',
  CAP: 'The most that may be asked of a party is ⌊u·|w| / |D|⌋.',
  PHASE_ORDER: 'Phases follow one another: order, deliver, evaluate, then the next round.',
  PHASE_EARLY: 'A phase ends only when every credible party has acted or its deadline has passed.',
  PHASE_OVERDUE: 'A phase ends at once when every credible party has acted.',
  DEADLINE: 'Every deadline is the constitution’s duration after the phase began.',
  ACT_PHASE: 'Every act is of the round and phase in which it is booked.',
  ACT_ONCE: 'A party acts once a phase.',
  ACT_CREDIBLE: 'Only parties in the credible set act.',
  ORDER_FORM: 'Orders name a provider once, in ascending order, and a number of entries above zero.',
  ORDER_PROVIDER: 'Orders go to credible parties other than the requester.',
  ORDER_CAP: 'No order asks for more than the provider’s cap.',
  ORDER_GROUP: 'A requester orders from no one or from at least `minProviders`.',
  ORDER_BALANCE: 'Nobody spends more points than it has.',
  DELIVERY: 'Every delivery fills an order of this round that was not yet settled.',
  EARNED: 'A provider earns what the orders it delivers cost, no more and no less.',
  REFUND:
    'Every order that is not delivered is refunded in full to its requester when the phase ends, and nothing else is.',
  REPORT: 'Reports name credible parties other than the reporter.',
  REMOVAL: 'A party is removed exactly when more than the constitution’s share of the credible set reported it.',
  RESIGNATION: 'Only credible parties resign.',
  CLAIM_FILED: 'A claim is about a recorded delivery of the same round and locks the deposit and bond it must.',
  CLAIM_ANSWER: 'Only the provider answers, in time.',
  CLAIM_VOTE: 'Only credible parties other than the two sides vote, once and in time.',
  CLAIM_OUTCOME: 'A claim ends as its answer and votes say.',
  CLAIM_PAYOUT: 'The deposits of a claim go, in full, to whom its outcome says.',
  CONSERVATION: 'Points, escrow and deposits add up to the points created.',
  STATE: 'The contract’s own state is the one its events lead to.',
  BLOB: 'Blobs handed to the auditor hash to the commitments recorded for them.',
} as const;

/** Name of a rule. */
export type Rule = keyof typeof rules;

/** A rule that was broken, and where. */
export interface Violation {
  readonly rule: Rule;
  /** Block in which it was broken or, for `STATE`, found. */
  readonly block: number;
  /** Hash of the transaction; null when no single one can be named. */
  readonly transaction: string | null;
  /** Round of the ledger at that time. */
  readonly round: number;
  /** The party it concerns, if one. */
  readonly party: number | null;
  /** What was found and what the rule demands. */
  readonly message: string;
}

/** Whether a text is the name of a rule. */
export function isRule(text: string): text is Rule {
  return Object.hasOwn(rules, text);
}
