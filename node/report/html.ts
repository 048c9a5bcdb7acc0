/**
 * A run's summary as one HTML file that needs nothing else: no scripts, no fonts, no network.
 * @module
 */
import { readFile } from 'node:fs/promises';
import { accuracyChart, credibilityChart, fairnessChart, pointsChart } from './charts.ts';
import type { PartySummary, RunSummary } from './summary.ts';
import {
  byContribution,
  caution,
  correlation,
  gain,
  incidents,
  megabytes,
  percent,
  roundSteps,
  thousands,
} from './text.ts';

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text that is shown as it is, in elements and in attributes. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character]);
}

/** A fact in large type with what it means below; `good` colours it. */
function card(fact: string, meaning: string, good?: boolean): string {
  const mood = good === undefined ? '' : ` class="${good ? 'good' : 'bad'}"`;
  return `<div class="card"><b${mood}>${escapeHtml(fact)}</b><span>${escapeHtml(meaning)}</span></div>`;
}

/** A table of texts; `rows` may hold markup, so their makers escape. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const heads = head.map((title) => `<th>${escapeHtml(title)}</th>`).join('');
  const lines = rows.map((row) => `<tr>${row.map((cell) => `<td>${cell}</td>`).join('')}</tr>`);
  return `<div class="wide"><table><thead><tr>${heads}</tr></thead><tbody>\n${lines.join('\n')}\n</tbody></table></div>`;
}

/** 0xEca629D9…2CD260: enough to tell parties apart; the whole address is in the tooltip and in the JSON. */
function shortAccount(account: string): string {
  const short = `${account.slice(0, 8)}…${account.slice(-4)}`;
  return `<code title="${escapeHtml(account)}">${escapeHtml(short)}</code>`;
}

const partyHeads = [
  'party',
  'id',
  'account',
  'examples',
  'λ',
  'standalone',
  'alone',
  'together',
  'gain',
  'points',
  'credibility',
  'sent',
  'received',
];

function partyRow(party: PartySummary): string[] {
  const better = (party.accuracy ?? 0) > (party.accuracyAlone ?? 0);
  return [
    `${escapeHtml(party.name)}${party.credible ? '' : ' <span class="bad">voted out</span>'}`,
    String(party.id),
    shortAccount(party.account),
    thousands(party.examples),
    party.sharingLevel.toFixed(2),
    percent(party.accuracyStandalone),
    percent(party.accuracyAlone),
    `<b>${percent(party.accuracy)}</b>`,
    `<span class="${better ? 'good' : 'bad'}">${gain(party)}</span>`,
    thousands(party.points),
    party.credibilityReceived.toFixed(3),
    megabytes(party.bytesSent),
    megabytes(party.bytesReceived),
  ];
}

/** The answers to the questions a member asks first. */
function cards(summary: RunSummary): string {
  const { audit, books, fairness, fairnessOfExamples, parties, transactions } = summary;
  const removed = parties.filter(({ credible }) => !credible).length;
  const hint = caution(parties.length);
  const all = [
    card(
      summary.everyoneBetter ? 'Everyone better than alone' : 'Not everyone better than alone',
      'against the same data, training and seed without exchange',
      summary.everyoneBetter,
    ),
    card(
      `Fairness r = ${correlation(fairness.r)}`,
      `sharing level and accuracy (without exchange ${correlation(fairness.control)}); by data size ${correlation(fairnessOfExamples.r)} (${correlation(fairnessOfExamples.control)})${hint === '' ? '' : `; ${hint}`}`,
    ),
    card(
      books.balanced ? 'The books balance' : 'The books do not balance',
      `${thousands(books.minted)} points minted, ${thousands(books.held)} held`,
      books.balanced,
    ),
    audit === null
      ? ''
      : card(
          audit.inOrder ? 'Audit in order' : 'Audit found violations',
          audit.inOrder
            ? `all ${thousands(audit.events)} events replayed from the chain alone, every rule checked`
            : Object.entries(audit.violations)
                .map(([rule, count]) => `${rule}: ${count}`)
                .join(', '),
          audit.inOrder,
        ),
    card(`${transactions.count} transactions`, `${thousands(transactions.gas)} gas`),
    card(`${summary.secondsPerRound.toFixed(2)} s a round`, roundSteps(summary)),
    removed === 0 ? '' : card(`${removed} voted out`, 'by more than half of the credible parties', false),
  ];
  return `<div class="cards">\n${all.filter((text) => text !== '').join('\n')}\n</div>`;
}

function privacySection({ parties }: RunSummary): string {
  const rows = byContribution(parties).map(({ name, samples, privacy: { epsilon, delta, generator } }) => [
    escapeHtml(name),
    thousands(samples),
    escapeHtml(generator),
    String(epsilon),
    String(delta),
    'one original record, added or removed',
  ]);
  return `<h2>Privacy spent</h2>
${table(['party', 'published samples', 'generator', 'ε', 'δ', 'what is protected'], rows)}
<p class="sub">Differential privacy of the published samples. Gradients carry no such noise: they leave a node encrypted, and only sums of several are ever seen.</p>`;
}

function incidentSection(summary: RunSummary): string {
  const lines = incidents(summary).map((line) => `<li>${escapeHtml(line)}</li>`);
  if (lines.length === 0)
    return '<p>Nobody was missing in any round, nobody was voted out, and no sum was left out.</p>';
  return `<ul class="incidents">${lines.join('\n')}</ul>`;
}

/** Where seconds and gas went, as far as the run measured them. */
function costSection({ steps, transactions }: RunSummary): string {
  const seconds = steps.map(({ step, seconds }) => [escapeHtml(step), seconds.toFixed(1)]);
  const gas = transactions.byAction.map(({ action, count, gas }) => [
    escapeHtml(action),
    thousands(count),
    thousands(gas),
    thousands(count === 0 ? 0 : BigInt(gas) / BigInt(count)),
  ]);
  const tables = [
    ...(seconds.length === 0 ? [] : [`<div>${table(['step', 'seconds'], seconds)}</div>`]),
    ...(gas.length === 0 ? [] : [`<div>${table(['transaction', 'count', 'gas', 'gas each'], gas)}</div>`]),
  ];
  return tables.length === 0 ? '' : `<h2>Time and gas</h2>\n<div class="pair">${tables.join('\n')}</div>`;
}

async function chartSection(summary: RunSummary): Promise<string> {
  const charts = await Promise.all([
    accuracyChart(summary),
    fairnessChart(summary),
    pointsChart(summary),
    credibilityChart(summary),
  ]);
  const captions = [
    'Accuracy on held-out data by round: together, and the same training alone',
    'What a party shares and what it gets: from alone (hollow) to together (filled)',
    'Points by round',
    'Credibility at the end; each row sums to 1, darker than half-way is more than an equal share',
  ];
  const figures = charts.map(
    (svg, index) => `<figure><figcaption>${escapeHtml(captions[index])}</figcaption>${svg}</figure>`,
  );
  return `<div class="charts">\n${figures.join('\n')}\n</div>`;
}

/** Renders the report. */
export async function summaryHtml(summary: RunSummary): Promise<string> {
  const style = await readFile(new URL('./report.css', import.meta.url), 'utf8');
  const { parties, name, rounds, parameterCount, contract } = summary;
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(name)}: report of a DPPDL run</title>
<style>
${style}</style></head><body>
<h1>${escapeHtml(name)}</h1>
<p class="sub">${parties.length} parties, ${rounds} rounds, a model of ${thousands(parameterCount)} parameters, ledger <code>${escapeHtml(contract)}</code></p>
${cards(summary)}
<h2>Parties</h2>
${table(partyHeads, byContribution(parties).map(partyRow))}
${await chartSection(summary)}
<h2>Incidents</h2>
${incidentSection(summary)}
${privacySection(summary)}
${costSection(summary)}
</body></html>
`;
}
