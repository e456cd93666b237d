// The number of the interface between the addon and these sources.
// Source: the files in scripts/gen/abi.mjs. Written by "npm run gen", never by hand.

export const ABI_VERSION = 3315437519
