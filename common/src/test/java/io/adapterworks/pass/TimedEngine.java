package io.adapterworks.pass;

import io.adapterworks.engine.ActivationOps;
import io.adapterworks.engine.AttentionOps;
import io.adapterworks.engine.CachedAttentionOps;
import io.adapterworks.engine.DeviceMemory;
import io.adapterworks.engine.Engine;
import io.adapterworks.engine.EngineInfo;
import io.adapterworks.engine.FrozenLinear;
import io.adapterworks.engine.GatedOps;
import io.adapterworks.engine.LinearOps;
import io.adapterworks.engine.LossOps;
import io.adapterworks.engine.NormOps;
import io.adapterworks.engine.ProjectionOps;
import io.adapterworks.engine.SequenceOps;
import io.adapterworks.engine.TransferOps;
import io.adapterworks.engine.UpdateOps;
import io.adapterworks.tensor.DType;
import io.adapterworks.tensor.TensorScope;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** An engine that waits for each primitive and adds up its milliseconds by name. */
final class TimedEngine implements Engine {
  private final Engine engine;
  private final Runnable synchronize;
  private final Map<String, Double> milliseconds = new LinkedHashMap<>();

  /**
   * @param synchronize waits for the device
   */
  TimedEngine(Engine engine, Runnable synchronize) {
    this.engine = engine;
    this.synchronize = synchronize;
  }

  /** By primitive; products of frozen layers also by the layer's sizes. */
  Map<String, Double> milliseconds() {
    return milliseconds;
  }

  private <T> T timed(Class<T> type, T ops) {
    Object proxy =
        Proxy.newProxyInstance(
            type.getClassLoader(),
            new Class<?>[] {type},
            (self, method, arguments) -> {
              synchronize.run();
              long start = System.nanoTime();
              try {
                Object result = method.invoke(ops, arguments);
                synchronize.run();
                String name = type.getSimpleName() + "." + method.getName() + sizes(arguments);
                milliseconds.merge(name, (System.nanoTime() - start) * 1e-6, Double::sum);
                return result;
              } catch (InvocationTargetException failure) {
                throw failure.getCause();
              }
            });
    return type.cast(proxy);
  }

  private static String sizes(Object[] arguments) {
    return arguments != null && arguments[0] instanceof FrozenLinear layer
        ? " " + layer.in() + " to " + layer.out()
        : "";
  }

  @Override
  public EngineInfo info() {
    return engine.info();
  }

  @Override
  public DType computeType() {
    return engine.computeType();
  }

  @Override
  public TensorScope openScope(String name) {
    return engine.openScope(name);
  }

  @Override
  public TransferOps transfer() {
    return timed(TransferOps.class, engine.transfer());
  }

  @Override
  public LinearOps linear() {
    return timed(LinearOps.class, engine.linear());
  }

  @Override
  public NormOps norm() {
    return timed(NormOps.class, engine.norm());
  }

  @Override
  public ActivationOps activation() {
    return timed(ActivationOps.class, engine.activation());
  }

  @Override
  public ProjectionOps projection() {
    return timed(ProjectionOps.class, engine.projection());
  }

  @Override
  public GatedOps gated() {
    return timed(GatedOps.class, engine.gated());
  }

  @Override
  public AttentionOps attention() {
    return timed(AttentionOps.class, engine.attention());
  }

  @Override
  public Optional<CachedAttentionOps> cachedAttention() {
    return engine.cachedAttention().map(ops -> timed(CachedAttentionOps.class, ops));
  }

  @Override
  public SequenceOps sequence() {
    return timed(SequenceOps.class, engine.sequence());
  }

  @Override
  public LossOps loss() {
    return timed(LossOps.class, engine.loss());
  }

  @Override
  public Optional<DeviceMemory> memory() {
    return engine.memory();
  }

  @Override
  public Optional<UpdateOps> update() {
    return engine.update().map(ops -> timed(UpdateOps.class, ops));
  }

  @Override
  public void run(Object key, Runnable step) {
    step.run();
  }

  @Override
  public void close() {
    engine.close();
  }
}
