package io.adapterworks.engine.cuda;

import io.adapterworks.engine.TransferOps;
import io.adapterworks.engine.Write;
import io.adapterworks.error.Check;
import io.adapterworks.error.ErrorCode;
import io.adapterworks.tensor.DType;
import io.adapterworks.tensor.HostTensor;
import io.adapterworks.tensor.Shape;
import io.adapterworks.tensor.Tensor;
import io.adapterworks.tensor.TensorScope;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.javacpp.BytePointer;

/** {@link TransferOps} through one buffer of page-locked host memory. */
final class CudaTransferOps implements TransferOps, AutoCloseable {
  private static final int STAGING_BYTES = 32 << 20;
  private static final int STAGING_UNIT = 16;
  private static final int CHUNK_FLOATS = STAGING_BYTES / Float.BYTES;
  private static final int CHUNK_INTS = STAGING_BYTES / Integer.BYTES;
  private static final int CHUNK_LONGS = STAGING_BYTES / Long.BYTES;

  /** Takes the rows of a matrix from {@code firstRow} on, in memory that is reused afterwards. */
  interface RowsConsumer {
    void accept(Tensor rows, long firstRow);
  }

  private final CudaContext context;
  private final PageLockedMemory pinned = new PageLockedMemory(STAGING_BYTES);
  private final ByteBuffer staging =
      pinned.pointer().capacity(STAGING_BYTES).asByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
  private final List<PageLockedMemory> kept = new ArrayList<>();
  private final CudaDownloads downloads;

  /** Bytes of the staging buffer that copies to the card may still read. */
  private int used;

  CudaTransferOps(CudaContext context) {
    this.context = context;
    this.downloads = new CudaDownloads(context.device());
  }

  private static void requireCount(int count, Tensor tensor) {
    Check.that(
        tensor.isContiguous() && tensor.shape().elements() == count,
        ErrorCode.MODEL,
        "%d values do not fit %s",
        count,
        tensor);
  }

  /** Where in the staging buffer so many bytes may be put. */
  private int room(int bytes) {
    if (used + bytes > STAGING_BYTES) {
      context.device().synchronize();
      used = 0;
    }
    int at = used;
    used = Math.min(STAGING_BYTES, used + (bytes + STAGING_UNIT - 1) / STAGING_UNIT * STAGING_UNIT);
    return at;
  }

  /** A part of the staging buffer for values to be put into, sent by {@link #send}. */
  private ByteBuffer staged(int at, int bytes) {
    return staging.slice(at, bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  /** Starts a copy; what is launched later finds the bytes on the card. */
  private void send(int at, long to, int bytes) {
    context.device().copyToDevice(new Address(pinned.pointer().address() + at), to, bytes);
  }

  private void fetch(long from, int bytes) {
    context.device().copyToHost(from, pinned.pointer(), bytes);
    context.device().synchronize();
    used = 0;
  }

  /** Rounding to bfloat16 is done on the card: the host's part is one copy. */
  @Override
  public void upload(float[] from, Tensor to) {
    requireCount(from.length, to);
    for (int start = 0; start < from.length; start += CHUNK_FLOATS) {
      int part = Math.min(CHUNK_FLOATS, from.length - start);
      int bytes = part * Float.BYTES;
      int at = room(bytes);
      staged(at, bytes).asFloatBuffer().put(from, start, part);
      Tensor target = to.view(start, Shape.of(part));
      if (CudaContext.isFloat(to)) {
        send(at, CudaStorage.address(target), bytes);
      } else {
        try (TensorScope scratch = context.scratch()) {
          Tensor wide = scratch.allocate(DType.FLOAT32, part);
          send(at, CudaStorage.address(wide), bytes);
          cast(wide, target);
        }
      }
    }
  }

  @Override
  public void upload(int[] from, Tensor to) {
    requireCount(from.length, to);
    for (int start = 0; start < from.length; start += CHUNK_INTS) {
      int part = Math.min(CHUNK_INTS, from.length - start);
      int bytes = part * Integer.BYTES;
      int at = room(bytes);
      staged(at, bytes).asIntBuffer().put(from, start, part);
      send(at, CudaStorage.address(to) + (long) start * Integer.BYTES, bytes);
    }
  }

  @Override
  public void upload(long[] from, Tensor to) {
    requireCount(from.length, to);
    for (int start = 0; start < from.length; start += CHUNK_LONGS) {
      int part = Math.min(CHUNK_LONGS, from.length - start);
      int bytes = part * Long.BYTES;
      int at = room(bytes);
      staged(at, bytes).asLongBuffer().put(from, start, part);
      send(at, CudaStorage.address(to) + (long) start * Long.BYTES, bytes);
    }
  }

  @Override
  public void upload(HostTensor from, Tensor to) {
    if (from.dtype() == to.dtype() && to.isContiguous()) {
      uploadBytes(from.data(), CudaStorage.address(to));
    } else {
      uploadInParts(
          from,
          to.dtype(),
          (part, first) ->
              cast(
                  part,
                  to.isContiguous()
                      ? to.view(first * part.columns(), part.shape())
                      : to.rows(first, part.rows())));
    }
  }

  @Override
  public Tensor keepOnHost(HostTensor from, DType type, TensorScope scope) {
    long bytes = from.shape().elements() * type.bytes();
    PageLockedMemory locked = new PageLockedMemory(bytes);
    kept.add(locked);
    BytePointer memory = locked.pointer();
    CudaStorage storage = new CudaStorage(memory.address(), bytes, context.deviceName());
    Tensor table = Tensor.of(storage, 0, from.shape(), type);
    uploadInParts(
        from,
        type,
        (part, first) -> {
          try (BytePointer to = memory.getPointer(first * part.columns() * type.bytes())) {
            context.device().copyToHost(CudaStorage.address(part), to, part.bytes());
          }
          context.device().synchronize();
        });
    return table;
  }

  private void uploadBytes(ByteBuffer from, long to) {
    long sent = 0;
    while (from.hasRemaining()) {
      int part = Math.min(STAGING_BYTES, from.remaining());
      int at = room(part);
      staging.put(at, from, from.position(), part);
      from.position(from.position() + part);
      send(at, to + sent, part);
      sent += part;
    }
  }

  /** Hands over a matrix a few rows at a time, converted to {@code type} on the card. */
  void uploadInParts(HostTensor from, DType type, RowsConsumer consumer) {
    long columns = from.shape().columns();
    int size = from.dtype().bytes();
    long most = Math.max(1, STAGING_BYTES / (columns * size));
    ByteBuffer data = from.data();
    for (long row = 0; row < from.shape().rows(); row += most) {
      long rows = Math.min(most, from.shape().rows() - row);
      try (TensorScope scratch = context.scratch()) {
        Tensor raw = scratch.allocate(DType.UINT8, rows, columns * size);
        Tensor converted = scratch.allocate(type, rows, columns);
        ByteBuffer bytes =
            data.slice(
                Math.toIntExact(row * columns * size), Math.toIntExact(rows * columns * size));
        uploadBytes(bytes, CudaStorage.address(raw));
        context
            .launch("convert")
            .tensor(raw)
            .integer(kind(from))
            .tensor(converted)
            .flag(CudaContext.isFloat(converted))
            .number(rows * columns)
            .each(rows * columns);
        consumer.accept(converted, row);
      }
    }
  }

  private static int kind(HostTensor from) {
    return switch (from.dtype()) {
      case FLOAT32 -> 0;
      case BFLOAT16 -> 1;
      case FLOAT16 -> 2;
      case FLOAT64 -> 3;
      default ->
          throw Check.failure(
              ErrorCode.MODEL,
              "tensor %s is %s; expected a floating-point type",
              from.name(),
              from.dtype());
    };
  }

  @Override
  public void download(Tensor from, float[] to) {
    requireCount(to.length, from);
    for (int start = 0; start < to.length; start += CHUNK_FLOATS) {
      int part = Math.min(CHUNK_FLOATS, to.length - start);
      Tensor source = from.view(start, Shape.of(part));
      try (TensorScope scratch = context.scratch()) {
        Tensor wide = CudaContext.isFloat(from) ? source : scratch.allocate(DType.FLOAT32, part);
        if (wide != source) {
          cast(source, wide);
        }
        fetch(CudaStorage.address(wide), part * Float.BYTES);
      }
      staging.asFloatBuffer().get(to, start, part);
    }
  }

  @Override
  public void download(Tensor from, int[] to) {
    for (int start = 0; start < to.length; start += CHUNK_INTS) {
      int part = Math.min(CHUNK_INTS, to.length - start);
      fetch(CudaStorage.address(from) + (long) start * Integer.BYTES, part * Integer.BYTES);
      staging.asIntBuffer().get(to, start, part);
    }
  }

  @Override
  public Download startDownload(Tensor from) {
    return downloads.start(from);
  }

  @Override
  public void cast(Tensor from, Tensor to) {
    copyScaled(from, 1, Write.SET, to);
  }

  @Override
  public void addScaled(Tensor from, float scale, Tensor to) {
    copyScaled(from, scale, Write.ADD, to);
  }

  private void copyScaled(Tensor from, float scale, Write write, Tensor to) {
    context
        .launch("copy_scaled")
        .matrix(from)
        .flag(CudaContext.isFloat(from))
        .matrix(to)
        .flag(CudaContext.isFloat(to))
        .number(to.shape().elements())
        .integer(to.columns())
        .real(scale)
        .flag(write == Write.ADD)
        .each(to.shape().elements());
  }

  @Override
  public void fill(Tensor to, float value) {
    if (to.dtype() == DType.INT32) {
      context
          .launch("fill_integers")
          .tensor(to)
          .number(to.shape().elements())
          .integer((int) value)
          .each(to.shape().elements());
    } else {
      context
          .launch("fill")
          .matrix(to)
          .flag(CudaContext.isFloat(to))
          .number(to.shape().elements())
          .integer(to.columns())
          .real(value)
          .each(to.shape().elements());
    }
  }

  @Override
  public void close() {
    downloads.close();
    kept.forEach(PageLockedMemory::close);
    kept.clear();
    pinned.close();
  }
}
