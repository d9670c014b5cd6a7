import { createHash } from 'node:crypto'
import type { ReceiptText } from './lines'

const style = `
:root{color-scheme:light dark}
body{font:16px/1.5 system-ui,sans-serif;max-width:42rem;margin:2rem auto;padding:0 1rem}
header{display:flex;flex-wrap:wrap;gap:2rem;justify-content:space-between}
address{font-style:normal}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.25rem 1rem}
dt{opacity:.7}
dd{margin:0;overflow-wrap:anywhere}
table{width:100%;border-collapse:collapse;margin:1.5rem 0}
th,td{padding:.4rem 0;text-align:left;font-weight:inherit}
td{text-align:right;font-variant-numeric:tabular-nums}
thead th{border-bottom:1px solid}
tfoot th,tfoot td{border-top:1px solid;font-weight:600}
`

/** Allows the page its own style and nothing else. */
export const receiptPolicy = `default-src 'none'; style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'; frame-ancestors 'none'`

export function receiptHtml(text: ReceiptText): string {
  const lines = (values: string[]) => values.map(escape).join('<br>')
  const row = ([label, value]: [string, string]) =>
    `<tr><th scope="row">${escape(label)}</th><td>${escape(value)}</td></tr>`
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escape(text.title)}</title>
<style>${style}</style>
</head>
<body>
<header>
<h1>${escape(text.title)}</h1>
<address>${lines(text.seller)}</address>
</header>
<p>For<br>${lines(text.customer)}</p>
<dl>${text.facts.map(([label, value]) => `<dt>${escape(label)}</dt><dd>${escape(value)}</dd>`).join('')}</dl>
<table>
<thead><tr><th scope="col" colspan="2">${escape(text.item)}</th></tr></thead>
<tbody>${text.amounts.map(row).join('')}</tbody>
<tfoot>${row(text.total)}</tfoot>
</table>
${text.notes.map((note) => `<p>${escape(note)}</p>`).join('\n')}
</body>
</html>
`
}

const entities: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character]!)
}
