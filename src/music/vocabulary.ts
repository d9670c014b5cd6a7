import type { Intensity } from './form'
import type { Mood } from './moods'
import type { InstrumentName } from './piece'
import type { Genre } from './styles'

/** What a word of a description asks for. */
export interface Wish {
  mood?: Mood
  genre?: Genre
  instrument?: InstrumentName
  intensity?: Intensity
  /** Added to the mood's place in the genre's tempos. */
  tempo?: number
  loop?: boolean
}

const entry = (wish: Wish, words: string): (readonly [string, Wish])[] =>
  words.split(',').map((word) => [word.trim(), wish] as const)

/**
 * Words, phrases and emoji of descriptions, and what they ask for. A word that ends in `*` stands for all that begin
 * with it. Longer phrases go before the words in them.
 */
export const vocabulary: readonly (readonly [string, Wish])[] = [
  ...entry(
    { mood: 'happy' },
    'happy, happi*, cheerful*, joy*, upbeat, sunny, bright, feel good, feelgood, fun, smil*, celebrat*, party, birthday, summer*, positive, festive, 😀, 😃, 😄, 😁, 😊, 🙂, 😎, 🎉, 🥳, ☀, 🌞, 🌈',
  ),
  ...entry(
    { mood: 'hopeful' },
    'hope*, inspir*, uplift*, optimis*, motivat*, dawn, sunrise, bless*, charity, graduation, new beginning*, healing, 🌅, 🙏, 🌱, ✨, 🕊',
  ),
  ...entry(
    { mood: 'calm' },
    'calm*, peace*, relax*, chill*, soft*, gentle, gently, quiet*, serene, tranquil*, mellow, meditat*, sooth*, spa, yoga, sleep*, lullaby, morning, slow living, mindful*, 😌, 🧘, 😴, 🌿, 🍃, 🌊',
  ),
  ...entry(
    { mood: 'sad' },
    'sad*, melanchol*, sorrow*, grief, griev*, lonely, loneliness, heartbreak*, heartbroken, tear*, cry*, mourn*, funeral, loss, rain*, blue, wistful, 😢, 😭, 💔, 😞, 🌧, ☔',
  ),
  ...entry(
    { mood: 'dark' },
    'dark*, sinister, evil, ominous, horror, scary, creepy, spooky, grim, gloom*, menac*, halloween, villain*, gothic, 😈, 👻, 🎃, 💀, 🧛, 🖤',
  ),
  ...entry(
    { mood: 'tense' },
    'tense, tension, suspense*, thrill*, anxious, anxiety, nervous*, urgent, urgency, chase, danger*, countdown, crime, heist, 😰, 😨, 😱, ⏳',
  ),
  ...entry(
    { mood: 'epic' },
    'epic, heroic, hero, heroes, triumph*, battle*, grand, majestic, powerful, war, victory, victorious, adventur*, glorious, massive, monumental, ⚔, 🏆, 🦅, 🔥',
  ),
  ...entry(
    { mood: 'romantic' },
    'romantic*, romance, love*, wedding*, tender*, intimate, valentine*, bride, anniversary, kiss*, passion*, ❤, 💕, 😍, 🥰, 💍, 💒, 🌹',
  ),
  ...entry(
    { mood: 'playful' },
    'playful*, quirk*, silly, comedy, comic*, funny, cute, goofy, whimsical, mischiev*, cartoon*, bouncy, 😜, 🤪, 🐶, 🐱, 😂, 🤣',
  ),
  ...entry(
    { mood: 'energetic' },
    'energetic, energy, energi*, power, workout, gym, sport*, fast paced, intense, action, driving, exciting, excite*, hype*, pumping, running, danc*, ⚡, 💪, 🏃, 🚀, 🕺, 💃',
  ),
  ...entry(
    { mood: 'dreamy' },
    'dream*, ethereal, float*, space*, cosmic, stars, starry, underwater, fairy, heaven*, atmospheric, hypnotic, 🌌, 🌙, ⭐, 💫, ☁',
  ),
  ...entry(
    { mood: 'mysterious' },
    'myster*, enigma*, curious, secret*, magic*, strange, detective, noir, fog*, ancient, 🔮, 🕵, 🌫',
  ),
  ...entry(
    { mood: 'nostalgic' },
    'nostalg*, vintage, retro, memor*, memories, childhood, bittersweet, autumn, old school, reminisc*, 🍂, 📼, 🕰',
  ),
  ...entry(
    { mood: 'confident' },
    'confident, confidence, cool, swagger, groov*, funk*, bold, stylish, fashion, urban, street, 😏, 🕶',
  ),
  ...entry(
    { genre: 'lo-fi' },
    'lo fi, lofi, chillhop, study, studying, homework, coffee shop, coffee, cozy, cosy, rainy, ☕, 📚',
  ),
  ...entry(
    { genre: 'ambient' },
    'ambient, ambience, drone, soundscape, meditat*, spa, yoga, sleep*, space*, nature, 🧘, 🌌',
  ),
  ...entry(
    { genre: 'cinematic' },
    'cinematic, film*, movie*, trailer*, orchestra*, score, soundtrack, epic, documentary, battle*, suspense*, horror, 🎬, 🎥, ⚔',
  ),
  ...entry(
    { genre: 'corporate' },
    'corporate, business, compan*, presentation*, explainer*, tutorial*, startup*, office, advert*, commercial*, promo*, product, tech, technology, technolog*, innovat*, 💼, 📈, 📊',
  ),
  ...entry(
    { genre: 'acoustic-folk' },
    'acoustic, folk*, country, campfire, indie, singer songwriter, farm*, wedding*, travel*, road trip, ⛺, 🏕, 🤠',
  ),
  ...entry(
    { genre: 'electronic' },
    'electronic*, house, edm, techno, trance, club*, dance music, electro*, synthwave, rave, disco, cyberpunk, neon, 🎛, 🤖',
  ),
  ...entry({ genre: 'hip-hop' }, 'hip hop, hiphop, rap, trap, boom bap, beat tape, urban, street, 🎤, 🧢'),
  ...entry({ genre: 'jazz' }, 'jazz*, swing, bebop, lounge, cocktail*, noir, smooth, 🎷, 🎺, 🍸'),
  ...entry({ genre: 'rock' }, 'rock, metal, punk, grunge, garage band, hard rock, 🎸, 🤘'),
  ...entry(
    { genre: 'classical-piano' },
    'classical, piano solo, solo piano, sonata, nocturne, waltz, baroque, romantic piano, 🎹, 🎼, 🎻',
  ),
  ...entry(
    { genre: 'latin' },
    'latin*, salsa, bossa nova, bossa, samba, tropical, havana, cuban, rumba, cumbia, mambo, tango, brazil*, beach*, 🌴, 🏝, 💃, 🌮',
  ),
  ...entry(
    { genre: 'children' },
    'children*, child, kid, kids, baby, babies, nursery, toddler*, toy, toys, kindergarten, lullaby, 👶, 🧸, 🎠, 🎈',
  ),
  ...entry({ genre: 'pop' }, 'pop, radio, chart*, vlog*, modern, mainstream, travel vlog, summer hit'),
  ...entry({ instrument: 'piano' }, 'piano*, 🎹'),
  ...entry({ instrument: 'electric-piano' }, 'electric piano, rhodes, e piano, keys'),
  ...entry({ instrument: 'organ' }, 'organ'),
  ...entry({ instrument: 'acoustic-guitar' }, 'acoustic guitar*, guitar, guitars'),
  ...entry({ instrument: 'nylon-guitar' }, 'nylon guitar, classical guitar, spanish guitar'),
  ...entry({ instrument: 'electric-guitar' }, 'electric guitar*, clean guitar'),
  ...entry({ instrument: 'distorted-guitar' }, 'distorted guitar*, heavy guitar*, overdriven guitar*'),
  ...entry({ instrument: 'ukulele' }, 'ukulele*, uke'),
  ...entry({ instrument: 'harp' }, 'harp'),
  ...entry({ instrument: 'marimba' }, 'marimba, xylophone'),
  ...entry({ instrument: 'vibraphone' }, 'vibraphone, vibes'),
  ...entry({ instrument: 'glockenspiel' }, 'glockenspiel, bells, celesta'),
  ...entry({ instrument: 'music-box' }, 'music box'),
  ...entry({ instrument: 'strings' }, 'strings, violin*, cello*, orchestra*, 🎻'),
  ...entry({ instrument: 'brass' }, 'brass, trumpet*, horn*, trombone*, 🎺'),
  ...entry({ instrument: 'flute' }, 'flute*, whistle*'),
  ...entry({ instrument: 'choir' }, 'choir*, choral'),
  ...entry({ instrument: 'pad' }, 'pad, pads'),
  ...entry({ instrument: 'synth-lead' }, 'synth lead, lead synth'),
  ...entry({ instrument: 'synth-pluck' }, 'plucks, pluck synth, synth, synths'),
  ...entry({ instrument: 'synth-bass' }, 'synth bass'),
  ...entry({ instrument: 'sub-bass' }, 'sub bass, 808'),
  ...entry({ instrument: 'acoustic-bass' }, 'double bass, upright bass'),
  ...entry({ intensity: 'build' }, 'build*, building up, crescendo, grow*, rising, rises, swell*'),
  ...entry({ intensity: 'arc' }, 'rise and fall, rises and falls, wave like'),
  ...entry({ intensity: 'drop' }, 'drop, drops, breakdown'),
  ...entry({ intensity: 'flat' }, 'steady, constant, unobtrusive, background, even'),
  ...entry({ tempo: 0.35 }, 'fast, quick, rapid, up tempo, uptempo, brisk, lively, hurried'),
  ...entry({ tempo: 0.7 }, 'very fast'),
  ...entry({ tempo: -0.35 }, 'slow*, downtempo, down tempo, laid back, unhurried'),
  ...entry({ tempo: -0.7 }, 'very slow'),
  ...entry({ loop: true }, 'loop*, seamless*, endless'),
]
