package io.adapterworks.pass;

/** One layer's part of a step over cached sequences, which {@link KvCache#begin} began. */
record CachedStep(KvCache cache, int layer) {}
