import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client'

export type Metrics = ReturnType<typeof createMetrics>

const requestBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10]
const jobBuckets = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800, 7200]

/** Everything that `/metrics` shows. One registry a process; a worker sends its part to the server that asks. */
export function createMetrics() {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry, prefix: 'timbre_' })
  const registers = [registry]
  return {
    registry,
    requestSeconds: new Histogram({
      name: 'timbre_http_request_duration_seconds',
      help: 'Time to answer, by route and status',
      labelNames: ['method', 'route', 'status'],
      buckets: requestBuckets,
      registers,
    }),
    queueJobs: new Gauge({
      name: 'timbre_queue_jobs',
      help: 'Deliveries in the queue, by capability and state',
      labelNames: ['capability', 'state'],
      registers,
    }),
    jobsFinished: new Counter({
      name: 'timbre_jobs_finished_total',
      help: 'Runs of jobs, by capability and how they ended',
      labelNames: ['capability', 'status'],
      registers,
    }),
    jobStageSeconds: new Histogram({
      name: 'timbre_job_stage_duration_seconds',
      help: 'Time of completed jobs, by stage',
      labelNames: ['capability', 'stage'],
      buckets: jobBuckets,
      registers,
    }),
    realTimeFactor: new Histogram({
      name: 'timbre_job_real_time_factor',
      help: 'Inference time divided by the duration of the audio',
      labelNames: ['capability', 'model', 'provider'],
      buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5],
      registers,
    }),
    modelLoadSeconds: new Gauge({
      name: 'timbre_model_load_duration_seconds',
      help: 'How long the loaded models took to load, the slowest of the audio processes',
      labelNames: ['model', 'provider'],
      registers,
    }),
    runnerMemoryBytes: new Gauge({
      name: 'timbre_runner_resident_memory_bytes',
      help: 'Resident memory of the audio processes of this worker',
      registers,
    }),
    loadedModelBytes: new Gauge({
      name: 'timbre_loaded_model_bytes',
      help: 'Memory of loaded models, by model',
      labelNames: ['model'],
      registers,
    }),
  }
}
