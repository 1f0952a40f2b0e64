package io.adapterworks.cluster;

import io.adapterworks.train.StepOutcome;
import java.util.List;
import org.apache.spark.api.java.function.Function2;
import org.apache.spark.broadcast.Broadcast;

/** Computes a share's weighted gradient of one step, on the executor. */
record GradientTask(ModelSpec spec, Broadcast<RoundState> state)
    implements Function2<OrderedSum, Share, OrderedSum> {
  @Override
  public OrderedSum call(OrderedSum sum, Share share) {
    // Before the clock runs: bringing the state here is part of what a round costs.
    RoundState from = state.value();
    var done = ExecutorDevices.run(spec, model -> gradient(model, share, from));
    return sum.add(
        share.number(),
        done.result().at(new ShareResult.Place(share.number(), done.place(), done.nanos())));
  }

  private static ShareResult gradient(DeviceModel model, Share share, RoundState from) {
    Share.Part part = share.parts().get(0);
    float[] gradient = new float[model.pass().layout().size()];
    double loss = 0;
    if (part.weight() > 0) {
      model.pass().setParameters(from.parameters());
      loss = model.pass().lossAndGradient(part.batch(), part.dropoutSeed(), gradient);
      ShareResult.scale(gradient, part.weight());
    }
    return ShareResult.of(gradient, List.of(new StepOutcome(part.weight() * loss, 0)));
  }
}
