import { useState } from 'react'
import { changePreference, channels, type Channel, type Preferences } from '~/api/notifications'

const topicNames: Record<string, string> = {
  job: 'Jobs',
  payment: 'Payments',
  subscription: 'Subscription',
  minutes: 'Minutes',
  voice: 'Voices',
}
const channelNames: Record<Channel, string> = { in_app: 'Here', email: 'E-mail', push: 'Browser' }

interface NotificationPreferencesProps {
  preferences: Preferences
  onChange: (change: Promise<unknown>) => void
}

/** A grid of switches: what somebody is told, and how. */
export function NotificationPreferences({ preferences, onChange }: NotificationPreferencesProps) {
  /** Shown at once; taken back where the server refuses. */
  const [wanted, setWanted] = useState<Record<string, boolean | undefined>>({})
  const change = (topic: string, channel: Channel, on: boolean) => {
    const show = (value: boolean | undefined) => {
      setWanted((before) => ({ ...before, [`${topic} ${channel}`]: value }))
    }
    show(on)
    const changed = changePreference(topic, channel, on)
    changed.catch(() => {
      show(undefined)
    })
    onChange(changed)
  }
  return (
    <section className="card stack" aria-label="What you are told">
      <h2>What you are told</h2>
      <table className="news-choices">
        <thead>
          <tr>
            <td />
            {channels.map((channel) => (
              <th key={channel} scope="col">
                {channelNames[channel]}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {Object.entries(topicNames).map(([topic, name]) => (
            <tr key={topic}>
              <th scope="row">{name}</th>
              {channels.map((channel) => (
                <td key={channel}>
                  <input
                    type="checkbox"
                    aria-label={`${name}: ${channelNames[channel]}`}
                    checked={wanted[`${topic} ${channel}`] ?? preferences[topic]?.[channel] ?? false}
                    onChange={(event) => {
                      change(topic, channel, event.currentTarget.checked)
                    }}
                  />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      <p className="field__hint">What concerns the account itself always comes by e-mail.</p>
    </section>
  )
}
