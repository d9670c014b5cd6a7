import { z } from 'zod'
import { invalidFields } from './problem'

/** The query of every list; routes extend it with their filters: `pageQuerySchema.extend({ … })`. */
export const pageQuerySchema = z.object({
  limit: z.coerce.number().int().min(1).max(100).default(10).describe('Number of items, 1 to 100.'),
  starting_after: z.uuid().optional().describe('Id of the last item of the page before.'),
  ending_before: z.uuid().optional().describe('Id of the first item of the page after.'),
})
export type PageQuery = z.output<typeof pageQuerySchema>

export interface List<Item> {
  object: 'list'
  url: string
  has_more: boolean
  data: Item[]
}

export function listSchema<Item extends z.ZodType>(item: Item) {
  return z.object({ object: z.literal('list'), url: z.string(), has_more: z.boolean(), data: z.array(item) })
}

/** A list that is short enough to be given as a whole. */
export function wholeList<Item>(url: string, data: Item[]): List<Item> {
  return { object: 'list', url, has_more: false, data }
}

/** Arguments of Prisma's `findMany` that select one page and one row beyond it. */
export interface PageArguments {
  take: number
  skip?: number
  cursor?: { id: string }
}

export interface PageOptions<Row, Item> {
  /** Path of the list, without query. */
  url: string
  query: Pick<PageQuery, 'limit' | 'starting_after' | 'ending_before'>
  /** Runs the query with the given arguments added; its order must be total (end with the id). */
  find(page: PageArguments): Promise<Row[]>
  toItem(row: Row): Item
}

/**
 * One page of a list, newest first as the query orders it. An id that is not in the list gives an empty page.
 * @throws AppError `validation_failed` when both cursors are given.
 */
export async function fetchPage<Row, Item>({
  url,
  query,
  find,
  toItem,
}: PageOptions<Row, Item>): Promise<List<Item>> {
  const { limit, starting_after: after, ending_before: before } = query
  if (after && before) {
    throw invalidFields([{ field: 'ending_before', message: 'Give either starting_after or ending_before' }])
  }
  const cursor = after ?? before
  const rows = await find({
    // A negative number takes rows before the cursor, in the same order.
    take: before ? -(limit + 1) : limit + 1,
    ...(cursor ? { cursor: { id: cursor }, skip: 1 } : {}),
  })
  const hasMore = rows.length > limit
  const page = before ? rows.slice(hasMore ? 1 : 0) : rows.slice(0, limit)
  return { object: 'list', url, has_more: hasMore, data: page.map(toItem) }
}
