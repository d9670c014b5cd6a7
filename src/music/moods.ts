import type { Genre } from './styles'

export const moods = [
  'happy',
  'hopeful',
  'calm',
  'sad',
  'dark',
  'tense',
  'epic',
  'romantic',
  'playful',
  'energetic',
  'dreamy',
  'mysterious',
  'nostalgic',
  'confident',
] as const
export type Mood = (typeof moods)[number]

export interface MoodTraits {
  /** How likely a minor key is; null leaves it to the genre. */
  minor: number | null
  /** Place in the genre's range of tempos, 0 slowest, 0.5 usual, 1 quickest. */
  tempo: number
  /** Added to every section's energy. */
  energy: number
  /** Times the genre's notes in a bar of melody. */
  density: number
  /** What is played where no genre is named. */
  genres: readonly Genre[]
}

export const moodTraits: Record<Mood, MoodTraits> = {
  happy: { minor: 0, tempo: 0.65, energy: 0.05, density: 1.1, genres: ['pop', 'corporate', 'acoustic-folk'] },
  hopeful: { minor: 0, tempo: 0.5, energy: 0, density: 0.95, genres: ['corporate', 'cinematic', 'pop'] },
  calm: {
    minor: 0.2,
    tempo: 0.2,
    energy: -0.2,
    density: 0.75,
    genres: ['ambient', 'lo-fi', 'acoustic-folk'],
  },
  sad: {
    minor: 1,
    tempo: 0.2,
    energy: -0.15,
    density: 0.8,
    genres: ['classical-piano', 'cinematic', 'lo-fi'],
  },
  dark: { minor: 1, tempo: 0.35, energy: 0, density: 0.7, genres: ['cinematic', 'hip-hop', 'electronic'] },
  tense: { minor: 1, tempo: 0.75, energy: 0.1, density: 0.7, genres: ['cinematic', 'electronic'] },
  epic: { minor: 0.8, tempo: 0.65, energy: 0.25, density: 0.9, genres: ['cinematic'] },
  romantic: {
    minor: 0.15,
    tempo: 0.3,
    energy: -0.1,
    density: 0.9,
    genres: ['classical-piano', 'jazz', 'acoustic-folk'],
  },
  playful: { minor: 0.05, tempo: 0.7, energy: 0, density: 1.15, genres: ['children', 'latin', 'jazz'] },
  energetic: { minor: null, tempo: 0.85, energy: 0.22, density: 1.1, genres: ['electronic', 'rock', 'pop'] },
  dreamy: { minor: 0.3, tempo: 0.3, energy: -0.12, density: 0.75, genres: ['ambient', 'lo-fi'] },
  mysterious: { minor: 1, tempo: 0.35, energy: -0.1, density: 0.7, genres: ['cinematic', 'ambient'] },
  nostalgic: {
    minor: 0.5,
    tempo: 0.3,
    energy: -0.1,
    density: 0.9,
    genres: ['lo-fi', 'acoustic-folk', 'classical-piano'],
  },
  confident: { minor: 0.4, tempo: 0.6, energy: 0.12, density: 1, genres: ['hip-hop', 'corporate', 'rock'] },
}
