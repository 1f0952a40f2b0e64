package io.adapterworks.pass;

import io.adapterworks.adapter.AdaptedModule;
import io.adapterworks.engine.Engine;
import io.adapterworks.engine.FrozenLinear;
import io.adapterworks.engine.LoraGroup;
import io.adapterworks.engine.Write;
import io.adapterworks.model.LinearModule;
import io.adapterworks.tensor.DType;
import io.adapterworks.tensor.HostTensor;
import io.adapterworks.tensor.Shape;
import io.adapterworks.tensor.Tensor;
import io.adapterworks.tensor.TensorScope;
import java.util.Arrays;
import java.util.Optional;

/**
 * DoRA on one product: its outputs before the bias are multiplied by g = m / ‖W + s·B·A‖, row by
 * row. The norms count as constants in backward (Liu et al. 2024, arXiv:2402.09353, section 4.3);
 * they are computed anew from every new A and B, of which ‖W + s·B·A‖² = ‖W‖² + 2s·B·(A·Wᵀ) +
 * s²·B·(A·Aᵀ)·Bᵀ needs no product larger than the low-rank ones.
 */
final class Magnitudes {
  private final Engine engine;
  private final FrozenLinear frozen;
  private final Optional<Tensor> bias;
  private final Tensor gains;
  private final Tensor inverseNorms;
  private final Tensor gainGradients;
  private final Part[] parts;

  /**
   * One adapted layer of the product.
   *
   * @param offset its first output
   * @param a A(r, in) on the device, in the compute type
   * @param squares ‖W‖² of each row
   * @param gradient of m, (1, out)
   */
  @SuppressWarnings("ArrayRecordComponent") // handed over, never compared
  record Part(AdaptedModule adapted, int offset, Tensor a, double[] squares, Tensor gradient) {}

  /** The product without its bias, which is added after the magnitudes. */
  record Product(FrozenLinear frozen, Optional<Tensor> bias) {}

  Magnitudes(Engine engine, Product product, TensorScope scope, Part[] parts) {
    this.engine = engine;
    this.frozen = product.frozen;
    this.bias = product.bias;
    this.parts = parts.clone();
    this.gains = scope.allocate(DType.FLOAT32, frozen.out());
    this.inverseNorms = scope.allocate(DType.FLOAT32, frozen.out());
    this.gainGradients = scope.allocate(DType.FLOAT32, frozen.out());
  }

  /** ‖W‖² of each row. */
  static double[] squares(HostTensor weight) {
    float[] elements = weight.toFloats();
    double[] squares = new double[Math.toIntExact(weight.shape().rows())];
    int columns = elements.length / squares.length;
    for (int i = 0; i < elements.length; i++) {
      squares[i / columns] += (double) elements[i] * elements[i];
    }
    return squares;
  }

  /** Computes gains and norms from new values of A, B and m. */
  void refresh(float[] values) {
    float[] newGains = new float[frozen.out()];
    float[] newInverse = new float[frozen.out()];
    Arrays.fill(newGains, 1);
    for (Part part : parts) {
      double[] norms = norms(part, values);
      int magnitude = part.adapted.magnitude().orElseThrow().offset();
      for (int o = 0; o < norms.length; o++) {
        newGains[part.offset + o] = (float) (values[magnitude + o] / norms[o]);
        newInverse[part.offset + o] = (float) (1 / norms[o]);
      }
    }
    engine.transfer().upload(newGains, gains);
    engine.transfer().upload(newInverse, inverseNorms);
  }

  private double[] norms(Part part, float[] values) {
    LinearModule module = part.adapted.module();
    int rank = part.adapted.rank();
    float[] crossed = crossed(part, rank);
    double[][] gram = gram(values, part.adapted);
    double scale = part.adapted.scale();
    int b = part.adapted.b().offset();
    double[] norms = new double[module.out()];
    for (int o = 0; o < norms.length; o++) {
      double square = part.squares[o];
      for (int r = 0; r < rank; r++) {
        double own = values[b + o * rank + r];
        square += 2 * scale * own * crossed[r * frozen.out() + part.offset + o];
        for (int q = 0; q < rank; q++) {
          square += scale * scale * own * gram[r][q] * values[b + o * rank + q];
        }
      }
      norms[o] = Math.sqrt(square);
    }
    return norms;
  }

  /** A·Wᵀ of the whole product, (r, out) row-major. */
  private float[] crossed(Part part, int rank) {
    try (TensorScope scope = engine.openScope("magnitudes")) {
      DType type = engine.computeType();
      Tensor crossed = scope.allocate(type, rank, frozen.out());
      Tensor h = scope.allocate(type, rank, 0);
      engine.linear().forward(frozen, LoraGroup.NONE, part.a, h, crossed);
      Tensor wide = scope.allocate(DType.FLOAT32, rank, frozen.out());
      engine.transfer().cast(crossed, wide);
      return Downloads.floats(engine, wide);
    }
  }

  /** A·Aᵀ. */
  private static double[][] gram(float[] values, AdaptedModule adapted) {
    int in = adapted.module().in();
    int a = adapted.a().offset();
    double[][] gram = new double[adapted.rank()][adapted.rank()];
    for (int r = 0; r < gram.length; r++) {
      for (int q = 0; q < gram.length; q++) {
        for (int i = 0; i < in; i++) {
          gram[r][q] += (double) values[a + r * in + i] * values[a + q * in + i];
        }
      }
    }
    return gram;
  }

  /** y = or += g ⊙ (x·Wᵀ + s·x·Aᵀ·Bᵀ) + bias. */
  void forward(LoraGroup lora, Tensor x, Tensor h, Write write, Tensor y) {
    try (TensorScope scope = engine.openScope("magnitudes")) {
      Tensor direction = direction(lora, x, h, scope);
      engine.linear().scaleColumns(direction, gains, write, y);
      bias.ifPresent(values -> engine.linear().addBias(values, y));
    }
  }

  private Tensor direction(LoraGroup lora, Tensor x, Tensor h, TensorScope scope) {
    Tensor direction = scope.allocate(engine.computeType(), x.rows(), frozen.out());
    engine.linear().forward(frozen, lora, x, h, direction);
    return direction;
  }

  /**
   * Adds the gradients of m, and sets dDirection(N, out) = g ⊙ dy, from which the gradients of A, B
   * and x follow as without magnitudes. Computes the product again, which costs less than keeping
   * it.
   */
  Tensor backward(LoraGroup lora, Tensor dy, Tensor x, Tensor h, TensorScope scope) {
    Tensor direction = direction(lora, x, h, scope);
    engine.linear().sumRowProducts(dy, direction, Write.SET, gainGradients);
    for (Part part : parts) {
      int out = part.adapted.module().out();
      Shape row = Shape.of(1, out);
      Tensor own = gainGradients.view(part.offset, row);
      Tensor inverse = inverseNorms.view(part.offset, Shape.of(out));
      engine.linear().scaleColumns(own, inverse, Write.ADD, part.gradient);
    }
    engine.linear().scaleColumns(dy, gains, Write.SET, direction);
    return direction;
  }
}
