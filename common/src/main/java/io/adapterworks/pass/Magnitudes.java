package io.adapterworks.pass;

import io.adapterworks.adapter.AdaptedModule;
import io.adapterworks.engine.Dropout;
import io.adapterworks.engine.Engine;
import io.adapterworks.engine.FrozenLinear;
import io.adapterworks.engine.FrozenSource.WeightStorage;
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
  private static final String SCOPE = "magnitudes";
  private static final float LARGEST_BYTE = 127;

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

  /** ‖W‖² of each row, as the engine keeps it: eight-bit rows after their rounding. */
  static double[] squares(HostTensor weight, WeightStorage storage) {
    float[] elements = weight.toFloats();
    double[] squares = new double[Math.toIntExact(weight.shape().rows())];
    int columns = elements.length / squares.length;
    for (int row = 0; row < squares.length; row++) {
      float[] values = Arrays.copyOfRange(elements, row * columns, (row + 1) * columns);
      if (storage == WeightStorage.INT8) {
        roundToBytes(values);
      }
      for (float value : values) {
        squares[row] += (double) value * value;
      }
    }
    return squares;
  }

  private static void roundToBytes(float[] row) {
    float largest = 0;
    for (float value : row) {
      largest = Math.max(largest, Math.abs(value));
    }
    float scale = largest / LARGEST_BYTE;
    for (int i = 0; i < row.length && scale > 0; i++) {
      row[i] = (float) Math.rint(row[i] / scale) * scale;
    }
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
    try (TensorScope scope = engine.openScope(SCOPE)) {
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

  /**
   * y = or += g ⊙ (x·Wᵀ + s·x·Aᵀ·Bᵀ) + bias. Where dropout is on, as in PEFT it drops the input of
   * all that is added to the base, of (g − 1) ⊙ x·Wᵀ too: with x̃ = dropout(x), y = or += (x −
   * x̃)·Wᵀ + g ⊙ (x̃·Wᵀ + s·x̃·Aᵀ·Bᵀ) + bias.
   */
  void forward(DeviceParameters.LoraSites sites, PassMode mode, Sides sides, Write write) {
    try (TensorScope scope = engine.openScope(SCOPE)) {
      Tensor seen = sides.x;
      Write rest = write;
      Optional<Dropout> dropout = sites.in(mode).dropout();
      if (dropout.isPresent()) {
        seen = dropped(dropout.get(), sides.x, scope);
        addUntouched(sides, seen, write, scope);
        rest = Write.ADD;
      }
      Tensor direction = direction(sites.inference(), seen, sides.h, scope);
      engine.linear().scaleColumns(direction, gains, rest, sides.y);
      bias.ifPresent(values -> engine.linear().addBias(values, sides.y));
    }
  }

  /**
   * What a product reads and writes.
   *
   * @param x (N, in)
   * @param h (N, total rank): set by forward
   * @param y (N, out): the output, or in backward its gradient
   */
  record Sides(Tensor x, Tensor h, Tensor y) {}

  private Tensor dropped(Dropout dropout, Tensor x, TensorScope scope) {
    Tensor dropped = scope.allocate(engine.computeType(), x.rows(), x.columns());
    engine.activation().dropout(x, dropout, dropped);
    return dropped;
  }

  private void addUntouched(Sides sides, Tensor dropped, Write write, TensorScope scope) {
    Tensor x = sides.x;
    Tensor untouched = scope.allocate(engine.computeType(), x.rows(), x.columns());
    engine.transfer().cast(x, untouched);
    engine.transfer().addScaled(dropped, -1, untouched);
    if (write == Write.ADD) {
      engine
          .linear()
          .forwardWithResidual(frozen, LoraGroup.NONE, untouched, sides.h, sides.y, sides.y);
    } else {
      engine.linear().forward(frozen, LoraGroup.NONE, untouched, sides.h, sides.y);
    }
  }

  private Tensor direction(LoraGroup lora, Tensor x, Tensor h, TensorScope scope) {
    Tensor direction = scope.allocate(engine.computeType(), x.rows(), frozen.out());
    engine.linear().forward(frozen, lora, x, h, direction);
    return direction;
  }

  /**
   * Adds the gradients of A, B and m; dx = or += what the gradient of y makes of x. Computes the
   * product again, which costs less than keeping it.
   */
  void backward(DeviceParameters.LoraSites sites, Sides sides, Write write, Tensor dx) {
    try (TensorScope scope = engine.openScope(SCOPE)) {
      Optional<Dropout> dropout = sites.training().dropout();
      Tensor seen = dropout.isPresent() ? dropped(dropout.get(), sides.x, scope) : sides.x;
      Tensor dDirection = directionGradient(sites.inference(), seen, sides, scope);
      if (dropout.isEmpty()) {
        backward(sites.inference(), dDirection, seen, sides.h, write, dx);
        return;
      }
      Tensor dSeen = scope.allocate(engine.computeType(), seen.rows(), seen.columns());
      backward(sites.inference(), dDirection, seen, sides.h, Write.SET, dSeen);
      Tensor dBase = scope.allocate(engine.computeType(), seen.rows(), seen.columns());
      backward(LoraGroup.NONE, sides.y, seen, sides.h, Write.SET, dBase);
      engine.transfer().addScaled(dBase, -1, dSeen);
      engine.activation().dropout(dSeen, dropout.get(), dSeen);
      engine.transfer().addScaled(dBase, 1, dSeen);
      if (write == Write.ADD) {
        engine.transfer().addScaled(dSeen, 1, dx);
      } else {
        engine.transfer().cast(dSeen, dx);
      }
    }
  }

  private void backward(LoraGroup lora, Tensor dy, Tensor x, Tensor h, Write write, Tensor dx) {
    engine.linear().backward(frozen, lora, dy, x, h, write, dx);
  }

  /** As {@link #backward}, where nobody needs dx. */
  void backwardWeights(DeviceParameters.LoraSites sites, Sides sides) {
    try (TensorScope scope = engine.openScope(SCOPE)) {
      Optional<Dropout> dropout = sites.training().dropout();
      Tensor seen = dropout.isPresent() ? dropped(dropout.get(), sides.x, scope) : sides.x;
      Tensor dDirection = directionGradient(sites.inference(), seen, sides, scope);
      engine.linear().backwardWeights(sites.inference(), dDirection, seen, sides.h);
    }
  }

  /** Adds the gradients of m, and returns g ⊙ dy, the gradient of the scaled product (N, out). */
  private Tensor directionGradient(LoraGroup lora, Tensor seen, Sides sides, TensorScope scope) {
    Tensor direction = direction(lora, seen, sides.h, scope);
    engine.linear().sumRowProducts(sides.y, direction, Write.SET, gainGradients);
    for (Part part : parts) {
      int out = part.adapted.module().out();
      Tensor own = gainGradients.view(part.offset, Shape.of(1, out));
      Tensor inverse = inverseNorms.view(part.offset, Shape.of(out));
      engine.linear().scaleColumns(own, inverse, Write.ADD, part.gradient);
    }
    engine.linear().scaleColumns(sides.y, gains, Write.SET, direction);
    return direction;
  }
}
