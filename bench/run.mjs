// The cross-platform benchmark: Lanner beside node:http, Fastify and whatever else is installed.
//
// Called by scripts/bench.mjs (npm run bench) and test/bench.test.ts. Writes results.json,
// results.md and chart.svg to bench/out. Ends with 1 when an answer was wrong or missing. How it
// measures, and what it does not, is in bench/README.md.

import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { toChart } from './lib/chart.mjs'
import { describeMachine } from './lib/machine.mjs'
import { toMarkdown } from './lib/markdown.mjs'
import { help, parseOptions } from './lib/options.mjs'
import { BASELINE, isInstalled, versionOf } from './lib/peers.mjs'
import { runScenario } from './lib/scenario.mjs'

try {
  const options = parseOptions(process.argv.slice(2))
  if (options.help) process.stdout.write(help)
  else await run(options)
} catch (error) {
  console.error(`bench: ${error.message}`)
  process.exitCode = 1
}

async function run(options) {
  const machine = describeMachine()
  const date = new Date().toISOString()
  const servers = selectServers(options)
  const names = servers.map(({ name }) => name)
  const scenarios = []
  for (const scenario of options.scenarios) {
    const results = await runScenario(scenario, names, options, report)
    scenarios.push({ name: scenario.name, about: scenario.about, results })
  }
  const { rounds, seconds, connections, warmup, quick } = options
  const errors = scenarios.flatMap(({ results }) => results).reduce((n, one) => n + one.errors, 0)
  write(options.out, {
    date,
    quick,
    machine,
    options: { rounds, seconds, connections, warmup },
    baseline: names.includes(BASELINE) ? BASELINE : names[0],
    servers: servers.map((server) => ({ name: server.name, version: versionOf(server) })),
    errors,
    scenarios,
  })
  if (errors > 0) throw new Error(`${errors} errors or wrong answers; see errors in results.json`)
}

/** All that are installed; one that was asked for by name must be. */
function selectServers({ servers, chosen }) {
  const missing = servers.filter((server) => !isInstalled(server))
  if (chosen && missing.length > 0) {
    const packages = missing.flatMap((server) => server.packages)
    throw new Error(`not installed: ${packages.join(', ')}`)
  }
  return servers.filter((server) => !missing.includes(server))
}

function report({ scenario, server, round, cpuUs, requestsPerSecond, latencyP99Ms, errors }) {
  const line = [
    scenario.padEnd(8),
    server.padEnd(10),
    `#${round}`.padEnd(4),
    `${cpuUs.toFixed(1)} µs`.padStart(12),
    `${Math.round(requestsPerSecond)}/s`.padStart(10),
    `p99 ${latencyP99Ms.toFixed(2)} ms`.padStart(16),
    errors > 0 ? `  ${errors} errors` : '',
  ]
  console.log(line.join(' '))
}

function write(folder, results) {
  mkdirSync(folder, { recursive: true })
  const markdown = toMarkdown(results)
  writeFileSync(join(folder, 'results.json'), `${JSON.stringify(results, null, 2)}\n`)
  writeFileSync(join(folder, 'results.md'), markdown)
  writeFileSync(join(folder, 'chart.svg'), toChart(results))
  console.log(`\n${markdown.split('\n## Measured')[0]}\nwritten to ${folder}`)
}
