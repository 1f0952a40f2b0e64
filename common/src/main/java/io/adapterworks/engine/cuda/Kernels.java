package io.adapterworks.engine.cuda;

import io.adapterworks.error.Check;
import io.adapterworks.error.ErrorCode;
import io.adapterworks.tensor.Tensor;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.cuda.cudart.CUfunc_st;
import org.bytedeco.cuda.cudart.CUmod_st;
import org.bytedeco.cuda.global.cudart;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerPointer;

/** The engine's own kernels: compiled and loaded at first use, launched on the device's stream. */
final class Kernels implements AutoCloseable {
  private static final int MAX_ARGUMENTS = 96;

  /** A block gets 48 KiB unasked, what its kernel declares itself included. */
  private static final int UNASKED_SHARED_BYTES = 40 << 10;

  /** Threads of a block of an element-wise kernel. */
  static final int BLOCK = 256;

  /**
   * Which resources hold a kernel.
   *
   * @param resources compiled one after the other
   * @param macros {@code NAME=value}
   */
  record Source(List<String> resources, List<String> macros) {}

  private record Function(Source source, String name) {}

  private final CudaDevice device;
  private final KernelCompiler compiler;
  private final Map<Source, CUmod_st> modules = new HashMap<>();
  private final Map<Function, CUfunc_st> functions = new HashMap<>();
  private final LongPointer slots = new LongPointer(MAX_ARGUMENTS);
  private final PointerPointer<Pointer> arguments = new PointerPointer<>(MAX_ARGUMENTS);

  Kernels(CudaDevice device, KernelCompiler compiler) {
    this.device = device;
    this.compiler = compiler;
    pointAtSlots();
  }

  private void pointAtSlots() {
    for (int i = 0; i < MAX_ARGUMENTS; i++) {
      arguments.put(i, slots.getPointer(i));
    }
  }

  /** A kernel to be given its arguments, in order, and run. */
  Launch launch(Source source, String name) {
    return new Launch(functions.computeIfAbsent(new Function(source, name), this::load), name);
  }

  private CUfunc_st load(Function function) {
    CUmod_st module = modules.computeIfAbsent(function.source(), this::load);
    CUfunc_st loaded = new CUfunc_st();
    CudaStatus.driver(
        cudart.cuModuleGetFunction(loaded, module, function.name()),
        "looking up kernel " + function.name());
    return loaded;
  }

  private CUmod_st load(Source source) {
    byte[] code = compiler.compile(source.resources(), source.macros());
    CUmod_st module = new CUmod_st();
    try (BytePointer image = new BytePointer(code)) {
      CudaStatus.driver(cudart.cuModuleLoadData(module, image), "loading " + source);
    }
    return module;
  }

  @Override
  public void close() {
    for (CUmod_st module : modules.values()) {
      CudaStatus.driver(cudart.cuModuleUnload(module), "unloading kernels");
    }
    modules.clear();
    functions.clear();
    slots.close();
    arguments.close();
  }

  /** One launch; arguments are taken in the order they are given. */
  final class Launch {
    private final CUfunc_st function;
    private final String name;
    private int count;
    private boolean hasBlocks;

    private Launch(CUfunc_st function, String name) {
      this.function = function;
      this.name = name;
    }

    Launch tensor(Tensor tensor) {
      return number(CudaStorage.address(tensor));
    }

    /** A matrix whose rows may be strided: its address and its row stride. */
    Launch matrix(Tensor tensor) {
      return tensor(tensor).number(tensor.rowStride());
    }

    /** An address or a 64-bit integer. */
    Launch number(long value) {
      slots.put(count++, value);
      return this;
    }

    /** A struct, which must stay as it is until the launch. */
    Launch block(Pointer struct) {
      arguments.put(count++, struct);
      hasBlocks = true;
      return this;
    }

    Launch integer(long value) {
      Check.that(
          value == (int) value, ErrorCode.MODEL, "%d is too large for kernel %s", value, name);
      return number(value);
    }

    Launch flag(boolean value) {
      return number(value ? 1 : 0);
    }

    Launch real(float value) {
      return number(Integer.toUnsignedLong(Float.floatToRawIntBits(value)));
    }

    /** One thread for each of {@code items}. */
    void each(long items) {
      if (items > 0) {
        run(new Grid((items + BLOCK - 1) / BLOCK, 1, 1), new Block(BLOCK, 1), 0);
      }
    }

    /** As {@link #each}, for rows of as many items: whole blocks to each row. */
    void eachOfRows(long rows, long items) {
      if (rows > 0 && items > 0) {
        run(new Grid(rows * ((items + BLOCK - 1) / BLOCK), 1, 1), new Block(BLOCK, 1), 0);
      }
    }

    void run(Grid grid, Block block, int sharedBytes) {
      if (sharedBytes > UNASKED_SHARED_BYTES) {
        CudaStatus.driver(
            cudart.cuFuncSetAttribute(
                function, cudart.CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES, sharedBytes),
            "giving shared memory to " + name);
      }
      CudaStatus.driver(
          cudart.cuLaunchKernel(
              function,
              Math.toIntExact(grid.x()),
              Math.toIntExact(grid.y()),
              Math.toIntExact(grid.z()),
              block.x(),
              block.y(),
              1,
              sharedBytes,
              device.stream(),
              arguments,
              (PointerPointer<?>) null),
          "launching " + name);
      if (hasBlocks) {
        pointAtSlots();
      }
    }
  }

  /** Blocks of a launch. */
  record Grid(long x, long y, long z) {}

  /** Threads of a block. */
  record Block(int x, int y) {}
}
