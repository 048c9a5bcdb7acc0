/**
 * The report's plots, as SVG text that needs nothing from outside.
 * @module
 */
import { parse, View } from 'vega';
import { compile, type TopLevelSpec } from 'vega-lite';
import type { Summary } from '../summary.ts';
import type { Label } from './books.ts';

const WIDTH = 900;
/** Parties drawn one by one; more become too many lines to tell apart. */
const MOST_LINES = 20;

async function svgOf(spec: TopLevelSpec): Promise<string> {
  // Names are shown whole: a report must not abbreviate whom it is about.
  const config = { font: 'sans-serif', legend: { labelLimit: 0 }, axis: { labelLimit: 0 } };
  const { spec: vegaSpec } = compile({ background: 'transparent', config, ...spec });
  return await new View(parse(vegaSpec), { renderer: 'none' }).toSVG();
}

/** A plot with its caption. */
export interface Plot {
  readonly caption: string;
  readonly svg: string;
}

/** Points of each party at the beginning of each round. */
async function pointsPlot(
  { parties, rounds }: Summary,
  final: readonly bigint[],
  lastRound: number,
  label: Label,
): Promise<Plot> {
  const shown = parties.slice(0, MOST_LINES).map(({ party }) => party);
  const values = rounds
    .filter(({ fromRound }) => fromRound > 0)
    .flatMap(({ fromRound, points }) =>
      shown.map((party) => ({ round: fromRound, party: label(party), points: Number(points[party] ?? 0n) })),
    );
  for (const party of shown)
    values.push({ round: lastRound + 1, party: label(party), points: Number(final[party] ?? 0n) });
  const more = parties.length > MOST_LINES ? ` The first ${MOST_LINES} of ${parties.length} parties.` : '';
  const svg = await svgOf({
    width: WIDTH,
    height: 300,
    data: { values },
    mark: { type: 'line', interpolate: 'linear' },
    encoding: {
      x: { field: 'round', type: 'quantitative', title: 'beginning of round', axis: { tickMinStep: 1, format: 'd' } },
      y: { field: 'points', type: 'quantitative', title: 'free points' },
      color: {
        field: 'party',
        type: 'nominal',
        title: 'party',
        sort: shown.map(label),
        scale: { scheme: 'tableau20' },
      },
    },
  });
  return { caption: `Free points of each party at the beginning of each round, and at the end.${more}`, svg };
}

/** What became of the points ordered in each round. */
async function exchangePlot({ rounds }: Summary): Promise<Plot> {
  const values = rounds
    .filter(({ fromRound }) => fromRound > 0)
    .flatMap(({ fromRound, toRound, exchanged, refunded }) => {
      // A bar for each round, or as wide as the rounds it stands for and as high as their mean.
      const bar = { from: fromRound - 0.4, to: toRound + 0.4 };
      const share = 1 / (toRound - fromRound + 1);
      const [delivered, all] = [Number(exchanged) * share, Number(exchanged + refunded) * share];
      return [
        { ...bar, what: 'delivered', bottom: 0, top: delivered },
        { ...bar, what: 'refunded', bottom: delivered, top: all },
      ];
    });
  const svg = await svgOf({
    width: WIDTH,
    height: 200,
    data: { values },
    mark: 'rect',
    encoding: {
      x: { field: 'from', type: 'quantitative', title: 'round', axis: { tickMinStep: 1, format: 'd' } },
      x2: { field: 'to' },
      y: { field: 'bottom', type: 'quantitative', title: 'points' },
      y2: { field: 'top' },
      color: { field: 'what', type: 'nominal', title: null, scale: { range: ['#2a6f97', '#e07a5f'] } },
    },
  });
  return { caption: 'Points ordered in each round: delivered and earned, or refunded.', svg };
}

/** Who paid whom. */
async function flowPlot({ flows }: Summary, label: Label): Promise<Plot> {
  const values = flows.flatMap((row, requester) =>
    row.map((points, provider) => ({ from: label(requester), to: label(provider), points: Number(points) })),
  );
  const sort = flows.map((_, party) => label(party));
  const side = Math.min(500, Math.max(150, flows.length * 28));
  const svg = await svgOf({
    width: side,
    height: side,
    data: { values },
    mark: 'rect',
    encoding: {
      x: { field: 'to', type: 'ordinal', title: 'to (provider)', sort },
      y: { field: 'from', type: 'ordinal', title: 'from (requester)', sort },
      color: { field: 'points', type: 'quantitative', title: 'points', scale: { scheme: 'blues' } },
    },
  });
  return { caption: 'Points that went from requesters to providers, over all rounds.', svg };
}

/** Draws all plots of a report. */
export async function drawPlots(
  summary: Summary,
  final: readonly bigint[],
  lastRound: number,
  label: Label,
): Promise<readonly Plot[]> {
  if (summary.parties.length === 0 || lastRound === 0) return [];
  return await Promise.all([
    pointsPlot(summary, final, lastRound, label),
    exchangePlot(summary),
    flowPlot(summary, label),
  ]);
}
