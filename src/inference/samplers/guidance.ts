/**
 * Classifier-free guidance: away from what the network says without the text, towards what it says with it, `scale` times
 * as far (Ho and Salimans, 2022; w of equation 2 in Saharia et al., "Imagen"). At 1 the text alone counts, above it is
 * exaggerated.
 *
 * @param conditional Overwritten with the result.
 */
export function guide(conditional: Float32Array, unconditional: Float32Array, scale: number): Float32Array {
  for (let at = 0; at < conditional.length; at++) {
    const without = unconditional[at]!
    conditional[at] = without + scale * (conditional[at]! - without)
  }
  return conditional
}
