package io.adapterworks.engine;

import io.adapterworks.tensor.DType;
import java.io.Serializable;

/**
 * What an engine runs on.
 *
 * @param name the engine: {@code cpu} or {@code cuda}
 * @param device the processor or card, with what matters about it, for example {@code NVIDIA H100
 *     80GB HBM3, compute capability 9.0}
 * @param computeType the type of activations
 * @param threads host threads that compute; 1 for a GPU
 */
public record EngineInfo(String name, String device, DType computeType, int threads)
    implements Serializable {}
