/** What the API process may load: manifests and their files, never onnxruntime itself (that is `ort-runtime`). */
export { manifestSchema, type Manifest, type ManifestFile } from './manifest'
export {
  createModelStore,
  pullHint,
  type ModelEntry,
  type ModelStore,
  type ModelStoreOptions,
} from './model-store'
export {
  createModelSelection,
  noModelChoices,
  type ModelChoices,
  type ModelSelection,
} from './model-selection'
export type { PullProgress } from './model-pull'
export type { Engine, JobContext, JobLog, LoadedModel, ModelFiles } from './engine'
export type { Runtime, Session, Tensor } from './runtime'
