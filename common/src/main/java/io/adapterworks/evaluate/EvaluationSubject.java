package io.adapterworks.evaluate;

import java.time.Instant;

/**
 * What was evaluated, on which rows, by which run and when.
 *
 * @param version the adapter's version in the registry
 */
public record EvaluationSubject(
    String adapter, int version, String runId, TestData data, Instant at) {}
