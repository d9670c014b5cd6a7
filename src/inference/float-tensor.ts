import type { Tensor } from './runtime'
import { AppError } from '../platform/errors'

export interface FloatTensor extends Tensor {
  data: Float32Array
}

/**
 * A float output of a graph by its name.
 *
 * @throws AppError `model_corrupt` where the graph gave none: the file is not what its manifest says.
 */
export function floats(outputs: Record<string, Tensor>, name: string): FloatTensor {
  const tensor = outputs[name]
  if (!(tensor?.data instanceof Float32Array)) {
    throw new AppError('model_corrupt', { message: `The network has no float output "${name}".` })
  }
  return { data: tensor.data, dims: tensor.dims }
}
