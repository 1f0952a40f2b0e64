package io.adapterworks.engine.cpu;

import io.adapterworks.engine.EngineSettings;
import io.adapterworks.error.Check;
import io.adapterworks.error.ErrorCode;

/**
 * The number of threads that oneDNN computes with. OpenMP reads it from the environment before Java
 * can say anything, so the settings can only be checked against it.
 */
final class CpuThreads {
  private static final String VARIABLE = "OMP_NUM_THREADS";

  private CpuThreads() {}

  static int of(EngineSettings settings) {
    return of(settings, System.getenv(VARIABLE), Runtime.getRuntime().availableProcessors());
  }

  static int of(EngineSettings settings, String variable, int processors) {
    int started =
        variable == null ? processors : Integer.parseInt(variable.split(",", 2)[0].trim());
    Check.that(
        settings.threads() == 0 || settings.threads() == started,
        ErrorCode.CONFIGURATION,
        "engine.threads=%d, but this process computes with %d threads; expected the same; start it"
            + " with the environment variable %s=%d",
        settings.threads(),
        started,
        VARIABLE,
        settings.threads());
    return started;
  }
}
