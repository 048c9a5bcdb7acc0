/**
 * The audit's result as one page to hand to a regulator: everything in it, nothing fetched from anywhere.
 * @module
 */
import type { AuditReport, Exchange } from '../audit.ts';
import { isRule, rules } from '../rules.ts';
import {
  declarationsSection,
  exchangesSection,
  flowsSection,
  type Label,
  partiesSection,
  pointsSection,
  roundsSection,
} from './books.ts';
import { constitutionSection } from './constitution.ts';
import { changesSection, claimsSection, violationsSection } from './events.ts';
import { escapeText, facts, integer, mono, table, when } from './markup.ts';
import { drawPlots } from './plots.ts';

/** What the page shows beside the report. */
export interface PageOptions {
  /** The exchanges to list one by one: all or, if they are too many, the first {@link MOST_EXCHANGES}. */
  readonly exchanges: readonly Exchange[];
  /** When the audit was made. */
  readonly at: Date;
  /** Names of organisations by account, checksummed. */
  readonly names?: ReadonlyMap<string, string>;
}

/** Exchanges a page lists one by one; of longer ledgers a CSV file has them all. */
export const MOST_EXCHANGES = 5_000;

/** A party by its number and, where an account of it has one, its name. */
function labelOf({ summary }: AuditReport, names: ReadonlyMap<string, string>): Label {
  const found = summary.parties.map(({ account, formerAccounts }) =>
    [account, ...formerAccounts.toReversed()].map((each) => names.get(each)).find((name) => name !== undefined),
  );
  return (party) => (found[party] === undefined ? `${party}` : `${party} ${found[party]}`);
}

const codes: Readonly<Record<AuditReport['origin']['code'], string>> = {
  'this release': 'that of this program’s release',
  another: 'not that of this program’s release',
  unknown: 'not compared with this program’s release',
};

function subjectSection(report: AuditReport, at: Date): string {
  const { origin, contract, chainId, fromBlock, toBlock, toBlockHash, from, to } = report;
  return facts([
    ['ledger', `${mono(contract)} on chain ${escapeText(chainId)}`],
    ['consortium', `${mono(report.facts.consortiumHash)}, the SHA-256 of its file`],
    ['created', `${when(from)} UTC by ${mono(origin.creator)} in transaction ${mono(origin.transaction)}`],
    ['code', escapeText(codes[origin.code])],
    ['audited', `blocks ${integer(fromBlock)} to ${integer(toBlock)}, the last with the hash ${mono(toBlockHash)}`],
    ['period', `${when(from)} to ${when(to)} UTC, first and last entry`],
    ['made', `${when(Math.floor(at.getTime() / 1000))} UTC, from the chain alone`],
  ]);
}

function verdictSection(report: AuditReport): string {
  const { verdict, violationsByRule, minted, escrow, deposits, balances, counts, phase, round, origin } = report;
  const free = balances.reduce((sum, points) => sum + points, 0n);
  const total = Object.values(violationsByRule).reduce((sum, count) => sum + count, 0);
  const broken = Object.keys(violationsByRule).length;
  const good = verdict === 'in order';
  const sentence = good
    ? 'The books are in order: every rule below held at every block, and the contract’s own state is the one its events lead to.'
    : `The books are not in order: ${integer(total)} ${total === 1 ? 'violation' : 'violations'} of ${broken} ${broken === 1 ? 'rule' : 'rules'}.`;
  const caution =
    origin.code === 'another'
      ? '<p class="verdict wary">The contract was not created with the code of this program’s release. What it did was checked; what it can still do is not known.</p>'
      : '';
  const blobs =
    report.blobs === null
      ? ''
      : `<p>Blobs handed over: ${integer(report.blobs.count)}, of which ${integer(report.blobs.matched)} belong to recorded exchanges.</p>`;
  return `<p class="verdict ${good ? 'good' : 'bad'}">${escapeText(sentence)}</p>${caution}
<p>${integer(counts.events)} events in ${integer(counts.transactions)} transactions. The ledger is in the phase “${escapeText(phase)}” of round ${integer(round)}
of ${integer(report.facts.rounds)}. ${integer(report.summary.exchanges)} exchanges were settled.</p>
<p>Points: ${integer(free)} free + ${integer(escrow)} in escrow + ${integer(deposits)} at stake in claims
${free + escrow + deposits === minted ? '=' : '≠'} ${integer(minted)} created.</p>${blobs}`;
}

function rulesSection({ violationsByRule, blobs }: AuditReport): string {
  const rows = Object.entries(rules).map(([rule, sentence]) => {
    const count = isRule(rule) ? (violationsByRule[rule] ?? 0) : 0;
    const held = rule === 'BLOB' && blobs === null ? 'no blobs given' : 'held';
    return [count === 0 ? held : `broken ${count === 1 ? 'once' : `${integer(count)} times`}`, rule, sentence];
  });
  return `<h2>Rules</h2>${table(['', 'rule', ''], rows)}`;
}

/** What no audit of a chain can see. */
const trust = `<h2>What this audit takes on trust</h2>
<ul><li>The chain’s node that was asked: the log, the transactions’ signers and the contract’s state are what it says they are.</li>
<li>What parties declare: how many examples they hold, and how their samples were made.</li>
<li>What is in a blob: the ledger holds hashes. Blobs that were handed over were held against them.</li></ul>`;

const style = `body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:84rem;padding:0 1rem;color:#1b2733;background:#fff}
h1{font-size:1.6rem}h2{font-size:1.2rem;margin-top:2rem;border-bottom:1px solid #ccd5dd;break-after:avoid}
dl{display:grid;grid-template-columns:max-content auto;gap:.1rem 1rem;font-size:14px}dt{color:#51616f}dd{margin:0;overflow-wrap:anywhere}
.verdict{padding:.8rem 1rem;border-radius:.4rem;font-weight:600}.good{background:#e3f4e8;color:#14532d}.bad{background:#fde8e6;color:#7f1d1d}.wary{background:#fdf3d8;color:#713f12}
.wide{overflow-x:auto}table{border-collapse:collapse;font-size:13px}th,td{padding:.25rem .5rem;border-bottom:1px solid #e4eaef;text-align:left;vertical-align:top}
td.s{white-space:nowrap}.n{text-align:right}td.n{font-variant-numeric:tabular-nums;white-space:nowrap}
code,td.h{font-family:ui-monospace,monospace;font-size:.85em;overflow-wrap:anywhere}td.h{min-width:7rem;max-width:24rem}
figure{margin:1.5rem 0;break-inside:avoid}figcaption{color:#51616f;font-size:13px}summary{cursor:pointer;margin:.5rem 0}svg{max-width:100%;height:auto}
@media print{@page{size:A4 landscape;margin:12mm}body{margin:0;max-width:none;font-size:11px}table{font-size:8px}td,th{padding:.1rem .25rem}td.h{min-width:0}
tr{break-inside:avoid}thead{display:table-header-group}.wide{overflow:visible}details::details-content{content-visibility:visible;block-size:auto}}`;

/** Writes the page. */
export async function renderReport(report: AuditReport, { exchanges, at, names }: PageOptions): Promise<string> {
  const named = names ?? new Map<string, string>();
  const label = labelOf(report, named);
  const plots = await drawPlots(report.summary, report.balances, report.round, label);
  const figures = plots.map(
    ({ caption, svg }) => `<figure>${svg}<figcaption>${escapeText(caption)}</figcaption></figure>`,
  );
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>Audit of ledger ${escapeText(report.contract)}</title><style>${style}</style></head><body>
<h1>Audit of a learning consortium’s ledger</h1>
${subjectSection(report, at)}
${verdictSection(report)}
${violationsSection(report, label)}
${figures.join('\n')}
${partiesSection(report, label)}
${pointsSection(report, label)}
${flowsSection(report, label)}
${claimsSection(report, label)}
${changesSection(report, label)}
${declarationsSection(report, label)}
${roundsSection(report, label)}
${exchangesSection(report, exchanges, label)}
${rulesSection(report)}
${constitutionSection(report, label, named)}
${trust}
</body></html>
`;
}
