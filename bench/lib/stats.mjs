// Medians, bests and ratios of what was measured. Pure functions.
//
// Called by scenario.mjs, run.mjs and the reports.

const better = {
  requestsPerSecond: Math.max,
  latencyP50Ms: Math.min,
  latencyP99Ms: Math.min,
  cpuUs: Math.min,
  cores: Math.min,
  rssMb: Math.min,
}

/** The rounds of one server in one scenario → { median, best, errors }. */
export function summarize(rounds) {
  const median = {}
  const best = {}
  for (const [name, choose] of Object.entries(better)) {
    const values = rounds.map((round) => round[name])
    median[name] = medianOf(values)
    best[name] = choose(...values)
  }
  return { median, best, errors: rounds.reduce((sum, round) => sum + round.errors, 0) }
}

export function medianOf(values) {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

export function geometricMean(values) {
  return Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length)
}

/** `metric` of a server over that of the baseline, both medians; undefined where one is missing. */
export function ratio(scenario, server, baseline, metric) {
  const find = (name) => scenario.results.find((entry) => entry.server === name)?.median[metric]
  const value = find(server) / find(baseline)
  return Number.isFinite(value) ? value : undefined
}
