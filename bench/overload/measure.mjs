// One server's curve: what it can do in a closed loop, then an open loop for each share of that.
//
// Used by overload.mjs. Each load meets a process of its own that was warmed in a closed loop, so
// that nothing is left of the load before. Where there is taskset and a second CPU, the server has
// CPU 0 and the load CPU 1.

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
      const { url } = process
      await closed(url, { ...options, closedSeconds: options.warmup })
      const before = await process.usage()
      const start = performance.now()
      const result = await fire({
        url,
        perSecond: share * sustainable,
        connections: options.connections,
        waitingMax: options.waitingMax,
        seconds: options.seconds,
        from: options.from,
        seed: options.seed,
      })
      const { cpuUs } = await process.usage()
      const cores = (cpuUs - before.cpuUs) / 1000 / (performance.now() - start)
      return { ...result, cores }
    })
    points.push({ share, ...point })
    say(server.name, points.at(-1))
  }
  return { name: server.name, sustainable, points }
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
