// Schemas that several parts of the shop use.

import { z } from 'zod'

/** A problem document, the body of every error. */
export const Problem = z
  .object({
    type: z.string().optional(),
    title: z.string(),
    status: z.number().int(),
    detail: z.string().optional(),
  })
  .meta({ id: 'Problem' })

/** The number in a path, for routes with `:id`. */
export const ById = z.object({ id: z.coerce.number().int().min(1).max(1e9) })
