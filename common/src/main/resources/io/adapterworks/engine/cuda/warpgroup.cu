// Products of the tensor cores of compute capability 9.0, of which four warps together start one, from
// tiles in shared memory: panels of 64 columns of bf16, rows of 128 bytes, swizzled by 128 bytes.

#define PANEL_BYTES 8192

// How the tensor cores find a tile: the lower word of its description, which counts in 16 bytes and
// says that panels are PANEL_BYTES apart. The upper word is the same for all: groups of eight rows 1024
// bytes apart, 128-byte swizzling.
__device__ __forceinline__ unsigned describe(unsigned tile) {
  return (tile >> 4 & 0x3fff) | PANEL_BYTES >> 4 << 16;
}

// In assembler: a register with the whole of a description.
#define WHOLE(name, low) ".reg .b64 " name "; mov.b64 " name ", {" low ", 0x40000040}; "

// What is to be added to a tile's description for a step of a product, 16 columns or 16 rows of it.
#define COLUMN_STEP(step) ((step) / 4 * (PANEL_BYTES / 16) + (step) % 4 * 2)
#define ROW_STEP(step) ((step) * 128)

__device__ __forceinline__ void startProducts() {
  asm volatile("wgmma.fence.sync.aligned;" ::: "memory");
}

// What was started since the last time is a group.
__device__ __forceinline__ void commitProducts() {
  asm volatile("wgmma.commit_group.sync.aligned;" ::: "memory");
}

// Waits for the warpgroup's products, all but those of the last groups, so many.
template <int GROUPS_LEFT>
__device__ __forceinline__ void awaitProducts() {
  asm volatile("wgmma.wait_group.sync.aligned %0;" ::"n"(GROUPS_LEFT) : "memory");
}

// Waits for all of the warpgroup's products.
__device__ __forceinline__ void finishProducts() {
  commitProducts();
  awaitProducts<0>();
}
