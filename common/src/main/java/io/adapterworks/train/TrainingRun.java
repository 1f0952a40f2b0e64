package io.adapterworks.train;

import io.adapterworks.engine.EngineInfo;
import java.time.Instant;

/** One training that came to its end: what it was made of, and what it led to. */
public record TrainingRun(
    String id,
    String adapter,
    long datasetVersion,
    String base,
    String baseFingerprint,
    String configHash,
    long seed,
    EngineInfo engine,
    String codeVersion,
    Instant startedAt,
    TrainingResult result) {}
