// The overload curves as Markdown: a table for each server, then how and on what they were taken.
//
// Called by overload.mjs. Pure: takes the object of overload.json.

export function toMarkdown(results) {
  return [
    '# Overload',
    results.quick ? '**A quick run: it shows that everything works and compares nothing.**' : '',
    '![served and latency against offered load](overload.svg)',
    results.servers.map(summary).join('\n'),
    ...results.servers.map(table),
    floods(results),
    machine(results),
    '',
  ]
    .filter((part, i, all) => part !== '' || i === all.length - 1)
    .join('\n\n')
}

const perSecond = (count, { seconds }) => count / seconds

function summary({ name, sustainable, points }) {
  const most = Math.max(...points.map((point) => perSecond(point.served, point)))
  const at = points.find(({ share }) => share === 2) ?? points.at(-1)
  const goodput = Math.round((perSecond(at.served, at) / most) * 100)
  return (
    `- **${name}**: at ${at.share} times the sustainable ${number(sustainable)} requests/s ` +
    `it serves ${goodput} % of its most, p99 ${ms(at)(at.p99Ms)}.`
  )
}

function table({ name, version, points }) {
  const rows = points.map((point) => [`${point.share}×`, ...cells(point)])
  return [`## ${name} (${version})\n`, ...lines('load', rows)].join('\n')
}

function floods({ servers, options }) {
  const { share, workUs, seconds } = options.flood
  const rows = servers.map(({ name, flood }) => [name, ...cells(flood)])
  return [
    '## A flood on a cold server\n',
    `${share} times the sustainable load from the first request that a process ever gets; ` +
      `handlers of ${workUs} µs; all of ${seconds} s are counted.\n`,
    ...lines('server', rows),
  ].join('\n')
}

function cells(point) {
  return [
    ...['offered', 'served', 'shed', 'errors', 'notSent'].map((key) =>
      number(perSecond(point[key], point)),
    ),
    ...['p50Ms', 'p99Ms', 'maxMs'].map((key) => ms(point)(point[key])),
    point.cores.toFixed(2),
    point.loadCores.toFixed(2),
  ]
}

function lines(first, rows) {
  const rates = ['offered/s', 'served/s', '503/s', 'errors/s', 'unsent/s']
  const columns = [first, ...rates, 'p50', 'p99', 'greatest', 'cores', 'load cores']
  const line = (row) => `| ${row.join(' | ')} |`
  const rule = line(columns.map((_, i) => (i === 0 ? '---' : '--:')))
  return [line(columns), rule, ...rows.map(line)]
}

function machine({ machine: own, date, options, pinned }) {
  const place = pinned ? 'the server on one CPU, the load on another' : 'not pinned to CPUs'
  return [
    '## Measured on',
    '',
    `${own.cpu}, ${own.cores} CPUs, ${own.memoryGb} GB; ${own.os}; Node ${own.node}; ` +
      `${date.slice(0, 10)}; ${place}.`,
    `${options.connections} connections, ${options.seconds} s for each load of which the first ` +
      `${options.from} s are not counted, seed ${options.seed}; ` +
      `${options.steps} steps of work in each handler (${options.workUs} µs here, alone).`,
  ].join('\n')
}

function number(value) {
  return value.toLocaleString('en', { maximumFractionDigits: 0 })
}

function ms({ served }) {
  return (value) => (served === 0 ? '–' : `${value < 10 ? value.toFixed(1) : number(value)} ms`)
}
