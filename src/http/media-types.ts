// Content types of files by the ends of their names, and which of them are worth compressing.
//
// Used by static files and compression. The types are those of the IANA registry, the list what
// sites are made of; an application adds its own.

const UTF8 = '; charset=utf-8'

/** By extension, in lower case, without the dot. */
export const TYPES_OF_FILES: Readonly<Record<string, string>> = {
  html: `text/html${UTF8}`,
  htm: `text/html${UTF8}`,
  css: `text/css${UTF8}`,
  js: `text/javascript${UTF8}`,
  mjs: `text/javascript${UTF8}`,
  txt: `text/plain${UTF8}`,
  md: `text/markdown${UTF8}`,
  csv: `text/csv${UTF8}`,
  ics: `text/calendar${UTF8}`,
  vtt: `text/vtt${UTF8}`,
  json: 'application/json',
  map: 'application/json',
  jsonld: 'application/ld+json',
  webmanifest: 'application/manifest+json',
  geojson: 'application/geo+json',
  xml: 'application/xml',
  xhtml: 'application/xhtml+xml',
  atom: 'application/atom+xml',
  rss: 'application/rss+xml',
  wasm: 'application/wasm',
  pdf: 'application/pdf',
  rtf: 'application/rtf',
  epub: 'application/epub+zip',
  zip: 'application/zip',
  gz: 'application/gzip',
  tar: 'application/x-tar',
  '7z': 'application/x-7z-compressed',
  zst: 'application/zstd',
  bz2: 'application/x-bzip2',
  svg: 'image/svg+xml',
  png: 'image/png',
  apng: 'image/apng',
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  gif: 'image/gif',
  webp: 'image/webp',
  avif: 'image/avif',
  ico: 'image/x-icon',
  bmp: 'image/bmp',
  tif: 'image/tiff',
  tiff: 'image/tiff',
  woff: 'font/woff',
  woff2: 'font/woff2',
  ttf: 'font/ttf',
  otf: 'font/otf',
  mp3: 'audio/mpeg',
  m4a: 'audio/mp4',
  aac: 'audio/aac',
  ogg: 'audio/ogg',
  oga: 'audio/ogg',
  opus: 'audio/ogg',
  wav: 'audio/wav',
  flac: 'audio/flac',
  weba: 'audio/webm',
  mp4: 'video/mp4',
  m4v: 'video/mp4',
  webm: 'video/webm',
  ogv: 'video/ogg',
  mov: 'video/quicktime',
  mpeg: 'video/mpeg',
  m3u8: 'application/vnd.apple.mpegurl',
  ts: 'video/mp2t',
  bin: 'application/octet-stream',
}

/** The extension of a name in lower case, without the dot; empty where there is none. */
export function extensionOf(name: string): string {
  const dot = name.lastIndexOf('.')
  return dot <= 0 ? '' : name.slice(dot + 1).toLowerCase()
}

/** Text in all its forms, and the binary formats that are not compressed by themselves. */
const COMPRESSIBLE =
  /^(?:text\/|application\/(?:json|javascript|xml|wasm|x-ndjson|jsonl|rtf|manifest\+json)\b|image\/(?:svg\+xml|bmp|x-icon)\b|font\/(?:ttf|otf)\b|[^;]*\+(?:json|xml|text)\b)/i

/** Answers that were given: programs send the same few types again and again. */
const known = new Map<string, boolean>()
const KNOWN_MAX = 128

/** Whether a content type is worth compressing. */
export function isCompressible(type: string): boolean {
  const found = known.get(type)
  if (found !== undefined) return found
  const answer = COMPRESSIBLE.test(type)
  if (known.size < KNOWN_MAX) known.set(type, answer)
  return answer
}
