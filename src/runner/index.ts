export { createRunnerPool, type RunnerPool, type RunnerPoolOptions } from './pool'
export type { RunnerSettings, RunnerTask, RunnerUsage, TaskProgress } from './protocol'
export type { TaskControl } from './runner-process'
