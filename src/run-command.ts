import { existsSync } from 'node:fs'
import { mkdtemp, readFile, realpath, rename, rm, writeFile } from 'node:fs/promises'
import { basename, dirname, extname, join, resolve } from 'node:path'
import { parseArgs } from 'node:util'

import { createFfmpeg } from './audio/ffmpeg'
import { audioFormats, formatOfFileName } from './audio/formats'
import {
  createDefaultRegistry,
  parameterJsonSchema,
  type CapabilityDefinition,
  type CapabilityRegistry,
  type OutputKind,
  type TaskResult,
  type TranslationServer,
} from './capabilities'
import { createModelStore } from './inference'
import { createModelCache } from './inference/model-cache'
import { createOrtRuntime, parseExecutionProviders } from './inference/ort-runtime'
import { toAppError } from './platform/errors'
import {
  openInput,
  openResources,
  parseNamedFiles,
  type LocalInput,
  type LocalResources,
} from './run-resources'
import { createTaskExecutor } from './runner/execute'
import { transcriptFormats, transcriptFormatTable, type TranscriptFormat } from './transcript/formats'
import { transcriptSchema } from './transcript/transcript'

export interface RunCommandOptions {
  rootDir: string
  dataDir: string
  ffmpegPath?: string
  executionProviders: readonly string[]
  translationServer?: TranslationServer | undefined
  /** What generated sound is marked with; default: nothing. */
  watermark?: number | undefined
  stdout: TextOutput
  stderr: TextOutput
  /** Ctrl-C. */
  signal?: AbortSignal
}

export interface TextOutput {
  write(text: string): unknown
  isTTY?: boolean
}

const exitCodes = { done: 0, failed: 1, usage: 2, canceled: 130 } as const
const idleMs = 60_000

const transcriptExtensions = transcriptFormats.filter((format) => !format.includes('_'))

const usage = `Usage: timbre run <capability> <input> -o <output> [--model <id>] [--param <name>=<value>]…
       [--text <text>] [--voice <name>=<recording>]… [--dictionary <name>=<file.json>]…

Runs one capability on a local file; no server, account or database is needed. Texts come from a text file, or
in place of the input from --text. Parameters name the voices and dictionaries that are given.
The output's extension chooses its format: ${audioFormats.join(', ')}; for transcripts
${transcriptExtensions.join(', ')}; .mp4, .webm or .mkv for films, .json for the list of a trial run.
`

class UsageError extends Error {}

/** Extensions of the output for each kind of result. */
const extensionsOf: Record<OutputKind, readonly string[]> = {
  audio: audioFormats,
  video: ['mp4', 'webm', 'mkv'],
  transcript: transcriptExtensions,
  data: ['json'],
}

interface Request {
  definition: CapabilityDefinition
  input: LocalInput
  outputPath: string
  model?: string
  parameters: Record<string, unknown>
  resources: LocalResources
}

/**
 * `timbre run …`: the same handler as in the worker, in this process.
 *
 * @param argv What follows `run`.
 * @returns The exit code: 0 done, 1 failed, 2 wrong usage, 130 canceled.
 */
export async function runCommand(argv: readonly string[], options: RunCommandOptions): Promise<number> {
  const registry = createDefaultRegistry()
  try {
    const request = parseRequest(argv, registry)
    if (request === 'help') {
      options.stdout.write(`${usage}\n${describeCapabilities(registry)}`)
      return exitCodes.done
    }
    const result = await runRequest(request, registry, options)
    options.stdout.write(summary(request, result))
    return exitCodes.done
  } catch (error) {
    if (error instanceof UsageError) {
      options.stderr.write(`timbre run: ${error.message}\n\n${usage}`)
      return exitCodes.usage
    }
    const { code, message, cause } = toAppError(error)
    const reason = cause instanceof Error ? ` (${cause.message})` : ''
    options.stderr.write(`timbre run: ${message}${reason}\n`)
    return code === 'canceled' ? exitCodes.canceled : exitCodes.failed
  }
}

function parseRequest(argv: readonly string[], registry: CapabilityRegistry): Request | 'help' {
  const { values, positionals } = parseArguments(argv)
  if (values.help) return 'help'
  const [capability, inputPath, ...surplus] = positionals
  if (!capability || (inputPath === undefined) === (values.text === undefined)) {
    throw new UsageError('a capability and an input file are needed, or --text in place of the file.')
  }
  if (surplus.length > 0) throw new UsageError(`unknown argument “${surplus[0]}”.`)
  const offered = registry.list().filter(({ internal }) => !internal)
  if (!offered.some(({ id }) => id === capability)) {
    const known = offered.map(({ id }) => id)
    throw new UsageError(`there is no capability “${capability}”. There are: ${known.join(', ')}.`)
  }
  if (!values.output) throw new UsageError('an output file is needed: -o <output>.')
  if (inputPath !== undefined && !existsSync(inputPath))
    throw new UsageError(`there is no file “${inputPath}”.`)
  if (!existsSync(dirname(resolve(values.output)))) {
    throw new UsageError(`there is no folder “${dirname(resolve(values.output))}”.`)
  }
  const definition = registry.get(capability)
  if (values.text !== undefined && !definition.inputs.includes('text')) {
    throw new UsageError(`${capability} takes a recording, not text.`)
  }
  const extensions = definition.outputs.flatMap((kind) => extensionsOf[kind])
  if (!extensions.includes(extensionOf(values.output))) {
    throw new UsageError(`the output “${values.output}” must end in .${extensions.join(', .')}.`)
  }
  return {
    definition,
    input: inputPath === undefined ? { text: values.text! } : { path: resolve(inputPath) },
    outputPath: resolve(values.output),
    model: values.model,
    parameters: parseParameters(values.param ?? [], definition),
    resources: { voices: namedFiles(values.voice), dictionaries: namedFiles(values.dictionary) },
  }
}

function namedFiles(pairs: readonly string[] = []): Map<string, string> {
  const parsed = parseNamedFiles(pairs)
  if ('files' in parsed) return parsed.files
  throw new UsageError(parsed.problem)
}

function parseArguments(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      allowPositionals: true,
      strict: true,
      options: {
        output: { type: 'string', short: 'o' },
        model: { type: 'string' },
        param: { type: 'string', multiple: true },
        text: { type: 'string' },
        voice: { type: 'string', multiple: true },
        dictionary: { type: 'string', multiple: true },
        help: { type: 'boolean', short: 'h' },
      },
    })
  } catch (error) {
    throw new UsageError((error as Error).message)
  }
}

/** Values are numbers, booleans or JSON where the schema does not ask for text. */
function parseParameters(
  pairs: readonly string[],
  definition: CapabilityDefinition,
): Record<string, unknown> {
  const { properties = {} } = parameterJsonSchema(definition) as {
    properties?: Record<string, { type?: string }>
  }
  return Object.fromEntries(
    pairs.map((pair) => {
      const [, name, value] = /^([^=]+)=(.*)$/s.exec(pair) ?? []
      if (name === undefined || value === undefined) {
        throw new UsageError(`“${pair}” is not of the form <name>=<value>.`)
      }
      return [name, properties[name]?.type === 'string' ? value : parseValue(value)]
    }),
  )
}

function parseValue(value: string): unknown {
  try {
    return JSON.parse(value) as unknown
  } catch {
    return value
  }
}

async function runRequest(
  request: Request,
  registry: CapabilityRegistry,
  options: RunCommandOptions,
): Promise<TaskResult> {
  await refuseSameFile(request)
  const models = createModelCache({
    runtime: createOrtRuntime({ providers: parseExecutionProviders(options.executionProviders) }),
    maxBytes: Infinity,
    idleMs,
  })
  const executor = createTaskExecutor({
    registry,
    models,
    ffmpeg: createFfmpeg({ ffmpegPath: options.ffmpegPath }),
    translationServer: options.translationServer,
    watermark: options.watermark,
    store: await createModelStore({ modelsDir: join(options.rootDir, 'models'), dataDir: options.dataDir }),
  })
  const progress = progressLine(options.stderr)
  // Beside the output, so that the finished file is moved into place at once.
  const outputDir = await mkdtemp(join(dirname(request.outputPath), '.timbre-'))
  try {
    const result = await executor.execute(
      {
        capability: request.definition.id,
        model: request.model,
        parameters: request.parameters,
        input: await openInput(request.definition, request.input),
        resources: await openResources(request.resources),
        outputDir,
        outputFormat: formatOfFileName(request.outputPath) ?? undefined,
        previewSeconds: null,
      },
      {
        signal: options.signal ?? new AbortController().signal,
        seed: 0,
        progress: progress.show,
        log: {
          debug: () => undefined,
          info: () => undefined,
          warn: (_, message) => options.stderr.write(`${message}\n`),
        },
      },
    )
    await rename(await inWantedFormat(result, request, outputDir), request.outputPath)
    return result
  } finally {
    progress.clear()
    await rm(outputDir, { recursive: true, force: true })
    await models.clear()
  }
}

/** The path of the result as the output's extension asks for it. */
async function inWantedFormat(
  { output }: TaskResult,
  { outputPath, input }: Request,
  outputDir: string,
): Promise<string> {
  const extension = extensionOf(outputPath)
  if (!extensionsOf[output.kind].includes(extension)) {
    throw new UsageError(
      `this gives ${output.kind}: let the output end in .${extensionsOf[output.kind].join(', .')}.`,
    )
  }
  if (output.kind === 'video' && extensionOf(output.path) !== extension) {
    throw new UsageError(`the film stays ${extensionOf(output.path)}: let the output end so.`)
  }
  if (output.kind !== 'transcript') return output.path
  const transcript = transcriptSchema.parse(JSON.parse(await readFile(output.path, 'utf8')))
  const { render } = transcriptFormatTable[extension as TranscriptFormat]
  const path = join(outputDir, `transcript.${extension}`)
  await writeFile(
    path,
    await render(transcript, { title: basename('path' in input ? input.path : outputPath) }),
  )
  return path
}

const extensionOf = (path: string) => extname(path).slice(1).toLowerCase()

async function refuseSameFile({ input, outputPath }: Request): Promise<void> {
  if (!('path' in input) || !existsSync(outputPath)) return
  if ((await realpath(outputPath)) === (await realpath(input.path))) {
    throw new UsageError('the output is the input; choose another name.')
  }
}

/** A line that is written over and over on a terminal; nothing elsewhere. */
function progressLine(stderr: TextOutput) {
  if (!stderr.isTTY) return { show: () => undefined, clear: () => undefined }
  let shown = ''
  return {
    show(stage: string, fraction: number) {
      const line = `${stage} ${Math.floor(fraction * 100)} %`
      if (line !== shown) stderr.write(`\r\u001b[K${line}`)
      shown = line
    },
    clear() {
      if (shown) stderr.write('\r\u001b[K')
    },
  }
}

function summary({ outputPath }: Request, { inputSeconds, report }: TaskResult): string {
  const seconds = (report.timingsMs.total / 1000).toFixed(1)
  return (
    `${basename(outputPath)}: ${inputSeconds.toFixed(1)} s of audio in ${seconds} s ` +
    `(${report.model.id}, ${report.provider}, ${extname(outputPath).slice(1)})\n`
  )
}

function describeCapabilities(registry: CapabilityRegistry): string {
  return registry
    .list()
    .filter(({ internal }) => !internal)
    .map((definition) => {
      const { properties = {} } = parameterJsonSchema(definition) as {
        properties?: Record<string, { description?: string; default?: unknown }>
      }
      const parameters = Object.entries(properties).map(
        ([name, { description, default: fallback }]) =>
          `    --param ${name}=…  ${description ?? ''} Default: ${String(fallback)}.\n`,
      )
      return `  ${definition.id}  ${definition.summary}\n${parameters.join('')}`
    })
    .join('')
}
