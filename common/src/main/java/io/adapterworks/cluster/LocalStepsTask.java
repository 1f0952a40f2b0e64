package io.adapterworks.cluster;

import io.adapterworks.train.PassSteps;
import io.adapterworks.train.StepOutcome;
import io.adapterworks.train.TrainingState;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.apache.spark.api.java.function.Function2;
import org.apache.spark.broadcast.Broadcast;

/**
 * Takes optimizer steps over a share's parts, on the executor, and returns where they led: the
 * parameters and Adam's moments, weighted.
 *
 * @param steps of the round
 */
record LocalStepsTask(ModelSpec spec, Broadcast<RoundState> state, int steps)
    implements Function2<OrderedSum, Share, OrderedSum> {
  @Override
  public OrderedSum call(OrderedSum sum, Share share) {
    // Before the clock runs: bringing the state here is part of what a round costs.
    RoundState from = state.value();
    var done = ExecutorDevices.run(spec, model -> stepped(model.steps(), share, from));
    return sum.add(
        share.number(),
        done.result().at(new ShareResult.Place(share.number(), done.place(), done.nanos())));
  }

  private ShareResult stepped(PassSteps local, Share share, RoundState from) {
    local.begin(TrainingState.at(from.step(), from.parameters(), from.updaterState()), from.plan());
    List<StepOutcome> outcomes = new ArrayList<>(Collections.nCopies(steps, new StepOutcome(0, 0)));
    for (Share.Part part : share.parts()) {
      if (part.weight() > 0) {
        StepOutcome outcome =
            local.run(List.of(part.batch()), new long[] {part.dropoutSeed()}).get(0);
        outcomes.set(
            part.step(), new StepOutcome(part.weight() * outcome.loss(), outcome.learningRate()));
      }
    }
    float[] reached = joined(local.parameters(), local.updaterState());
    ShareResult.scale(reached, share.weight(steps));
    return ShareResult.of(reached, outcomes);
  }

  private static float[] joined(float[] first, float[] second) {
    float[] both = new float[first.length + second.length];
    System.arraycopy(first, 0, both, 0, first.length);
    System.arraycopy(second, 0, both, first.length, second.length);
    return both;
  }
}
