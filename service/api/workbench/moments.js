// Rows to counts, means and covariances, in one pass: what "keep rows on my machine" sends in their place.
// Welford's update, divisor n - 1; vectors are ordered outcome first, then the predictions as listed.

/** Count, mean and scatter of vectors that come one at a time. */
export class Moments {
  constructor(size) {
    this.n = 0;
    this.mean = new Float64Array(size);
    this.scatter = Array.from({ length: size }, () => new Float64Array(size));
    this.before = new Float64Array(size);
  }

  add(values) {
    this.n++;
    const { mean, scatter, before, n } = this;
    for (let i = 0; i < mean.length; i++) {
      before[i] = values[i] - mean[i];
      mean[i] += before[i] / n;
    }
    const share = (n - 1) / n;
    for (let i = 0; i < mean.length; i++) {
      for (let j = i; j < mean.length; j++) scatter[i][j] += share * before[i] * before[j];
    }
  }

  /** {n, mean, covariance}; of a single vector the covariance is 0. */
  wire() {
    const divisor = Math.max(1, this.n - 1);
    const covariance = this.scatter.map((_, i) => this.scatter.map((__, j) => this.scatter[Math.min(i, j)][Math.max(i, j)] / divisor));
    return { n: this.n, mean: [...this.mean], covariance };
  }
}

/** Why a table cannot be sent as moments: [{message, without?}], empty when it can; `without` these columns that obstacle is gone. */
export function obstacles(data) {
  const covariates = Object.keys(data.covariates ?? {});
  const found = lacking(data).map((message) => ({ message }));
  if (covariates.length > 0) found.push({ message: `Moments do not carry covariates: ${covariates.join(", ")}. Without them intervals may be wider.`, without: covariates });
  return found;
}

function lacking(data) {
  const found = [];
  const outcomes = Object.keys(data.outcomes);
  if (outcomes.length !== 1) found.push("Moments are of one outcome: set the others to “not used”.");
  const beside = ["weight", "cluster", "stratum", "subgroup", "sampling_probability", "human"].filter((field) => data[field]);
  if (data.predictions.some((column) => column.draw !== undefined)) beside.push("draws");
  if (beside.length > 0) found.push(`Moments do not carry: ${beside.join(", ")}. Set those columns to “not used”, or send rows.`);
  if (data.predictions.length === 0) found.push("Moments need an LLM answer column.");
  if (Object.values(data.outcomes)[0]?.some((value) => typeof value === "string")) found.push("Moments need an outcome of numbers; shares of categories need rows.");
  const lost = data.arm ? Object.values(data.outcomes)[0].findIndex((answer, row) => answer !== null && data.arm[row] === null) : -1;
  if (lost >= 0) found.push(`Row ${lost + 1} has a human answer and no arm.`);
  data.predictions.forEach((column) => {
    const row = column.values.findIndex((value) => typeof value !== "number");
    if (row >= 0) found.push(`Moments need every LLM answer: model ${column.model} has none in row ${row + 1}. Remove such rows, or send rows.`);
  });
  return found;
}

/** The layout `moments` of a layout `table` without obstacles. */
export function momentsOf(data) {
  const [outcome] = Object.values(data.outcomes);
  const columns = data.predictions.map((column) => column.values);
  const arms = new Map();
  const pools = new Map();
  outcome.forEach((answer, row) => {
    const llm = columns.map((column) => column[row]);
    if (answer === null) added(pools, data.arm?.[row] ?? null, llm);
    else added(arms, data.arm?.[row] ?? "all", [answer, ...llm]);
  });
  return {
    layout: "moments",
    ...(data.prediction_design ? { prediction_design: data.prediction_design } : {}),
    predictions: data.predictions.map(({ model, arm }) => ({ model, ...(arm ? { arm } : {}) })),
    arms: [...arms].map(([name, moments]) => ({ name, ...moments.wire() })),
    ...(pools.size > 0 ? { llm_only: [...pools].map(([arm, moments]) => ({ arm, ...moments.wire() })) } : {}),
  };
}

function added(held, name, vector) {
  if (!held.has(name)) held.set(name, new Moments(vector.length));
  held.get(name).add(vector);
}
