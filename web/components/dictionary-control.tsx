import { useEffect, useState } from 'react'
import { readDictionaries } from '~/api/voices'
import { type ControlProps, Label } from '~/components/control'

/** A menu of the person's pronunciation dictionaries; without any, words are said as the voice says them. */
export function DictionaryControl({ field, id, describedBy, invalid, value, onChange }: ControlProps) {
  const [dictionaries, setDictionaries] = useState<{ id: string; name: string }[]>([])
  useEffect(() => {
    const controller = new AbortController()
    readDictionaries(controller.signal).then(setDictionaries, () => undefined)
    return () => {
      controller.abort()
    }
  }, [])
  const chosen = typeof value === 'string' ? value : ''
  const known = dictionaries.some((dictionary) => dictionary.id === chosen)
  return (
    <>
      <Label field={field} id={id} />
      <select
        className="input"
        id={id}
        aria-describedby={describedBy}
        aria-invalid={invalid || undefined}
        value={chosen}
        onChange={(event) => {
          onChange(event.target.value)
        }}
      >
        <option value="">None</option>
        {chosen !== '' && !known && <option value={chosen}>{chosen}</option>}
        {dictionaries.map((dictionary) => (
          <option value={dictionary.id} key={dictionary.id}>
            {dictionary.name}
          </option>
        ))}
      </select>
    </>
  )
}
