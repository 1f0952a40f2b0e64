package io.adapterworks.error;

import java.util.Objects;

/**
 * A failure that a person can act on. The message says what is wrong, what was expected and how to
 * mend it; the code says which kind it is and which exit code follows.
 */
public final class AdapterworksException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final ErrorCode code;

  public AdapterworksException(ErrorCode code, String message) {
    super(Objects.requireNonNull(message, "message"));
    this.code = Objects.requireNonNull(code, "code");
  }

  public AdapterworksException(ErrorCode code, String message, Throwable cause) {
    super(Objects.requireNonNull(message, "message"), cause);
    this.code = Objects.requireNonNull(code, "code");
  }

  public ErrorCode code() {
    return code;
  }
}
