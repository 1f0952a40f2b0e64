package io.adapterworks.jobs;

import io.adapterworks.train.TrainingProgress.Display;

/** Whether a person watches; the launcher says so, since Java cannot tell for standard error. */
final class Terminal {
  private static final String PROPERTY = "adapterworks.terminal";

  private Terminal() {}

  static Display display() {
    return Boolean.getBoolean(PROPERTY) ? Display.TERMINAL : Display.LOG;
  }
}
