/**
 * A run's summary for a terminal.
 * @module
 */
import { styleText } from 'node:util';
import Table from 'cli-table3';
import type { PartyId } from '../types.ts';
import type { FairnessSummary, PartySummary, RunSummary } from './summary.ts';

/** 0.9145 → "91.5 %"; null → "–". */
export function percent(share: number | null): string {
  return share === null ? '–' : `${(100 * share).toFixed(1)} %`;
}

/** 3508519 → "3.5 MB". */
export function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

/** 1234567 → "1,234,567". */
export function thousands(value: string | number | bigint): string {
  return BigInt(value).toLocaleString('en-US');
}

/** −1 … 1 with two digits; null → "not defined". */
export function correlation(r: number | null): string {
  return r === null ? 'not defined' : r.toFixed(2);
}

/** Percentage points won by collaborating, "+2.4"; null where they were not measured → "–". */
export function gain({ accuracy, accuracyAlone }: Pick<PartySummary, 'accuracy' | 'accuracyAlone'>): string {
  if (accuracy === null || accuracyAlone === null) return '–';
  const points = (100 * (accuracy - accuracyAlone)).toFixed(1);
  return accuracy > accuracyAlone ? `+${points}` : points;
}

/** Parties by what they share, the most first. */
export function byContribution(parties: readonly PartySummary[]): PartySummary[] {
  return [...parties].sort((a, b) => b.sharingLevel - a.sharingLevel || a.id - b.id);
}

/** "train 0.17, order 0.25, …": seconds of a mean round's steps. */
export function roundSteps({ seconds }: Pick<RunSummary, 'seconds'>): string {
  return Object.entries(seconds)
    .map(([step, duration]) => `${step} ${duration.toFixed(2)}`)
    .join(', ');
}

/** The caution that belongs to a correlation of few values; empty for ten and more. */
export function caution(parties: number): string {
  return parties < 10 ? `with ${parties} parties r is mostly chance` : '';
}

/** One sentence for each (ε, δ, generator) that some party's samples were published under. */
export function privacyStatements({ parties }: Pick<RunSummary, 'parties'>): string[] {
  const statements = parties.map(
    ({ privacy: { generator, epsilon, delta } }) => `ε = ${epsilon}, δ = ${delta} (${generator})`,
  );
  return [...new Set(statements)];
}

/** What went wrong or was left out, each in one sentence. */
export function incidents({ parties, troubles, removals, failures }: RunSummary): string[] {
  const nameOf = (id: PartyId) => parties.find((party) => party.id === id)?.name ?? `party ${id}`;
  return [
    ...failures.map(({ name, ended }) => `${name} ended with ${ended}`),
    ...removals.map(({ round, party }) => `round ${round}: ${nameOf(party)} was voted out`),
    ...troubles.map(({ round, party, missing, ordered, skipped }) => {
      const nobody = ordered > 0 ? 'nobody delivered' : 'it ordered nothing, for want of points or time';
      const who = missing.length > 0 ? `${missing.map(nameOf).join(', ')} missing` : nobody;
      return `round ${round} at ${nameOf(party)}: ${who}; ${skipped ? 'nothing was added' : 'the sum of the others was added'}`;
    }),
  ];
}

const columns = [
  'party',
  'examples',
  'λ',
  'alone',
  'together',
  'gain',
  'points',
  'credibility',
  'sent',
  'received',
] as const;

function cells(party: PartySummary, colour: Colour): string[] {
  const better = party.accuracy !== null && party.accuracyAlone !== null && party.accuracy > party.accuracyAlone;
  return [
    `${party.name}${party.credible ? '' : ' (voted out)'}`,
    thousands(party.examples),
    party.sharingLevel.toFixed(2),
    percent(party.accuracyAlone),
    percent(party.accuracy),
    colour(better ? 'green' : 'red', gain(party)),
    thousands(party.points),
    party.credibilityReceived.toFixed(3),
    megabytes(party.bytesSent),
    megabytes(party.bytesReceived),
  ];
}

type Colour = (name: 'green' | 'red' | 'bold', text: string) => string;

/**
 * The summary in lines.
 * @param options - `colour`: with colours of a terminal; none unless told.
 */
export function summaryText(summary: RunSummary, options: { readonly colour?: boolean } = {}): string {
  const colour: Colour = (name, text) => (options.colour ? styleText(name, text, { validateStream: false }) : text);
  const verdict = (good: boolean, yes: string, no: string) => colour(good ? 'green' : 'red', good ? yes : no);
  const table = new Table({
    head: [...columns],
    style: { head: [], border: [], compact: true },
    colAligns: ['left', ...Array<'right'>(columns.length - 1).fill('right')],
  });
  for (const party of byContribution(summary.parties)) table.push(cells(party, colour));

  const { books, transactions, audit, parties } = summary;
  const r = (name: string, fairness: FairnessSummary) =>
    `r = ${correlation(fairness.r)} by ${name} (without exchange ${correlation(fairness.control)})`;
  const hint = caution(parties.length);
  const actions = transactions.byAction.map(({ action, count }) => `${count} ${action}`);
  const lines: readonly (readonly [string, string])[] = [
    [
      'better than alone',
      `${verdict(summary.everyoneBetter, 'everyone', 'NOT EVERYONE')}, against the same data, training and seed without exchange`,
    ],
    ['fairness', `${r('sharing level', summary.fairness)}, ${r('data size', summary.fairnessOfExamples)}`],
    ...(hint === '' ? [] : [['', hint] as const]),
    [
      'books',
      `${verdict(books.balanced, 'balance', 'DO NOT BALANCE')}: ${thousands(books.minted)} points minted, ${thousands(books.held)} held`,
    ],
    ...(audit === null ? [] : [['audit', auditLine(audit, verdict)] as const]),
    ['ledger', `${transactions.count} transactions, ${thousands(transactions.gas)} gas`],
    ...(actions.length === 0 ? [] : [['', actions.join(', ')] as const]),
    ...(summary.steps.length === 0
      ? []
      : [['seconds', summary.steps.map(({ step, seconds }) => `${step} ${seconds.toFixed(1)}`).join(', ')] as const]),
    ['a round takes', `${summary.secondsPerRound.toFixed(2)} s: ${roundSteps(summary)}`],
    ['privacy spent', `${privacyStatements(summary).join('; ')}, per original record, for the published samples`],
    ['', 'gradients are seen as sums only'],
    ...incidents(summary).map((line) => ['INCOMPLETE', colour('red', line)] as const),
  ];
  return [table.toString(), ...lines.map(([label, text]) => `${label.padEnd(19)} ${text}`)].join('\n');
}

function auditLine(
  { inOrder, events, violations }: NonNullable<RunSummary['audit']>,
  verdict: (good: boolean, yes: string, no: string) => string,
): string {
  const broken = Object.entries(violations).map(([rule, count]) => `${rule} × ${count}`);
  return `${verdict(inOrder, 'in order', `VIOLATIONS (${broken.join(', ')})`)}: all ${thousands(events)} events replayed from the chain alone, every rule checked`;
}
