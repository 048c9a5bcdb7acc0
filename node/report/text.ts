/**
 * A run's summary for a terminal.
 * @module
 */
import Table from 'cli-table3';
import type { RunSummary } from './summary.ts';

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

/** The summary in lines. */
export function summaryText(summary: RunSummary): string {
  const table = new Table({
    head: [
      'party',
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
    ],
    style: { head: [], border: [] },
    colAligns: ['left', ...Array<'right'>(10).fill('right')],
  });
  for (const party of summary.parties) {
    const gain = party.accuracy !== null && party.accuracyAlone !== null ? party.accuracy - party.accuracyAlone : null;
    table.push([
      `${party.id}${party.credible ? '' : ' (removed)'}`,
      thousands(party.examples),
      party.sharingLevel.toFixed(2),
      percent(party.accuracyStandalone),
      percent(party.accuracyAlone),
      percent(party.accuracy),
      gain === null ? '–' : `${gain >= 0 ? '+' : ''}${(100 * gain).toFixed(1)}`,
      thousands(party.points),
      party.credibilityReceived.toFixed(3),
      megabytes(party.bytesSent),
      megabytes(party.bytesReceived),
    ]);
  }
  const { books, transactions, seconds, fairness } = summary;
  const privacy = summary.parties.map(
    ({ privacy: { epsilon, delta, generator } }) => `ε = ${epsilon}, δ = ${delta} (${generator})`,
  );
  const lines = [
    table.toString(),
    `better than alone   ${summary.everyoneBetter ? 'everyone' : 'NOT everyone'} (same data, training and seed, without exchange)`,
    `fairness            r = ${correlation(fairness.r)} of sharing level and accuracy; without exchange ${correlation(fairness.control)}${
      summary.parties.length < 10 ? ` (with ${summary.parties.length} parties mostly chance)` : ''
    }`,
    `books               ${books.balanced ? 'balance' : 'DO NOT BALANCE'}: ${thousands(books.minted)} points minted, ${thousands(books.held)} held`,
    `ledger              ${transactions.count} transactions, ${thousands(transactions.gas)} gas`,
    `a round takes       ${summary.secondsPerRound.toFixed(2)} s: train ${seconds.train.toFixed(2)}, order ${seconds.order.toFixed(2)}, deliver ${seconds.deliver.toFixed(2)}, evaluate ${seconds.evaluate.toFixed(2)}`,
    `privacy             samples: ${[...new Set(privacy)].join('; ')} per original record; gradients: seen as sums only`,
    ...troubleLines(summary),
  ];
  return lines.join('\n');
}

function troubleLines({ troubles }: RunSummary): string[] {
  return troubles.map(({ round, party, missing, skipped }) => {
    const who = missing.length > 0 ? `missing ${missing.map((id) => `party ${id}`).join(', ')}` : 'nothing to add';
    return `INCOMPLETE          round ${round} at party ${party}: ${who}${skipped ? '; nothing was added' : '; the sum of the others was added'}`;
  });
}
