/**
 * Charts of a run as SVG, drawn without a browser. Lines and text take the page's colours, so one drawing serves light,
 * dark and paper.
 * @module
 */
import { parse, View } from 'vega';
import { type Config, compile, type TopLevelSpec } from 'vega-lite';
import type { PartySummary, RunSummary } from './summary.ts';
import { byContribution } from './text.ts';

/** Colours of Okabe and Ito, told apart by the colour-blind too, the last one fit for dark pages. */
const okabeIto = ['#0072b2', '#e69f00', '#009e73', '#cc79a7', '#d55e00', '#56b4e9', '#b8a800', '#888888'];
const accent = okabeIto[0];

const looks: Config = {
  background: 'transparent',
  font: 'system-ui, sans-serif',
  axis: {
    grid: true,
    gridColor: 'currentColor',
    gridOpacity: 0.15,
    domainColor: 'currentColor',
    domainOpacity: 0.5,
    tickColor: 'currentColor',
    tickOpacity: 0.5,
    labelColor: 'currentColor',
    titleColor: 'currentColor',
    titleFontWeight: 'normal',
    labelFontSize: 11,
    titleFontSize: 12,
  },
  legend: { orient: 'bottom', labelColor: 'currentColor', titleColor: 'currentColor', labelFontSize: 12, columns: 6 },
  view: { stroke: null },
};

/** Draws a Vega-Lite chart. */
export async function drawChart(spec: TopLevelSpec): Promise<string> {
  const view = new View(parse(compile({ config: looks, ...spec }).spec), { renderer: 'none' });
  try {
    return await view.toSVG();
  } finally {
    view.finalize();
  }
}

const size = { width: 430, height: 240 };
/** Rounds along the x axis. */
const byRound = {
  field: 'round',
  type: 'quantitative',
  axis: { tickMinStep: 1, format: 'd' },
  scale: { nice: false },
} as const;

/** One colour a party, the same in all charts; the legend lists those who share most first. */
function partyColour(parties: readonly PartySummary[]) {
  const domain = byContribution(parties).map(({ name }) => name);
  const colours = domain.length <= okabeIto.length ? { range: okabeIto } : { scheme: 'tableau20' as const };
  return { field: 'party', type: 'nominal', title: null, scale: { domain, ...colours } } as const;
}

/** Accuracy of each party by round: together as a line, alone as a dashed one. */
export function accuracyChart({ parties }: RunSummary): Promise<string> {
  const values = parties.flatMap(({ name, rounds }) =>
    rounds.flatMap(({ round, accuracy, accuracyAlone }) => [
      { party: name, round, training: 'together', accuracy },
      { party: name, round, training: 'alone', accuracy: accuracyAlone },
    ]),
  );
  return drawChart({
    ...size,
    data: { values: values.filter(({ accuracy }) => accuracy !== null) },
    mark: { type: 'line', interpolate: 'monotone', strokeWidth: 2 },
    encoding: {
      x: byRound,
      y: { field: 'accuracy', type: 'quantitative', axis: { format: '.0%' }, scale: { zero: false } },
      color: partyColour(parties),
      strokeDash: {
        field: 'training',
        type: 'nominal',
        title: null,
        sort: ['together', 'alone'],
        legend: { symbolStrokeColor: 'currentColor' },
      },
    },
  });
}

/** Points of each party by round. */
export function pointsChart({ parties }: RunSummary): Promise<string> {
  const values = parties.flatMap(({ name, rounds }) =>
    rounds.map(({ round, points }) => ({ party: name, round, points: Number(points) })),
  );
  return drawChart({
    ...size,
    data: { values },
    mark: { type: 'line', strokeWidth: 2 },
    encoding: {
      x: byRound,
      y: { field: 'points', type: 'quantitative', axis: { format: '~s' } },
      color: partyColour(parties),
    },
  });
}

/**
 * Who gives whom how much credibility at the end: c_i^j, row i. The shade goes from half the equal share to one and a
 * half of it, so that small differences look small.
 */
export function credibilityChart({ parties }: RunSummary): Promise<string> {
  const rows = byContribution(parties);
  const values = rows.flatMap(({ name: by, rounds }) => {
    const given = rounds.at(-1)?.credibility;
    return given === undefined
      ? []
      : rows.filter(({ name }) => name !== by).map(({ id, name }) => ({ by, of: name, credibility: given[id] ?? 0 }));
  });
  const order = rows.map(({ name }) => name);
  const equalShare = 1 / Math.max(1, parties.length - 1);
  const names = parties.length > 6 ? -90 : 0;
  const cell = Math.max(16, Math.min(58, 240 / Math.max(1, parties.length)));
  return drawChart({
    width: { step: cell * 1.3 },
    height: { step: cell },
    data: { values },
    encoding: {
      x: {
        field: 'of',
        type: 'nominal',
        title: 'credibility of',
        scale: { domain: order },
        axis: { grid: false, labelAngle: names },
      },
      y: { field: 'by', type: 'nominal', title: 'as seen by', scale: { domain: order }, axis: { grid: false } },
    },
    layer: [
      {
        mark: { type: 'rect', color: accent, cornerRadius: 3 },
        encoding: {
          fillOpacity: {
            field: 'credibility',
            type: 'quantitative',
            scale: { domain: [0.5 * equalShare, 1.5 * equalShare], range: [0.06, 0.6], clamp: true },
            legend: cell >= 30 ? null : { title: null, symbolFillColor: accent },
          },
        },
      },
      ...(cell < 30
        ? []
        : [
            {
              mark: { type: 'text' as const, fontSize: 12, color: 'currentColor' },
              encoding: { text: { field: 'credibility', type: 'quantitative' as const, format: '.3f' } },
            },
          ]),
    ],
  });
}

/** Contribution against accuracy, what fairness r measures: from alone (hollow) to together (filled). */
export function fairnessChart({ parties }: RunSummary): Promise<string> {
  const values = parties
    .filter(({ accuracy, accuracyAlone }) => accuracy !== null && accuracyAlone !== null)
    .map(({ name, sharingLevel, accuracy, accuracyAlone }) => ({
      party: name,
      sharingLevel,
      together: accuracy,
      alone: accuracyAlone,
    }));
  const colour = partyColour(parties);
  const y = (field: string) =>
    ({
      field,
      type: 'quantitative',
      title: 'accuracy',
      axis: { format: '.0%' },
      scale: { zero: false, padding: 14 },
    }) as const;
  return drawChart({
    ...size,
    data: { values },
    encoding: {
      x: {
        field: 'sharingLevel',
        type: 'quantitative',
        title: 'sharing level λ',
        scale: { zero: false, padding: 22, nice: false },
      },
    },
    layer: [
      {
        mark: { type: 'rule', strokeWidth: 2, opacity: 0.6 },
        encoding: { y: y('alone'), y2: { field: 'together' }, color: colour },
      },
      {
        mark: { type: 'point', size: 60, filled: false, opacity: 1 },
        encoding: { y: y('alone'), color: colour },
      },
      {
        mark: { type: 'point', size: 80, filled: true, opacity: 1 },
        encoding: { y: y('together'), color: colour },
      },
    ],
  });
}
