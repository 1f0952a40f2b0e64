package io.adapterworks.pass;

import io.adapterworks.tensor.Tensor;

/**
 * Where a layer's backward starts.
 *
 * @param x (N, C): the layer's input in forward
 * @param dy (N, C): the gradient of its output; overwritten by the gradient of x where {@code
 *     reach} asks for it
 */
record BackwardStep(Tensor x, Tensor dy, Reach reach) {}
