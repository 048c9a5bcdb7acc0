/**
 * A run's summary as one HTML file that needs nothing else: no scripts, no fonts, no network.
 * @module
 */
import { accuracyChart, credibilityChart, fairnessChart, pointsChart } from './charts.ts';
import type { PartySummary, RunSummary } from './summary.ts';
import { correlation, megabytes, percent, thousands } from './text.ts';

const style = `
:root { color-scheme: light dark; --ink: #1c2430; --soft: #667; --line: #8884; --good: #00794f; --bad: #c0392b; --card: #f6f7f9; --page: #fff; }
@media (prefers-color-scheme: dark) { :root { --ink: #e8eaee; --soft: #9aa; --card: #1d222b; --page: #12161d; --good: #3ecf8e; --bad: #ff7b6b; } }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--page); max-width: 1120px; margin: 2.5rem auto; padding: 0 1.5rem; }
h1 { font-size: 1.7rem; margin: 0; } h2 { font-size: 1.1rem; margin: 2.2rem 0 .6rem; } p.sub { color: var(--soft); margin: .2rem 0 1.6rem; }
.cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(165px, 1fr)); gap: .8rem; }
.card { background: var(--card); border-radius: 10px; padding: .9rem 1.1rem; } .card b { display: block; font-size: 1.15rem; } .card span { color: var(--soft); font-size: .86rem; }
.good { color: var(--good); } .bad { color: var(--bad); }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; } th, td { text-align: right; white-space: nowrap; padding: .4rem .6rem; border-bottom: 1px solid var(--line); }
th { color: var(--soft); font-weight: 600; font-size: .84rem; } th:first-child, td:first-child { text-align: left; } code { font-size: .8rem; color: var(--soft); }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(460px, 1fr)); gap: 1.2rem; } figure { margin: 0; background: var(--card); border-radius: 10px; padding: 1rem; overflow: hidden; } figure svg { max-width: 100%; height: auto; } figcaption { color: var(--soft); font-size: .88rem; margin-bottom: .5rem; }
@media print { body { margin: 0; max-width: none; } figure, .card { break-inside: avoid; } }`;

/** Text that is shown as it is. */
export function escapeHtml(text: string): string {
  const entities: Readonly<Record<string, string>> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
    "'": '&#39;',
  };
  return text.replace(/[&<>"']/g, (character) => entities[character]);
}

function card(value: string, caption: string, verdict?: boolean): string {
  const mood = verdict === undefined ? '' : verdict ? ' class="good"' : ' class="bad"';
  return `<div class="card"><b${mood}>${escapeHtml(value)}</b><span>${escapeHtml(caption)}</span></div>`;
}

/** 0xEca629D9…2CD260: enough to tell parties apart; the whole address is in the tooltip and in the JSON. */
function shortAccount(account: string): string {
  return `${account.slice(0, 10)}…${account.slice(-6)}`;
}

function row(party: PartySummary): string {
  const gain = party.accuracy !== null && party.accuracyAlone !== null ? party.accuracy - party.accuracyAlone : null;
  const cells = [
    `${party.id}${party.credible ? '' : ' (removed)'} <code title="${escapeHtml(party.account)}">${escapeHtml(shortAccount(party.account))}</code>`,
    thousands(party.examples),
    party.sharingLevel.toFixed(2),
    percent(party.accuracyStandalone),
    percent(party.accuracyAlone),
    `<b>${percent(party.accuracy)}</b>`,
    gain === null
      ? '–'
      : `<span class="${gain > 0 ? 'good' : 'bad'}">${gain > 0 ? '+' : ''}${(100 * gain).toFixed(1)}</span>`,
    thousands(party.points),
    party.credibilityReceived.toFixed(3),
    `${party.privacy.epsilon} / ${party.privacy.delta.toExponential()}`,
    megabytes(party.bytesSent),
    megabytes(party.bytesReceived),
  ];
  return `<tr>${cells.map((cell) => `<td>${cell}</td>`).join('')}</tr>`;
}

function troubles(summary: RunSummary): string {
  if (summary.troubles.length === 0) return '<p>Nobody was missing in any round, and no sum was left out.</p>';
  const lines = summary.troubles.map(
    ({ round, party, missing, skipped }) =>
      `<tr><td>${round}</td><td>${party}</td><td>${missing.join(', ') || '–'}</td><td>${skipped ? 'nothing was added' : 'the sum of the others was added'}</td></tr>`,
  );
  return `<table><tr><th>round</th><th>at party</th><th>missing parties</th><th>what happened</th></tr>${lines.join('')}</table>`;
}

/** Renders the report. */
export async function summaryHtml(summary: RunSummary): Promise<string> {
  const { books, fairness, transactions, seconds } = summary;
  const charts = await Promise.all([
    accuracyChart(summary),
    fairnessChart(summary),
    pointsChart(summary),
    credibilityChart(summary),
  ]);
  const captions = [
    'Accuracy on held-out data, by round: with the others, and the same training alone',
    'What a party shares against what it gets',
    'Points, by round',
    'Credibility at the end, row by row normalised over the others',
  ];
  const figures = charts.map((svg, index) => `<figure><figcaption>${captions[index]}</figcaption>${svg}</figure>`);
  const heads = [
    'party',
    'examples',
    'λ',
    'standalone',
    'alone',
    'together',
    'gain',
    'points',
    'credibility',
    'ε / δ',
    'sent',
    'received',
  ];
  const removed = summary.parties.filter(({ credible }) => !credible).length;
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(summary.name)}: report of a DPPDL run</title><style>${style}</style></head><body>
<h1>${escapeHtml(summary.name)}</h1>
<p class="sub">${summary.parties.length} parties, ${summary.rounds} rounds, ${thousands(summary.parameterCount)} parameters, ledger <code>${escapeHtml(summary.contract)}</code></p>
<div class="cards">
${card(summary.everyoneBetter ? 'everyone' : 'not everyone', 'better than alone with the same data, training and seed', summary.everyoneBetter)}
${card(`r = ${correlation(fairness.r)}`, `fairness: sharing level and accuracy; without exchange ${correlation(fairness.control)}${summary.parties.length < 10 ? '; with so few parties mostly chance' : ''}`)}
${card(books.balanced ? 'the books balance' : 'THE BOOKS DO NOT BALANCE', `${thousands(books.minted)} points minted, ${thousands(books.held)} held`, books.balanced)}
${card(`${transactions.count} transactions`, `${thousands(transactions.gas)} gas`)}
${card(`${summary.secondsPerRound.toFixed(2)} s a round`, `train ${seconds.train.toFixed(2)}, order ${seconds.order.toFixed(2)}, deliver ${seconds.deliver.toFixed(2)}, evaluate ${seconds.evaluate.toFixed(2)}`)}
${card(removed === 0 ? 'nobody removed' : `${removed} removed`, 'by majority of the credible parties')}
</div>
<h2>Parties</h2>
<table><tr>${heads.map((head) => `<th>${head}</th>`).join('')}</tr>${summary.parties.map(row).join('')}</table>
<p class="sub">ε and δ: differential privacy of the published samples, per original record added or removed. Gradients are seen as sums only; see docs/threats.md for what that does and does not hide.</p>
<div class="charts">${figures.join('')}</div>
<h2>Incomplete rounds</h2>
${troubles(summary)}
</body></html>
`;
}
