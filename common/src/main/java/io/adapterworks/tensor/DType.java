package io.adapterworks.tensor;

/** Element types, named as safetensors and PyTorch name them. */
public enum DType {
  FLOAT64(8, "F64"),
  FLOAT32(4, "F32"),
  FLOAT16(2, "F16"),
  BFLOAT16(2, "BF16"),
  INT64(8, "I64"),
  INT32(4, "I32"),
  INT8(1, "I8"),
  UINT8(1, "U8"),
  BOOL(1, "BOOL");

  private final int bytes;
  private final String safetensorsName;

  DType(int bytes, String safetensorsName) {
    this.bytes = bytes;
    this.safetensorsName = safetensorsName;
  }

  /** Bytes of one element. */
  public int bytes() {
    return bytes;
  }

  /** The name in a safetensors header, for example {@code BF16}. */
  public String safetensorsName() {
    return safetensorsName;
  }

  /** True for the floating-point types. */
  public boolean isFloating() {
    return this == FLOAT64 || this == FLOAT32 || this == FLOAT16 || this == BFLOAT16;
  }
}
