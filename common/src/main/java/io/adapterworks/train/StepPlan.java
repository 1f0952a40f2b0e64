package io.adapterworks.train;

import java.io.Serializable;

/**
 * How a run's optimizer steps lie.
 *
 * @param stepsPerEpoch steps of one pass over the training rows
 * @param totalSteps steps of the whole run, over which the learning rate's schedule is laid
 */
public record StepPlan(int stepsPerEpoch, int totalSteps) implements Serializable {}
