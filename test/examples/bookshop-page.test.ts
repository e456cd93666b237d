// The page of the bookshop in a real browser: it finds books, logs in, buys, and shows a clerk what
// others buy, all through the typed client as the package has it. Needs a Chromium.

import { expect, onTestFinished, test } from 'vitest'

import { isMissing, openPage } from '../support/browser.ts'
import { openShop, PASSWORD } from './shop.ts'

import type { Page } from 'playwright-core'

async function logIn(page: Page, email: string, password = PASSWORD): Promise<void> {
  await page.fill('input[name=email]', email)
  await page.fill('input[name=password]', password)
  await page.click('button[name=in]')
}

test.skipIf(isMissing)(
  'customers buy on the page, clerks look on',
  { timeout: 90_000 },
  async () => {
    const { app, clerk } = await openShop()
    const cover = new FormData()
    cover.append('cover', new File([PNG], 'c.png', { type: 'image/png' }))
    await app.fetch('/api/books/1/cover', { method: 'PUT', headers: clerk, body: cover })
    const server = await app.listen({ port: 0, host: '127.0.0.1' })
    onTestFinished(() => server.close({ gracePeriod: 0 }))
    const { page, complaints } = await openPage()
    const response = await page.goto(String(server.url))
    expect(response?.status()).toBe(200)
    const rows = page.locator('#books tr')
    await rows.nth(3).waitFor()
    const titles = page.locator('#books td:nth-child(2)')
    expect(await titles.allTextContents()).toEqual([
      'H is for HawkHelen Macdonald',
      'The GoshawkT. H. White',
      'The PeregrineJ. A. Baker',
      'Vesper FlightsHelen Macdonald',
    ])

    await page.fill('input[name=q]', 'baker')
    await page.click('#search button')
    await expect.poll(() => rows.count()).toBe(1)
    await page.fill('input[name=q]', '')
    await page.click('#search button')
    await expect.poll(() => rows.count()).toBe(4)

    await logIn(page, 'ada@example.org', 'wrong')
    await page.locator('#message', { hasText: 'no such address with this password' }).waitFor()
    await logIn(page, 'ada@example.org')
    await page.locator('#who', { hasText: 'Ada (customer)' }).waitFor()
    await page.locator('tr', { hasText: 'The Peregrine' }).locator('button').click()
    await page.locator('#message', { hasText: 'order 1: €12.95' }).waitFor()
    await page.locator('#orders li', { hasText: '1 (new): 1 × The Peregrine' }).waitFor()
    await expect.poll(() => page.locator('button', { hasText: 'Sold out' }).count()).toBe(1)
    // A picture that is not there and a password that is wrong are said by the browser itself.
    expect(complaints.filter((text) => !/\b(404|401)\b/.test(text))).toEqual([])

    const other = await page.context().newPage()
    await other.goto(String(server.url))
    await logIn(other, 'clerk@example.org')
    await other.locator('#who', { hasText: 'Clerk (clerk)' }).waitFor()
    await expect.poll(() => server.stats().in_flight).toBe(1)
    await page.locator('tr', { hasText: 'The Peregrine' }).locator('button').click()
    await other.locator('#orders li', { hasText: '2 (new): 1 × The Peregrine' }).waitFor()
    await expect.poll(() => page.locator('button', { hasText: 'Sold out' }).count()).toBe(2)
    const shot = process.env['LANNER_SCREENSHOT']
    if (shot !== undefined) await page.screenshot({ path: shot })
  },
)

/** A black dot. */
const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg==',
  'base64',
)
