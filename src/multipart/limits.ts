// What a form with parts may make the server hold: the options, their defaults, their ranges.
//
// Defaults are those of Kestrel's FormOptions and MultipartReader, but for the boundary, where that
// of RFC 2046 is shorter and nobody sends a longer one.

import { HttpError } from '../errors.js'
import { integer, optionalSize, refuseUnknown, requireObject, size } from '../option-values.js'

import type { Size } from '../options.js'

/** The limits of a body of type multipart/form-data, beside `limits.bodyBytes`. Past them: 413. */
export interface MultipartOptions {
  /** Number of parts, fields and files together. Default 1024 (Kestrel). */
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

/** The limits as numbers. */
export type MultipartLimits = Readonly<Record<keyof MultipartOptions, number>>

const KIB = 1024
const GIB = 1024 ** 3
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
  requireObject(options, 'options')
  refuseUnknown(options, NAMES, '')
  return {
    parts: integer(options.parts, 'parts', 1024, 1, 1_000_000),
    nameBytes: size(options.nameBytes, 'nameBytes', 2 * KIB, 1, KIB * KIB),
    valueBytes: size(options.valueBytes, 'valueBytes', 4 * KIB * KIB, 0, GIB),
    fileBytes: optionalSize(options.fileBytes, 'fileBytes', 128 * KIB * KIB, Infinity),
    headers: integer(options.headers, 'headers', 16, 1, 1000),
    headerBytes: size(options.headerBytes, 'headerBytes', 16 * KIB, 64, KIB * KIB),
    boundaryBytes: integer(options.boundaryBytes, 'boundaryBytes', 70, 1, 1000),
    memoryBytes: size(options.memoryBytes, 'memoryBytes', 64 * KIB, 0, GIB),
  }
}

/** The error of a limit that was passed. */
export function tooMuch(what: string, limit: keyof MultipartOptions, most: number): HttpError {
  return new HttpError(413, `${what} passes the limit ${limit} (${most}).`, {
    code: 'LANNER_MULTIPART_LIMIT',
  })
}

/** The error of a form that breaks the rules. */
export function malformed(detail: string): HttpError {
  return new HttpError(400, `The form is not valid: ${detail}.`, {
    code: 'LANNER_MULTIPART_INVALID',
  })
}
