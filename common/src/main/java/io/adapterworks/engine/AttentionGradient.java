package io.adapterworks.engine;

import io.adapterworks.tensor.Tensor;
import java.util.Optional;

/**
 * The tensors of attention's backward; shapes as in {@link AttentionOperands}.
 *
 * @param forward what forward saw and set
 * @param dOut gradient of out, contiguous
 * @param dq set, rows may be strided
 * @param dk set, rows may be strided
 * @param dv set, rows may be strided
 * @param room memory in the compute type, contiguous, that holds nothing any more: an engine may
 *     work there, and is faster if it holds a number for each query's score with a key
 */
public record AttentionGradient(
    AttentionOperands forward,
    Tensor dOut,
    Tensor dq,
    Tensor dk,
    Tensor dv,
    Optional<Tensor> room) {}
