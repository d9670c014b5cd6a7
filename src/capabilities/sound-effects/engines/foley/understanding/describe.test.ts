import { describe, expect, it } from 'vitest'

import { effects } from '../effects'
import { understand } from './describe'

const base = { size: 0.5, intensity: 0.5, distance: 0 }
const read = (text: string) => understand(text, base)
/** `effect.variant` of each layer. */
const heard = (text: string) =>
  read(text).scene.layers.map(({ effect, variant }) => (variant ? `${effect}.${variant}` : effect))

const phrases: Record<string, string> = {
  rain: 'rain',
  'it is raining': 'rain',
  'rain on a tin roof': 'rain.tin',
  'raindrops against the window': 'rain.window',
  'rain on leaves': 'rain.leaves',
  'drizzle on an umbrella': 'rain.umbrella',
  'a heavy downpour': 'rain',
  wind: 'wind',
  'howling wind': 'wind.howling',
  'wind in the trees': 'wind.trees',
  'a strong gale': 'wind',
  thunder: 'thunder',
  'distant rolling thunder': 'thunder.far',
  'a lightning strike': 'thunder',
  hailstones: 'hail',
  'a babbling brook': 'stream',
  'river flowing': 'stream',
  'water running from a tap': 'stream.tap',
  waterfall: 'waterfall',
  'ocean waves': 'waves',
  'waves crashing on the shore': 'waves',
  'a leaky faucet dripping': 'drip',
  bubbles: 'bubbles',
  'boiling water in a pot': 'bubbles.boiling',
  'a big splash': 'splash',
  'pouring a glass': 'pour',
  'a campfire': 'fire',
  'crackling fireplace': 'fire',
  'bacon frying in a pan': 'fire.frying',
  'steam hissing': 'steam',
  footsteps: 'footsteps',
  'footsteps on gravel': 'footsteps.gravel',
  'someone walking through snow': 'footsteps.snow',
  'steps on wooden stairs': 'footsteps.wood',
  'walking on grass': 'footsteps.grass',
  'running on concrete': 'footsteps.concrete',
  'footsteps in water': 'footsteps.water',
  'a knock on the door': 'door-knock',
  knocking: 'door-knock',
  'creaky door': 'door-creak',
  'a door creaks': 'door-creak',
  'the door slams shut': 'door-slam',
  'slamming doors': 'door-slam',
  'a door': 'door-open',
  'door opening': 'door-open',
  'jangling keys': 'keys',
  'car engine idling': 'car-engine',
  'a truck': 'car-engine',
  'engine revving': 'car-engine.revving',
  'car starting': 'engine-start',
  'a car passing by': 'car-pass',
  'highway traffic': 'traffic',
  motorbike: 'motorcycle',
  'a small scooter': 'motorcycle.scooter',
  'a freight train': 'train',
  subway: 'train',
  'an airplane': 'aeroplane',
  'propeller plane': 'aeroplane.propeller',
  helicopter: 'helicopter',
  'car horn': 'horn.car',
  honking: 'horn',
  'a foghorn': 'horn.ship',
  'train horn': 'horn.train',
  'screeching tires': 'tyre-skid',
  'police siren': 'siren',
  'an ambulance': 'siren.twotone',
  'air raid siren': 'siren.raid',
  'alarm clock': 'alarm-clock',
  'a mechanical alarm clock': 'alarm-clock.bell',
  'smoke detector': 'smoke-alarm',
  'fire alarm': 'smoke-alarm',
  'car alarm': 'car-alarm',
  'telephone ringing': 'telephone',
  'a mobile phone rings': 'telephone.mobile',
  'dial tone': 'dial-tone',
  'busy signal': 'dial-tone.busy',
  'dialing a number': 'dialling',
  'a beep': 'beep',
  'quiz buzzer': 'buzzer',
  'a truck reversing': 'reversing-beeps',
  'sonar ping': 'sonar',
  'a bell': 'bell',
  'bicycle bell': 'bell.bicycle',
  'church bells': 'church-bell',
  'wind chimes': 'wind-chime',
  'the doorbell': 'doorbell',
  'ding dong': 'doorbell',
  'a gong': 'gong',
  'breaking glass': 'glass-break',
  'a window shatters': 'glass-break',
  'clinking glasses': 'glass-clink',
  explosion: 'explosion',
  'a bomb': 'explosion',
  fireworks: 'explosion.fireworks',
  gunshot: 'gunshot',
  'pistol shots': 'gunshot',
  'swords clashing': 'sword',
  'unsheathe a sword': 'sword.draw',
  'a heavy thud': 'thud',
  'a punch': 'thud',
  'car crash': 'crash',
  'dropping a coin': 'coin-drop',
  hammering: 'hammer',
  'a blacksmith at the anvil': 'hammer.metal',
  heartbeat: 'heartbeat',
  'crowd murmur': 'crowd',
  'a busy restaurant': 'crowd',
  applause: 'applause',
  'an audience clapping': 'applause',
  'one clap': 'hand-clap',
  'finger snap': 'finger-snap',
  'stadium crowd cheering': 'cheering',
  'someone whistling': 'whistling',
  'heavy breathing': 'breathing',
  snoring: 'breathing.snoring',
  'birds singing': 'birds',
  'chirping birds': 'birds',
  seagulls: 'birds.gull',
  'a raven cawing': 'birds.crow',
  'flapping wings': 'wings',
  'crickets at night': 'crickets',
  cicadas: 'crickets.cicada',
  'frogs croaking': 'frog',
  'an owl hooting': 'owl',
  'dog barking': 'dog',
  'a wolf howling': 'dog.howl',
  'a dog growling': 'dog.growl',
  'cat meowing': 'cat',
  'a purring cat': 'cat.purr',
  'a cow mooing': 'farm-animal.cow',
  sheep: 'farm-animal.sheep',
  'ducks quacking': 'farm-animal.duck',
  'a rooster crowing': 'farm-animal.rooster',
  'oinking pig': 'farm-animal.pig',
  'bees buzzing': 'insect',
  'a mosquito': 'insect.mosquito',
  'typing on a keyboard': 'keyboard',
  'an old typewriter': 'keyboard.typewriter',
  'mouse click': 'mouse-click',
  'light switch': 'mouse-click',
  'a ticking clock': 'clock',
  'tick-tock': 'clock',
  'camera shutter': 'camera',
  zipper: 'zipper',
  'crumpling paper': 'paper',
  'tearing paper': 'paper.tear',
  'turning pages': 'paper.page',
  'vacuum cleaner': 'vacuum-cleaner',
  'a hair dryer': 'vacuum-cleaner.dryer',
  'power drill': 'drill',
  'a dentist': 'drill.dentist',
  jackhammer: 'drill.jackhammer',
  'sawing wood': 'saw',
  'a chainsaw': 'saw.chain',
  'lawn mower': 'lawn-mower',
  'ceiling fan': 'fan',
  'radio static': 'static',
  'vinyl crackle': 'static.vinyl',
  'mains hum': 'static.hum',
  'a printer printing': 'printer',
  'laser gun': 'laser',
  'pew pew': 'laser',
  whoosh: 'whoosh',
  'a cinematic riser': 'riser',
  'ui success': 'success',
  'wrong answer': 'error',
  'text message notification': 'notification',
  'arcade coin': 'arcade-coin',
  'video game jump': 'jump',
  'level up': 'power-up',
  'game over': 'game-over',
  'balloon pop': 'pop',
  'cartoon spring': 'boing',
  teleportation: 'teleport',
}

describe('the vocabulary', () => {
  it('has more than 150 phrases in its test, of every effect', () => {
    expect(Object.keys(phrases).length).toBeGreaterThanOrEqual(150)
    const tested = new Set(Object.values(phrases).map((name) => name.split('.')[0]))
    expect(effects.map(({ id }) => id).filter((id) => !tested.has(id))).toEqual([])
  })

  it.each(Object.entries(phrases))('hears in “%s” %s', (phrase, effect) => {
    expect(heard(phrase)).toEqual([effect])
    expect(read(phrase).warnings).toEqual([])
  })
})

describe('descriptions of several sounds', () => {
  it.each([
    ['rain on a tin roof with distant thunder', ['rain.tin', 'thunder.far']],
    ['storm', ['rain', 'thunder', 'wind']],
    ['a thunderstorm without wind', ['rain', 'thunder']],
    ['heavy rain, no thunder', ['rain']],
    ['wind and waves, seagulls', ['wind', 'waves', 'birds.gull']],
    ['a dog barking in the rain', ['dog', 'rain']],
  ])('“%s”', (text, expected) => expect(heard(text)).toEqual(expected))

  it('puts them one after another where it is said', () => {
    const steps = (text: string) =>
      Object.fromEntries(read(text).scene.layers.map((layer) => [layer.effect, layer.step]))
    expect(steps('footsteps then a door slam')).toEqual({ footsteps: 0, 'door-slam': 1 })
    expect(steps('a door slam after three knocks')).toEqual({ 'door-slam': 1, 'door-knock': 0 })
    expect(steps('a knock before the explosion')).toEqual({ 'door-knock': 0, explosion: 1 })
    expect(steps('thunder, followed by rain, then birds')).toEqual({ thunder: 0, rain: 1, birds: 2 })
  })

  it('counts', () => {
    const count = (text: string) => read(text).scene.layers[0]!.count
    expect(count('three knocks')).toBe(3)
    expect(count('the bell rings twice')).toBe(2)
    expect(count('a dog barks 5 times')).toBe(5)
    expect(count('a dozen gunshots')).toBe(12)
    expect(count('ten seconds of rain')).toBeNull()
    expect(count('explosion')).toBeNull()
    expect(read('explosions').scene.layers[0]!.several).toBe(true)
  })

  it('takes sizes, strengths, distances and speeds', () => {
    const layer = (text: string) => read(text).scene.layers[0]!
    expect(layer('a huge dog').size).toBeGreaterThan(0.8)
    expect(layer('a tiny bell').size).toBeLessThan(0.2)
    expect(layer('heavy rain').intensity).toBeGreaterThan(0.7)
    expect(layer('gentle rain').intensity).toBeLessThan(0.4)
    expect(layer('very heavy rain').intensity).toBeGreaterThan(layer('heavy rain').intensity)
    expect(layer('church bells in the distance').distance).toBeGreaterThan(0.5)
    expect(layer('quick footsteps').rate).toBeGreaterThan(1.3)
    expect(layer('slowly walking').rate).toBeLessThan(0.8)
  })

  it('hears where it is', () => {
    expect(read('footsteps in a cave').scene.space).toBe('cave')
    expect(read('a muffled explosion').scene.space).toBe('muffled')
    expect(read('a bell underwater').scene.space).toBe('underwater')
    expect(read('applause in a concert hall').scene.space).toBe('hall')
    expect(read('rain').scene.space).toBeNull()
  })
})

describe('what is not known', () => {
  it.each([
    ['a lion roaring', 'dog.growl', 'lion'],
    ['saxophone solo', 'horn', 'saxophone'],
    ['elephant', 'farm-animal', 'elephant'],
    ['thnder', 'thunder', 'thnder'],
    ['helicoptor', 'helicopter', 'helicoptor'],
    ['a baby crying', 'cat', 'crying'],
  ])('“%s” is answered by the nearest, with a word about it', (text, effect, word) => {
    const { warnings } = read(text)
    expect(heard(text)).toEqual([effect])
    expect(warnings).toHaveLength(1)
    expect(warnings[0]).toContain(word)
    expect(warnings[0]).toContain('nearest')
  })

  it.each(['asdf qwerty zxcv', '!!!', '12345', 'the of and', '漢字', '🙂'])('“%s” gives nothing', (text) => {
    expect(heard(text)).toEqual([])
  })

  it('is left out beside what is known, with a word about it', () => {
    const { warnings } = read('rain with xyzzyx')
    expect(heard('rain with xyzzyx')).toEqual(['rain'])
    expect(warnings.join()).toContain('xyzzyx')
  })

  it('takes the longest description in a moment', () => {
    const startedAt = performance.now()
    read('rain with thunder and wind xyzzy, '.repeat(60).slice(0, 2000))
    expect(performance.now() - startedAt).toBeLessThan(1000)
  })
})
