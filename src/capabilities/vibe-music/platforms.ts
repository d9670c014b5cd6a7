/** What a platform takes as a status post. Limits move: those below are what its help pages said, on the safe side. */
export interface Platform {
  title: string
  /** Length of a clip where none is given, in seconds. */
  seconds: number
  /** Longest clip that is not cut by the platform. */
  maxSeconds: number
  /** Largest video that is taken without being made smaller. */
  maxBytes: number
}

const megabyte = 1_000_000

/** Presets for status posts: a new platform is a line here. */
export const platforms = {
  'instagram-story': { title: 'Instagram Story', seconds: 15, maxSeconds: 60, maxBytes: 30 * megabyte },
  'whatsapp-status': { title: 'WhatsApp Status', seconds: 30, maxSeconds: 60, maxBytes: 16 * megabyte },
  'facebook-story': { title: 'Facebook Story', seconds: 15, maxSeconds: 60, maxBytes: 30 * megabyte },
  'telegram-story': { title: 'Telegram Story', seconds: 30, maxSeconds: 60, maxBytes: 30 * megabyte },
  snapchat: { title: 'Snapchat', seconds: 15, maxSeconds: 60, maxBytes: 30 * megabyte },
  tiktok: { title: 'TikTok', seconds: 30, maxSeconds: 60, maxBytes: 70 * megabyte },
  'youtube-short': { title: 'YouTube Short', seconds: 60, maxSeconds: 60, maxBytes: 70 * megabyte },
} as const satisfies Record<string, Platform>

export type PlatformId = keyof typeof platforms
export const platformIds = Object.keys(platforms) as [PlatformId, ...PlatformId[]]
