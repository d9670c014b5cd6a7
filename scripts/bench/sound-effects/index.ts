import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { frameCount } from '../../../src/audio/pcm'
import { sampleRateHz } from '../../../src/capabilities/sound-effects/engines/foley/effect'
import { effects } from '../../../src/capabilities/sound-effects/engines/foley/effects'
import { renderScene } from '../../../src/capabilities/sound-effects/engines/foley/render'
import type { Scene } from '../../../src/capabilities/sound-effects/engines/foley/scene'
import { timelineOf } from '../../../src/capabilities/sound-effects/engines/foley/timeline'

const usage = `Usage:
  npm run bench -- sound-effects render <folder> [--seeds 1,2,3] [effect[.variant] …]
      writes 8 s of each, of each seed, as 48 kHz mono f32, for tag.py
  npm run bench -- sound-effects speed [effect …]
      10 s of each: times real time of one core`

interface Take {
  name: string
  effect: string
  variant: string | null
}

const takes: Take[] = effects.flatMap((effect) => [
  { name: effect.id, effect: effect.id, variant: null },
  ...Object.keys(effect.variants ?? {}).map((variant) => ({
    ...{ name: `${effect.id}.${variant}`, effect: effect.id, variant },
  })),
])

export async function run([command, ...rest]: string[]): Promise<void> {
  const [folder, option, seeds] = rest
  if (command === 'render' && folder) {
    return option === '--seeds' && seeds
      ? renderAll(folder, seeds.split(',').map(Number), rest.slice(3))
      : renderAll(folder, [1, 2, 3], rest.slice(1))
  }
  if (command === 'speed') return Promise.resolve(measureSpeed(rest))
  console.error(usage)
  process.exitCode = 2
}

function chosen(names: readonly string[]): Take[] {
  return takes.filter(
    ({ name, effect }) => names.length === 0 || names.includes(name) || names.includes(effect),
  )
}

function render({ effect, variant }: Take, seconds: number, seed = 1): Float32Array {
  const layer = {
    effect,
    variant,
    count: null,
    several: true,
    step: 0,
    size: 0.5,
    intensity: 0.5,
    distance: 0,
    rate: 1,
  }
  const scene: Scene = { layers: [layer], space: null }
  const timeline = timelineOf(scene, seconds, seed)
  const out = new Float32Array(timeline.frames)
  let at = 0
  for (const block of renderScene({ scene, timeline, loop: false, fills: true, seed })) {
    const [left, right] = block.channels
    for (let index = 0; index < left!.length; index++)
      out[at + index] = 0.5 * (left![index]! + right![index]!)
    at += frameCount(block)
  }
  return out
}

async function renderAll(folder: string, seeds: readonly number[], names: readonly string[]): Promise<void> {
  await mkdir(folder, { recursive: true })
  for (const take of chosen(names)) {
    for (const seed of seeds) {
      const samples = render(take, 8, seed)
      await writeFile(join(folder, `${take.name}@${seed}.f32`), new Uint8Array(samples.buffer))
    }
  }
}

/** By the processor's own count of this process's time, so that a busy machine does not matter. */
function measureSpeed(names: readonly string[]): void {
  const seconds = 10
  const speeds = chosen(names).map((take) => {
    const before = process.cpuUsage()
    const frames = render(take, seconds).length
    const { user } = process.cpuUsage(before)
    const speed = frames / sampleRateHz / (user / 1e6)
    console.log(`${take.name.padEnd(24)} ${speed.toFixed(0).padStart(5)} × real time`)
    return speed
  })
  const sorted = speeds.sort((a, b) => a - b)
  const total = sorted.reduce((sum, speed) => sum + 1 / speed, 0)
  console.log(
    `\n${sorted.length} sounds: all together ${(sorted.length / total).toFixed(0)} ×, median ${sorted[Math.floor(sorted.length / 2)]!.toFixed(0)} ×, slowest ${sorted[0]!.toFixed(0)} ×; ${sorted.filter((speed) => speed >= 20).length} at 20 × or better`,
  )
}
