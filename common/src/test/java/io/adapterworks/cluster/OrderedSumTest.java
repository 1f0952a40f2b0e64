package io.adapterworks.cluster;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.adapterworks.cluster.ShareResult.Place;
import io.adapterworks.error.AdapterworksException;
import io.adapterworks.train.StepOutcome;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class OrderedSumTest {
  /** Numbers of very different sizes, whose float sum depends on the order. */
  private static ShareResult term(int number) {
    Random random = new Random(number);
    float[] values = new float[5];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (random.nextGaussian() * Math.pow(10, random.nextInt(9) - 4));
    }
    return ShareResult.of(values, List.of(new StepOutcome(values[0], 0.5)))
        .at(new Place(number, "executor " + number, number));
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 5, 8, 13})
  void anyOrderAndAnyGroupingGivesTheSameBytes(int terms) {
    OrderedSum inOrder = new OrderedSum();
    IntStream.range(0, terms).forEach(i -> inOrder.add(i, term(i)));
    ShareResult expected = inOrder.total(terms);
    for (int trial = 0; trial < 20; trial++) {
      Random random = new Random(trial);
      List<Integer> order = new ArrayList<>(IntStream.range(0, terms).boxed().toList());
      Collections.shuffle(order, random);
      List<OrderedSum> groups = new ArrayList<>(List.of(new OrderedSum(), new OrderedSum()));
      order.forEach(i -> groups.get(random.nextInt(2)).add(i, term(i)));
      ShareResult total = groups.get(0).add(groups.get(1)).total(terms);
      assertArrayEquals(expected.values(), total.values());
      assertEquals(expected.steps(), total.steps());
      assertEquals(terms, total.places().size());
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 2, 3})
  void aMissingShareIsNoticed(int missing) {
    OrderedSum sum = new OrderedSum();
    IntStream.range(0, 4).filter(i -> i != missing).forEach(i -> sum.add(i, term(i)));
    assertThrows(AdapterworksException.class, () -> sum.total(4));
  }
}
