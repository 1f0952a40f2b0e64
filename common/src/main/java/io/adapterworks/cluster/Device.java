package io.adapterworks.cluster;

import io.adapterworks.engine.EngineFactory;
import io.adapterworks.engine.EngineSettings;
import io.adapterworks.error.AdapterworksException;
import io.adapterworks.error.ErrorCode;
import io.adapterworks.model.BaseModel;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;

/**
 * One device and the model on it. A thread of its own does all its work, in order: an engine
 * belongs to one thread, and work that outlives a killed task delays the next instead of meeting
 * it.
 */
final class Device implements AutoCloseable {
  private final String name;
  private final AtomicInteger claims = new AtomicInteger();
  private final ExecutorService thread;
  private DeviceModel model;

  Device(String name) {
    this.name = name;
    this.thread =
        Executors.newSingleThreadExecutor(
            work -> {
              Thread made = new Thread(work, "adapterworks " + name);
              made.setDaemon(true);
              return made;
            });
  }

  /**
   * How to bring a model to the device where another or none is there.
   *
   * @param card the number of the graphics card, where the settings ask for one
   */
  record Opening(ModelSpec spec, EngineSettings settings, Supplier<BaseModel> base, int card) {}

  String name() {
    return name;
  }

  /** Counts work that is to come; {@link #run} counts it down. */
  Device claim() {
    claims.incrementAndGet();
    return this;
  }

  boolean isClaimed() {
    return claims.get() > 0;
  }

  /** Runs claimed work, and waits for it. */
  <T> T run(Opening opening, ExecutorDevices.Work<T> work) {
    Future<T> result =
        thread.submit(
            () -> {
              try {
                return work.on(opened(opening));
              } finally {
                claims.decrementAndGet();
              }
            });
    try {
      return result.get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AdapterworksException(ErrorCode.STOPPED, "the task on " + name + " was killed", e);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof AdapterworksException known) {
        throw known;
      }
      throw new AdapterworksException(
          ErrorCode.DEVICE, name + " failed: " + e.getCause(), e.getCause());
    }
  }

  private DeviceModel opened(Opening opening) {
    if (model != null && !model.spec().equals(opening.spec)) {
      model.close();
      model = null;
    }
    if (model == null) {
      model =
          new DeviceModel(
              opening.spec, EngineFactory.open(opening.settings, opening.card), opening.base.get());
    }
    return model;
  }

  /** After the work that was begun. */
  @Override
  public void close() {
    thread.execute(
        () -> {
          if (model != null) {
            model.close();
            model = null;
          }
        });
    thread.shutdown();
  }
}
