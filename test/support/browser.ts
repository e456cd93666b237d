// A Chromium that is installed already (CHROMIUM names another one), without a window.

import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { chromium } from 'playwright-core'
import { onTestFinished } from 'vitest'

import type { Page } from 'playwright-core'

const candidates = [
  process.env['CHROMIUM'] ?? '',
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
]
const browser = candidates.find((path) => path !== '' && existsSync(path))
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

const isRequired = process.env['CI'] !== undefined && process.env['LANNER_PREBUILT'] !== '1'

/** Whether tests of pages are skipped: in CI they fail instead. */
export const isMissing = browser === undefined && !isRequired
if (isMissing) console.warn('no Chromium is installed: tests of pages are skipped')

/** A page of a browser of its own, and what it complained about. */
export async function openPage(): Promise<{ page: Page; complaints: string[] }> {
  if (browser === undefined) throw new Error('no Chromium is installed: CHROMIUM names one')
  const profile = mkdtempSync(join(tmpdir(), 'lanner-page-'))
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: browser,
    headless: true,
    args: quietly,
  })
  onTestFinished(async () => {
    await context.close()
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 })
  })
  const page = await context.newPage()
  const complaints: string[] = []
  page.on('console', (message) => complaints.push(message.text()))
  page.on('pageerror', (error) => complaints.push(String(error)))
  page.on('requestfailed', (request) => complaints.push(`failed: ${request.url()}`))
  return { page, complaints }
}
