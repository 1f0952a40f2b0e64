package io.adapterworks.error;

/**
 * What kind of failure an {@link AdapterworksException} reports, and the exit code a job ends with.
 */
public enum ErrorCode {
  /** Bad usage of the command line. */
  USAGE(2),
  /** A configuration value is missing, unknown, of the wrong type or out of range. */
  CONFIGURATION(2),
  /** An input file, table or row cannot be used as it is. */
  INPUT(1),
  /** A model, tokenizer or adapter file is malformed, or does not fit its counterpart. */
  MODEL(1),
  /** A device, native library or dtype that was asked for is not available. */
  DEVICE(1),
  /** Reading or writing failed: disk full, permission, lost connection. */
  STORAGE(1),
  /** The numbers went wrong: a loss that is not finite. */
  NUMERIC(1),
  /** Nothing new to work on. */
  NOTHING_TO_DO(3),
  /** A stop was asked for, and work ended at a place that it can go on from. */
  STOPPED(143),
  /** A gate (KPI, champion comparison, safety) said no. */
  REFUSED(4);

  private final int exitCode;

  ErrorCode(int exitCode) {
    this.exitCode = exitCode;
  }

  /** The process exit code of a job that ends with this failure. */
  public int exitCode() {
    return exitCode;
  }
}
