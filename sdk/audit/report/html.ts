/**
 * The audit's result as one page to hand to a regulator: everything in it, nothing fetched from anywhere.
 * @module
 */

import type { AuditReport, Exchange } from '../audit.ts';
import { isRule, rules } from '../rules.ts';
import { drawPlots } from './plots.ts';

/** What the page shows beside the report. */
export interface PageOptions {
  /** The exchanges to list one by one; see {@link MOST_EXCHANGES}. */
  readonly exchanges: readonly Exchange[];
  /** When the audit was made. */
  readonly at: Date;
}

/** Exchanges a page lists one by one; longer ledgers have totals, and the list of all as a CSV file. */
export const MOST_EXCHANGES = 5_000;
/** Parties up to which the page has a column for each. */
const MOST_COLUMNS = 20;

type Cell = string | number | bigint;

/** Text that cannot become markup: names and messages come from the chain. */
function escapeText(text: Cell): string {
  return String(text).replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

const integer = (value: number | bigint) => value.toLocaleString('en-US').replaceAll(',', '\u202f');
/** A time in UTC; the column's head says so. */
const when = (seconds: number) => new Date(seconds * 1000).toISOString().slice(0, 19).replace('T', ' ');
const shownCell = (cell: Cell) => (typeof cell === 'string' ? escapeText(cell) : integer(cell));
const mono = (text: string) => `<code>${escapeText(text)}</code>`;

/** Numbers stand to the right; short texts such as times do not break. */
const classOf = (cell: Cell) => (typeof cell !== 'string' ? ' class="n"' : cell.length < 26 ? ' class="s"' : '');

function table(head: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const cells = (row: readonly Cell[]) => row.map((cell) => `<td${classOf(cell)}>${shownCell(cell)}</td>`).join('');
  return `<div class="wide"><table><thead><tr>${head.map((name) => `<th>${escapeText(name)}</th>`).join('')}</tr></thead>
<tbody>${rows.map((row) => `<tr>${cells(row)}</tr>`).join('\n')}</tbody></table></div>`;
}

const folded = (summary: string, content: string) =>
  `<details><summary>${escapeText(summary)}</summary>${content}</details>`;

function verdictSection(report: AuditReport): string {
  const { verdict, violationsByRule, minted, escrow, deposits, balances, counts, phase, round } = report;
  const free = balances.reduce((sum, points) => sum + points, 0n);
  const total = Object.values(violationsByRule).reduce((sum, count) => sum + count, 0);
  const good = verdict === 'in order';
  const sentence = good
    ? 'The books are in order: every rule below held at every block, and the contract’s own state is the one its events lead to.'
    : `The books are not in order: ${integer(total)} violation${total === 1 ? '' : 's'} of ${Object.keys(violationsByRule).length} rule(s).`;
  return `<p class="verdict ${good ? 'good' : 'bad'}">${escapeText(sentence)}</p>
<p>Blocks ${integer(report.fromBlock)} to ${integer(report.toBlock)}, from ${when(report.from)} to ${when(report.to)} UTC:
${integer(counts.events)} events in ${integer(counts.transactions)} transactions. The ledger is in the phase “${escapeText(phase)}” of round ${integer(round)}
of ${integer(report.facts.rounds)}. ${integer(report.summary.exchanges)} exchanges were settled.</p>
<p>Points: ${integer(free)} free + ${integer(escrow)} in escrow + ${integer(deposits)} at stake in claims
${free + escrow + deposits === minted ? '=' : '≠'} ${integer(minted)} created.</p>${
    report.blobs === null
      ? ''
      : `<p>Blobs handed over: ${integer(report.blobs.count)}, of which ${integer(report.blobs.matched)} belong to recorded exchanges.</p>`
  }`;
}

function violationsSection({ violations, violationsByRule }: AuditReport): string {
  if (violations.length === 0) return '';
  const total = Object.values(violationsByRule).reduce((sum, count) => sum + count, 0);
  const note = total > violations.length ? `<p>The first ${integer(violations.length)} of ${integer(total)}.</p>` : '';
  const rows = violations.map(({ rule, block, transaction, round, party, message }) => [
    rule,
    block,
    transaction ?? '',
    round,
    party === null ? '' : String(party),
    message,
  ]);
  return `<h2>Violations</h2>${note}${table(['rule', 'block', 'transaction', 'round', 'party', 'what was found'], rows)}`;
}

function rulesSection({ violationsByRule }: AuditReport): string {
  const rows = Object.entries(rules).map(([rule, sentence]) => {
    const count = isRule(rule) ? (violationsByRule[rule] ?? 0) : 0;
    return [count === 0 ? 'held' : `broken ${integer(count)} times`, rule, sentence];
  });
  return `<h2>Rules</h2>${table(['', 'rule', ''], rows)}`;
}

function partiesSection({ summary, balances }: AuditReport): string {
  const head = [
    'party',
    'account',
    'joined (UTC)',
    'in round',
    'standing',
    'created',
    'ordered',
    'received',
    'refunded',
    'earned',
    'won or lost in claims',
    'free points',
    'claims filed',
    'claims against',
    'times reported',
  ];
  const rows = summary.parties.map((party) => [
    party.party,
    party.account,
    when(party.joinedAt),
    party.joinedRound,
    party.standing === 'removed' || party.standing === 'resigned'
      ? `${party.standing} in round ${party.standingRound}`
      : party.standing,
    party.minted,
    party.ordered,
    party.received,
    party.refunded,
    party.earned,
    party.fines,
    balances[party.party] ?? 0n,
    party.claimsFiled,
    party.claimsAgainst,
    party.reportsReceived,
  ]);
  return `<h2>Parties</h2>
<p>Free points = created − ordered + refunded + earned ± claims, less what is at stake in open ones. One point pays for one gradient entry.</p>${table(head, rows)}`;
}

function flowsSection({ summary }: AuditReport): string {
  const { flows } = summary;
  const names = flows.map((_, party) => `to ${party}`);
  if (flows.length <= MOST_COLUMNS) {
    const rows = flows.map((row, requester) => [`from ${requester}`, ...row]);
    return `<h2>From whom to whom</h2>${table(['', ...names], rows)}`;
  }
  const rows = flows.flatMap((row, requester) =>
    row.flatMap((points, provider) => (points === 0n ? [] : [[requester, provider, points]])),
  );
  return `<h2>From whom to whom</h2>${folded(`${integer(rows.length)} pairs`, table(['from', 'to', 'points'], rows))}`;
}

function roundsSection({ summary }: AuditReport): string {
  const { rounds, parties } = summary;
  const name = (from: number, to: number) => (from === to ? `${from}` : `${from} to ${to}`);
  const rows = rounds.map((round) => [
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
    round.removed.join(', '),
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
  if (parties.length > MOST_COLUMNS) return all;
  const perParty = rounds.map((round) => [
    name(round.fromRound, round.toRound),
    ...parties.flatMap(({ party }) => [
      round.orderedBy[party] ?? 0n,
      round.earnedBy[party] ?? 0n,
      round.refundedBy[party] ?? 0n,
    ]),
  ]);
  const perPartyHead = [
    'round',
    ...parties.flatMap(({ party }) => [`${party} ordered`, `${party} earned`, `${party} refunded`]),
  ];
  return all + folded('By party and round', table(perPartyHead, perParty));
}

function exchangesSection({ summary }: AuditReport, exchanges: readonly Exchange[]): string {
  if (summary.exchanges > exchanges.length) {
    return `<h2>Exchanges</h2><p>${integer(summary.exchanges)} exchanges, too many for a page: the option --csv writes them all.</p>`;
  }
  const rows = exchanges.map(({ round, block, time, transaction, requester, provider, points, commitment }) => [
    round,
    block,
    when(time),
    requester,
    provider,
    points,
    transaction,
    commitment,
  ]);
  const head = ['round', 'block', 'time (UTC)', 'from', 'to', 'points', 'transaction', 'commitment'];
  return `<h2>Exchanges</h2>${folded(`${integer(rows.length)} exchanges`, table(head, rows))}`;
}

function constitutionSection({ facts, members }: AuditReport): string {
  const rows = Object.entries(facts).map(([fact, value]) => [
    fact,
    typeof value === 'number' ? integer(value) : String(value),
  ]);
  return `<h2>Constitution</h2>${table(['fact', 'value'], rows)}${folded(
    `${members.length} members may join and invite`,
    table(
      ['account'],
      members.map((member) => [member]),
    ),
  )}`;
}

const style = `body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:76rem;padding:0 1rem;color:#1b2733;background:#fff}
h1{font-size:1.6rem}h2{font-size:1.2rem;margin-top:2rem;border-bottom:1px solid #ccd5dd}
.verdict{padding:.8rem 1rem;border-radius:.4rem;font-weight:600}.good{background:#e3f4e8;color:#14532d}.bad{background:#fde8e6;color:#7f1d1d}
.wide{overflow-x:auto}table{border-collapse:collapse;font-size:13px}th,td{padding:.25rem .5rem;border-bottom:1px solid #e4eaef;text-align:left;vertical-align:top}
td.s{white-space:nowrap}td.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}code{font-size:.92em;overflow-wrap:anywhere}
figure{margin:1.5rem 0}figcaption{color:#51616f;font-size:13px}summary{cursor:pointer;margin:.5rem 0}svg{max-width:100%;height:auto}
@media print{details{display:block}details>*{display:block}}`;

/** Writes the page. */
export async function renderReport(report: AuditReport, { exchanges, at }: PageOptions): Promise<string> {
  const plots = await drawPlots(report.summary, report.balances, report.round);
  const figures = plots.map(
    ({ caption, svg }) => `<figure>${svg}<figcaption>${escapeText(caption)}</figcaption></figure>`,
  );
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>Audit of ledger ${escapeText(report.contract)}</title><style>${style}</style></head><body>
<h1>Audit of a learning consortium’s ledger</h1>
<p>Contract ${mono(report.contract)} on chain ${escapeText(report.chainId)}, consortium ${mono(report.facts.consortiumHash)}. Made on
${escapeText(when(Math.floor(at.getTime() / 1000)))} UTC from the chain alone.</p>
${verdictSection(report)}
${violationsSection(report)}
${figures.join('\n')}
${partiesSection(report)}
${flowsSection(report)}
${roundsSection(report)}
${exchangesSection(report, exchanges)}
${rulesSection(report)}
${constitutionSection(report)}
</body></html>
`;
}
