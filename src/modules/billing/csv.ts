import { Readable } from 'node:stream'
import { stringify } from 'csv-stringify'

type Cell = string | number | null

/** A text that a spreadsheet would take for a formula is marked as text; numbers stay numbers. */
function safeCell(cell: Cell): Cell {
  return typeof cell === 'string' && /^[=+\-@\t\r]/.test(cell) ? `'${cell}` : cell
}

/** CSV (RFC 4180) of rows as they come, so that long lists need no memory. */
export function csvStream<Row>(
  columns: Record<string, (row: Row) => Cell>,
  rows: AsyncIterable<Row>,
): Readable {
  const readers = Object.values(columns)
  async function* records() {
    for await (const row of rows) yield readers.map((read) => safeCell(read(row)))
  }
  const csv = stringify({ header: true, columns: Object.keys(columns), record_delimiter: '\r\n' })
  return Readable.from(records())
    .once('error', (error) => csv.destroy(error))
    .pipe(csv)
}

const batch = 500

/** All rows of a list that is read page by page. */
export async function* allRows<Row extends { id: string }>(
  find: (page: { take: number; cursor?: { id: string }; skip?: number }) => Promise<Row[]>,
): AsyncGenerator<Row> {
  let last: string | undefined
  for (;;) {
    const rows = await find({ take: batch, ...(last ? { cursor: { id: last }, skip: 1 } : {}) })
    yield* rows
    last = rows.at(-1)?.id
    if (rows.length < batch || last === undefined) return
  }
}
