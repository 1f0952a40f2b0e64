package io.adapterworks.engine.cpu;

import io.adapterworks.engine.EngineSettings;
import io.adapterworks.error.Check;
import io.adapterworks.error.ErrorCode;

/**
 * Who divides the work. With OMP_NUM_THREADS=1 in the environment, as the launcher sets it, this
 * engine's own team does; otherwise oneDNN's OpenMP threads, whose number the environment decides
 * before Java can say anything.
 *
 * @param team threads of the engine's own team
 * @param total threads that compute
 */
record CpuThreads(int team, int total) {
  private static final String VARIABLE = "OMP_NUM_THREADS";

  static CpuThreads of(EngineSettings settings) {
    return of(settings, System.getenv(VARIABLE), Runtime.getRuntime().availableProcessors());
  }

  static CpuThreads of(EngineSettings settings, String variable, int processors) {
    int wanted = settings.threads() == 0 ? processors : settings.threads();
    int openMp = variable == null ? processors : Integer.parseInt(variable.split(",", 2)[0].trim());
    if (openMp == 1) {
      return new CpuThreads(wanted, wanted);
    }
    Check.that(
        settings.threads() == 0 || settings.threads() == openMp,
        ErrorCode.CONFIGURATION,
        "engine.threads=%d, but OpenMP was started with %d threads; expected the same, or %s=1 in"
            + " the environment, with which engine.threads decides",
        settings.threads(),
        openMp,
        VARIABLE);
    return new CpuThreads(1, openMp);
  }
}
