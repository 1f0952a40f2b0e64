package io.adapterworks.pass;

import io.adapterworks.engine.Dropout;
import io.adapterworks.engine.Engine;
import io.adapterworks.engine.Write;
import io.adapterworks.model.BaseModel;
import io.adapterworks.model.BertConfig;
import io.adapterworks.tensor.DType;
import io.adapterworks.tensor.HostTensor;
import io.adapterworks.tensor.Shape;
import io.adapterworks.tensor.Tensor;
import io.adapterworks.tensor.TensorScope;
import java.util.Optional;

/**
 * BERT's input: word plus position plus the first token type, normalised, dropped out while
 * training. Frozen.
 */
final class BertEmbedding {
  private final Engine engine;
  private final int hidden;
  private final Tensor words;
  private final Tensor positions;
  private final FrozenLayerNorm norm;
  private final Optional<Dropout> dropout;

  BertEmbedding(Engine engine, BaseModel base, Optional<Dropout> dropout, TensorScope scope) {
    BertConfig config = (BertConfig) base.config();
    this.engine = engine;
    this.dropout = dropout;
    this.hidden = config.hidden();
    String path = base.prefix() + "embeddings.";
    HostTensor wordTable = base.weight(path + "word_embeddings.weight");
    this.words = scope.allocate(engine.computeType(), wordTable.shape().rows(), hidden);
    engine.transfer().upload(wordTable, words);
    HostTensor placed = positionsOfFirstType(base, path);
    this.positions = scope.allocate(engine.computeType(), placed.shape().rows(), hidden);
    engine.transfer().upload(placed, positions);
    this.norm =
        FrozenLayerNorm.load(engine, scope, base, path + "LayerNorm", config.layerNormEpsilon());
  }

  /** Single sequences all have token type 0, so that its row can be part of every position's. */
  private HostTensor positionsOfFirstType(BaseModel base, String path) {
    HostTensor table = base.weight(path + "position_embeddings.weight");
    float[] rows = table.toFloats();
    float[] type = base.weight(path + "token_type_embeddings.weight").toFloats();
    for (int i = 0; i < rows.length; i++) {
      rows[i] += type[i % hidden];
    }
    return HostTensor.of(table.name(), Shape.of(table.shape().rows(), hidden), rows);
  }

  /** (N, C), allocated in {@code scope}. */
  Tensor forward(DeviceBatch batch, PassMode mode, TensorScope scope) {
    long n = batch.tokens();
    Tensor sum = scope.allocate(engine.computeType(), n, hidden);
    Tensor y = scope.allocate(engine.computeType(), n, hidden);
    Tensor stats = scope.allocate(DType.FLOAT32, n, 2);
    engine.sequence().gather(words, batch.ids(), Write.SET, sum);
    engine.sequence().gather(positions, batch.positions(), Write.ADD, sum);
    norm.forward(sum, y, stats);
    if (mode == PassMode.TRAINING) {
      dropout.ifPresent(drop -> engine.activation().dropout(y, drop, y));
    }
    return y;
  }
}
