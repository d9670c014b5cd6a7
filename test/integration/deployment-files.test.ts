import { existsSync, readFileSync, readdirSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { parse, parseAllDocuments } from 'yaml'
import { environmentSchema, settings } from '../../src/config/schema'
import { createMetrics } from '../../src/platform/metrics'
import { parseArguments } from '../../src/arguments'

const read = (file: string) => readFileSync(file, 'utf8')

interface Manifest {
  kind: string
  metadata?: { name?: string; generateName?: string }
  spec?: { template: { spec: { securityContext: object; containers: Container[] } } }
  data?: object
  stringData?: object
}

interface Container {
  args?: string[]
  ports?: { name: string }[]
  envFrom: object[]
  securityContext: object
  livenessProbe?: { httpGet: { path: string; port: string } }
}

interface ComposeService {
  environment?: Record<string, string>
  depends_on?: Record<string, { condition: string }> | string[]
  build?: { context: string; dockerfile: string }
  command?: string[]
  entrypoint?: string[]
  volumes?: string[]
}

describe('docker-compose.yml', () => {
  const compose = parse(read('docker-compose.yml'), { merge: true }) as {
    services: Record<string, ComposeService>
    volumes: Record<string, unknown>
  }
  const ours = Object.entries(compose.services).filter(([, service]) => service.build)

  it('starts what is needed, in an order that waits for it', () => {
    const names = ['postgres', 'redis', 'minio', 'migrate', 'server', 'worker', 'gpu-worker']
    expect(Object.keys(compose.services)).toEqual(expect.arrayContaining(names))
    for (const [name, { depends_on: waitsFor = {} }] of Object.entries(compose.services)) {
      const others = Array.isArray(waitsFor) ? waitsFor : Object.keys(waitsFor)
      for (const other of others) expect(Object.keys(compose.services), name).toContain(other)
    }
    expect(compose.services.server?.depends_on).toMatchObject({
      migrate: { condition: 'service_completed_successfully' },
    })
  })

  it.each(ours)('gives %s settings that the configuration knows and takes', (_name, { environment = {} }) => {
    for (const key of Object.keys(environment)) expect(Object.keys(settings)).toContain(key)
    const secret = 'x'.repeat(64)
    const filled = Object.entries(environment).map(([key, value]) => [
      key,
      value.replace(/\$\{\w+:-([^}]*)\}/g, '$1').replace(/\$\{[^}]*\}/g, secret),
    ])
    const given = Object.fromEntries(filled.filter(([, value]) => value !== '')) as Record<string, string>
    expect(environmentSchema.safeParse(given).error).toBeUndefined()
  })

  it.each(ours)('builds %s from a file that is there, and starts a role that is there', (_name, service) => {
    expect(existsSync(service.build?.dockerfile ?? '')).toBe(true)
    if (!service.entrypoint) expect(() => parseArguments(service.command ?? [])).not.toThrow()
  })

  it('mounts files and volumes that are there', () => {
    for (const mount of Object.values(compose.services).flatMap(({ volumes = [] }) => volumes)) {
      const [source = ''] = mount.split(':')
      if (source.startsWith('.')) expect(existsSync(source), source).toBe(true)
      else expect(Object.keys(compose.volumes)).toContain(source)
    }
  })

  it('keeps the queue in a Redis that forgets nothing', () => {
    const command = compose.services.redis?.command?.join(' ')
    expect(command).toContain('--appendonly yes')
    expect(command).toContain('--maxmemory-policy noeviction')
  })
})

describe('the Dockerfiles', () => {
  it.each(['docker/Dockerfile', 'docker/Dockerfile.gpu'])(
    '%s copies what is there and is not root',
    (file) => {
      const text = read(file).replaceAll('\\\n', ' ')
      const copied = [...text.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, list = '']) =>
        list.split(' '),
      )
      expect(copied.length).toBeGreaterThan(0)
      for (const source of copied) expect(existsSync(source), source).toBe(true)
      expect(text).toMatch(/^USER (?!root)\w+$/m)
      expect(text).toMatch(/^HEALTHCHECK /m)
      expect(text).not.toMatch(/npm ci(?!.*--ignore-scripts)/)
    },
  )
})

describe('the cluster manifests', () => {
  const folder = 'docker/k8s'
  const documents = readdirSync(folder).flatMap((file) =>
    parseAllDocuments(read(path.join(folder, file))).map((document) => {
      expect(document.errors, file).toEqual([])
      return document.toJS() as Manifest
    }),
  )
  const pods = documents.flatMap(({ kind, metadata, spec }) =>
    spec && ['Deployment', 'Job'].includes(kind)
      ? [{ name: metadata?.name ?? metadata?.generateName, kind, pod: spec.template.spec }]
      : [],
  )

  it('lists in the kustomization only files that are there', () => {
    const kustomization = parse(read(path.join(folder, 'kustomization.yaml'))) as { resources: string[] }
    for (const file of kustomization.resources) expect(existsSync(path.join(folder, file)), file).toBe(true)
  })

  it.each(pods)('run $kind $name locked down, from the shared settings', ({ pod }) => {
    expect(pod.securityContext).toMatchObject({ runAsNonRoot: true })
    for (const container of pod.containers) {
      expect(container.securityContext).toMatchObject({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
      })
      const shared = [{ configMapRef: { name: 'timbre' } }, { secretRef: { name: 'timbre' } }]
      expect(container.envFrom).toEqual(shared)
      expect(() => parseArguments(container.args ?? [])).not.toThrow()
    }
  })

  it.each(pods.filter(({ kind }) => kind === 'Deployment'))('probe $name where it answers', ({ pod }) => {
    for (const { livenessProbe, ports = [] } of pod.containers) {
      expect(livenessProbe?.httpGet.path).toBe('/healthz')
      expect(ports.map(({ name }) => name)).toContain(livenessProbe?.httpGet.port)
    }
  })

  it('name settings that the configuration knows', () => {
    for (const { data, stringData } of documents) {
      for (const key of Object.keys({ ...data, ...stringData })) expect(Object.keys(settings)).toContain(key)
    }
  })
})

describe('the dashboard', () => {
  it('draws metrics that exist', () => {
    const known = createMetrics()
      .registry.getMetricsAsArray()
      .map(({ name }) => name)
    const text = read('docker/grafana/dashboards/timbre.json')
    const drawn = [...text.matchAll(/\btimbre_\w+/g)].map(([name]) =>
      name.replace(/_(bucket|count|sum)$/, ''),
    )
    expect(drawn.length).toBeGreaterThan(0)
    for (const name of drawn) expect(known).toContain(name)
  })
})
