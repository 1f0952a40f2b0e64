package io.adapterworks.train;

import java.io.Serializable;

/**
 * What one optimizer step came to.
 *
 * @param loss the batch's mean loss before the step
 * @param learningRate of this step
 */
public record StepOutcome(double loss, double learningRate) implements Serializable {}
