package io.adapterworks.model.gguf;

import java.util.Arrays;
import java.util.Optional;

/** How a GGUF file stores a tensor's elements: in blocks along its innermost dimension. */
public enum GgufTensorType {
  F32(0, 1, 4),
  F16(1, 1, 2),
  /** 32 elements as one float16 scale and 32 signed bytes. */
  Q8_0(8, 32, 34),
  BF16(30, 1, 2);

  private final int code;
  private final int blockElements;
  private final int blockBytes;

  GgufTensorType(int code, int blockElements, int blockBytes) {
    this.code = code;
    this.blockElements = blockElements;
    this.blockBytes = blockBytes;
  }

  /** The number that stands for it in a file. */
  public int code() {
    return code;
  }

  public int blockElements() {
    return blockElements;
  }

  /** Whether rows of this width are a whole number of blocks. */
  public boolean fits(long columns) {
    return columns % blockElements == 0;
  }

  /** The bytes of so many elements, which are whole blocks. */
  public long bytes(long elements) {
    return Math.multiplyExact(elements / blockElements, (long) blockBytes);
  }

  static Optional<GgufTensorType> ofCode(int code) {
    return Arrays.stream(values()).filter(type -> type.code == code).findFirst();
  }
}
