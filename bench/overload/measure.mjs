// One server's curve: what it can do in a closed loop, then an open loop for each share of that.
//
// Used by overload.mjs. Each load meets a process of its own that was warmed in a closed loop, so
// that nothing is left of the load before; the flood meets one that has served nothing yet. Where
// there is taskset and a second CPU, the server has CPU 0 and the load CPU 1.

import { execFile, spawnSync } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

import { ServerProcess } from '../lib/server-process.mjs'

const run = promisify(execFile)
const load = fileURLToPath(new URL('load.mjs', import.meta.url))

/** Whether processes can be pinned here. */
export const isPinned =
  availableParallelism() > 1 && spawnSync('taskset', ['-c', '0,1', 'true']).status === 0

const onCpu = (cpu) => (isPinned ? ['taskset', '-c', String(cpu)] : [])

export async function measureServer(server, options, say) {
  const sustainable = await withServer(server, options, async ({ url }) => {
    await closed(url, { ...options, closedSeconds: options.warmup })
    return closed(url, options)
  })
  const points = []
  for (const share of options.shares) {
    const point = await withServer(server, options, async (process) => {
      await closed(process.url, { ...options, closedSeconds: options.warmup })
      return offer(process, share * sustainable, options)
    })
    points.push({ share, ...point })
    say(server.name, points.at(-1))
  }
  const flood = await measureFlood(server, options, sustainable)
  say(server.name, flood)
  return { name: server.name, sustainable, points, flood }
}

/** A load that comes at once, and counts from its first request. */
async function measureFlood(server, options, sustainable) {
  const { share, workUs, seconds } = options.flood
  const steps = Math.round((options.steps * workUs) / options.workUs)
  const pace = 1 / (1 / sustainable + (workUs - options.workUs) / 1e6)
  const cold = { ...options, steps, seconds, from: 0 }
  const point = await withServer(server, cold, (process) => offer(process, share * pace, cold))
  return { share, ...point }
}

async function offer(process, perSecond, options) {
  const { connections, waitingMax, seconds, from, seed } = options
  const before = await process.usage()
  const start = performance.now()
  const load = { perSecond, connections, waitingMax, seconds, from, seed }
  const result = await fire({ url: process.url, ...load })
  const { cpuUs } = await process.usage()
  const cores = (cpuUs - before.cpuUs) / 1000 / (performance.now() - start)
  return { ...result, cores }
}

async function withServer({ app, env }, { steps }, use) {
  const how = { command: onCpu(0), env: { ...env, WORK_STEPS: String(steps) } }
  const server = await ServerProcess.start(app, how)
  try {
    return await use(server)
  } finally {
    await server.end()
  }
}

async function closed(url, { closedConnections: connections, closedSeconds: seconds }) {
  const { servedPerSecond, errors } = await fire({ url, connections, seconds })
  if (errors > 0 || servedPerSecond === 0) throw new Error(`${errors} errors in a closed loop`)
  return servedPerSecond
}

/** The load, with an end even if a server never answers. */
async function fire(options) {
  const [program, ...args] = [...onCpu(1), process.execPath, load, JSON.stringify(options)]
  const timeout = options.seconds * 1000 + 30_000
  const { stdout } = await run(program, args, { timeout, killSignal: 'SIGKILL' })
  return JSON.parse(stdout)
}
