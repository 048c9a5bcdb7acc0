/**
 * `dppdl audit`: checks a ledger's books from the chain alone.
 * @module
 */
import { SingleBar } from 'cli-progress';
import { Command } from 'commander';
import { type AuditReport, audit, type Exchange, MOST_VIOLATIONS } from '../../sdk/audit/audit.ts';
import { readBlobs } from '../../sdk/audit/blobs.ts';
import { AuditError } from '../../sdk/audit/errors.ts';
import { MOST_EXCHANGES, renderReport } from '../../sdk/audit/report/html.ts';
import { chainIdOf } from '../../sdk/chainId.ts';
import { createClient } from '../../sdk/client.ts';
import { address, httpUrl, integer } from './arguments.ts';
import { readNames } from './names.ts';
import { printFacts, printJson, printLines } from './output.ts';
import { type OutputFile, openOutput } from './outputFile.ts';

/** What the command line gives. */
interface AuditArguments {
  readonly rpc: string;
  readonly contract: string;
  readonly from?: number;
  readonly blobs?: string;
  readonly html?: string;
  readonly names?: string;
  readonly csv?: string;
  readonly violations?: string;
  readonly json?: true;
}

/** What is said of a contract's code. */
const codes = {
  'this release': 'that of this release',
  another: 'not that of this release; what it can still do is not known',
  unknown: 'not compared with this release’s',
} as const;

/** Violations shown in the terminal. */
const MOST_SHOWN = 20;

/** Writes lines as they are found, many at a time. */
function createLines(file: OutputFile): { write(line: string): void; end(): void } {
  let lines = '';
  return {
    write(line) {
      lines += `${line}\n`;
      if (lines.length < 1 << 16) return;
      file.write(lines);
      lines = '';
    },
    end() {
      file.write(lines);
      file.keep();
    },
  };
}

/** The columns of the table of exchanges. */
const columns = ['round', 'block', 'time', 'requester', 'provider', 'points', 'transaction', 'commitment'] as const;

/** Shows on a terminal how far an audit is. */
function createProgress() {
  const bar =
    process.stderr.isTTY && process.env['CI'] === undefined
      ? new SingleBar({ format: '{bar} {percentage} %, round {round}', clearOnComplete: true, stream: process.stderr })
      : undefined;
  return {
    start: (from: number, to: number) => bar?.start(to, from, { round: 0 }),
    show: (block: number, round: number) => bar?.update(block, { round }),
    [Symbol.dispose]: () => bar?.stop(),
  };
}

async function run(given: AuditArguments): Promise<void> {
  const names = given.names === undefined ? undefined : await readNames(given.names);
  const blobs = given.blobs === undefined ? undefined : await readBlobs(given.blobs);
  using html = given.html === undefined ? undefined : openOutput(given.html);
  using table = given.csv === undefined ? undefined : openOutput(given.csv);
  using list = given.violations === undefined ? undefined : openOutput(given.violations);
  const csv = table && createLines(table);
  const violations = list && createLines(list);
  csv?.write(columns.join(','));
  const chainId = await chainIdOf(given.rpc);
  const client = await createClient({ rpcUrl: given.rpc, chainId, contract: given.contract });
  const exchanges: Exchange[] = [];
  try {
    using progress = createProgress();
    let isShown = false;
    const report = await audit(client, {
      fromBlock: given.from ?? 0,
      onProgress({ block, toBlock, round }) {
        if (!isShown) progress.start(block, toBlock);
        isShown = true;
        progress.show(block, round);
      },
      ...(blobs === undefined ? {} : { blobs }),
      onExchange(exchange) {
        csv?.write(columns.map((column) => exchange[column]).join(','));
        if (exchanges.length < MOST_EXCHANGES) exchanges.push(exchange);
      },
      onViolation: (violation) => violations?.write(JSON.stringify(violation)),
    });
    csv?.end();
    violations?.end();
    if (html !== undefined) {
      html.write(await renderReport(report, { exchanges, at: new Date(), ...(names === undefined ? {} : { names }) }));
      html.keep();
    }
    if (given.json) printJson(report);
    else describe(report, given);
    if (report.verdict === 'violations') throw violated(report);
  } finally {
    client.close();
  }
}

/** All violations, those a report does not list included. */
const totalOf = ({ violationsByRule }: AuditReport) =>
  Object.values(violationsByRule).reduce((sum, count) => sum + count, 0);

function violated(report: AuditReport): AuditError {
  const broken = Object.keys(report.violationsByRule);
  const total = totalOf(report);
  return new AuditError(
    'VIOLATIONS',
    `The books of ${report.contract} are not in order: ${total} violations of ${broken.join(', ')}`,
    {
      fault: 'chain',
      action: 'Read the report; do not rely on this ledger’s points until every violation is explained.',
      meta: { rules: broken, total },
    },
  );
}

function describe(report: AuditReport, given: AuditArguments): void {
  const { counts, summary, minted, balances, escrow, deposits } = report;
  printFacts({
    verdict: report.verdict,
    contract: `${report.contract} on chain ${report.chainId}`,
    code: codes[report.origin.code],
    blocks: `${report.fromBlock} to ${report.toBlock}, the last with the hash ${report.toBlockHash}`,
    events: `${counts.events} in ${counts.transactions} transactions`,
    phase: `${report.phase} of round ${report.round}`,
    parties: summary.parties.length,
    exchanges: summary.exchanges,
    points: `${balances.reduce((sum, points) => sum + points, 0n)} free + ${escrow} in escrow + ${deposits} at stake, ${minted} created`,
    ...(report.blobs === null ? {} : { blobs: `${report.blobs.matched} of ${report.blobs.count} belong to exchanges` }),
  });
  for (const { rule, block, transaction, message } of report.violations.slice(0, MOST_SHOWN)) {
    printLines(`${rule} in block ${block}${transaction === null ? '' : `, transaction ${transaction}`}: ${message}`);
  }
  const total = totalOf(report);
  const where = total > MOST_VIOLATIONS ? '--violations writes them all' : '--json, --html or --violations show them';
  if (total > MOST_SHOWN) printLines(`… and ${total - MOST_SHOWN} more; ${where}.`);
  if (given.html !== undefined) printLines(`Report: ${given.html}`);
  if (given.csv !== undefined) printLines(`Exchanges: ${given.csv}`);
  if (given.violations !== undefined) printLines(`Violations: ${given.violations}`);
}

/** Creates the command. */
export function createAuditCommand(): Command {
  return new Command('audit')
    .description(
      'Check a ledger’s books: replay every event, apply every rule again, compare with the contract’s state.',
    )
    .requiredOption('--rpc <url>', 'JSON-RPC address of a node of the chain, best one’s own', httpUrl)
    .requiredOption('--contract <address>', 'the ledger', address)
    .option(
      '--from <block>',
      'block in which the ledger was deployed, to search no earlier ones',
      integer(0, Number.MAX_SAFE_INTEGER),
    )
    .option(
      '--blobs <folder>',
      'blobs to hold against their commitments; best named <round>-<provider>-<requester>.blob',
    )
    .option('--html <file>', 'write a report to read and to hand on')
    .option('--names <file>', 'CSV of account and name, to call parties by in the report')
    .option('--csv <file>', 'write every settled exchange as a line')
    .option('--violations <file>', 'write every violation as a line of JSON')
    .option('--json', 'print one JSON object')
    .addHelpText(
      'after',
      `
Examples:
  dppdl audit --rpc http://127.0.0.1:8545 --contract 0x… --html audit.html --names names.csv
  dppdl audit --rpc http://127.0.0.1:8545 --contract 0x… --from 12 --blobs blobs --json

Exit code 10 when a rule was broken.`,
    )
    .action(run);
}
