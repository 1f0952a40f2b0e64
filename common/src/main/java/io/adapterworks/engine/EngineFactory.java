package io.adapterworks.engine;

import io.adapterworks.engine.cpu.CpuEngine;
import io.adapterworks.error.Check;
import io.adapterworks.error.ErrorCode;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Opens the engine that the configuration asks for, and says in the log which it is. */
public final class EngineFactory {
  private static final Logger LOG = LoggerFactory.getLogger(EngineFactory.class);

  private EngineFactory() {}

  /**
   * Opens an engine; the caller closes it.
   *
   * @throws io.adapterworks.error.AdapterworksException DEVICE, when the settings name a device or
   *     type that is not available
   */
  public static Engine open(EngineSettings settings) {
    Check.that(
        settings.device() != EngineSettings.Device.CUDA,
        ErrorCode.DEVICE,
        "engine.device=cuda, but this build computes on the processor only; expected cpu or auto;"
            + " set engine.device=cpu");
    Engine engine = CpuEngine.open(settings);
    EngineInfo info = engine.info();
    LOG.info(
        "engine {} on {}: {}, {} threads (engine.device={}, engine.dtype={})",
        info.name(),
        info.device(),
        info.computeType(),
        info.threads(),
        settings.device(),
        settings.dtype());
    return engine;
  }
}
