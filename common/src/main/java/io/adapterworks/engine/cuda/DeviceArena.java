package io.adapterworks.engine.cuda;

import io.adapterworks.error.AdapterworksException;
import io.adapterworks.error.ErrorCode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.bytedeco.cuda.cudart.CUmemAccessDesc_v1;
import org.bytedeco.cuda.cudart.CUmemAllocationProp_v1;
import org.bytedeco.cuda.cudart.CUmemLocation_v1;
import org.bytedeco.cuda.global.cudart;
import org.bytedeco.javacpp.Pointer;

/**
 * A growing piece of device memory at one address: a range as large as the card's memory is
 * reserved, and memory is put behind it as it is first used. So the addresses handed out stay the
 * same from step to step, and nothing is allocated once the largest step has run.
 */
final class DeviceArena implements AutoCloseable {
  private static final long ALIGNMENT = 256;
  private static final long GROWTH = 2L << 20;
  private static final double GIB = 1L << 30;

  private final CudaDevice device;
  private final String name;
  private final long reserved;
  private final long base;
  private final List<long[]> blocks = new ArrayList<>();
  private long committed;
  private long used;

  DeviceArena(CudaDevice device, String name) {
    this.device = device;
    this.name = name;
    this.reserved = roundUp(device.totalBytes(), GROWTH);
    long[] address = new long[1];
    CudaStatus.driver(
        cudart.cuMemAddressReserve(address, reserved, 0, 0, 0), "reserving addresses");
    this.base = address[0];
  }

  /** The address of {@code bytes} fresh bytes. */
  long allocate(long bytes) {
    long start = used;
    used = Math.addExact(start, roundUp(Math.max(bytes, 1), ALIGNMENT));
    if (used > committed) {
      grow(roundUp(used - committed, GROWTH));
    }
    return base + start;
  }

  /** Takes everything back; the memory stays for the next use. */
  void reset() {
    used = 0;
  }

  long used() {
    return used;
  }

  /** Bytes of the card's memory that are held. */
  long committed() {
    return committed;
  }

  private void grow(long bytes) {
    try (CUmemAllocationProp_v1 properties = new CUmemAllocationProp_v1();
        CUmemLocation_v1 location = new CUmemLocation_v1();
        CUmemAccessDesc_v1 access = new CUmemAccessDesc_v1()) {
      Pointer.memset(properties, 0, properties.sizeof());
      Pointer.memset(access, 0, access.sizeof());
      location.type(cudart.CU_MEM_LOCATION_TYPE_DEVICE).id(device.index());
      properties.type(cudart.CU_MEM_ALLOCATION_TYPE_PINNED).location(location);
      access.location(location).flags(cudart.CU_MEM_ACCESS_FLAGS_PROT_READWRITE);
      long[] handle = new long[1];
      int status =
          committed + bytes > reserved
              ? cudart.CUDA_ERROR_OUT_OF_MEMORY
              : cudart.cuMemCreate(handle, bytes, properties, 0);
      if (status == cudart.CUDA_ERROR_OUT_OF_MEMORY) {
        throw outOfMemory(bytes);
      }
      CudaStatus.driver(status, "allocating memory");
      long at = base + committed;
      CudaStatus.driver(cudart.cuMemMap(at, bytes, 0, handle[0], 0), "mapping memory");
      CudaStatus.driver(cudart.cuMemSetAccess(at, bytes, access, 1), "opening memory");
      blocks.add(new long[] {at, bytes, handle[0]});
      committed += bytes;
    }
  }

  private AdapterworksException outOfMemory(long bytes) {
    return new AdapterworksException(
        ErrorCode.DEVICE,
        String.format(
            Locale.ROOT,
            "the card's memory is full: %s holds %.2f GiB and needs %.2f GiB more, but %.2f of"
                + " %.2f GiB are free; lower the batch size or the sequence length, turn on"
                + " recomputation, or keep the base in int8",
            name,
            committed / GIB,
            bytes / GIB,
            device.freeBytes() / GIB,
            device.totalBytes() / GIB));
  }

  private static long roundUp(long bytes, long unit) {
    return (bytes + unit - 1) / unit * unit;
  }

  @Override
  public void close() {
    for (long[] block : blocks) {
      CudaStatus.driver(cudart.cuMemUnmap(block[0], block[1]), "unmapping memory");
      CudaStatus.driver(cudart.cuMemRelease(block[2]), "freeing memory");
    }
    blocks.clear();
    CudaStatus.driver(cudart.cuMemAddressFree(base, reserved), "freeing addresses");
  }
}
