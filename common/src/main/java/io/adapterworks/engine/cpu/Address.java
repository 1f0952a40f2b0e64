package io.adapterworks.engine.cpu;

import org.bytedeco.javacpp.Pointer;

/** A pointer that can be moved, so that handing an address to oneDNN makes no garbage. */
final class Address extends Pointer {
  /** Points to {@code value}; owns nothing there. */
  Address to(long value) {
    address = value;
    return this;
  }
}
