// One scenario from start to end: every server up, checked, warmed, measured in turns, ended.
//
// Called by run.mjs. The order of the servers turns round with each round (A B C, C B A, …), so
// that what changes slowly on the machine touches all of them alike. The servers that wait are
// idle. Each scenario has processes of its own: none is slower or faster for what came before.

import { checkAnswer } from './check.mjs'
import { measure } from './load.mjs'
import { ServerProcess } from './server-process.mjs'
import { summarize } from './stats.mjs'

/** `say` gets a line per measurement. Gives one entry per server, in the order of `names`. */
export async function runScenario(scenario, names, options, say) {
  const servers = []
  try {
    for (const name of names) servers.push(await ServerProcess.start(name))
    for (const server of servers) await checkAnswer(server, scenario)
    const { connections, warmup } = options
    for (const server of servers) await measure(server, scenario, { connections, seconds: warmup })
    const rounds = await measureInTurns(servers, scenario, options, say)
    return servers.map(({ name, startMs }) => ({
      server: name,
      startMs,
      ...summarize(rounds.get(name)),
      rounds: rounds.get(name),
    }))
  } finally {
    await Promise.all(servers.map((server) => server.end()))
  }
}

async function measureInTurns(servers, scenario, options, say) {
  const rounds = new Map(servers.map(({ name }) => [name, []]))
  for (let round = 0; round < options.rounds; round++) {
    const order = round % 2 === 0 ? servers : [...servers].reverse()
    for (const server of order) {
      const one = await measure(server, scenario, options)
      rounds.get(server.name).push(one)
      say({ scenario: scenario.name, server: server.name, round: round + 1, ...one })
    }
  }
  return rounds
}
