package io.adapterworks.engine;

import io.adapterworks.tensor.Tensor;

/**
 * The tensors of attention's forward; D is the size of a head, N the number of tokens.
 *
 * @param q (N, H·D), compute type; rows of q, k and v may be strided (columns of one matrix)
 * @param k (N, kvHeads·D)
 * @param v (N, kvHeads·D)
 * @param out (N, H·D), contiguous but for spare columns; set
 * @param logSumExp (H, N), float32: set to the log of each row's softmax denominator
 */
public record AttentionOperands(Tensor q, Tensor k, Tensor v, Tensor out, Tensor logSumExp) {}
