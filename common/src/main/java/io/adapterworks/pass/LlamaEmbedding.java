package io.adapterworks.pass;

import io.adapterworks.engine.Engine;
import io.adapterworks.engine.SequenceOps;
import io.adapterworks.engine.Write;
import io.adapterworks.model.LlamaConfig;
import io.adapterworks.tensor.Tensor;
import io.adapterworks.tensor.TensorScope;
import io.adapterworks.tokenize.TokenBatch;
import java.util.Optional;

/** Where a decoder begins: tokens on the device, and their embeddings. */
final class LlamaEmbedding implements AutoCloseable {
  private final Engine engine;
  private final LlamaConfig config;
  private final RopeTable rope;
  private final Tensor table;
  private final Optional<SequenceOps.RowsAhead> ahead;

  /**
   * @param table (vocabulary, C)
   * @param placement where the table lies
   */
  LlamaEmbedding(
      Engine engine,
      LlamaConfig config,
      RopeTable rope,
      Tensor table,
      PassOptions.Placement placement) {
    this.engine = engine;
    this.config = config;
    this.rope = rope;
    this.table = table;
    this.ahead =
        placement == PassOptions.Placement.HOST
            ? engine.sequence().rowsAhead(table)
            : Optional.empty();
  }

  /** A batch, and its tokens' embeddings x (N, C). */
  record Embedded(DeviceBatch batch, Tensor x) {}

  Embedded embed(TokenBatch tokens, TensorScope scope) {
    Embedded embedded = upload(tokens, scope);
    gather(embedded.batch.ids(), embedded.x);
    return embedded;
  }

  /** The same for a caller who starts a step while the device is at the last one. */
  Embedded embedAhead(TokenBatch tokens, TensorScope scope) {
    if (ahead.isEmpty()) {
      return embed(tokens, scope);
    }
    Embedded embedded = upload(tokens, scope);
    ahead.get().gather(tokens.ids(), embedded.x);
    return embedded;
  }

  private Embedded upload(TokenBatch tokens, TensorScope scope) {
    rope.reserve(tokens.maxLength());
    DeviceBatch batch =
        DeviceBatch.upload(engine, scope, tokens, config.vocabulary(), config.maxPositions());
    return new Embedded(
        batch, scope.allocate(engine.computeType(), batch.tokens(), config.hidden()));
  }

  /**
   * @param ids INT32 (N), on the device
   * @param x (N, C), set
   */
  void gather(Tensor ids, Tensor x) {
    engine.sequence().gather(table, ids, Write.SET, x);
  }

  @Override
  public void close() {
    ahead.ifPresent(SequenceOps.RowsAhead::close);
  }
}
