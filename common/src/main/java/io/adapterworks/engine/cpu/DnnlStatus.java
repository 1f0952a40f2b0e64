package io.adapterworks.engine.cpu;

import io.adapterworks.error.Check;
import io.adapterworks.error.ErrorCode;
import org.bytedeco.dnnl.global.dnnl;

/** Turns oneDNN's status codes into failures. */
final class DnnlStatus {
  private DnnlStatus() {}

  /** Fails unless {@code status} is success. */
  static void check(int status, String what) {
    Check.that(
        status == dnnl.dnnl_success,
        ErrorCode.DEVICE,
        "oneDNN refused %s (status %d); expected support on every x86-64 processor; please report"
            + " this with the processor's name",
        what,
        status);
  }
}
