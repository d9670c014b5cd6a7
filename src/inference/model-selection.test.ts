import { describe, expect, it } from 'vitest'

import { testManifest } from '../../test/fixtures/model-folder'
import { createModelSelection, noModelChoices, type ModelChoices } from './model-selection'
import type { ModelEntry } from './model-store'

const entry = (id: string, version: string, installed = true): ModelEntry => {
  const manifest = testManifest({ id, version, capability: 'voice-activity' })
  return {
    ...{ manifest, starter: false, added: false, bytes: () => 0, installed: () => installed },
    files: { manifest, path: (file) => file },
  }
}

const entries = [
  entry('absent', '1', false),
  entry('first', '2', false),
  entry('first', '1'),
  entry('second', '1'),
]
const store = {
  list: (capability?: string) =>
    entries.filter(({ manifest }) => capability === undefined || manifest.capability === capability),
  get: (id: string) => {
    const versions = entries.filter(({ manifest }) => manifest.id === id)
    return versions.find((version) => version.installed()) ?? versions[0]!
  },
}
const defaultWith = (choices: Partial<ModelChoices>) => {
  const { manifest } = createModelSelection(store, () => ({ ...noModelChoices, ...choices })).defaultOf(
    'voice-activity',
  )!
  return `${manifest.id} ${manifest.version}`
}

describe('model selection', () => {
  it('takes the first installed model where nothing was chosen', () => {
    expect(defaultWith({})).toBe('first 1')
  })

  it('follows the chosen default, as far as it is installed and switched on', () => {
    expect(defaultWith({ defaults: { 'voice-activity': 'second' } })).toBe('second 1')
    expect(defaultWith({ defaults: { 'voice-activity': 'absent' } })).toBe('first 1')
    expect(defaultWith({ defaults: { 'voice-activity': 'first' }, disabled: ['first'] })).toBe('second 1')
  })

  it('leaves models out whose licence forbids what is done with them', () => {
    const bound = entry('bound', '1')
    bound.manifest.licence.commercialUse = false
    const only = { list: () => [bound], get: () => bound }
    const sold = createModelSelection(only, () => ({ ...noModelChoices, nonCommercial: false }))
    expect(sold.offered('voice-activity')).toEqual([])
    expect(sold.refusal('bound')).toContain('licence')
    expect(sold.saleRefusal('bound')).toContain('forbids to sell')
    expect(createModelSelection(only, () => noModelChoices).saleRefusal('bound')).toBeNull()
    expect(createModelSelection(only, () => noModelChoices).offered('voice-activity')).toEqual([bound])
  })

  it('takes the chosen version, and says nothing of capabilities without models', () => {
    const selection = createModelSelection(store, () => ({ ...noModelChoices, versions: { first: '2' } }))
    expect(selection.inForce('first').manifest.version).toBe('2')
    expect(selection.refusal('first')).toBeNull()
    expect(selection.all('voice-activity').map(({ manifest }) => manifest.id)).toEqual([
      ...['absent', 'first', 'second'],
    ])
    expect(selection.defaultOf('dubbing')).toBeNull()
  })

  it('lends models that are installed and allowed, by name or as they are chosen', () => {
    const selection = createModelSelection(store, () => ({ ...noModelChoices, disabled: ['second'] }))
    const lent = (kind: string, id?: string) => selection.usable(kind, id)?.manifest.id ?? null
    expect(lent('voice-activity')).toBe('first')
    expect(lent('voice-activity', 'first')).toBe('first')
    expect(lent('voice-activity', 'absent')).toBeNull()
    expect(lent('voice-activity', 'second')).toBeNull()
    expect(lent('dubbing', 'first')).toBeNull()
    expect(lent('dubbing')).toBeNull()
  })
})
