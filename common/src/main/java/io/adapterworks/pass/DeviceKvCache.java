package io.adapterworks.pass;

import io.adapterworks.engine.AttentionShape;
import io.adapterworks.engine.CachedAttentionOps;
import io.adapterworks.engine.Engine;
import io.adapterworks.tensor.DType;
import io.adapterworks.tensor.Tensor;
import io.adapterworks.tensor.TensorScope;
import java.util.ArrayList;
import java.util.List;

/** {@link KvCache} in the device's memory: nothing of a token but its id and its logits crosses. */
final class DeviceKvCache implements KvCache {
  private static final String SCOPE = "cache";

  private final Engine engine;
  private final CachedAttentionOps ops;
  private final AttentionShape shape;
  private final Size size;
  private final TensorScope scope;
  private final List<CachedAttentionOps.Cache> layers = new ArrayList<>();
  private Tensor places;

  DeviceKvCache(Engine engine, CachedAttentionOps ops, AttentionShape shape, Size size) {
    this.engine = engine;
    this.ops = ops;
    this.shape = shape;
    this.size = size;
    this.scope = engine.openScope(SCOPE);
    long tokens = (long) size.sequences() * size.capacity();
    for (int i = 0; i < size.layers(); i++) {
      layers.add(
          new CachedAttentionOps.Cache(
              scope.allocate(engine.computeType(), tokens, shape.kvWidth()),
              scope.allocate(engine.computeType(), tokens, shape.kvWidth()),
              size.capacity()));
    }
  }

  @Override
  public void begin(List<Place> tokens, TensorScope step) {
    int[] rows =
        tokens.stream()
            .mapToInt(place -> place.sequence() * size.capacity() + place.position())
            .toArray();
    places = step.allocate(DType.INT32, rows.length);
    engine.transfer().upload(rows, places);
  }

  @Override
  public void store(int layer, Tensor queryKeyValue) {
    ops.store(
        queryKeyValue.columns(shape.queryWidth(), shape.kvWidth()),
        queryKeyValue.columns(shape.rotatedWidth(), shape.kvWidth()),
        places,
        layers.get(layer));
  }

  @Override
  public void attend(int layer, Tensor queryKeyValue, Tensor context) {
    store(layer, queryKeyValue);
    Tensor query = queryKeyValue.columns(0, shape.queryWidth());
    ops.attend(shape, query, places, layers.get(layer), context);
  }

  @Override
  public void close() {
    scope.close();
  }
}
