package io.adapterworks.adapter;

import io.adapterworks.model.LinearModule;
import java.util.Optional;

/**
 * A linear layer with its adapter.
 *
 * @param scale alpha / r, or alpha / √r when rank-stabilised
 * @param a A(r, in)
 * @param b B(out, r)
 * @param magnitude m(out) where the adapter is a DoRA one
 */
public record AdaptedModule(
    LinearModule module, double scale, Parameter a, Parameter b, Optional<Parameter> magnitude) {
  public int rank() {
    return Math.toIntExact(a.shape().rows());
  }
}
