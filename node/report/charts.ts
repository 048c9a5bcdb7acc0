/**
 * Charts of a run as SVG, drawn without a browser.
 * @module
 */
import { parse, View } from 'vega';
import { type Config, compile, type TopLevelSpec } from 'vega-lite';
import type { RunSummary } from './summary.ts';

/** Looks of all charts; colours are those of Okabe and Ito, told apart by the colour-blind too. */
const looks: Config = {
  background: 'transparent',
  font: 'system-ui, sans-serif',
  axis: {
    grid: true,
    gridColor: '#88888833',
    domainColor: '#888',
    tickColor: '#888',
    labelColor: '#777',
    titleColor: '#777',
  },
  legend: { labelColor: '#777', titleColor: '#777' },
  view: { stroke: null },
  range: { category: ['#0072b2', '#e69f00', '#009e73', '#cc79a7', '#d55e00', '#56b4e9', '#f0e442', '#888888'] },
};

/** Draws a Vega-Lite chart. */
export async function drawChart(spec: TopLevelSpec): Promise<string> {
  const view = new View(parse(compile(spec).spec), { renderer: 'none' });
  const svg = await view.toSVG();
  view.finalize();
  return svg;
}

const size = { width: 430, height: 240 };

/** Accuracy of each party by round: together as a line, alone as a dashed one. */
export function accuracyChart({ parties }: RunSummary): Promise<string> {
  const values = parties.flatMap(({ id, rounds }) =>
    rounds.flatMap(({ round, accuracy, accuracyAlone }) => [
      { party: String(id), round, training: 'together', accuracy },
      { party: String(id), round, training: 'alone', accuracy: accuracyAlone },
    ]),
  );
  return drawChart({
    ...size,
    config: looks,
    data: { values: values.filter(({ accuracy }) => accuracy !== null) },
    mark: { type: 'line', interpolate: 'monotone', strokeWidth: 2 },
    encoding: {
      x: { field: 'round', type: 'quantitative', axis: { tickMinStep: 1, format: 'd' }, scale: { nice: false } },
      y: { field: 'accuracy', type: 'quantitative', axis: { format: '.0%' }, scale: { zero: false } },
      color: { field: 'party', type: 'nominal' },
      strokeDash: { field: 'training', type: 'nominal', sort: ['together', 'alone'] },
    },
  });
}

/** Points of each party by round. */
export function pointsChart({ parties }: RunSummary): Promise<string> {
  return drawChart({
    ...size,
    config: looks,
    data: {
      values: parties.flatMap(({ id, rounds }) =>
        rounds.map(({ round, points }) => ({ party: String(id), round, points: Number(points) })),
      ),
    },
    mark: { type: 'line', strokeWidth: 2 },
    encoding: {
      x: { field: 'round', type: 'quantitative', axis: { tickMinStep: 1, format: 'd' }, scale: { nice: false } },
      y: { field: 'points', type: 'quantitative', axis: { format: '~s' } },
      color: { field: 'party', type: 'nominal' },
    },
  });
}

/** Who gives whom how much credibility at the end: c_i^j, row i. */
export function credibilityChart({ parties }: RunSummary): Promise<string> {
  const values = parties.flatMap(({ id, rounds }) =>
    (rounds.at(-1)?.credibility ?? [])
      .map((credibility, of) => ({ by: id, of, credibility }))
      .filter(({ of }) => of !== id),
  );
  const cell = Math.max(14, Math.min(56, 240 / Math.max(1, parties.length)));
  const shades = values.map(({ credibility }) => credibility);
  const middle = (Math.min(...shades) + Math.max(...shades)) / 2;
  const numbers: Extract<TopLevelSpec, { layer: unknown[] }>['layer'][number] = {
    mark: { type: 'text', fontSize: 11 },
    encoding: {
      text: { field: 'credibility', type: 'quantitative', format: '.3f' },
      color: { condition: { test: `datum.credibility > ${middle}`, value: '#fff' }, value: '#123' },
    },
  };
  return drawChart({
    width: { step: cell },
    height: { step: cell },
    config: looks,
    data: { values },
    encoding: {
      x: { field: 'of', type: 'ordinal', title: 'credibility of party', axis: { labelAngle: 0, grid: false } },
      y: { field: 'by', type: 'ordinal', title: 'as party sees it', axis: { grid: false } },
    },
    layer: [
      {
        mark: 'rect',
        encoding: { color: { field: 'credibility', type: 'quantitative', scale: { scheme: 'blues', zero: false } } },
      },
      ...(cell >= 40 ? [numbers] : []),
    ],
  });
}

/** Contribution against accuracy, one dot a party: what fairness r measures. */
export function fairnessChart({ parties }: RunSummary): Promise<string> {
  const values = parties.flatMap(({ id, sharingLevel, accuracy, accuracyAlone }) => [
    { party: String(id), sharingLevel, training: 'together', accuracy },
    { party: String(id), sharingLevel, training: 'alone', accuracy: accuracyAlone },
  ]);
  return drawChart({
    ...size,
    config: looks,
    data: { values: values.filter(({ accuracy }) => accuracy !== null) },
    mark: { type: 'point', size: 90, filled: true },
    encoding: {
      x: { field: 'sharingLevel', type: 'quantitative', title: 'sharing level λ', scale: { zero: false, padding: 12 } },
      y: { field: 'accuracy', type: 'quantitative', axis: { format: '.0%' }, scale: { zero: false, padding: 12 } },
      color: { field: 'party', type: 'nominal' },
      shape: { field: 'training', type: 'nominal', sort: ['together', 'alone'] },
    },
  });
}
