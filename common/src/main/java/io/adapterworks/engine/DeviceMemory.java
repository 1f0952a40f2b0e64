package io.adapterworks.engine;

/**
 * A device's own memory, in bytes.
 *
 * @param available free, or held by the engine already
 * @param total of the device
 */
public record DeviceMemory(long available, long total) {}
