import type { Engine } from '../../inference/engine'

/** 16 kHz mono, −1…1, 0.5–10 s of one voice. */
export interface SpeakerEmbeddingInput {
  samples: Float32Array
}

export interface SpeakerEmbeddingOutput {
  /** Unit length: the dot product of two is their cosine similarity. */
  embedding: Float32Array
  /** Embeddings of this model whose cosine is above this are rather of one speaker than of two. */
  sameSpeakerCosine: number
}

/** Models of kind `speaker-embedding`. */
export type SpeakerEmbeddingEngine = Engine<SpeakerEmbeddingInput, SpeakerEmbeddingOutput>
