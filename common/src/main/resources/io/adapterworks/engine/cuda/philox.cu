// Dropout masks that are computed, never stored. Philox4x32-10: Salmon et al. 2011, "Parallel random
// numbers: as easy as 1, 2, 3".

// Turns a counter of four words into four random words, each of two lanes of 16 bits.
__device__ __forceinline__ void philox(unsigned (&c)[4], const unsigned* seed) {
  unsigned low = seed[0], high = seed[1];
#pragma unroll
  for (int round = 0; round < 10; round++) {
    unsigned firstHigh = __umulhi(0xD2511F53u, c[0]), firstLow = 0xD2511F53u * c[0];
    unsigned secondHigh = __umulhi(0xCD9E8D57u, c[2]), secondLow = 0xCD9E8D57u * c[2];
    c[0] = secondHigh ^ c[1] ^ low;
    c[1] = secondLow;
    c[2] = firstHigh ^ c[3] ^ high;
    c[3] = firstLow;
    low += 0x9E3779B9u;
    high += 0xBB67AE85u;
  }
}
