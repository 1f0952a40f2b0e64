package io.adapterworks.cluster;

import io.adapterworks.train.StepPlan;
import java.io.Serializable;

/**
 * What every share of a round starts from; broadcast once a round.
 *
 * @param parameters (P)
 * @param updaterState Adam's moments, for steps that executors take by themselves; else empty
 * @param step optimizer steps done
 */
@SuppressWarnings("ArrayRecordComponent") // megabytes that are handed over, never compared
record RoundState(float[] parameters, float[] updaterState, int step, StepPlan plan)
    implements Serializable {}
