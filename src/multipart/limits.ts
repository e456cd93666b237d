// What a form with parts may make the server hold: the options. Their defaults, their ranges and
// where they come from are rows of limit-table.ts.

import { HttpError } from '../errors.js'
import { limitOf } from '../limit-table.js'
import { refuseUnknown, requireObject } from '../option-values.js'
import { hasMorePairs, parsePairs } from '../query.js'

import type { Size } from '../options.js'

/** The limits of a body of type multipart/form-data, beside `limits.bodyBytes`. Past them: 413. */
export interface MultipartOptions {
  /** Parts, fields and files together; also fields of urlencoded forms. Default 1024 (Kestrel). */
  parts?: number
  /** Length of a part's name. Default 2 KiB (Kestrel). */
  nameBytes?: Size
  /** Length of a field, which is a part without a filename. Default 4 MiB (Kestrel). */
  valueBytes?: Size
  /** Length of a file; null for no limit. Default 128 MiB (Kestrel). */
  fileBytes?: Size | null
  /** Number of header fields of a part. Default 16 (Kestrel). */
  headers?: number
  /** All header fields of a part together. Default 16 KiB (Kestrel). */
  headerBytes?: Size
  /** Length of the boundary. Default 70 (RFC 2046 section 5.1.1). */
  boundaryBytes?: number
  /**
   * Length up to which `formData()` keeps a file in memory; a longer one goes to a temporary file.
   * Default 64 KiB (Kestrel).
   */
  memoryBytes?: Size
}

/** The limit of a body of type application/x-www-form-urlencoded, beside `limits.bodyBytes`. */
export interface FormOptions {
  /** Fields of the form. Default 1024 (Kestrel). Past it: 413. */
  parts?: number
}

/** The limits as numbers. */
export type MultipartLimits = Readonly<Record<keyof MultipartOptions, number>>

const NAMES: readonly (keyof MultipartOptions)[] = [
  'parts',
  'nameBytes',
  'valueBytes',
  'fileBytes',
  'headers',
  'headerBytes',
  'boundaryBytes',
  'memoryBytes',
]

/** Checks the options and fills in the defaults. */
export function parseMultipart(options: MultipartOptions): MultipartLimits {
  requireObject(options, 'options of multipart()')
  refuseUnknown(options, NAMES, '', ' of multipart()')
  return {
    parts: limitOf('multipartParts', options.parts, 'parts'),
    nameBytes: limitOf('multipartNameBytes', options.nameBytes, 'nameBytes'),
    valueBytes: limitOf('multipartValueBytes', options.valueBytes, 'valueBytes'),
    fileBytes: limitOf('multipartFileBytes', options.fileBytes, 'fileBytes'),
    headers: limitOf('multipartHeaders', options.headers, 'headers'),
    headerBytes: limitOf('multipartHeaderBytes', options.headerBytes, 'headerBytes'),
    boundaryBytes: limitOf('multipartBoundaryBytes', options.boundaryBytes, 'boundaryBytes'),
    memoryBytes: limitOf('multipartMemoryBytes', options.memoryBytes, 'memoryBytes'),
  }
}

/** Checks the options of a form without parts; gives how many fields it may have. */
export function parseFormParts(options: FormOptions): number {
  requireObject(options, 'options of form()')
  refuseUnknown(options, ['parts'], '', ' of form()')
  return limitOf('multipartParts', options.parts, 'parts')
}

/** The error of a limit that was passed. */
export function tooMuch(what: string, limit: keyof MultipartOptions, most: number): HttpError {
  return new HttpError(413, `${what} passes the limit ${limit} (${most}).`, {
    code: 'LANNER_MULTIPART_LIMIT',
  })
}

/** The names and values of an urlencoded form in turn; as many as a form may have parts. */
export function pairsOfForm(text: string, most: number): string[] {
  const pairs = parsePairs(text, most)
  if (pairs.length > most * 2) throw tooManyFields(most)
  return pairs
}

/** An urlencoded form as URLSearchParams; of as many fields as a form may have parts. */
export function paramsOfForm(text: string, most: number): URLSearchParams {
  if (hasMorePairs(text, most)) throw tooManyFields(most)
  return new URLSearchParams(text)
}

function tooManyFields(most: number): HttpError {
  return tooMuch('The number of fields', 'parts', most)
}

/** The error of a form that breaks the rules. */
export function malformed(detail: string): HttpError {
  return new HttpError(400, `The form is not valid: ${detail}.`, {
    code: 'LANNER_MULTIPART_INVALID',
  })
}
