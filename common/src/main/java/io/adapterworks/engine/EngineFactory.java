package io.adapterworks.engine;

import io.adapterworks.engine.cpu.CpuEngine;
import io.adapterworks.engine.cuda.CudaEngine;
import io.adapterworks.error.AdapterworksException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Opens the engine that the configuration asks for, and says in the log which it is. */
public final class EngineFactory {
  private static final Logger LOG = LoggerFactory.getLogger(EngineFactory.class);

  private EngineFactory() {}

  /** Opens an engine, on the first card where it runs on one; the caller closes it. */
  public static Engine open(EngineSettings settings) {
    return open(settings, 0);
  }

  /**
   * Opens an engine; the caller closes it.
   *
   * @param card which of the graphics cards that the process sees, from 0
   * @throws io.adapterworks.error.AdapterworksException DEVICE, when the settings name a device or
   *     type that is not available
   */
  public static Engine open(EngineSettings settings, int card) {
    Engine engine = openOn(settings, card);
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

  private static Engine openOn(EngineSettings settings, int card) {
    return switch (settings.device()) {
      case CPU -> CpuEngine.open(settings);
      case CUDA -> CudaEngine.open(settings, card);
      case AUTO -> {
        try {
          yield CudaEngine.open(settings, card);
        } catch (AdapterworksException noCard) {
          LOG.info("engine.device=auto takes the processor: {}", noCard.getMessage());
          yield CpuEngine.open(settings);
        }
      }
    };
  }
}
