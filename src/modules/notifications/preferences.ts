import type { Database, DatabaseClient } from '../../platform/database'
import { channels, defaultPreference, topics, type Channel, type Topic } from './topics'

export type Preferences = Record<Topic, Record<Channel, boolean>>

export type PreferenceStore = ReturnType<typeof createPreferenceStore>

type Choices = Partial<Record<Channel, boolean | undefined>>

/** Which topics somebody wants to hear of, and how. Only what differs from the default is kept. */
export function createPreferenceStore(database: Database) {
  async function of(userId: string, client: DatabaseClient = database): Promise<Preferences> {
    const rows = await client.notificationPreference.findMany({ where: { userId } })
    const chosen = new Map(rows.map(({ topic, channel, enabled }) => [`${topic} ${channel}`, enabled]))
    const pick = (topic: Topic, channel: Channel) =>
      // What belongs to the account itself is not for choosing.
      topic === 'account'
        ? defaultPreference(topic, channel)
        : (chosen.get(`${topic} ${channel}`) ?? defaultPreference(topic, channel))
    const ofTopic = (topic: Topic) =>
      Object.fromEntries(channels.map((channel) => [channel, pick(topic, channel)]))
    return Object.fromEntries(topics.map((topic) => [topic, ofTopic(topic)])) as Preferences
  }

  return {
    of,
    async change(
      userId: string,
      changes: Partial<Record<Exclude<Topic, 'account'>, Choices | undefined>>,
    ): Promise<Preferences> {
      await database.$transaction(async (client) => {
        for (const [topic, byChannel] of Object.entries<Choices | undefined>(changes)) {
          for (const [channel, enabled] of Object.entries<boolean | undefined>(byChannel ?? {})) {
            if (enabled === undefined) continue
            await client.notificationPreference.upsert({
              where: { userId_topic_channel: { userId, topic, channel } },
              create: { userId, topic, channel, enabled },
              update: { enabled },
            })
          }
        }
      })
      return of(userId)
    },
  }
}
