// A whole form as FormData: fields as texts, files as Files.
//
// Called by ctx.body.formData() and by the binder of routes with a schema. Promises that a file is
// in memory only as far as memoryBytes goes: a longer one is a File whose bytes lie in a temporary
// file until the exchange is over.

import { openAsBlob } from 'node:fs'

import { httpError } from '../errors.js'
import { isUrlencoded } from '../query.js'
import { isMultipart } from './part-head.js'
import { pairsOfForm, parseMultipart } from './limits.js'
import { writeTemporary } from './spool.js'

import type { BodySource } from '../body/source.js'
import type { Cleanup } from '../cleanups.js'
import type { MultipartOptions } from './limits.js'
import type { Part } from './part.js'

/** What is needed to read a form. */
export interface FormSource {
  readonly body: BodySource
  /** The content type of the body. */
  readonly type: string
  /** Has something given back at the end of the exchange. */
  readonly atEnd: (cleanup: Cleanup) => void
}

/** Reads a form of either type to its end. */
export async function readFormData(
  { body, type, atEnd }: FormSource,
  options: MultipartOptions,
): Promise<FormData> {
  const { memoryBytes, parts } = parseMultipart(options)
  const form = new FormData()
  if (!isMultipart(type)) {
    if (!isUrlencoded(type)) throw httpError('LANNER_FORM_INVALID')
    const pairs = pairsOfForm(await body.text(), parts)
    for (let i = 0; i < pairs.length; i += 2) form.append(pairs[i]!, pairs[i + 1]!)
    return form
  }
  for await (const part of body.multipart(options)) {
    if (part.isFile) form.append(part.name, await toFile(part, memoryBytes, atEnd))
    else form.append(part.name, await part.text())
  }
  return form
}

async function toFile(
  part: Part,
  memoryBytes: number,
  atEnd: (cleanup: Cleanup) => void,
): Promise<File> {
  const { filename = '', type } = part
  const chunks = part[Symbol.asyncIterator]()
  const begun: Uint8Array[] = []
  let length = 0
  for (let step = await chunks.next(); step.done !== true; step = await chunks.next()) {
    begun.push(step.value)
    length += step.value.byteLength
    if (length <= memoryBytes) continue
    const { path } = await writeTemporary(following(begun, chunks), atEnd)
    return new File([await openAsBlob(path)], filename, { type })
  }
  return new File(begun, filename, { type })
}

async function* following(
  begun: Uint8Array[],
  rest: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  for (let chunk = begun.shift(); chunk !== undefined; chunk = begun.shift()) yield chunk
  yield* rest
}
