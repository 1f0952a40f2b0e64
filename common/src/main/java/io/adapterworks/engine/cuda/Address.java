package io.adapterworks.engine.cuda;

import org.bytedeco.javacpp.Pointer;

/** A device address as JavaCPP passes it; owns nothing. */
final class Address extends Pointer {
  Address(long address) {
    this.address = address;
  }
}
