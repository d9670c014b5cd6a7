/** English names of emoji that people write most, after the short names of Unicode CLDR. */
export const emojiNames: Readonly<Record<string, string>> = {
  '😀': 'grinning face', '😂': 'tears of joy', '🤣': 'rolling on the floor laughing', '😊': 'smiling face', '😍': 'heart eyes',
  '😘': 'blowing a kiss', '😎': 'cool face', '😢': 'crying face', '😭': 'loudly crying face', '😡': 'angry face', '😱': 'screaming face',
  '🤔': 'thinking face', '😴': 'sleeping face', '😉': 'winking face', '🙂': 'slightly smiling face', '🙃': 'upside down face',
  '🙏': 'folded hands', '👍': 'thumbs up', '👎': 'thumbs down', '👏': 'clapping hands', '👋': 'waving hand', '💪': 'flexed biceps',
  '❤': 'red heart', '💔': 'broken heart', '🔥': 'fire', '✨': 'sparkles', '🎉': 'party popper', '🎂': 'birthday cake', '🚀': 'rocket',
  '⭐': 'star', '🌟': 'glowing star', '☀': 'sun', '🌈': 'rainbow', '🌍': 'globe', '💯': 'hundred points', '✅': 'check mark',
  '❌': 'cross mark', '⚠': 'warning', '🎵': 'musical note', '🐶': 'dog face', '🐱': 'cat face', '🍕': 'pizza', '☕': 'hot beverage',
  '🍺': 'beer mug', '🏆': 'trophy', '⚽': 'soccer ball', '🚗': 'car', '✈': 'airplane', '💡': 'light bulb', '📞': 'telephone receiver',
} // prettier-ignore
