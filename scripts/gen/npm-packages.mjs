// npm/<platform>/: the manifest and readme of each platform package. Source: `napi.targets` and
// `version` in package.json.
//
// npm installs exactly the package whose os, cpu and libc fields fit. None of them has a script of
// any kind: the binary is there or it is not.

import { platforms } from '../lib/platform.mjs'
import { manifest } from '../lib/run.mjs'

export function generate() {
  const files = {}
  for (const platform of platforms) {
    const { key, packageName, binary, os, cpu, libc, words, target } = platform
    const description = `The native addon of lanner for ${words}.`
    files[`npm/${key}/package.json`] = `${JSON.stringify(
      {
        name: packageName,
        version: manifest.version,
        description,
        license: manifest.license,
        engines: manifest.engines,
        os: [os],
        cpu: [cpu],
        ...(libc ? { libc: [libc] } : {}),
        main: binary,
        files: [binary],
      },
      null,
      2,
    )}\n`
    files[`npm/${key}/README.md`] = [
      `# ${packageName}`,
      '',
      `${description} Built for \`${target}\`.`,
      '',
      'Not for use by itself: install `lanner`, which chooses it.',
      '',
    ].join('\n')
  }
  return files
}
