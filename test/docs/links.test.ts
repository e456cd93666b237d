// Every link of the documentation leads somewhere: to a file that is there, and to a heading in it.
//
// Links to other sites are not followed. Anchors are made as GitHub makes them.

import { existsSync, statSync } from 'node:fs'
import { join, posix } from 'node:path'

import { expect, test } from 'vitest'

import { anchors } from '../../scripts/lib/api-markdown.mjs'
import { filesUnder, read, root } from '../support/source-tree.ts'

const pages = [
  ...['README.md', 'CHANGELOG.md', 'CONTRIBUTING.md', 'SECURITY.md'],
  ...['docs', 'examples', 'bench'].flatMap((folder) => filesUnder(folder, '.md')),
]

/** The text of a page without its programs, whose brackets are no links. */
function prose(page: string): string {
  return read(page).replace(/^(```|~~~).*\n[\s\S]*?^\1/gm, '')
}

function linksOf(page: string): string[] {
  const text = prose(page).replace(/(`+)(?!`)[\s\S]*?[^`]\1(?!`)/g, '')
  const inline = [...text.matchAll(/\]\(([^()\s]+)(?:\s+"[^"]*")?\)/g)]
  const defined = [...text.matchAll(/^\[[^\]]+\]: (\S+)$/gm)]
  return [...inline, ...defined].map(([, target]) => target as string)
}

const anchorsOf = new Map<string, Set<string>>()
function hasAnchor(page: string, anchor: string): boolean {
  if (!anchorsOf.has(page)) {
    const anchorOf = anchors()
    const headings = [...prose(page).matchAll(/^#{1,6} (.+)$/gm)].map(([, text]) => text as string)
    anchorsOf.set(page, new Set(headings.map((heading) => anchorOf(heading))))
  }
  return anchorsOf.get(page)!.has(anchor)
}

/** What is wrong with a link; undefined when it leads somewhere. */
function fault(page: string, link: string): string | undefined {
  if (/^[a-z][a-z+.-]*:/i.test(link)) return undefined
  const [path, anchor] = link.split('#') as [string, string?]
  const target = path === '' ? page : posix.join(posix.dirname(page), decodeURI(path))
  if (!existsSync(join(root, target))) return `${page}: ${link} is not there`
  if (anchor === undefined || !target.endsWith('.md')) return undefined
  return hasAnchor(target, anchor) ? undefined : `${page}: ${link} names no heading`
}

test('there are links to follow', () => {
  expect(pages.flatMap(linksOf).length).toBeGreaterThan(300)
})

test('every link leads to a file and a heading that are there', () => {
  const faults = pages.flatMap((page) => linksOf(page).map((link) => fault(page, link)))
  expect(faults.filter(Boolean)).toEqual([])
})

test('every page of docs/ can be reached from README.md by links', () => {
  const found = new Set(['README.md'])
  for (const page of found) {
    for (const link of linksOf(page)) {
      const path = link.split('#')[0] as string
      const target = path === '' ? page : posix.join(posix.dirname(page), path)
      if (/^[a-z]+:/.test(link) || !existsSync(join(root, target))) continue
      if (statSync(join(root, target)).isDirectory()) {
        for (const inside of filesUnder(posix.normalize(target), '.md')) found.add(inside)
      } else if (target.endsWith('.md')) {
        found.add(target)
      }
    }
  }
  const lost = filesUnder('docs', '.md').filter((page) => !found.has(page))
  expect(lost).toEqual([])
})
