/** `npm run bench -- <name> [options]`: measurements that anyone can repeat. Each prints a table and what it was taken on. */
import os from 'node:os'

const benches: Record<string, () => Promise<{ run(args: string[]): Promise<void> }>> = {
  'accent-changer': () => import('./accent-changer'),
  'background-music': () => import('./background-music'),
  chaos: () => import('./chaos'),
  ddsp: () => import('./ddsp'),
  dubbing: () => import('./dubbing'),
  login: () => import('./login'),
  'noise-removal': () => import('./noise-removal'),
  'sound-effects': () => import('./sound-effects'),
  'source-separation': () => import('./source-separation'),
  'speech-to-text': () => import('./speech-to-text'),
  'text-to-speech': () => import('./text-to-speech'),
  'voice-activity': () => import('./voice-activity'),
  'voice-changer': () => import('./voice-changer'),
  'voice-editor': () => import('./voice-editor'),
  quality: () => import('./quality'),
  watermark: () => import('./watermark'),
  webhooks: () => import('./webhooks'),
  'job-overhead': () => import('./job-overhead'),
  'job-soak': () => import('./job-soak'),
  'ledger-chaos': () => import('./ledger-chaos'),
  'api-throughput': () => import('./api-throughput'),
}

const [name, ...args] = process.argv.slice(2)
const load = name === undefined ? undefined : benches[name]
if (!load) {
  console.error(`Usage: npm run bench -- <name> [options]\nBenches: ${Object.keys(benches).join(', ')}`)
  process.exit(2)
}
console.log(
  `${name}: ${os.cpus()[0]?.model ?? 'unknown processor'}, ${os.availableParallelism()} cores, Node ${process.version}\n`,
)
const { run } = await load()
await run(args)
