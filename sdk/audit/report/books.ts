/**
 * The report's sections about points: parties, who paid whom, rounds, exchanges.
 * @module
 */
import type { AuditReport, Exchange } from '../audit.ts';
import { type Cell, folded, integer, table, when } from './markup.ts';

/** What a party is called in the report. */
export type Label = (party: number) => string;

/** Parties that have a column each. */
const MOST_COLUMNS = 20;

/** Who takes part, since when, and how it stands. */
export function partiesSection({ summary }: AuditReport, label: Label): string {
  const head = [
    'party',
    'account',
    'accounts before',
    'joined (UTC)',
    'in round',
    'standing',
    'claims filed',
    'claims against',
    'times reported',
  ];
  const rows = summary.parties.map((party): Cell[] => [
    label(party.party),
    party.account,
    party.formerAccounts.join(' '),
    when(party.joinedAt),
    party.joinedRound,
    party.standing === 'removed' || party.standing === 'resigned'
      ? `${party.standing} in round ${party.standingRound}`
      : party.standing,
    party.claimsFiled,
    party.claimsAgainst,
    party.reportsReceived,
  ]);
  return `<h2>Parties</h2>${table(head, rows)}`;
}

/** What became of each party's points. */
export function pointsSection({ summary, balances, minted, escrow, deposits }: AuditReport, label: Label): string {
  const head = [
    'party',
    'created',
    'ordered',
    'of it received',
    'of it refunded',
    'earned',
    'won or lost in claims',
    'free points',
  ];
  const sum = (values: readonly bigint[]) => values.reduce((total, value) => total + value, 0n);
  const rows = summary.parties.map((party): Cell[] => [
    label(party.party),
    party.minted,
    party.ordered,
    party.received,
    party.refunded,
    party.earned,
    party.fines,
    balances[party.party] ?? 0n,
  ]);
  const totals = head.slice(1).map((_, column) => sum(rows.map((row) => BigInt(row[column + 1]))));
  return `<h2>Points by party</h2>
<p>Free points = created − ordered + refunded + earned ± claims, less what is at stake in open ones. One point pays for one gradient entry.
All free points, ${integer(escrow)} in escrow and ${integer(deposits)} at stake in claims make ${integer(sum(balances) + escrow + deposits)}; ${integer(minted)} were created.</p>${table(head, [...rows, ['all', ...totals]])}`;
}

/** What each party declared of its data and its published samples. */
export function declarationsSection({ summary }: AuditReport, label: Label): string {
  const head = [
    'party',
    'examples |D|',
    'published samples u',
    'λ = u / |D|',
    'made by',
    'ε',
    'δ',
    'SHA-256 of the samples',
    'node',
  ];
  const rows = summary.parties.map(({ party, declaration }): Cell[] => {
    const { examples, samples, generator, epsilon, delta, samplesHash, location } = declaration;
    return [
      label(party),
      examples,
      samples,
      (samples / examples).toFixed(4),
      generator,
      `${Number(epsilon) / 1e6}`,
      `${Number(delta) / 1e18}`,
      samplesHash,
      location,
    ];
  });
  return `<h2>Declarations</h2>
<p>As each party declared them last; nobody but the party can check them. ε and δ are those of the differential privacy of the samples it
published, per original record.</p>${table(head, rows)}`;
}

/** Points from requesters to providers. */
export function flowsSection({ summary }: AuditReport, label: Label): string {
  const { flows } = summary;
  if (flows.length <= MOST_COLUMNS) {
    const rows = flows.map((row, requester): Cell[] => [`from ${label(requester)}`, ...row]);
    return `<h2>From whom to whom</h2>${table(['points', ...flows.map((_, party) => `to ${label(party)}`)], rows)}`;
  }
  const rows = flows.flatMap((row, requester) =>
    row.flatMap((points, provider) => (points === 0n ? [] : [[label(requester), label(provider), points]])),
  );
  return `<h2>From whom to whom</h2>${folded(`${integer(rows.length)} pairs`, table(['from', 'to', 'points'], rows))}`;
}

/** What happened in each round, and to each party in it. */
export function roundsSection({ summary }: Pick<AuditReport, 'summary'>, label: Label): string {
  const { rounds, parties } = summary;
  const name = (from: number, to: number) => (from === to ? `${from}` : `${from} to ${to}`);
  const rows = rounds.map((round): Cell[] => [
    name(round.fromRound, round.toRound),
    round.block,
    when(round.time),
    round.credible,
    round.minted,
    round.ordered,
    round.exchanges,
    round.exchanged,
    round.refunded,
    round.reports,
    round.removed.map(label).join(', '),
  ]);
  const head = [
    'round',
    'from block',
    'began (UTC)',
    'credible parties',
    'created',
    'ordered',
    'exchanges',
    'delivered',
    'refunded',
    'reports',
    'removed',
  ];
  const all = `<h2>Rounds</h2>${folded(`${integer(rows.length)} rows`, table(head, rows))}`;
  const shown = parties.slice(0, MOST_COLUMNS);
  const note =
    shown.length < parties.length
      ? `<p>By round, the page has the points of the first ${shown.length} of ${parties.length} parties; the option --json has those of all.</p>`
      : '';
  const perParty = (['ordered', 'earned', 'refunded'] as const).map((what) => {
    const lines = rounds.map((round): Cell[] => [
      name(round.fromRound, round.toRound),
      ...shown.map(({ party }) => round[`${what}By`][party] ?? 0n),
    ]);
    return folded(
      `Points ${what}, by party and round`,
      table(['round', ...shown.map(({ party }) => label(party))], lines),
    );
  });
  return all + note + perParty.join('');
}

/** Exchanges one by one, or the first ones of many. */
export function exchangesSection(
  { summary }: Pick<AuditReport, 'summary'>,
  exchanges: readonly Exchange[],
  label: Label,
): string {
  const note =
    exchanges.length < summary.exchanges
      ? `<p>The first ${integer(exchanges.length)} of ${integer(summary.exchanges)}; the option --csv writes them all.</p>`
      : '';
  const rows = exchanges.map(({ round, block, time, transaction, requester, provider, points, commitment }): Cell[] => [
    round,
    block,
    when(time),
    label(requester),
    label(provider),
    points,
    transaction,
    commitment,
  ]);
  const head = ['round', 'block', 'time (UTC)', 'from', 'to', 'points', 'transaction', 'commitment'];
  return `<h2>Exchanges</h2>${note}${folded(`${integer(rows.length)} exchanges`, table(head, rows))}`;
}
