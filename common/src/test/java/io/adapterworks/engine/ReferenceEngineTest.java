package io.adapterworks.engine;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.adapterworks.tensor.DType;
import io.adapterworks.tensor.HostTensor;
import io.adapterworks.tensor.Shape;
import io.adapterworks.tensor.Tensor;
import io.adapterworks.tensor.TensorScope;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** The reference's backward methods against central differences of its forward methods. */
class ReferenceEngineTest {
  private static final double STEP = 1e-5;

  private final Random random = new Random(3);
  private final Engine engine = new ReferenceEngine(DType.FLOAT32);
  private final TensorScope scope = engine.openScope("test");

  private Tensor zeros(long... sizes) {
    Tensor tensor = scope.allocate(DType.FLOAT32, sizes);
    engine.transfer().fill(tensor, 0);
    return tensor;
  }

  private Tensor normal(long... sizes) {
    Tensor tensor = zeros(sizes);
    for (long i = 0; i < tensor.shape().elements(); i++) {
      ReferenceStorage.set(tensor, i, random.nextGaussian());
    }
    return tensor;
  }

  private Tensor integers(int... values) {
    Tensor tensor = scope.allocate(DType.INT32, values.length);
    engine.transfer().upload(values, tensor);
    return tensor;
  }

  private Segments segments(int... starts) {
    return new Segments(starts, integers(starts));
  }

  /** Σ weight · out after {@code forward}, differentiated by each element of x, against dx. */
  private static void check(Runnable forward, Tensor weight, Tensor out, Tensor x, Tensor dx) {
    for (long i = 0; i < x.shape().elements(); i++) {
      double at = ReferenceStorage.get(x, i);
      ReferenceStorage.set(x, i, at + STEP);
      double above = weighted(forward, weight, out);
      ReferenceStorage.set(x, i, at - STEP);
      double below = weighted(forward, weight, out);
      ReferenceStorage.set(x, i, at);
      double expected = (above - below) / (2 * STEP);
      assertEquals(expected, ReferenceStorage.get(dx, i), 1e-7 * (1 + Math.abs(expected)));
    }
  }

  private static double weighted(Runnable forward, Tensor weight, Tensor out) {
    forward.run();
    double sum = 0;
    for (long i = 0; i < out.shape().elements(); i++) {
      sum += ReferenceStorage.get(weight, i) * ReferenceStorage.get(out, i);
    }
    return sum;
  }

  @Test
  void layerNormBackwardIsTheDerivative() {
    Tensor x = normal(3, 7);
    Tensor gamma = normal(7);
    Tensor y = zeros(3, 7);
    Tensor stats = zeros(3, 2);
    Tensor dy = normal(3, 7);
    Tensor dx = zeros(3, 7);
    Tensor beta = normal(7);
    Runnable forward = () -> engine.norm().layerNormForward(x, gamma, beta, 1e-5f, y, stats);
    forward.run();
    engine.norm().layerNormBackward(dy, x, gamma, stats, Write.ADD, dx);
    check(forward, dy, y, x, dx);
  }

  @Test
  void rmsNormBackwardIsTheDerivative() {
    Tensor x = normal(3, 7);
    Tensor gamma = normal(7);
    Tensor y = zeros(3, 7);
    Tensor rstd = zeros(3);
    Tensor dy = normal(3, 7);
    Tensor dx = zeros(3, 7);
    Runnable forward = () -> engine.norm().rmsNormForward(x, gamma, 1e-5f, y, rstd);
    forward.run();
    engine.norm().rmsNormBackward(dy, x, gamma, rstd, Write.ADD, dx);
    check(forward, dy, y, x, dx);
  }

  @Test
  void activationBackwardsAreDerivatives() {
    Tensor x = normal(3, 8);
    Tensor y = zeros(3, 8);
    Tensor dy = normal(3, 8);
    Tensor dx = zeros(3, 8);
    ActivationOps ops = engine.activation();
    ops.geluBackward(dy, x, dx);
    check(() -> ops.geluForward(x, y), dy, y, x, dx);
    ops.tanhForward(x, y);
    ops.tanhBackward(dy, y, dx);
    check(() -> ops.tanhForward(x, y), dy, y, x, dx);
    Tensor half = zeros(3, 4);
    Tensor dHalf = normal(3, 4);
    ops.swiGluBackward(dHalf, x, dx);
    check(() -> ops.swiGluForward(x, half), dHalf, half, x, dx);
  }

  @Test
  void normalCdfMatchesPublishedValues() {
    assertEquals(0.975002104851780, ReferenceActivation.normalCdf(1.96), 1e-14);
    assertEquals(0.5, ReferenceActivation.normalCdf(0), 0);
    assertEquals(1.2798125438858352e-12, ReferenceActivation.normalCdf(-7), 1e-24);
  }

  @Test
  void attentionBackwardIsTheDerivative() {
    for (AttentionShape.Mask mask : AttentionShape.Mask.values()) {
      AttentionShape shape = new AttentionShape(4, 2, 4, 0.5f, mask);
      Segments segments = segments(0, 4, 5, 7);
      Tensor q = normal(7, 16);
      Tensor k = normal(7, 8);
      Tensor v = normal(7, 8);
      Tensor out = zeros(7, 16);
      Tensor logSumExp = zeros(4, 7);
      Tensor dOut = normal(7, 16);
      Tensor dq = zeros(7, 16);
      Tensor dk = zeros(7, 8);
      Tensor dv = zeros(7, 8);
      AttentionOperands tensors = new AttentionOperands(q, k, v, out, logSumExp);
      Runnable forward = () -> engine.attention().forward(shape, segments, tensors);
      forward.run();
      engine
          .attention()
          .backward(
              shape, segments, new AttentionGradient(tensors, dOut, dq, dk, dv, Optional.empty()));
      check(forward, dOut, out, q, dq);
      check(forward, dOut, out, k, dk);
      check(forward, dOut, out, v, dv);
    }
  }

  @Test
  void rotateBackIsTheDerivativeOfRotate() {
    Tensor table = normal(5, 4);
    Tensor positions = integers(3, 0, 4);
    Tensor x = normal(3, 8);
    Tensor copy = zeros(3, 8);
    Tensor dy = normal(3, 8);
    Tensor dx = zeros(3, 8);
    engine.transfer().cast(dy, dx);
    engine.attention().rotateBack(dx, 4, table, positions);
    check(
        () -> {
          engine.transfer().cast(x, copy);
          engine.attention().rotate(copy, 4, table, positions);
        },
        dy,
        copy,
        x,
        dx);
  }

  @Test
  void linearBackwardIsTheDerivative() {
    Tensor seed = scope.allocate(DType.INT64, 2);
    engine.transfer().upload(new long[] {11, 3}, seed);
    FrozenLinear layer =
        engine
            .linear()
            .freeze(
                FrozenSource.of(
                    HostTensor.of("w", Shape.of(2, 3), new float[] {1, -2, 0.5f, 3, 0.25f, -1})));
    Tensor a = normal(2, 3);
    Tensor b = normal(1, 2);
    Tensor dA = zeros(2, 3);
    Tensor dB = zeros(1, 2);
    LoraGroup lora =
        new LoraGroup(
            List.of(new LoraSlice(1, a, b, dA, dB, 0.5f)), Optional.of(new Dropout(0.4f, seed, 2)));
    Tensor x = normal(5, 3);
    Tensor h = zeros(5, 2);
    Tensor y = zeros(5, 2);
    Tensor dy = normal(5, 2);
    Tensor dx = zeros(5, 3);
    Runnable forward = () -> engine.linear().forward(layer, lora, x, h, y);
    forward.run();
    engine.linear().backward(layer, lora, dy, x, h, Write.SET, dx);
    check(forward, dy, y, x, dx);
    check(forward, dy, y, a, dA);
    check(forward, dy, y, b, dB);
  }

  @Test
  void poolingBackwardsAreDerivatives() {
    Segments segments = segments(0, 3, 4);
    Tensor x = normal(4, 3);
    Tensor y = zeros(2, 3);
    Tensor dy = normal(2, 3);
    Tensor dx = zeros(4, 3);
    SequenceOps ops = engine.sequence();
    ops.meanPoolBackward(dy, segments, dx);
    check(() -> ops.meanPoolForward(x, segments, y), dy, y, x, dx);
    ops.firstTokenBackward(dy, segments, dx);
    check(() -> ops.firstTokenForward(x, segments, y), dy, y, x, dx);
  }

  @Test
  void lossGradientsAreDerivatives() {
    Tensor labels = integers(2, LossOps.IGNORED, 0);
    Tensor logits = normal(3, 4);
    Tensor dLogits = zeros(3, 4);
    Tensor loss = zeros(1);
    Tensor one = zeros(1);
    engine.transfer().fill(one, 1);
    Runnable softmax =
        () -> {
          engine.transfer().fill(loss, 0);
          engine.loss().softmaxCrossEntropy(logits, labels, 0.1f, 0.5f, dLogits, loss);
        };
    softmax.run();
    Tensor gradient = zeros(3, 4);
    engine.transfer().cast(dLogits, gradient);
    check(softmax, one, loss, logits, gradient);

    FrozenLinear head =
        engine
            .linear()
            .freeze(
                FrozenSource.of(
                    HostTensor.of(
                        "head",
                        Shape.of(4, 3),
                        new float[] {1, 0, -1, 2, 1, 0, 0, 1, 0.5f, -1, -1, 1})));
    Tensor x = normal(3, 3);
    Tensor dx = zeros(3, 3);
    Tensor pair = zeros(2);
    Tensor first = zeros(2);
    ReferenceStorage.set(first, 0, 1);
    Tensor room = zeros(0);
    Runnable vocabulary =
        () -> {
          engine.transfer().fill(pair, 0);
          LossOps.Scored scored = new LossOps.Scored(x, labels, 0.5f, dx, pair);
          engine.loss().vocabularyCrossEntropy(head, scored, room);
        };
    vocabulary.run();
    Tensor dxOnce = zeros(3, 3);
    engine.transfer().cast(dx, dxOnce);
    check(vocabulary, first, pair, x, dxOnce);
  }

  /** The known answers of Philox4x32-10 in Random123's kat_vectors. */
  @Test
  void philoxGivesThePublishedNumbers() {
    assertArrayEquals(
        new int[] {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8},
        ReferencePhilox.block(new int[4], 0, 0));
    assertArrayEquals(
        new int[] {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1},
        ReferencePhilox.block(
            new int[] {0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, 0xa4093822, 0x299f31d0));
  }
}
