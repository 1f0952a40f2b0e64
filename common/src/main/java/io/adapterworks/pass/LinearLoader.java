package io.adapterworks.pass;

import io.adapterworks.engine.Engine;
import io.adapterworks.engine.FrozenLinear;
import io.adapterworks.engine.FrozenSource;
import io.adapterworks.engine.FrozenSource.WeightStorage;
import io.adapterworks.model.BaseModel;
import io.adapterworks.model.LinearModule;
import io.adapterworks.pass.DeviceParameters.Rows;
import io.adapterworks.tensor.HostTensor;
import io.adapterworks.tensor.Shape;
import io.adapterworks.tensor.Tensor;
import java.util.List;
import java.util.Optional;

/** Brings linear layers of the base model to the device, with the adapter's pairs on them. */
final class LinearLoader {
  private final Engine engine;
  private final BaseModel base;
  private final DeviceParameters parameters;
  private final WeightStorage storage;

  LinearLoader(Engine engine, BaseModel base, DeviceParameters parameters, WeightStorage storage) {
    this.engine = engine;
    this.base = base;
    this.parameters = parameters;
    this.storage = storage;
  }

  AdaptedLinear single(String path) {
    return load(List.of(path), Rows.TOKENS);
  }

  /** Layers that share their input, as one product. */
  AdaptedLinear stacked(List<String> paths) {
    return load(paths, Rows.TOKENS);
  }

  /** A layer whose input has one row for each sequence. */
  AdaptedLinear ofSequences(String path) {
    return load(List.of(path), Rows.SEQUENCES);
  }

  private AdaptedLinear load(List<String> paths, Rows rows) {
    List<LinearModule> stacked = paths.stream().map(this::module).toList();
    List<HostTensor> weights = stacked.stream().map(m -> base.weight(m.weight())).toList();
    boolean biased = stacked.stream().anyMatch(base.config()::isBiased);
    List<HostTensor> biases =
        biased ? stacked.stream().map(m -> base.weight(m.bias())).toList() : List.of();
    DeviceParameters.LoraSites sites = parameters.sites(stacked, rows);
    int rank = sites.training().totalRank();
    if (!parameters.hasMagnitudes(stacked)) {
      FrozenSource source = new FrozenSource(weights, biases, storage, rank);
      return new AdaptedLinear(engine, engine.linear().freeze(source), sites, Optional.empty());
    }
    FrozenSource source = new FrozenSource(weights, List.of(), storage, rank);
    FrozenLinear frozen = engine.linear().freeze(source);
    Optional<Tensor> bias = biased ? Optional.of(parameters.constants(biases)) : Optional.empty();
    Magnitudes magnitudes =
        parameters.magnitudes(
            new Magnitudes.Product(frozen, bias),
            parameters.magnitudeParts(stacked, base, storage));
    return new AdaptedLinear(engine, frozen, sites, Optional.of(magnitudes));
  }

  private LinearModule module(String path) {
    Shape shape = base.weight(path + ".weight").shape();
    return new LinearModule(path, (int) shape.columns(), (int) shape.rows());
  }
}
