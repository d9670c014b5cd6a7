import { stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import type { TaskArtifact } from '../capability'

export async function jsonArtifact(
  { outputDir }: { outputDir: string },
  name: string,
  content: unknown,
): Promise<TaskArtifact> {
  const path = join(outputDir, name)
  await writeFile(path, JSON.stringify(content))
  return { name, path, contentType: 'application/json', bytes: (await stat(path)).size, free: false }
}
