// The command line of the benchmark: parsed once, checked, with the defaults filled in.
//
// Called by run.mjs. Promises numbers in their ranges and names that exist, or an error that says
// which option is wrong.

import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

import { peers } from './peers.mjs'
import { scenarios } from './scenarios.mjs'

const out = join(fileURLToPath(new URL('..', import.meta.url)), 'out')
const usual = { rounds: 5, seconds: 3, connections: 64, warmup: 1 }
/** Enough to see that all of it works; too short to compare anything. */
const quick = { rounds: 1, seconds: 0.5, connections: 8, warmup: 0.2 }

export const help = `npm run bench -- [options]

  --rounds N          measurements of each server in each scenario (${usual.rounds})
  --seconds N         length of one measurement (${usual.seconds})
  --connections N     connections of the load (${usual.connections})
  --warmup N          seconds of load before the first measurement (${usual.warmup})
  --scenarios a,b     of: ${scenarios.map(({ name }) => name).join(', ')}
  --servers a,b       of: ${peers.map(({ name }) => name).join(', ')} (default: all installed)
  --out FOLDER        where the results go (bench/out)
  --quick             a short run that shows that everything works
`

export function parseOptions(args) {
  const text = { type: 'string' }
  const { values } = parseArgs({
    args,
    options: {
      rounds: text,
      seconds: text,
      connections: text,
      warmup: text,
      scenarios: text,
      servers: text,
      out: text,
      quick: { type: 'boolean' },
      help: { type: 'boolean' },
    },
  })
  const defaults = values.quick ? quick : usual
  return {
    help: values.help === true,
    quick: values.quick === true,
    rounds: number(values, 'rounds', defaults, 1, true),
    seconds: number(values, 'seconds', defaults, 0.1),
    connections: number(values, 'connections', defaults, 1, true),
    warmup: number(values, 'warmup', defaults, 0.1),
    scenarios: named(values.scenarios, scenarios, 'scenarios'),
    servers: named(values.servers, peers, 'servers'),
    chosen: values.servers !== undefined,
    out: values.out ?? out,
  }
}

function number(values, name, defaults, min, isWhole = false) {
  const value = Number(values[name] ?? defaults[name])
  if (value >= min && value <= 10_000 && (!isWhole || Number.isInteger(value))) return value
  throw new Error(`--${name} ${values[name]}: not a number from ${min} to 10000`)
}

function named(list, known, option) {
  if (list === undefined) return known
  return list.split(',').map((name) => {
    const found = known.find((entry) => entry.name === name.trim())
    if (found) return found
    const names = known.map((entry) => entry.name).join(', ')
    throw new Error(`--${option}: no ${JSON.stringify(name)}; there are ${names}`)
  })
}
