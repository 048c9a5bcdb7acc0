/**
 * The report's sections about what happened besides exchanges: violations, claims, who came, changed and went.
 * @module
 */
import type { AuditReport } from '../audit.ts';
import type { ClaimRecord } from '../chronicle.ts';
import type { Label } from './books.ts';
import { type Cell, folded, integer, table, when } from './markup.ts';

const complaints = { notDelivered: 'not delivered', doesNotOpen: 'does not open' } as const;

/** Broken rules, first of all. */
export function violationsSection({ violations, violationsByRule }: AuditReport, label: Label): string {
  if (violations.length === 0) return '';
  const total = Object.values(violationsByRule).reduce((sum, count) => sum + count, 0);
  const note =
    total > violations.length
      ? `<p>The first ${integer(violations.length)} of ${integer(total)}; the option --violations writes them all.</p>`
      : '';
  const rows = violations.map(({ rule, block, transaction, round, party, message }): Cell[] => [
    rule,
    block,
    transaction ?? '',
    round,
    party === null ? '' : label(party),
    message,
  ]);
  return `<h2>Violations</h2>${note}${table(['rule', 'block', 'transaction', 'round', 'party', 'what was found'], rows)}`;
}

/** How a claim stands, as a few words. */
function outcomeOf({ status, endedAt, votesFor, votesAgainst }: ClaimRecord): string {
  if (endedAt === undefined) return status === 'filed' ? 'open, not answered' : 'open, answered';
  if (votesFor + votesAgainst === 0) return status;
  return `${status}, ${votesFor} for, ${votesAgainst} against`;
}

/** Complaints about deliveries, and how each ended. */
export function claimsSection({ summary }: AuditReport, label: Label): string {
  const { claims, claimCount } = summary.chronicle;
  if (claimCount === 0) return '<h2>Claims</h2><p>Nobody complained about a delivery.</p>';
  const head = [
    'round',
    'filed (UTC)',
    'in block',
    'by',
    'against',
    'complaint',
    'locked',
    'outcome',
    'ended (UTC)',
    'to the claimant',
    'to the provider',
    'transaction',
  ];
  const rows = claims.map((claim): Cell[] => [
    claim.round,
    when(claim.time),
    claim.block,
    label(claim.requester),
    label(claim.provider),
    complaints[claim.complaint],
    `${integer(claim.deposit)} + ${integer(claim.bond)}`,
    outcomeOf(claim),
    claim.endedAt === undefined ? '' : when(claim.endedAt),
    claim.toRequester,
    claim.toProvider,
    claim.transaction,
  ]);
  return `<h2>Claims</h2>${first(claims.length, claimCount)}${table(head, rows)}`;
}

/** Registrations, changes of keys, accounts and data, votes for newcomers, removals, resignations. */
export function changesSection({ summary }: AuditReport, label: Label): string {
  const { changes, changeCount } = summary.chronicle;
  const rows = changes.map(({ round, time, block, party, what, transaction }): Cell[] => [
    round,
    when(time),
    block,
    label(party),
    what,
    transaction,
  ]);
  const head = ['round', 'time (UTC)', 'block', 'party', 'what happened', 'transaction'];
  const list = first(changes.length, changeCount) + table(head, rows);
  return `<h2>Who came, changed and went</h2>${folded(`${integer(changeCount)} entries`, list)}`;
}

const first = (shown: number, all: number) =>
  shown < all ? `<p>The first ${integer(shown)} of ${integer(all)}.</p>` : '';
