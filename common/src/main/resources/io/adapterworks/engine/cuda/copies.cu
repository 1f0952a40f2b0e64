// The copy engine of compute capability 9.0, the barriers that tell what it has brought, and the
// registers of those who fill and those who multiply.

// The registers that a thread of this warpgroup may use from here on; those of all warpgroups must not
// be more than the launch bounds allow.
#define FEWER_REGISTERS(count) asm volatile("setmaxnreg.dec.sync.aligned.u32 %0;" ::"n"(count))
#define MORE_REGISTERS(count) asm volatile("setmaxnreg.inc.sync.aligned.u32 %0;" ::"n"(count))

// Where a matrix lies and how the copy engine cuts it; made on the host.
struct __align__(64) TensorMap {
  char bytes[128];
};

__device__ __forceinline__ unsigned sharedAddress(const void* pointer) {
  unsigned result;
  asm("{ .reg .u64 t; cvta.to.shared.u64 t, %1; cvt.u32.u64 %0, t; }"
      : "=r"(result)
      : "l"(pointer));
  return result;
}

__device__ __forceinline__ void waitBarrier(unsigned barrier, unsigned parity) {
  asm volatile(
      "{ .reg .pred p;\n"
      "again: mbarrier.try_wait.parity.shared::cta.b64 p, [%0], %1;\n"
      "@p bra done;\n"
      "bra again;\n"
      "done: }" ::"r"(barrier),
      "r"(parity)
      : "memory");
}

// Arrives, and says that so many bytes will come.
__device__ __forceinline__ void expectBytes(unsigned barrier, unsigned bytes) {
  asm volatile("mbarrier.arrive.expect_tx.shared::cta.b64 _, [%0], %1;" ::"r"(barrier), "r"(bytes)
               : "memory");
}

// The same, without arriving.
__device__ __forceinline__ void announceBytes(unsigned barrier, unsigned bytes) {
  asm volatile("mbarrier.expect_tx.relaxed.cta.shared::cta.b64 [%0], %1;" ::"r"(barrier), "r"(bytes)
               : "memory");
}

__device__ __forceinline__ void arriveAt(unsigned barrier) {
  asm volatile("mbarrier.arrive.shared::cta.b64 _, [%0];" ::"r"(barrier) : "memory");
}

__device__ __forceinline__ void initBarrier(unsigned barrier, int arrivals) {
  asm volatile("mbarrier.init.shared::cta.b64 [%0], %1;" ::"r"(barrier), "r"(arrivals));
}

// Starts a copy into shared memory; what lies outside of the matrix becomes zero.
__device__ __forceinline__ void fetch(unsigned to, const TensorMap* map, int column, int row,
                                      unsigned barrier) {
  asm volatile(
      "cp.async.bulk.tensor.2d.shared::cluster.global.mbarrier::complete_tx::bytes "
      "[%0], [%1, {%3, %4}], [%2];" ::"r"(to),
      "l"(map), "r"(barrier), "r"(column), "r"(row)
      : "memory");
}

// The same of bytes that lie side by side: a multiple of 16, as both addresses are.
__device__ __forceinline__ void fetchBytes(unsigned to, const void* from, unsigned bytes,
                                           unsigned barrier) {
  asm volatile(
      "cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes [%0], [%1], %2, [%3];" ::"r"(
          to),
      "l"(from), "r"(bytes), "r"(barrier)
      : "memory");
}
