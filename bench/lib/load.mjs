// One measurement: autocannon against one server for some seconds, and what the server used for it.
//
// Called by scenario.mjs. Each body is compared while the load runs. The latency is kept here in
// microseconds, because autocannon's own table has whole milliseconds. The last request of each
// connection is cut off when the time is up: it costs the server, but is not counted.

import { createHistogram } from 'node:perf_hooks'

import autocannon from 'autocannon'

export async function measure(server, scenario, { connections, seconds }) {
  const latency = createHistogram({ lowest: 1, highest: 60_000_000, figures: 3 })
  const before = await server.usage()
  const result = await fire(server, scenario, { connections, seconds }, latency)
  const after = await server.usage()
  const requests = result['2xx']
  const { non2xx, errors, mismatches } = result
  return {
    requests,
    seconds: result.duration,
    requestsPerSecond: requests / result.duration,
    latencyP50Ms: latency.percentile(50) / 1000,
    latencyP99Ms: latency.percentile(99) / 1000,
    cpuUs: (after.cpuUs - before.cpuUs) / Math.max(requests, 1),
    cores: (after.cpuUs - before.cpuUs) / (result.duration * 1e6),
    rssMb: after.rssBytes / 2 ** 20,
    // A server that answers nothing at all has no error to count, and yet is broken.
    errors: non2xx + errors + mismatches + (requests === 0 ? 1 : 0),
  }
}

function fire(server, scenario, { connections, seconds }, latency) {
  const { path, method = 'GET', headers, body, answer, connectionsMax = Infinity } = scenario
  return new Promise((resolve, reject) => {
    const options = {
      url: server.url + path,
      method,
      headers,
      body,
      expectBody: answer,
      connections: Math.min(connections, connectionsMax),
      duration: seconds,
      // How soon the end is noticed, in milliseconds.
      sampleInt: 50,
      timeout: 10,
    }
    const run = autocannon(options, (error, result) => (error ? reject(error) : resolve(result)))
    run.on('response', (client, status, bytes, ms) => {
      latency.record(Math.max(1, Math.round(ms * 1000)))
    })
  })
}
