/**
 * The paper's numbers for MNIST: Tables 3 and 5.
 * @module
 */

type ByParties = Readonly<Record<number, number>>;
type Row = readonly [p4: number, p15: number, p30: number, p50: number];
const byParties = ([p4, p15, p30, p50]: Row): ByParties => ({ 4: p4, 15: p15, 30: p30, 50: p50 });

/** Table 5: best accuracy in percent, by model, framework and setting. */
const table5: Readonly<Record<string, ByParties>> = {
  'mlp centralized same': byParties([91.68, 95.17, 96.28, 96.85]),
  'mlp distributed same': byParties([91.67, 95.17, 96.33, 97.35]),
  'mlp standalone same': byParties([87.39, 88.06, 88.64, 88.8]),
  'mlp dppdl same': byParties([90.13, 94.42, 94.88, 95.57]),
  'mlp dppdl different': byParties([91.92, 95.7, 95.94, 96.23]),
  'mlp dppdl imbalanced': byParties([90.75, 94.37, 94.75, 95.21]),
  'cnn centralized same': byParties([96.58, 98.19, 98.52, 98.58]),
  'cnn distributed same': byParties([96.25, 98.04, 98.63, 98.83]),
  'cnn standalone same': byParties([93.81, 93.46, 94.04, 94.05]),
  'cnn dppdl same': byParties([95.93, 97.19, 97.62, 98.07]),
  'cnn dppdl different': byParties([95.5, 97.34, 97.84, 98.14]),
  'cnn dppdl imbalanced': byParties([95.23, 97.5, 97.82, 98.22]),
};

/** Table 3: fairness r, by model, framework and setting. */
const table3: Readonly<Record<string, ByParties>> = {
  'cnn distributed different': byParties([-0.68, 0.2, -0.02, -0.16]),
  'mlp distributed different': byParties([0.3, -0.15, 0.02, -0.05]),
  'cnn dppdl different': byParties([0.89, 0.76, 0.79, 0.75]),
  'mlp dppdl different': byParties([0.84, 0.79, 0.84, 0.67]),
  'cnn distributed imbalanced': byParties([-0.97, 0.03, 0.13, 0.14]),
  'mlp distributed imbalanced': byParties([0.28, -0.07, 0.01, 0.07]),
  'cnn dppdl imbalanced': byParties([0.92, 0.9, 0.75, 0.72]),
  'mlp dppdl imbalanced': byParties([0.96, 0.83, 0.63, 0.57]),
};

/** What is looked up. */
export interface PaperKey {
  readonly model: string;
  readonly framework: string;
  readonly setting: string;
  readonly parties: number;
}

const lookUp = (table: Readonly<Record<string, ByParties>>, { model, framework, setting, parties }: PaperKey) =>
  table[`${model} ${framework} ${setting}`]?.[parties] ?? null;

/** The paper's best accuracy in percent; null where it has none. */
export const paperAccuracy = (key: PaperKey) => lookUp(table5, key);
/** The paper's fairness; null where it has none. */
export const paperFairness = (key: PaperKey) => lookUp(table3, key);
