// The static page in a real browser: loads, fetches its JSON, sends a form. Needs a Chromium that
// is installed (CHROMIUM names another one); without it the test is skipped, except in CI.

import { expect, test } from 'vitest'

import { isMissing, openPage } from '../support/browser.ts'
import { startNode } from '../support/child.ts'

test.skipIf(isMissing)('the static page shows what it fetched', { timeout: 60_000 }, async () => {
  const child = startNode('examples/static-page.mjs')
  const url = await child.url()
  const { page, complaints } = await openPage()

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
