import { stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { AppError } from '../../platform/errors'
import type {
  CapabilityHandler,
  CapabilityTask,
  HandlerContext,
  HelperModel,
  TaskResult,
} from '../capability'
import type { TranslationParameters } from './index'
import { translateByServer } from './server'
import type { TranslatorEngine } from './translator'

type Task = CapabilityTask<TranslationParameters>

interface Translated {
  lines: string[]
  /** Id and version of the model; null where a server did it. */
  model: { id: string; version: string } | null
}

/**
 * Translates by the first installed model that knows the two languages, whatever model the task names, else by the
 * operator's server.
 */
export function createTranslationHandler(
  engines: readonly TranslatorEngine[],
): CapabilityHandler<TranslationParameters> {
  return {
    async run(task, context) {
      if (task.input.kind !== 'text') {
        throw new AppError('invalid_parameter', { message: 'Translation takes text.' })
      }
      const startedAt = performance.now()
      const lines = task.input.text.split('\n')
      const translated = await translateLines(lines, task, context, engines)
      return resultOf(task, translated, performance.now() - startedAt)
    },
  }
}

async function translateLines(
  lines: readonly string[],
  { parameters }: Task,
  context: HandlerContext,
  engines: readonly TranslatorEngine[],
): Promise<Translated> {
  const { source_language: source, target_language: target, beams } = parameters
  const known = context.helperModels('translation').flatMap((model) => {
    const engine = engines.find(({ id }) => id === model.files.manifest.engine)
    return engine?.knows(model.files.manifest, source, target) ? [{ ...model, engine }] : []
  })
  const chosen = known.find(({ installed }) => installed)
  const onProgress = (fraction: number) => context.progress('translate', fraction)
  if (!chosen) {
    const { translationServer: server, signal } = context
    if (!server) throw unknownPair(source, target, known)
    return {
      lines: await translateByServer(server, { lines, source, target, signal, onProgress }),
      model: null,
    }
  }
  const { id, version } = chosen.files.manifest
  const lease = await context.models.acquire(chosen.engine, chosen.files)
  try {
    const translated: string[] = []
    for (const [index, text] of lines.entries()) {
      if (context.signal.aborted) throw new AppError('canceled', { cause: context.signal.reason })
      onProgress(index / lines.length)
      translated.push(
        text.trim() === '' ? '' : await lease.model.run({ text, source, target, beams }, context),
      )
    }
    return { lines: translated, model: { id, version } }
  } finally {
    lease.release()
  }
}

function unknownPair(source: string, target: string, known: readonly HelperModel[]): AppError {
  const pull = known.map(({ files }) => `npm run models pull ${files.manifest.id}`).join(' or ')
  const advice = pull ? `${pull}, set TRANSLATION_URL,` : 'Set TRANSLATION_URL'
  return new AppError('model_not_found', {
    message: `Nothing here translates from ${source} into ${target}: ${advice} or give the translated texts in \`segments\`.`,
    details: { source_language: source, target_language: target },
  })
}

async function resultOf(task: Task, translated: Translated, totalMs: number): Promise<TaskResult> {
  const path = join(task.outputDir, 'translation.json')
  await writeFile(path, JSON.stringify(translated))
  const { id, version } = task.model.manifest
  return {
    output: {
      ...{ path, contentType: 'application/json', bytes: (await stat(path)).size },
      ...{ kind: 'data', durationSeconds: 0, audio: null },
    },
    billedSeconds: 0,
    ...{ preview: null, previewText: null, inputPreview: null, artifacts: [], details: null },
    inputSeconds: 0,
    waveform: { input: [], output: [] },
    report: {
      timingsMs: { open: 0, inference: totalMs, encode: 0, total: totalMs },
      ...{ realTimeFactor: 0, provider: 'cpu', model: translated.model ?? { id, version } },
    },
  }
}
