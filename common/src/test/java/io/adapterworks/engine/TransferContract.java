package io.adapterworks.engine;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import io.adapterworks.tensor.DType;
import io.adapterworks.tensor.Float16;
import io.adapterworks.tensor.HostTensor;
import io.adapterworks.tensor.Shape;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What {@link TransferOps} promises. */
public interface TransferContract {
  EnginePair pair(DType computeType);

  @ParameterizedTest
  @EnumSource(names = {"FLOAT32", "BFLOAT16"})
  default void whatIsUploadedComesBackRoundedToItsType(DType type) {
    try (EnginePair pair = pair(type)) {
      for (int count : new int[] {1, 3, 17, 4097}) {
        pair.assertClose("float32", pair.normal(DType.FLOAT32, count), 0);
        pair.assertClose("compute type", pair.normal(type, count), 0);
        int[] integers = pair.random().ints(count).toArray();
        Twin twin = pair.integers(integers);
        int[] back = new int[count];
        pair.both(
            side -> {
              side.engine().transfer().download(side.of(twin), back);
              assertArrayEquals(integers, back);
            });
      }
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"FLOAT32", "BFLOAT16"})
  default void frozenTensorsOfEveryFloatingTypeAreUploaded(DType type) {
    double[] numbers = {0, -1.5, 0.25, 3, 96, -0.0625, 1e-3};
    try (EnginePair pair = pair(type)) {
      for (DType from : new DType[] {DType.FLOAT64, DType.FLOAT32, DType.FLOAT16, DType.BFLOAT16}) {
        ByteBuffer data =
            ByteBuffer.allocateDirect(numbers.length * from.bytes()).order(ByteOrder.LITTLE_ENDIAN);
        for (double number : numbers) {
          switch (from) {
            case FLOAT64 -> data.putDouble(number);
            case FLOAT32 -> data.putFloat((float) number);
            case FLOAT16 -> data.putShort(Float16.toHalf((float) number));
            default -> data.putShort(Float16.toBfloat16((float) number));
          }
        }
        HostTensor host = new HostTensor("numbers", from, Shape.of(numbers.length), data.flip());
        for (DType to : new DType[] {DType.FLOAT32, type}) {
          Twin twin = pair.poisoned(to, numbers.length);
          pair.both(side -> side.engine().transfer().upload(host, side.of(twin)));
          pair.assertClose(from + " to " + to, twin, 0);
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"FLOAT32", "BFLOAT16"})
  default void castConvertsBetweenTypesAndStridedRows(DType type) {
    try (EnginePair pair = pair(type)) {
      for (DType from : new DType[] {DType.FLOAT32, type}) {
        for (DType to : new DType[] {DType.FLOAT32, type}) {
          Twin whole = pair.normal(from, 17, 40);
          Twin target = pair.normal(to, 17, 50);
          pair.both(
              side ->
                  side.engine()
                      .transfer()
                      .cast(side.of(whole.columns(3, 33)), side.of(target.columns(9, 33))));
          pair.assertClose(from + " to " + to, target);
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"FLOAT32", "BFLOAT16"})
  default void fillSetsEveryElement(DType type) {
    try (EnginePair pair = pair(type)) {
      Twin twin = pair.poisoned(type, 33, 17);
      Twin floats = pair.poisoned(DType.FLOAT32, 1);
      pair.both(side -> side.engine().transfer().fill(side.of(twin), 1.5f));
      pair.both(side -> side.engine().transfer().fill(side.of(floats), 0));
      pair.assertClose("filled", twin, 0);
      pair.assertClose("filled", floats, 0);
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"FLOAT32", "BFLOAT16"})
  default void addScaledAddsAcrossTypes(DType type) {
    try (EnginePair pair = pair(type)) {
      for (DType from : new DType[] {DType.FLOAT32, type}) {
        for (DType to : new DType[] {DType.FLOAT32, type}) {
          Twin source = pair.normal(from, 33, 17);
          Twin target = pair.normal(to, 33, 17);
          pair.both(
              side -> side.engine().transfer().addScaled(side.of(source), -0.75f, side.of(target)));
          pair.assertClose(from + " onto " + to, target);
        }
      }
    }
  }
}
