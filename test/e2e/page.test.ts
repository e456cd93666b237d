// The static page in a real browser: loads, fetches its JSON, sends a form. Needs a Chromium that
// is installed (CHROMIUM names another one); without it the test is skipped, except in CI.

import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { chromium } from 'playwright-core'
import { expect, onTestFinished, test } from 'vitest'

import { startNode } from '../support/child.ts'

import type { BrowserContext } from 'playwright-core'

const candidates = [
  process.env['CHROMIUM'] ?? '',
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
]
const browser = candidates.find((path) => path !== '' && existsSync(path))
if (browser === undefined) {
  console.warn('no Chromium is installed: the test of the static page is skipped')
}

/** Nothing of the browser's own traffic: the tests know no network but loopback. */
const quietly = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

async function open(): Promise<BrowserContext> {
  const profile = mkdtempSync(join(tmpdir(), 'lanner-page-'))
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: browser as string,
    headless: true,
    args: quietly,
  })
  onTestFinished(async () => {
    await context.close()
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 })
  })
  return context
}

const isRequired = process.env['CI'] !== undefined && process.env['LANNER_PREBUILT'] !== '1'
const isMissing = browser === undefined && !isRequired

test.skipIf(isMissing)('the static page shows what it fetched', { timeout: 60_000 }, async () => {
  const child = startNode('examples/static-page.mjs')
  const url = await child.url()
  const page = await (await open()).newPage()
  const complaints: string[] = []
  page.on('console', (message) => complaints.push(message.text()))
  page.on('pageerror', (error) => complaints.push(String(error)))
  page.on('requestfailed', (request) => complaints.push(`failed: ${request.url()}`))

  const response = await page.goto(url.href)
  expect(response?.status()).toBe(200)
  await page.locator('#state', { hasText: '4 falcons' }).waitFor()
  expect(await page.locator('#list li').allTextContents()).toContain('kestrel')

  await page.fill('input[name=name]', 'peregrine')
  await page.click('button')
  await page.locator('#state', { hasText: '5 falcons' }).waitFor()
  expect(await page.locator('#list li').last().textContent()).toBe('peregrine')

  await page.reload()
  await page.locator('#state', { hasText: '5 falcons' }).waitFor()
  expect(complaints).toEqual([])
  const shot = process.env['LANNER_SCREENSHOT']
  if (shot !== undefined) await page.screenshot({ path: shot })
})
