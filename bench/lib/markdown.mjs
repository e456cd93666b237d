// The results as Markdown: ratios first, then the numbers behind them, then the machine.
//
// Called by run.mjs; bench.yml puts it into its summary. Pure: takes the object of results.json.

import { geometricMean, medianOf, ratio } from './stats.mjs'

export function toMarkdown(results) {
  return [
    '# Benchmark',
    summary(results),
    `## CPU time per request ÷ ${results.baseline} (less is better)`,
    ratioTable(results, 'cpuUs'),
    `## Requests per second ÷ ${results.baseline} (more is better)`,
    'The load shares the machine and is one thread: where it is the slower side, the rates of ' +
      'fast servers look alike, and only the CPU time tells them apart.',
    ratioTable(results, 'requestsPerSecond'),
    '## Measured',
    'Medians of the rounds; best in parentheses. `cores` is how many the server kept busy.',
    ...results.scenarios.flatMap((scenario) => [
      `### ${scenario.name}: ${scenario.about}`,
      scenarioTable(scenario),
    ]),
    '## Machine',
    machineTable(results),
    '',
  ].join('\n\n')
}

function summary({ machine, date, options, errors, quick }) {
  const { rounds, seconds, connections } = options
  const load = `${rounds} rounds of ${seconds} s, ${connections} connections`
  return [
    quick ? '**A quick run: it shows that everything works and compares nothing.**\n' : '',
    `${date.slice(0, 10)}, ${machine.cpu}, ${machine.cores} cores, Node ${machine.node}; ${load}. `,
    errors === 0
      ? 'Every answer was right.'
      : `**${errors} errors or wrong answers: do not use these numbers.**`,
    isBusy(machine)
      ? `\n\n**The machine was busy already: a load average of ` +
        `${twoDigits(machine.loadBefore)} when this began. ` +
        'Expect noise, above all in rates and latencies.**'
      : '',
  ].join('')
}

/** More than a quarter of the cores had work before ours. */
function isBusy({ loadBefore, cores }) {
  return loadBefore > cores / 4
}

function ratioTable({ scenarios, servers, baseline }, metric) {
  const columns = scenarios.map((scenario) =>
    servers.map(({ name }) => ratio(scenario, name, baseline, metric)),
  )
  const rows = scenarios.map(({ name }, row) => [name, ...columns[row].map(twoDigits)])
  const means = servers.map((_, i) => geometricMean(columns.map((ratios) => ratios[i])))
  return table(
    ['scenario', ...servers.map(({ name }) => name)],
    [...rows, ['**geometric mean**', ...means.map((mean) => `**${twoDigits(mean)}**`)]],
  )
}

function scenarioTable({ results }) {
  const head = ['server', 'CPU µs/request', 'requests/s', 'p50 ms', 'p99 ms', 'cores', 'RSS MB']
  const rows = results.map(({ server, median, best }) => [
    server,
    `${number(median.cpuUs)} (${number(best.cpuUs)})`,
    `${number(median.requestsPerSecond)} (${number(best.requestsPerSecond)})`,
    number(median.latencyP50Ms),
    number(median.latencyP99Ms),
    twoDigits(median.cores),
    number(median.rssMb),
  ])
  return table(head, rows)
}

function machineTable({ machine, date, servers, scenarios }) {
  const start = (name) => {
    const all = scenarios.flatMap(({ results }) => results.filter(({ server }) => server === name))
    return medianOf(all.map(({ startMs }) => startMs))
  }
  const own = Object.entries({
    CPU: `${machine.cpu}, ${machine.cores} cores`,
    memory: `${machine.memoryGb} GB`,
    system: `${machine.os} (${machine.osVersion})`,
    Node: machine.node,
    date,
    'load average before': twoDigits(machine.loadBefore),
  })
  const peers = servers.map(({ name, version }) => [
    name,
    `${version}; ${number(start(name))} ms from start to listening`,
  ])
  return table(['', ''], [...own, ...peers], false)
}

function table(head, rows, isNumeric = true) {
  const line = (cells) => `| ${cells.join(' | ')} |`
  const rule = head.map((_, i) => (i === 0 || !isNumeric ? '---' : '--:'))
  return [line(head), line(rule), ...rows.map(line)].join('\n')
}

function twoDigits(value) {
  return value === undefined ? '–' : value.toFixed(2)
}

/** Three digits that mean something. */
function number(value) {
  if (value >= 100) return Math.round(value).toString()
  return value >= 10 ? value.toFixed(1) : value.toFixed(2)
}
