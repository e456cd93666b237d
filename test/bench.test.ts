// The benchmark runs, checks what it measures and writes what it promises. No number is judged.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { expect, onTestFinished, test } from 'vitest'

import { startNode } from './support/child.ts'

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'lanner-bench-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

test('a quick run measures two servers and writes JSON, Markdown and a chart', async () => {
  const out = temporaryFolder()
  const select = ['--servers', 'lanner,node-http', '--scenarios', 'text,echo,stream']
  const bench = startNode('bench/run.mjs', { args: ['--quick', ...select, '--out', out] })
  const { code } = await bench.exited
  expect({ code, stderr: bench.stderr }).toEqual({ code: 0, stderr: '' })

  const results = JSON.parse(readFileSync(join(out, 'results.json'), 'utf8'))
  expect(results).toMatchObject({ quick: true, errors: 0, baseline: 'node-http' })
  expect(results.machine).toMatchObject({ node: process.version, cores: expect.any(Number) })
  expect(results.servers.map((server: { name: string }) => server.name)).toEqual([
    'lanner',
    'node-http',
  ])
  expect(results.scenarios.map((one: { name: string }) => one.name)).toEqual([
    'text',
    'echo',
    'stream',
  ])
  for (const { results: servers } of results.scenarios) {
    for (const { median, best, rounds } of servers) {
      expect(rounds).toHaveLength(1)
      expect(median.requestsPerSecond).toBeGreaterThan(0)
      expect(median.cpuUs).toBeGreaterThan(0)
      expect(median.latencyP99Ms).toBeGreaterThanOrEqual(median.latencyP50Ms)
      expect(median.rssMb).toBeGreaterThan(1)
      expect(best).toEqual(median)
    }
  }

  const markdown = readFileSync(join(out, 'results.md'), 'utf8')
  expect(markdown.indexOf('÷ node-http')).toBeLessThan(markdown.indexOf('CPU µs/request'))
  expect(markdown).toContain(process.version)
  expect(markdown).not.toMatch(/NaN|undefined|Infinity/)

  const chart = readFileSync(join(out, 'chart.svg'), 'utf8')
  expect(chart).toMatch(/^<svg [\s\S]*<\/svg>\n$/)
  expect(chart).not.toMatch(/NaN|undefined|Infinity/)
}, 60_000)

test.each([
  ['--rounds', 'none', '--rounds none: not a number'],
  ['--scenarios', 'text,tea', 'no "tea"; there are text, json'],
  ['--servers', 'apache', 'no "apache"; there are lanner, node-http'],
])('%s %s is refused', async (option, value, message) => {
  const bench = startNode('bench/run.mjs', { args: [option, value] })
  const { code } = await bench.exited
  expect(code).toBe(1)
  expect(bench.stderr).toContain(message)
})

test('a quick overload run measures two servers and writes JSON, Markdown and a chart', async () => {
  const out = temporaryFolder()
  const bench = startNode('bench/overload.mjs', {
    args: ['--quick', '--servers', 'lanner,node-http', '--out', out],
  })
  const { code } = await bench.exited
  expect({ code, stderr: bench.stderr }).toEqual({ code: 0, stderr: '' })

  const results = JSON.parse(readFileSync(join(out, 'overload.json'), 'utf8'))
  expect(results.servers.map((server: { name: string }) => server.name)).toEqual([
    'lanner',
    'node-http',
  ])
  for (const { sustainable, points, flood } of results.servers) {
    expect(sustainable).toBeGreaterThan(0)
    expect(points.map((point: { share: number }) => point.share)).toEqual([0.5, 2])
    for (const { offered, served, errors, p50Ms, p99Ms } of [...points, flood]) {
      expect(offered).toBeGreaterThan(0)
      expect(served).toBeGreaterThan(0)
      expect(errors).toBe(0)
      expect(p99Ms).toBeGreaterThanOrEqual(p50Ms)
    }
  }
  expect(readFileSync(join(out, 'overload.md'), 'utf8')).not.toMatch(/NaN|undefined|Infinity/)
  const chart = readFileSync(join(out, 'overload.svg'), 'utf8')
  expect(chart).toMatch(/^<svg [\s\S]*<\/svg>\n$/)
  expect(chart).not.toMatch(/NaN|undefined|Infinity/)
}, 60_000)

test('--servers of the overload benchmark names what there is', async () => {
  const bench = startNode('bench/overload.mjs', { args: ['--servers', 'apache'] })
  expect((await bench.exited).code).toBe(1)
  expect(bench.stderr).toContain('no "apache"; there are lanner,')
})

test('a quick run with a handler that blocks loses no request', async () => {
  const bench = startNode('bench/stuck.mjs', { args: ['--ms', '2500', '--idle', '300'] })
  const { code } = await bench.exited
  expect({ code, stderr: bench.stderr }).toEqual({ code: 0, stderr: '' })
  expect(bench.stdout).not.toMatch(/NaN|undefined|Infinity/)
  for (const row of ['/livez | 200', '/metrics | 200', 'no host | 400', 'handler | 504']) {
    expect(bench.stdout).toContain(`| ${row} | `)
  }
  if (process.platform !== 'win32') expect(bench.stdout).toContain('stuck-lanner.mjs:')
}, 60_000)
