package io.adapterworks.engine;

import io.adapterworks.tensor.Tensor;

/**
 * The tensors of attention's backward; shapes as in {@link AttentionOps#forward}.
 *
 * @param dOut gradient of out, contiguous
 * @param dq set, rows may be strided
 * @param dk set, rows may be strided
 * @param dv set, rows may be strided
 */
public record AttentionGradient(
    Tensor q,
    Tensor k,
    Tensor v,
    Tensor out,
    Tensor logSumExp,
    Tensor dOut,
    Tensor dq,
    Tensor dk,
    Tensor dv) {}
