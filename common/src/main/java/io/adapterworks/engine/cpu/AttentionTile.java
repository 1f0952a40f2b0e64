package io.adapterworks.engine.cpu;

import io.adapterworks.engine.AttentionShape;
import io.adapterworks.tensor.DType;
import java.util.List;
import org.bytedeco.dnnl.global.dnnl;

/**
 * Some query rows of each block of a group against all of the block's keys: the shape of the
 * products of attention.
 *
 * @param blocks blocks side by side
 * @param length padded tokens of a block
 * @param from first query row of each block
 * @param queries query rows
 * @param keys key rows, from the block's first
 */
record AttentionTile(
    AttentionShape shape, DType dtype, int blocks, int length, int from, int queries, int keys) {

  /** Query heads that share a key/value head. */
  int sharing() {
    return shape.heads() / shape.kvHeads();
  }

  /** Elements of scores of all blocks and heads. */
  long scores() {
    return (long) blocks * shape.heads() * queries * keys;
  }

  /** Elements of a row of packed queries, keys and values, or of their gradients. */
  int packedWidth() {
    return shape.queryWidth() + 2 * shape.kvWidth();
  }

  /** Query rows of every {@code sharing}-th head, as (blocks, kvHeads, queries, D). */
  Layout queryRows(int width) {
    return heads(dtype, queries, width, (long) sharing() * shape.headDim());
  }

  /** Key or value rows, as (blocks, kvHeads, keys, D). */
  Layout keyRows(DType type, int width) {
    return heads(type, keys, width, shape.headDim());
  }

  private Layout heads(DType type, int rows, long width, long headStride) {
    return Layout.strided(
        type,
        new long[] {blocks, shape.kvHeads(), rows, shape.headDim()},
        new long[] {length * width, headStride, width, 1});
  }

  /** Elements to the first query row's head {@code shared} of a sharing group. */
  long queryOffset(int width, int shared) {
    return (long) from * width + (long) shared * shape.headDim();
  }

  /** Elements to the scores of the heads that are {@code shared}-th of their sharing groups. */
  long scoreOffset(int shared) {
    return (long) shared * blocks * shape.kvHeads() * queries * keys;
  }

  /** Elements to the scores of one head of one block. */
  long scoreOffset(int block, int head) {
    int group = head / sharing();
    return scoreOffset(head % sharing())
        + ((long) block * shape.kvHeads() + group) * queries * keys;
  }

  /**
   * Scores of every {@code sharing}-th head, as (blocks, kvHeads, queries, keys). They lie side by
   * side: oneDNN finds a block's mask by the place of its scores and is misled by gaps.
   */
  Layout scoreRows(DType type) {
    return Layout.dense(type, blocks, shape.kvHeads(), queries, keys);
  }

  /** All scores, as (blocks · heads · queries, keys). */
  Layout allScores(DType type) {
    return Layout.dense(type, (long) blocks * shape.heads() * queries, keys);
  }

  /** scores = scale · q·kᵀ. */
  KernelSpec scoresSpec() {
    return new KernelSpec.Matmul(
        queryRows(packedWidth()),
        keyRows(dtype, packedWidth()).transposed(),
        scoreRows(DType.FLOAT32),
        List.of(new PostOp.Scale(shape.scale())));
  }

  /** scores += mask, the same for all heads; faster on its own than as a post-operation. */
  KernelSpec maskSpec() {
    long matrix = (long) queries * keys;
    Layout scores = Layout.dense(DType.FLOAT32, blocks, shape.heads(), matrix);
    Layout mask = Layout.dense(DType.FLOAT32, blocks, 1, matrix);
    return new KernelSpec.Binary(dnnl.dnnl_binary_add, scores, mask, scores, List.of());
  }

  KernelSpec softmaxSpec() {
    Layout all = allScores(DType.FLOAT32);
    return new RowKernelSpec.Softmax(dnnl.dnnl_softmax_accurate, all, all, 1);
  }

  KernelSpec convertSpec() {
    return new KernelSpec.Reorder(allScores(DType.FLOAT32), allScores(dtype), List.of());
  }

  KernelSpec softmaxBackwardSpec() {
    Layout all = allScores(DType.FLOAT32);
    return new RowKernelSpec.SoftmaxBackward(all, all, all, 1);
  }

  /** out = probabilities·v. */
  KernelSpec outSpec() {
    return new KernelSpec.Matmul(
        scoreRows(dtype), keyRows(dtype, packedWidth()), queryRows(shape.queryWidth()), List.of());
  }

  /** dProbabilities = dOut·vᵀ. */
  KernelSpec probabilitiesGradientSpec() {
    return new KernelSpec.Matmul(
        queryRows(shape.queryWidth()),
        keyRows(dtype, packedWidth()).transposed(),
        scoreRows(DType.FLOAT32),
        List.of());
  }

  /** dq = scale · dScores·k. */
  KernelSpec queryGradientSpec() {
    return new KernelSpec.Matmul(
        scoreRows(dtype),
        keyRows(dtype, packedWidth()),
        queryRows(packedWidth()),
        List.of(new PostOp.Scale(shape.scale())));
  }

  /** dk = scale · dScoresᵀ·q. */
  KernelSpec keyGradientSpec(Layout gradient, List<PostOp> postOps) {
    return new KernelSpec.Matmul(
        scoreRows(dtype).transposed(), queryRows(packedWidth()), gradient, postOps);
  }

  /** dv = probabilitiesᵀ·dOut. */
  KernelSpec valueGradientSpec(Layout gradient, List<PostOp> postOps) {
    return new KernelSpec.Matmul(
        scoreRows(dtype).transposed(), queryRows(shape.queryWidth()), gradient, postOps);
  }
}
