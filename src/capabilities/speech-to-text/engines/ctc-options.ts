import { z } from 'zod'

/** `options` in the manifest of a model of the engine `ctc`. */
export const ctcOptionsSchema = z.strictObject({
  /** The graph: samples [1, N] → logits [1, T, tokens]. A second input `attention_mask` is filled with ones. */
  model: z.string().default('model.onnx'),
  /** Names of the graph's input and output; default: its first ones. */
  input: z.string().optional(),
  output: z.string().optional(),
  /** `vocab.json`, or lines of a token and perhaps its number. */
  tokens: z.string().default('tokens.txt'),
  topology: z.enum(['ctc', 'hmm']).default('ctc'),
  /** The CTC blank; null for `hmm`. */
  blank: z.string().nullable().default('<pad>'),
  /** The token between words: networks that spell. Null where words begin with `▁`, and for phones. */
  word_boundary: z.string().nullable().default('|'),
  /** The token of silence, where the network has one. */
  silence: z.string().nullable().default(null),
  /** Case that the letters of the network are written in. */
  case: z.enum(['keep', 'lower', 'upper']).default('lower'),
  /** Whether samples are brought to mean 0 and variance 1 first. */
  normalize: z.boolean().default(false),
  /** Seconds from frame to frame. Wav2Vec2: 0.02. */
  hop_seconds: z.number().positive().default(0.02),
  /** How late the network says a token, on average. */
  delay_seconds: z.number().default(0),
  /** How long the sound of a word's last token may go on in blank frames after its last one. */
  tail_seconds: z.number().nonnegative().default(0.06),
  /** Words with their tokens: words come from here and from nowhere else. */
  lexicon: z.string().optional(),
  /** Word n-gram model in ARPA format. */
  lm: z.string().optional(),
  /** Factor of the language model's log10 probabilities, as in Flashlight (pyctcdecode's alpha × 2.3). */
  lm_weight: z.number().nonnegative().default(1.15),
  /** Added for every word (natural log, like the following). */
  word_score: z.number().default(0),
  /** Added for a word that the language model does not know, where there is no lexicon. */
  unknown_score: z.number().default(-10),
  /** Added for every frame of silence. */
  silence_score: z.number().default(0),
  /** Added to the blank's logit. */
  blank_bonus: z.number().default(0),
  /** Hypotheses that are followed at a time. */
  beam: z.int().min(1).max(5000).default(100),
  /** Hypotheses that are worse than the best by more are dropped. */
  beam_threshold: z.number().positive().default(25),
  /** Added for every token of a keyterm. */
  keyterm_boost: z.number().nonnegative().default(1.5),
})

export type CtcOptions = z.infer<typeof ctcOptionsSchema>
