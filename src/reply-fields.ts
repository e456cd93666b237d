// The fields and the status of a reply while a handler puts them together.
//
// Called by Context, by the cookies and by the normaliser. Promises that nothing invalid gets into
// the list: names are tokens, values have no line breaks, framing fields are refused or become
// flags. The native side checks again when it encodes.

import { LannerError } from './errors.js'
import { checkField, checkName, checkValue, isReservedField } from './headers.js'
import { extrasOf } from './native/exchange.js'
import { isScalar, shown } from './shown.js'

import type { Extras } from './native/exchange.js'
import type { FieldBlock } from './native/field-block.js'

/** Field names with a value each, or several. */
export type FieldInit = Readonly<Record<string, string | readonly string[]>>

/** The part of a Context that is about fields. */
export interface FieldOwner {
  readonly statusCode: number
  /** Sent in front of the fields; no name is in both unless it was appended. */
  replyBlock: FieldBlock | undefined
  replyFields: string[] | undefined
  extras: Extras | undefined
}

export function checkStatus(status: number): number {
  if (Number.isInteger(status) && status >= 200 && status <= 599) return status
  throw new LannerError(
    'LANNER_STATUS_INVALID',
    `${shown(status)} is not a status of a reply: it is an integer from 200 to 599.`,
  )
}

/** Replaces the field; several values give several fields, `undefined` removes it. */
export function setField(
  owner: FieldOwner,
  name: string,
  value: string | readonly string[] | undefined,
): void {
  const { replyBlock, replyFields, extras } = owner
  if (replyFields !== undefined || replyBlock !== undefined || extras !== undefined) {
    removeField(owner, fieldName(name).lower)
  }
  if (value === undefined) return checkName(name)
  if (!isList(value)) addField(owner, name, value)
  else for (const one of value) addField(owner, name, one)
}

/** Whether a field gets several values. Other objects are mistakes, told as its one value. */
function isList(value: unknown): value is readonly string[] {
  return typeof value === 'object' && value !== null && Symbol.iterator in value
}

/** Sets the fields of a block in place of those of their names. */
export function setBlock(owner: FieldOwner, block: FieldBlock): void {
  if (block.count === 0) return
  const { replyBlock: before, replyFields: fields } = owner
  owner.replyBlock = before === undefined ? block : block.over(before)
  if (fields !== undefined && namesAny(fields, block))
    dropListed(owner, fields, (name) => block.has(name))
}

/** Whether a block has one of the fields. */
function namesAny(fields: readonly string[], block: FieldBlock): boolean {
  for (let i = 0; i < fields.length; i += 2) {
    const name = fields[i]!
    if (block.mayHave(name) && block.has(fieldName(name).lower)) return true
  }
  return false
}

/** Takes the block apart, so that each of its fields can be changed. */
function openBlock(owner: FieldOwner, block: FieldBlock): void {
  owner.replyFields =
    owner.replyFields === undefined ? [...block.list] : [...block.list, ...owner.replyFields]
  owner.replyBlock = undefined
}

/** Adds a field beside those of its name. */
export function addField(owner: FieldOwner, name: string, value: string): void {
  const text = typeof value === 'string' ? value : textOf(name, value)
  const { kind } = fieldName(name)
  checkValue(name, text)
  if (kind === PLAIN) {
    if (owner.replyFields === undefined) owner.replyFields = [name, text]
    else owner.replyFields.push(name, text)
  } else if (kind === LENGTH) {
    extrasOf(owner).length = parseLength(text)
  } else if (kind === CONNECTION && text.toLowerCase() === 'close') {
    extrasOf(owner).close = true
  } else if (kind === UPGRADE) {
    addUpgrade(owner, name, text)
  } else {
    throw new LannerError(
      'LANNER_HEADER_RESERVED',
      `The header field ${name} belongs to the server and cannot be set.`,
    )
  }
}

/** Numbers are common; anything else is a value that somebody forgot to make. */
function textOf(name: string, value: unknown): string {
  if (isScalar(value)) return String(value)
  throw new LannerError(
    'LANNER_HEADER_INVALID',
    `The value of the header field ${name} is a text, not ${shown(value)}.`,
  )
}

/** A reply with 426 has to say what to upgrade to (RFC 9110 section 15.5.22); no other may. */
function addUpgrade(owner: FieldOwner, name: string, value: string): void {
  if (owner.statusCode !== UPGRADE_REQUIRED) {
    throw new LannerError(
      'LANNER_HEADER_RESERVED',
      `The header field ${name} is for replies with status 426: set that status first.`,
    )
  }
  if (owner.replyFields === undefined) owner.replyFields = [name, value]
  else owner.replyFields.push(name, value)
}

const UPGRADE_REQUIRED = 426

/** Removes all fields of a name given in lower case. */
export function removeField(owner: FieldOwner, lower: string): void {
  const { extras } = owner
  if (extras !== undefined) {
    if (lower === 'content-length') extras.length = -1
    if (lower === 'connection') extras.close = false
  }
  if (hasField(owner, lower)) dropFields(owner, (name) => name === lower)
}

/** What is to be done with a field of a name. */
const PLAIN = 0
const LENGTH = 1
const CONNECTION = 2
const UPGRADE = 3
const RESERVED = 4

interface FieldName {
  readonly lower: string
  readonly kind: number
}

/** Names that were seen: programs set the same few names again and again. */
const fieldNames = new Map<string, FieldName>()

/** A program that makes up names must not fill the memory. */
const FIELD_NAMES_MAX = 256

function fieldName(name: string): FieldName {
  const known = fieldNames.get(name)
  if (known !== undefined) return known
  checkName(name)
  const lower = name.toLowerCase()
  const kind =
    lower === 'content-length'
      ? LENGTH
      : lower === 'connection'
        ? CONNECTION
        : lower === 'upgrade'
          ? UPGRADE
          : isReservedField(lower)
            ? RESERVED
            : PLAIN
  const made = { lower, kind }
  if (fieldNames.size < FIELD_NAMES_MAX) fieldNames.set(name, made)
  return made
}

/** Sets a cookie in place of the one with the same name, domain and path. */
export function replaceCookie(
  owner: FieldOwner,
  line: string,
  isSame: (line: string) => boolean,
): void {
  dropFields(owner, (name, value) => name === 'set-cookie' && isSame(value))
  addField(owner, 'set-cookie', line)
}

/**
 * Fields that describe a body or let caches keep it: they must not outlive the body that they were
 * for. Nor may `upgrade` outlive its status.
 */
const OF_THE_BODY =
  /^(?:content-(?!security-policy)|etag$|last-modified$|cache-control$|expires$|accept-ranges$|age$|upgrade$)/

/** Forgets what was said about a body that is not sent, after an error. */
export function dropBodyFields(owner: FieldOwner): void {
  dropFields(owner, (name) => OF_THE_BODY.test(name))
  if (owner.extras !== undefined) {
    owner.extras.length = -1
    owner.extras.trailers = undefined
  }
}

/** Whether a field of this name (in lower case) was set. */
export function hasField({ replyBlock, replyFields }: FieldOwner, lower: string): boolean {
  if (replyBlock !== undefined && replyBlock.has(lower)) return true
  if (replyFields === undefined) return false
  for (let i = 0; i < replyFields.length; i += 2) if (isNamed(replyFields[i]!, lower)) return true
  return false
}

/** The value of a field (its name in lower case), several joined by ", ". */
export function fieldText(owner: FieldOwner, lower: string): string | undefined {
  const texts = fieldTexts(owner, lower)
  return texts.length === 0 ? undefined : texts.join(', ')
}

/** The values of a field (its name in lower case), one for each line. */
export function fieldTexts({ replyBlock, replyFields }: FieldOwner, lower: string): string[] {
  const texts: string[] = []
  if (replyBlock?.has(lower) === true) addTexts(texts, replyBlock.list, lower)
  if (replyFields !== undefined) addTexts(texts, replyFields, lower)
  return texts
}

function addTexts(texts: string[], fields: readonly string[], lower: string): void {
  for (let i = 0; i < fields.length; i += 2) {
    if (isNamed(fields[i]!, lower)) texts.push(fields[i + 1]!)
  }
}

/** Whether a name is this one in lower case. Most are as long as no other. */
function isNamed(name: string, lower: string): boolean {
  if (name.length !== lower.length) return false
  if (((name.charCodeAt(0) ^ lower.charCodeAt(0)) & 0xdf) !== 0) return false
  return fieldName(name).lower === lower
}

/** Adds the name of a request field to `vary`, unless it is there. */
export function addVary(owner: FieldOwner, name: string): void {
  const text = fieldText(owner, 'vary')
  if (text === undefined) return addField(owner, 'vary', name)
  const names = text.split(',').map((one) => one.trim().toLowerCase())
  if (names.includes('*') || names.includes(name.toLowerCase())) return
  setField(owner, 'vary', `${text}, ${name}`)
}

/** Checked names and values in turn. */
export function fieldsOf(init: FieldInit): string[] {
  const fields: string[] = []
  for (const [name, value] of Object.entries(init)) {
    for (const one of isList(value) ? value : [value]) {
      const text = typeof one === 'string' ? one : textOf(name, one)
      checkField(name, text)
      fields.push(name, text)
    }
  }
  return fields
}

/** Removes fields; a block stays whole unless one of them is in it. */
function dropFields(owner: FieldOwner, drop: (lower: string, value: string) => boolean): void {
  const { replyBlock } = owner
  if (replyBlock !== undefined && hasSome(replyBlock.list, drop)) openBlock(owner, replyBlock)
  const { replyFields } = owner
  if (replyFields !== undefined) dropListed(owner, replyFields, drop)
}

/** Removes fields that are in no block. The list before stays as it is: one may compare them. */
function dropListed(
  owner: FieldOwner,
  fields: string[],
  drop: (lower: string, value: string) => boolean,
): void {
  let kept: string[] | undefined
  for (let i = 0; i < fields.length; i += 2) {
    const name = fields[i]!
    const value = fields[i + 1]!
    if (drop(name.toLowerCase(), value)) kept ??= fields.slice(0, i)
    else kept?.push(name, value)
  }
  if (kept !== undefined) owner.replyFields = kept.length === 0 ? undefined : kept
}

function hasSome(list: readonly string[], is: (lower: string, value: string) => boolean): boolean {
  for (let i = 0; i < list.length; i += 2) {
    if (is(list[i]!.toLowerCase(), list[i + 1]!)) return true
  }
  return false
}

function parseLength(text: string): number {
  const length = /^\d{1,16}$/.test(text) ? Number(text) : NaN
  if (Number.isSafeInteger(length)) return length
  throw new LannerError('LANNER_HEADER_INVALID', `${JSON.stringify(text)} is not a content-length.`)
}
